//! The circumstances of a message as handler parameters.

use std::sync::Arc;
use std::time::{Duration, Instant};

use oscine_codec::{Address, Message, ReadError, TimeTag};

use crate::handler::call::Call;
use crate::handler::from_call::FromCall;
use crate::handler::reply::Reply;
use crate::peer::Peer;
use crate::space::key::MethodKey;

/// The time tag that applies to a message: the latest of those of the bundles around it;
/// [`TimeTag::IMMEDIATE`] if it came alone. A handler parameter.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[expect(clippy::exhaustive_structs, reason = "a transparent wrapper")]
pub struct BundleTime(pub TimeTag);

/// When the packet with the message was read from its socket. The same for all messages of a packet. A handler
/// parameter.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[expect(clippy::exhaustive_structs, reason = "a transparent wrapper")]
pub struct ReceivedAt(pub Instant);

/// How long after its time tag a message is handled; zero for messages whose time tag is
/// [`TimeTag::IMMEDIATE`]. A handler parameter.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[expect(clippy::exhaustive_structs, reason = "a transparent wrapper")]
pub struct Lateness(pub Duration);

/// The type tags of all arguments, without the comma. A handler parameter, and no argument is taken by it.
#[derive(Debug, Clone, PartialEq, Eq)]
#[expect(clippy::exhaustive_structs, reason = "a transparent wrapper")]
pub struct TypeTags(pub String);

macro_rules! context {
    ($($type:ty: |$call:ident| $value:expr;)+) => {$(
        impl FromCall for $type {
            fn from_call($call: &mut Call<'_>) -> Result<Self, ReadError> {
                Ok($value)
            }
        }
    )+};
}

context! {
    Peer: |call| call.job.context.peer.clone();
    BundleTime: |call| Self(call.job.time_tag);
    ReceivedAt: |call| Self(call.job.context.received_at.get());
    Lateness: |call| Self(call.job.lateness);
    TypeTags: |call| Self(call.job.message.args().type_tags().to_string().replacen(',', "", 1));
    Reply: |call| Self::new(Arc::clone(call.job.context.outlet), call.job.context.peer.clone());
    Message: |call| {
        // The whole message is what was wanted, so no argument of it is one too many.
        while call.args.next_arg().is_some() {}
        Self::from(*call.job.message)
    };
}

/// The address of the method, if it stands at one; else the address of the message, if it is no pattern.
impl FromCall for Address {
    fn from_call(call: &mut Call<'_>) -> Result<Self, ReadError> {
        let address = call.registered.address(call.job.message.address());
        address.map_err(|error| call.args.bad_value(error.to_string()))
    }
}

/// What the registration is known by, for a handler that takes itself back. A fallback has none, and does not fit.
impl FromCall for MethodKey {
    fn from_call(call: &mut Call<'_>) -> Result<Self, ReadError> {
        call.key().ok_or_else(|| call.args.bad_value("a fallback has no key"))
    }
}
