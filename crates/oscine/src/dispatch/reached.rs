//! The handlers that one message reaches.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use oscine_codec::pattern::PartPattern;
use oscine_codec::{AddressError, MessageRef, Pattern};
use tracing::error;

use crate::address_space::contents::{Contents, Method};
use crate::address_space::seen::Seen;
use crate::address_space::target::Target;
use crate::dispatch::cache::{Cache, Found, Known};
use crate::dispatch::job::Job;
use crate::handler::call::Context;
use crate::handler::registered::{Home, Registered};
use crate::space::entry::Entries;
use crate::space::flat::Flat;

/// The handlers that one message reaches, as long as its contents are held.
pub(crate) enum Reached<'c> {
    /// The methods at its address, and what they have in common.
    Borrowed(&'c Entries<Method>, &'c Arc<Home>),
    /// The same, for longer.
    Literal(Entries<Method>, Arc<Home>),
    /// The methods that take more than one look-up.
    Targets(Arc<[Target]>),
    /// Methods by their numbers, and what they have in common.
    Flat(Arc<Flat<Method>>, Arc<[u32]>, Arc<Home>),
    /// No method: the fallback, if there is one, and what is wrong with the address, if something is.
    Nothing(Option<Target>, Option<AddressError>),
}

impl<'c> Reached<'c> {
    /// Finds the handlers that a message with this address reaches.
    #[inline]
    pub(crate) fn find(contents: &'c Contents, cache: &mut Cache, message: MessageRef<'_>) -> Self {
        cache.renew(contents.generation);
        if contents.is_plain() {
            let address = message.address_text().as_bytes();
            if let Some(entries) = contents.methods.find_bytes(address) {
                return Self::Borrowed(entries, &contents.home);
            }
        }
        Self::search(contents, cache, message.address())
    }

    fn search(contents: &Contents, cache: &mut Cache, address: &str) -> Self {
        // Registered addresses hold no wildcards, so no pattern was among them.
        if contents.is_plain() && !Pattern::is_pattern(address) {
            return Self::Nothing(contents.fallback_for(address), None);
        }
        let tell = |now: &mut Vec<u64>| contents.generations(now);
        match cache.get(tell, address, || look_up(contents, address)) {
            Ok(found) if found.len() == 0 => Self::Nothing(contents.fallback_for(address), None),
            Ok(Found::Targets(targets)) => Self::Targets(targets),
            Ok(Found::Flat(flat, numbers)) => Self::Flat(flat, numbers, Arc::clone(&contents.home)),
            Err(error) => Self::Nothing(contents.fallback_for(address), Some(error)),
        }
    }

    /// The handlers for longer than the contents are held.
    pub(crate) fn into_owned(self) -> Reached<'static> {
        match self {
            Self::Borrowed(entries, home) => Reached::Literal(entries.clone(), Arc::clone(home)),
            Self::Literal(entries, home) => Reached::Literal(entries, home),
            Self::Targets(targets) => Reached::Targets(targets),
            Self::Flat(flat, numbers, home) => Reached::Flat(flat, numbers, home),
            Self::Nothing(fallback, broken) => Reached::Nothing(fallback, broken),
        }
    }

    /// The handler of this number, and its registration.
    #[inline]
    pub(crate) fn handler(&self, index: usize) -> Option<(&Method, Registered<'_>)> {
        match self {
            Self::Borrowed(entries, home) => at(entries, home, index),
            Self::Literal(entries, home) => at(entries, home, index),
            Self::Flat(flat, numbers, home) => {
                let method = flat.method(*numbers.get(index)?)?;
                let at = Some((&*method.place, method.key));
                Some((&method.value, Registered { at, home: Some(home) }))
            }
            Self::Targets(targets) => {
                let target = targets.get(index)?;
                Some((&target.method, target.registered()))
            }
            Self::Nothing(fallback, _) => {
                let target = fallback.as_ref().filter(|_| index == 0)?;
                Some((&target.method, target.registered()))
            }
        }
    }

    /// Whether it is the pattern in a message's address that reaches them.
    pub(crate) fn is_by_pattern(&self, message: MessageRef<'_>) -> bool {
        match self {
            Self::Borrowed(..) | Self::Literal(..) | Self::Nothing(..) => false,
            Self::Flat(..) => true,
            Self::Targets(_) => Pattern::is_pattern(message.address()),
        }
    }

    /// Shows the message to all observers.
    #[inline]
    pub(crate) fn observe(&self, contents: &Contents, job: &Job<'_>) {
        if !contents.observers.is_empty() {
            self.show(contents, job);
        }
    }

    fn show(&self, contents: &Contents, job: &Job<'_>) {
        let Job { message, time_tag, context: Context { peer, .. }, .. } = *job;
        let places: Vec<_> = match self {
            Self::Borrowed(entries, _) => vec![entries.place().as_str(); entries.as_slice().len()],
            Self::Literal(entries, _) => vec![entries.place().as_str(); entries.as_slice().len()],
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

fn at<'a>(
    entries: &'a Entries<Method>,
    home: &'a Home,
    index: usize,
) -> Option<(&'a Method, Registered<'a>)> {
    let entry = entries.as_slice().get(index)?;
    let at = Some((&**entries.place(), entry.key));
    Some((&entry.value, Registered { at, home: Some(home) }))
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
