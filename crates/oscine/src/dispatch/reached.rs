//! The handlers that one message reaches.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use oscine_codec::{AddressError, MessageRef, Pattern, TimeTag};
use tracing::error;

use crate::address_space::contents::{Contents, Method};
use crate::address_space::seen::Seen;
use crate::address_space::target::Target;
use crate::dispatch::cache::Cache;
use crate::handler::registered::Home;
use crate::peer::Peer;
use crate::space::entry::Entries;

/// The handlers that one message reaches.
pub(crate) enum Reached {
    /// The methods at its address, and what they have in common.
    Literal(Entries<Method>, Arc<Home>),
    /// The methods that take more than one look-up.
    Targets(Arc<[Target]>),
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
        match cache.get(contents.stamp(), address, || contents.reach(address)) {
            Ok(targets) if !targets.is_empty() => Self::Targets(targets),
            Ok(_) => Self::Nothing(contents.fallback_for(address), None),
            Err(error) => Self::Nothing(contents.fallback_for(address), Some(error)),
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
