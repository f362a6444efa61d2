//! The handlers that one message reaches.

use std::hint::black_box;
use std::ops::ControlFlow;
use std::sync::Arc;

use oscine_codec::pattern::PartPattern;
use oscine_codec::{AddressError, MessageRef, Pattern};
use oscine_transport::guard::guarded;

use crate::address_space::contents::{Contents, Method};
use crate::address_space::seen::Seen;
use crate::address_space::target::Target;
use crate::dispatch::cache::{Cache, Found, Known};
use crate::dispatch::let_go::let_go;
use crate::fault_log::quietly;
use crate::handler::job::{Context, Job};
use crate::handler::registered::{Home, Registered};
use crate::space::entry::Entries;
use crate::space::flat::Flat;

/// The handlers that one message reaches, as long as what is registered is held. No reference is counted.
pub(crate) enum Reached<'c> {
    /// The methods at its address, and what they have in common.
    Entries(&'c Entries<Method>, &'c Arc<Home>),
    /// The methods that take more than one look-up.
    Targets(&'c Arc<[Target]>),
    /// Methods by their numbers, and what they have in common.
    Flat(&'c Arc<Flat<Method>>, &'c Arc<[u32]>, &'c Arc<Home>),
    /// No method: the fallback, if there is one, and what is wrong with the address, if something is.
    Nothing(Option<Target>, Option<AddressError>),
}

/// The same for longer.
pub(crate) enum Kept {
    Entries(Entries<Method>, Arc<Home>),
    Targets(Arc<[Target]>),
    Flat(Arc<Flat<Method>>, Arc<[u32]>, Arc<Home>),
    Nothing(Option<Target>),
}

impl<'c> Reached<'c> {
    /// Finds the handlers that a message with this address reaches.
    #[inline]
    pub(crate) fn find(
        contents: &'c Contents,
        cache: &'c mut Cache,
        message: &MessageRef<'_>,
    ) -> Self {
        if contents.is_plain() {
            let address = message.address_text().as_bytes();
            if let Some(entries) = contents.methods.find_bytes(address) {
                return Self::Entries(entries, &contents.home);
            }
        }
        Self::search(contents, cache, message.address())
    }

    fn search(contents: &'c Contents, cache: &'c mut Cache, address: &str) -> Self {
        // Registered addresses hold no wildcards, so no pattern was among them.
        if contents.is_plain() && !Pattern::is_pattern(address) {
            return Self::Nothing(contents.fallback_for(address), None);
        }
        cache.renew_all(contents.generation, |now| contents.mounted_generations(now));
        let nothing = |broken| Self::Nothing(contents.fallback_for(address), broken);
        match cache.get(address, || look_up(contents, address)) {
            Some(Ok(found)) if found.len() > 0 => match (found, contents.methods.flat()) {
                (Found::Targets(targets), _) => Self::Targets(targets),
                (Found::Flat(numbers), Some(flat)) => Self::Flat(flat, numbers, &contents.home),
                (Found::Flat(_), None) => nothing(None),
            },
            Some(Err(broken)) => nothing(Some(*broken)),
            _ => nothing(None),
        }
    }

    /// Drops it, when the calls are over.
    #[inline(always)]
    pub(crate) fn let_go(self) {
        if let Self::Nothing(Some(fallback), _) = self {
            // That of a mounted space may have been replaced meanwhile, by itself for one.
            let_go(fallback);
        }
    }

    /// The handlers for longer than what is registered is held.
    pub(crate) fn keep(&self) -> Kept {
        match *self {
            Self::Entries(entries, home) => Kept::Entries(entries.clone(), Arc::clone(home)),
            Self::Targets(targets) => Kept::Targets(Arc::clone(targets)),
            Self::Flat(flat, numbers, home) => {
                Kept::Flat(Arc::clone(flat), Arc::clone(numbers), Arc::clone(home))
            }
            Self::Nothing(ref fallback, _) => Kept::Nothing(fallback.clone()),
        }
    }

    /// Hands over the handlers from number `from` on, until that is broken off.
    #[inline(always)]
    pub(crate) fn hand_over<'s, T: Take<'s>>(
        &'s self,
        from: usize,
        mut to: T,
    ) -> ControlFlow<T::Broken> {
        match self {
            Self::Entries(entries, home) => {
                let (place, home) = (&**entries.place(), &***home);
                let entries = entries.as_slice().get(from..).unwrap_or_default();
                to.take(
                    entries
                        .iter()
                        .map(|entry| (&entry.value, Registered::Placed(place, entry.key, home))),
                )
            }
            Self::Flat(flat, numbers, home) => {
                let (methods, home) = (flat.methods(), &***home);
                let numbers = numbers.get(from..).unwrap_or_default();
                numbers.chunks(AHEAD).try_for_each(|numbers| {
                    let chosen = numbers.iter().filter_map(|&number| methods.get(number as usize));
                    touch(chosen.clone().map(|method| &method.value));
                    to.take(chosen.map(|method| {
                        (&method.value, Registered::Placed(&method.place, method.key, home))
                    }))
                })
            }
            Self::Targets(targets) => {
                let targets = targets.get(from..).unwrap_or_default();
                targets.chunks(AHEAD).try_for_each(|targets| {
                    touch(targets.iter().map(|target| &target.method));
                    to.take(targets.iter().map(|target| (&target.method, target.registered())))
                })
            }
            Self::Nothing(fallback, _) => {
                let fallback = fallback.iter().skip(from);
                to.take(fallback.map(|target| (&target.method, target.registered())))
            }
        }
    }

    /// The handler of this number, and its registration.
    pub(crate) fn handler(&self, number: usize) -> Option<(&Method, Registered<'_>)> {
        self.hand_over(number, First).break_value()
    }

    /// Whether it is the pattern in a message's address that reaches them.
    pub(crate) fn is_by_pattern(&self, message: &MessageRef<'_>) -> bool {
        match self {
            Self::Entries(..) | Self::Nothing(..) => false,
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
        let Job { message, time_tag, context: Context { peer, outlet, .. }, .. } = *job;
        let places = (0..).map_while(|number| self.handler(number));
        let places: Vec<_> = places
            .filter_map(|(_, registered)| registered.at())
            .map(|(place, _)| place.as_str())
            .collect();
        let seen = Seen { message: *message, peer, time_tag, places: &places };
        for observer in &*contents.observers {
            // An observer that panics must not keep the message from its methods.
            if guarded(|| observer(&seen)).is_none() {
                quietly!(ERROR, outlet, ObserverPanicked, %peer, %message, "observer panicked");
            }
        }
    }
}

impl Kept {
    /// The handlers as they were found.
    pub(crate) fn reached(&self) -> Reached<'_> {
        match self {
            Self::Entries(entries, home) => Reached::Entries(entries, home),
            Self::Targets(targets) => Reached::Targets(targets),
            Self::Flat(flat, numbers, home) => Reached::Flat(flat, numbers, home),
            Self::Nothing(fallback) => Reached::Nothing(fallback.clone(), None),
        }
    }
}

/// Takes handlers and their registrations.
///
/// A trait and not a closure, so that there is a loop for each kind of list.
pub(crate) trait Take<'s> {
    /// What there is when it breaks off.
    type Broken;

    /// Takes some of them; there may be more.
    fn take(
        &mut self,
        handlers: impl Iterator<Item = (&'s Method, Registered<'s>)>,
    ) -> ControlFlow<Self::Broken>;
}

struct First;

impl<'s> Take<'s> for First {
    type Broken = (&'s Method, Registered<'s>);

    fn take(
        &mut self,
        mut handlers: impl Iterator<Item = (&'s Method, Registered<'s>)>,
    ) -> ControlFlow<Self::Broken> {
        handlers.next().map_or(ControlFlow::Continue(()), ControlFlow::Break)
    }
}

/// Looks up what one look-up does not find.
fn look_up(contents: &Contents, address: &str) -> Known {
    if contents.is_plain() {
        if let Some(flat) = contents.methods.flat() {
            let pattern = Pattern::new(address)?;
            if !pattern.parts().iter().any(PartPattern::is_descend) {
                return Ok(Found::Flat(flat.matching(&pattern).into()));
            }
        }
    }
    Ok(Found::Targets(contents.reach(address)?.into()))
}

/// Looks at handlers, so that their memory is waited for all at once, and not one by one where they are called: memory
/// that was out of use for a while costs more than a call.
#[inline(always)]
fn touch<'m>(methods: impl Iterator<Item = &'m Method>) {
    black_box(methods.map(Arc::strong_count).fold(0, usize::wrapping_add));
}

/// How many handlers are looked at ahead of their calls.
const AHEAD: usize = 16;
