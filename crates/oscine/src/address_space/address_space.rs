//! The address space: methods by address.

use std::fmt;
use std::mem;
use std::sync::atomic::Ordering;
use std::sync::{Arc, PoisonError};

use oscine_codec::{Address, AddressError};
use tokio::sync::broadcast;

use crate::address_space::change::{CHANGES, Changes};
use crate::address_space::contents::{Contents, Shared};
use crate::address_space::edit::Edit;
use crate::address_space::info::Info;
use crate::address_space::seen::{Observer, Seen};
use crate::handler::handler::Handler;
use crate::handler::registered::Home;
use crate::space::entry::Entries;
use crate::space::key::MethodKey;
use crate::space::moving::MoveError;
use crate::space::place::{IntoPlace, Place};

/// Methods by address: what a server dispatches to. Clones share one address space.
///
/// A message with a literal address is one look-up, however many methods there are; a message with a pattern reaches
/// every method that it matches. Methods may be registered under patterns themselves, and for whole sub-trees. Several
/// handlers may stand at one address. They run in the order of registration, however they are registered.
///
/// Everything may change at any time, from inside a handler too: a message is dispatched to what is registered at
/// that moment.
///
/// # Examples
///
/// ```
/// use oscine::{AddressSpace, Captures};
///
/// let space = AddressSpace::new();
/// let key = space.method("/synth/freq", |hertz: f32| println!("{hertz} Hz"))?;
/// space.method("/mixer/*/gain", |Captures((n,)): Captures<(u32,)>, gain: f32| {
///     println!("channel {n}: {gain}");
/// })?;
/// space.fallback(|message: oscine::Message| eprintln!("no method for {message}"));
/// assert_eq!(space.list(), ["/mixer/*/gain", "/synth/freq"]);
/// assert!(space.remove(key));
/// # Ok::<(), oscine::AddressError>(())
/// ```
#[derive(Clone)]
pub struct AddressSpace {
    pub(crate) shared: Arc<Shared>,
}

impl AddressSpace {
    /// An address space without methods.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Registers a handler at an address or under a pattern, behind those that are there already.
    ///
    /// # Errors
    ///
    /// [`AddressError`] when `place` is neither an address nor a pattern.
    pub fn method<M>(
        &self,
        place: impl IntoPlace,
        handler: impl Handler<M>,
    ) -> Result<MethodKey, AddressError> {
        // Outside of the edit: a handler that is not registered is dropped, which may do anything.
        let (place, method) = (place.into_place()?, handler.into_callable());
        Ok(self.edit(|edit| edit.insert(place, method)))
    }

    /// Registers a handler for an address and all that lie below it: `/a` and `/a/b`, but not `/ab`.
    ///
    /// [`Captures`](crate::Captures) tell what lies below:
    ///
    /// ```
    /// use oscine::{AddressSpace, Captures, Rest};
    ///
    /// let space = AddressSpace::new();
    /// space.subtree("/video", |Captures((rest,)): Captures<(String,)>, args: Rest<f32>| {
    ///     // "layer/2/opacity" for /video/layer/2/opacity, and "" for /video itself.
    ///     println!("{rest}: {:?}", args.0);
    /// })?;
    /// # Ok::<(), oscine::AddressError>(())
    /// ```
    ///
    /// # Errors
    ///
    /// [`AddressError`] when `address` is not an address.
    pub fn subtree<M>(
        &self,
        address: impl AsRef<str>,
        handler: impl Handler<M>,
    ) -> Result<MethodKey, AddressError> {
        let place = Place::Subtree(Address::new(address.as_ref())?);
        let method = handler.into_callable();
        Ok(self.edit(|edit| edit.insert(place, method)))
    }

    /// Sets the handler of the messages that reach no method, those with a broken address pattern among them.
    pub fn fallback<M>(&self, handler: impl Handler<M>) {
        let method = handler.into_callable();
        self.edit(|edit| edit.contents.fallback = Some(method));
    }

    /// Adds an observer: it sees every message before its methods are called, those that reach none included.
    pub fn on_message(&self, observer: impl Fn(&Seen<'_>) + Send + Sync + 'static) {
        let observer: Observer = Arc::new(observer);
        self.edit(|edit| {
            let observers = edit.contents.observers.iter().cloned();
            edit.contents.observers = observers.chain([observer]).collect();
        });
    }

    /// Sets the state of its type that handlers get as [`State<T>`](crate::State).
    pub fn set_state<T: Send + Sync + 'static>(&self, state: T) {
        self.set_shared_state(Arc::new(state));
    }

