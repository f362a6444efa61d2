//! The handlers that one message reaches.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use oscine_codec::pattern::PartPattern;
use oscine_codec::{AddressError, MessageRef, Pattern, TimeTag};
use tracing::error;

use crate::address_space::contents::{Contents, Method};
use crate::address_space::seen::Seen;
use crate::address_space::target::Target;
use crate::dispatch::cache::{Cache, Found, Known};
use crate::handler::registered::Home;
use crate::peer::Peer;
use crate::space::entry::Entries;
use crate::space::flat::Flat;

/// The handlers that one message reaches.
pub(crate) enum Reached {
    /// The methods at its address, and what they have in common.
    Literal(Entries<Method>, Arc<Home>),
    /// The methods that take more than one look-up.
    Targets(Arc<[Target]>),
    /// Methods by their numbers, and what they have in common.
    Flat(Arc<Flat<Method>>, Arc<[u32]>, Arc<Home>),
    /// No method: the fallback, if there is one, and what is wrong with the address, if something is.
    Nothing(Option<Target>, Option<AddressError>),
}

impl Reached {
    /// Finds the handlers that a message with this address reaches.
    pub(crate) fn find(contents: &Contents, cache: &mut Cache, address: &str) -> Self {
        if contents.is_plain() {
            if let Some(entries) = contents.methods.find(address) {
                return Self::Literal(entries.clone(), Arc::clone(&contents.home));
            }
            // Registered addresses hold no wildcards, so a pattern never comes here by the way above.
            if !Pattern::is_pattern(address) {
                return Self::Nothing(contents.fallback_for(address), None);
            }
        }
        match cache.get(contents.stamp(), address, || look_up(contents, address)) {
            Ok(found) if found.len() == 0 => Self::Nothing(contents.fallback_for(address), None),
            Ok(Found::Targets(targets)) => Self::Targets(targets),
            Ok(Found::Flat(flat, numbers)) => Self::Flat(flat, numbers, Arc::clone(&contents.home)),
            Err(error) => Self::Nothing(contents.fallback_for(address), Some(error)),
        }
    }

    /// Whether it is the pattern in a message's address that reaches them.
    pub(crate) fn is_by_pattern(&self, address: &str) -> bool {
        match self {
            Self::Literal(..) | Self::Nothing(..) => false,
            Self::Flat(..) => true,
            Self::Targets(_) => Pattern::is_pattern(address),
        }
    }

    /// Shows the message to all observers.
    pub(crate) fn observe(
        &self,
        contents: &Contents,
        message: MessageRef<'_>,
        peer: Peer,
        time_tag: TimeTag,
    ) {
        if contents.observers.is_empty() {
            return;
        }
        let places: Vec<_> = match self {
            Self::Literal(entries, _) => {
                entries.as_slice().iter().map(|_| entries.place().as_str()).collect()
            }
            Self::Targets(targets) => {
                let places = targets.iter().filter_map(|target| target.at.as_ref());
                places.map(|(place, _)| place.as_str()).collect()
            }
            Self::Flat(flat, numbers, _) => {
                let methods = numbers.iter().filter_map(|&number| flat.method(number));
                methods.map(|method| method.place.as_str()).collect()
            }
            Self::Nothing(..) => Vec::new(),
        };
        let seen = Seen { message, peer, time_tag, places: &places };
        for observer in &*contents.observers {
            // An observer that panics must not keep the message from its methods.
            if catch_unwind(AssertUnwindSafe(|| observer(&seen))).is_err() {
                error!(%peer, %message, "observer panicked");
            }
        }
    }
}

/// Looks up what one look-up does not find.
fn look_up(contents: &Contents, address: &str) -> Known {
    if contents.is_plain() {
        if let Some(flat) = contents.methods.flat() {
            let pattern = Pattern::new(address)?;
            if !pattern.parts().iter().any(PartPattern::is_descend) {
                return Ok(Found::Flat(Arc::clone(flat), flat.matching(&pattern).into()));
            }
        }
    }
    Ok(Found::Targets(contents.reach(address)?.into()))
}
