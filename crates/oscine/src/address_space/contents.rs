//! One state of an address space.

use std::sync::atomic::AtomicU64;
use std::sync::{Arc, Mutex, PoisonError};

use arc_swap::ArcSwap;
use oscine_codec::pattern::MatchState;
use oscine_codec::{Address, AddressError, Pattern};
use oscine_transport::quiet::Quiet;
use tokio::sync::broadcast;
use tokio::time::Instant;
use tracing::warn;

use crate::address_space::change::Change;
use crate::address_space::info::Info;
use crate::address_space::options::Options;
use crate::address_space::seen::Observer;
use crate::address_space::target::Target;
use crate::handler::callable::Callable;
use crate::handler::registered::{Home, Registration};
use crate::space::entry::Hit;
use crate::space::place::prefix;
use crate::space::space::Space;

/// A handler as the tree carries it.
pub(crate) type Method = Arc<dyn Callable>;

/// What the clones of an address space share.
#[derive(Default)]
pub(crate) struct Shared {
    pub(crate) contents: ArcSwap<Contents>,
    /// That of `contents`, or one that is about to be. Written before a change is told of: who knows of a change sees it
    /// here.
    pub(crate) generation: AtomicU64,
    /// Held by whoever changes `contents`; readers do not need it.
    pub(crate) writer: Mutex<()>,
    /// Made when somebody wants to hear of changes.
    pub(crate) changes: Mutex<Option<broadcast::Sender<Change>>>,
}

/// One state of an address space.
#[derive(Clone, Default)]
pub(crate) struct Contents {
    pub(crate) methods: Space<Method>,
    pub(crate) fallback: Option<Method>,
    pub(crate) observers: Arc<[Observer]>,
    pub(crate) mounts: Arc<[Mount]>,
    pub(crate) home: Arc<Home>,
    pub(crate) options: Options,
    pub(crate) infos: imbl::OrdMap<Arc<str>, Arc<Info>>,
    /// Goes up with each change.
    pub(crate) generation: u64,
}

/// Another address space, seen from this one.
#[derive(Clone)]
pub(crate) struct Mount {
    pub(crate) at: Address,
    pub(crate) shared: Arc<Shared>,
}

/// The address of a message, as far as it has not been followed yet.
#[derive(Clone, Copy)]
enum Rest<'a> {
    Literal(&'a str),
    Pattern(&'a Pattern, &'a MatchState),
}

impl Contents {
    /// Whether one look-up finds all that a literal address reaches.
    pub(crate) fn is_plain(&self) -> bool {
        !self.methods.has_patterns() && self.mounts.is_empty()
    }

    /// Adds the generations of all spaces that are mounted in this one, in their order. As long as all of them are the
    /// same, and that of this one too, so is everything that is registered.
    pub(crate) fn mounted_generations(&self, all: &mut Vec<u64>) {
        self.generations_within(GUARD, all);
    }

    /// Everything that a message with this address reaches.
    ///
    /// # Errors
    ///
    /// [`AddressError`] when it is a pattern, and a broken one.
    pub(crate) fn reach(&self, address: &str) -> Result<Vec<Target>, AddressError> {
        let mut targets = Vec::new();
        if Pattern::is_pattern(address) {
            let pattern = Pattern::new(address)?;
            let start = pattern.start();
            self.collect(Rest::Pattern(&pattern, &start), "", None, GUARD, &mut targets);
        } else {
            self.collect(Rest::Literal(address), "", None, GUARD, &mut targets);
        }
        Ok(targets)
    }

    /// The handler for a message that reaches no method: that of the innermost mounted space that has one.
    pub(crate) fn fallback_for(&self, address: &str) -> Option<Target> {
        self.fallback_within(address, "", None, GUARD)
    }