    /// As [`set_state`](Self::set_state), of state that others hold too.
    pub fn set_shared_state<T: Send + Sync + 'static>(&self, state: Arc<T>) {
        self.edit_home(|home| home.states.set(state));
    }

    /// Sets whether arguments have to be of exactly the type that a handler asks for: false by default.
    ///
    /// If not, numbers and truth values stand in for each other, as senders mix them.
    pub fn exact(&self, exact: bool) {
        self.edit_home(|home| home.exact = exact);
    }

    /// Sets whether only the first handler that fits is called: false by default, and then all that fit are.
    ///
    /// It is for handlers that tell themselves apart by their arguments. A handler that returns
    /// [`Next`](crate::Next) leaves the message to the next one. A message with a pattern reaches all methods in any
    /// case.
    pub fn first_match(&self, first_match: bool) {
        self.edit(|edit| edit.contents.options.first_match = first_match);
    }

    /// Sets whether a message whose arguments fit no handler is answered by `/error`, with its address and what was
    /// wrong: false by default.
    pub fn error_replies(&self, error_replies: bool) {
        self.edit(|edit| edit.contents.options.error_replies = error_replies);
    }

    /// Sets whether a message to an address with a slash at the end is answered by a list of the names below it, as
    /// liblo does: false by default.
    ///
    /// The answer is `#reply` with the address and up to 64 names: over UDP the sender may be forged.
    pub fn list_replies(&self, list_replies: bool) {
        self.edit(|edit| edit.contents.options.list_replies = list_replies);
    }

    /// Takes one registration back. False when it is gone already.
    ///
    /// A call that has begun is not cut short. What the handler has captured is dropped when no dispatcher holds it any
    /// more: a server lets go before it waits, a [`Dispatcher`](crate::Dispatcher) with the next packet.
    #[expect(clippy::must_use_candidate, reason = "it is called for what it does")]
    pub fn remove(&self, key: MethodKey) -> bool {
        self.edit(|edit| edit.remove(key))
    }

    /// Takes back all registrations at an address, and says how many there were.
    pub fn remove_address(&self, address: impl AsRef<str>) -> usize {
        self.edit(|edit| edit.remove_address(address))
    }

    /// Takes back all registrations at and below an address, and says how many there were.
    ///
    /// # Errors
    ///
    /// [`AddressError`] when `address` is not an address.
    pub fn remove_subtree(&self, address: impl AsRef<str>) -> Result<usize, AddressError> {
        self.edit(|edit| edit.remove_subtree(address))
    }

    /// Moves everything at and below `from` to `to`, descriptions too, and says how many registrations that were.
    ///
    /// To rename is to move to another name in the same container. Keys stay as they are.
    ///
    /// # Errors
    ///
    /// [`MoveError`]; then nothing has moved.
    pub fn move_subtree(&self, from: &Address, to: &Address) -> Result<usize, MoveError> {
        self.edit(|edit| edit.move_subtree(from, to))
    }

    /// Moves everything at and below `from` to `to` in another address space, behind what is there, descriptions too, and
    /// says how many registrations that were. They get new keys.
    ///
    /// There is a moment in which they are in neither.
    #[expect(clippy::must_use_candidate, reason = "it is called for what it does")]
    pub fn move_to(&self, from: &Address, other: &Self, to: &Address) -> usize {
        let (methods, infos) = self.edit(|edit| edit.take_out(from));
        other.edit(|edit| edit.put_in(to, &methods, infos))
    }

    /// Says what a method or container is, for people and for other programs.
    ///
    /// # Errors
    ///
    /// [`AddressError`] when `place` is neither an address nor a pattern.
    pub fn describe(&self, place: impl IntoPlace, info: Info) -> Result<(), AddressError> {
        self.edit(|edit| edit.describe(place, info))
    }

    /// Makes several changes take effect as one, and much faster than one by one.
    ///
    /// Others that change this address space wait until `change` returns. It must not change it in any other way than by
    /// the [`Edit`]: it would wait for itself.
    ///
    /// # Examples
    ///
    /// ```
    /// use oscine::{AddressError, AddressSpace};
    ///
    /// let space = AddressSpace::new();
    /// space.edit(|edit| {
    ///     for n in 0..1000 {
    ///         edit.method(format!("/fader/{n}"), |_level: f32| {})?;
    ///     }
    ///     Ok::<(), AddressError>(())
    /// })?;
    /// assert_eq!(space.len(), 1000);
    /// # Ok::<(), AddressError>(())
    /// ```
    pub fn edit<R>(&self, change: impl FnOnce(&mut Edit) -> R) -> R {
        // What handlers that are gone have captured may change the address space when it is dropped. So all that is
        // dropped here lives longer than the lock, also when `change` panics.
        let mut edit = Edit::default();
        let writer = self.shared.writer.lock().unwrap_or_else(PoisonError::into_inner);
        let listeners = self.shared.changes.lock().unwrap_or_else(PoisonError::into_inner).clone();
        edit.contents = Contents::clone(&self.contents());
        edit.heard = listeners.is_some();
        let result = change(&mut edit);
        let mut contents = mem::take(&mut edit.contents);
        contents.generation += 1;
        let generation = contents.generation;
        let _before = self.shared.contents.swap(Arc::new(contents));
        self.shared.generation.store(generation, Ordering::Release);
        for change in edit.changes.drain(..) {
            // Without a listener there is nobody to tell.
            let _ = listeners.as_ref().map(|listeners| listeners.send(change));
        }
        drop(writer);
        result
    }

    /// The changes from now on, as a stream.
    #[must_use]
    pub fn changes(&self) -> Changes {
        let mut changes = self.shared.changes.lock().unwrap_or_else(PoisonError::into_inner);
        let sender = changes.get_or_insert_with(|| broadcast::channel(CHANGES).0);
        Changes::new(sender.subscribe())
    }

    /// The places that have methods, in the order of the tree; those of mounted spaces are not among them.
    #[must_use]
    pub fn list(&self) -> Vec<String> {
        self.walk().map(|(place, _)| place.to_string()).collect()
    }

    /// The places that have methods, in the order of the tree, and how many methods each has.
    pub fn walk(&self) -> impl Iterator<Item = (Arc<Place>, usize)> + use<> {
        let contents = self.contents();
        let place = |entries: &Entries<_>| (Arc::clone(entries.place()), entries.as_slice().len());
        contents.methods.walk().map(place).collect::<Vec<_>>().into_iter()
    }

    /// The names that lie directly below an address, in order.
    #[must_use]
    pub fn children(&self, address: &Address) -> Vec<String> {
        self.contents().methods.children(address).map(str::to_owned).collect()
    }

    /// What is known of an address: what [`describe`](Self::describe) said, and the type tags of the first handler's
    /// parameters if it did not say any. `None` if nothing is known.
    #[must_use]
    pub fn info(&self, place: impl AsRef<str>) -> Option<Info> {
        let contents = self.contents();
        let info = contents.infos.get(place.as_ref()).map(|info| Info::clone(info));
        let entries = contents.methods.at(place.as_ref());
        let tags =
            entries.and_then(|entries| entries.as_slice().first()).map(|e| e.value.type_tags());
        match (info, tags) {
            (Some(info), Some(tags)) if info.type_tags().is_none() => {
                Some(info.with_type_tags(tags))
            }
            (None, Some(tags)) => Some(Info::new().with_type_tags(tags)),
            (info, _) => info,
        }
    }

    /// The number of registrations.
    #[must_use]
    pub fn len(&self) -> usize {
        self.contents().methods.len()
    }

    /// Whether no method is registered.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.contents().methods.is_empty()
    }

    /// Whether the two are one.
    pub(crate) fn is_same(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.shared, &other.shared)
    }

    /// What is registered at this moment. Takes no lock.
    pub(crate) fn contents(&self) -> arc_swap::Guard<Arc<Contents>> {
        self.shared.contents.load()
    }

    fn edit_home(&self, change: impl FnOnce(&mut Home)) {
        self.edit(|edit| {
            let mut home = Home::clone(&edit.contents.home);
            change(&mut home);
            edit.contents.home = Arc::new(home);
        });
    }
}

impl fmt::Debug for AddressSpace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AddressSpace").field("methods", &self.list()).finish()
    }
}
