//! The address space: methods by address.

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use arc_swap::ArcSwap;
use oscine_codec::{Address, AddressError};

use crate::handler::callable::Callable;
use crate::handler::handler::Handler;
use crate::space::key::MethodKey;
use crate::space::space::Space;

/// A handler as the tree carries it.
pub(crate) type Method = Arc<dyn Callable>;

/// Methods by address: what a server dispatches to. Clones share one address space.
///
/// A message with a literal address is one look-up, however many methods there are; a message with a pattern reaches
/// every method that it matches. Several handlers may stand at one address. They run in the order of registration.
///
/// Everything may change at any time, from inside a handler too: a message is dispatched to what is registered at
/// that moment.
///
/// # Examples
///
/// ```
/// use oscine::AddressSpace;
///
/// let space = AddressSpace::new();
/// let key = space.method("/synth/freq", |hertz: f32| println!("{hertz} Hz"))?;
/// space.fallback(|message: oscine::Message| eprintln!("no method for {message}"));
/// assert_eq!(space.list(), ["/synth/freq"]);
/// assert!(space.remove(key));
/// # Ok::<(), oscine::AddressError>(())
/// ```
#[derive(Clone, Default)]
pub struct AddressSpace {
    shared: Arc<Shared>,
}

#[derive(Default)]
struct Shared {
    space: ArcSwap<Contents>,
    /// Held by whoever changes `space`; readers do not need it.
    writer: Mutex<()>,
}

/// One state of an address space.
#[derive(Clone, Default)]
pub(crate) struct Contents {
    pub(crate) methods: Space<Method>,
    pub(crate) fallback: Option<Method>,
}

impl AddressSpace {
    /// An address space without methods.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Registers a handler at an address, behind those that are there already.
    ///
    /// # Errors
    ///
    /// [`AddressError`] when `address` is not the address of a method.
    pub fn method<M>(
        &self,
        address: impl AsRef<str>,
        handler: impl Handler<M>,
    ) -> Result<MethodKey, AddressError> {
        let address = Address::new(address.as_ref())?;
        let method = handler.into_callable();
        Ok(self.edit(|contents| contents.methods.insert(&address, method)))
    }

    /// Sets the handler of the messages that reach no method, those with a broken address pattern among them.
    pub fn fallback<M>(&self, handler: impl Handler<M>) {
        let method = handler.into_callable();
        self.edit(|contents| contents.fallback = Some(method));
    }

    /// Takes one registration back. False when it is gone already.
    ///
    /// A call that has begun is not cut short.
    #[expect(clippy::must_use_candidate, reason = "it is called for what it does")]
    pub fn remove(&self, key: MethodKey) -> bool {
        self.edit(|contents| contents.methods.remove(key))
    }

    /// Takes back all registrations at an address, and says how many there were.
    pub fn remove_address(&self, address: impl AsRef<str>) -> usize {
        self.edit(|contents| contents.methods.remove_address(address.as_ref()))
    }

    /// The addresses that have methods, in the order of the tree.
    #[must_use]
    pub fn list(&self) -> Vec<String> {
        let contents = self.contents();
        contents.methods.walk().map(|entries| entries.address().to_string()).collect()
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

    /// What is registered at this moment. Takes no lock.
    pub(crate) fn contents(&self) -> arc_swap::Guard<Arc<Contents>> {
        self.shared.space.load()
    }

    fn edit<R>(&self, change: impl FnOnce(&mut Contents) -> R) -> R {
        let _writer = self.shared.writer.lock().unwrap_or_else(PoisonError::into_inner);
        let mut contents = Contents::clone(&self.contents());
        let result = change(&mut contents);
        self.shared.space.store(Arc::new(contents));
        result
    }
}

impl fmt::Debug for AddressSpace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AddressSpace").field("methods", &self.list()).finish()
    }
}