    fn collect(
        &self,
        rest: Rest<'_>,
        base: &str,
        home: Option<&Arc<Home>>,
        depth: usize,
        targets: &mut Vec<Target>,
    ) {
        let home = home.unwrap_or(&self.home);
        let hits = match rest {
            Rest::Literal(address) => self.methods.catching(address),
            Rest::Pattern(pattern, state) => {
                self.methods.matching_below(pattern, state.clone(), |anywhere| {
                    let text = format!("{base}{anywhere}");
                    let whole = Pattern::with_options(text, anywhere.options());
                    whole.is_ok_and(|whole| whole.overlaps(pattern))
                })
            }
        };
        targets.extend(hits.into_iter().map(|hit| Target::new(hit, home)));
        let Some(depth) = depth.checked_sub(1) else {
            if !self.mounts.is_empty() {
                // There is no server here that would know how often. Peers say how often this is looked up.
                static QUIET: Mutex<Quiet> = Mutex::new(Quiet::new());
                let mut quiet = QUIET.lock().unwrap_or_else(PoisonError::into_inner);
                if let Some(held_back) = quiet.admit(Instant::now()) {
                    warn!(
                        base,
                        held_back, "spaces are mounted too deep; what is below is not reached"
                    );
                }
            }
            return;
        };
        for mount in &*self.mounts {
            let names = prefix(&mount.at);
            let state;
            let rest = match rest {
                Rest::Literal(address) => match below(address, names) {
                    Some(rest) => Rest::Literal(rest),
                    None => continue,
                },
                Rest::Pattern(pattern, before) => {
                    let steps = mount.at.parts();
                    state = steps.fold(before.clone(), |state, name| pattern.step(&state, name));
                    if state.is_dead() {
                        continue;
                    }
                    Rest::Pattern(pattern, &state)
                }
            };
            // Only a space that can be reached is looked into.
            let inner = mount.shared.contents.load();
            let base = format!("{base}{names}");
            inner.collect(rest, &base, Some(&inner.home_at(&base)), depth, targets);
        }
    }

    fn fallback_within(
        &self,
        address: &str,
        base: &str,
        home: Option<&Arc<Home>>,
        depth: usize,
    ) -> Option<Target> {
        if let Some(depth) = depth.checked_sub(1) {
            for mount in &*self.mounts {
                let names = prefix(&mount.at);
                let Some(rest) = below(address, names) else { continue };
                let inner = mount.shared.contents.load();
                let base = format!("{base}{names}");
                let home = inner.home_at(&base);
                let fallback = inner.fallback_within(rest, &base, Some(&home), depth);
                if fallback.is_some() {
                    return fallback;
                }
            }
        }
        let method = Arc::clone(self.fallback.as_ref()?);
        let home = Arc::clone(home.unwrap_or(&self.home));
        Some(Target { method, registration: Registration { at: None, home } })
    }

    fn generations_within(&self, depth: usize, all: &mut Vec<u64>) {
        let Some(depth) = depth.checked_sub(1) else { return };
        for mount in &*self.mounts {
            let inner = mount.shared.contents.load();
            all.push(inner.generation);
            inner.generations_within(depth, all);
        }
    }

    /// What the methods of this space have in common when it is mounted at `base`.
    fn home_at(&self, base: &str) -> Arc<Home> {
        let base = Address::new(base).ok();
        Arc::new(Home { base, ..Home::clone(&self.home) })
    }
}

/// What is left of a literal address behind `names`.
fn below<'a>(address: &'a str, names: &str) -> Option<&'a str> {
    match address.strip_prefix(names)? {
        "" => Some("/"),
        // A slash at the end is an empty name, and no address of the mounted space.
        "/" if !names.is_empty() => None,
        rest if rest.starts_with('/') => Some(rest),
        _ => None,
    }
}

/// How deep a space that is mounted may be in itself.
pub(crate) const DEPTH: usize = 16;

/// How deep spaces in spaces are followed: they may be deeper than [`DEPTH`] if the outer ones were mounted first.
const GUARD: usize = 4 * DEPTH;

impl Target {
    fn new(hit: Hit<'_, Method>, home: &Arc<Home>) -> Self {
        let at = Some((Arc::clone(hit.entries.place()), hit.entry.key));
        let registration = Registration { at, home: Arc::clone(home) };
        Self { method: Arc::clone(&hit.entry.value), registration }
    }
}
