//! Registering methods of a value.

use std::fmt;
use std::sync::Arc;

use oscine_codec::AddressError;

use crate::address_space::address_space::AddressSpace;
use crate::handler::stated::{StateHandler, Stated};
use crate::space::key::MethodKey;
use crate::space::place::IntoPlace;

/// An address space in which functions and methods are registered that take a state first; see
/// [`AddressSpace::with_state`].
///
/// Each registration holds the state until it is taken back.
pub struct WithState<S> {
    space: AddressSpace,
    state: Arc<S>,
}

impl AddressSpace {
    /// Registers functions and methods that take `state` first.
    ///
    /// Those that are not async take it as `&S`; async ones as `&S` or `Arc<S>`. What comes after it, and what is
    /// returned, is as with all [`handler`](crate::handler)s.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::sync::Mutex;
    ///
    /// use oscine::{AddressSpace, Message};
    ///
    /// #[derive(Default)]
    /// struct Mixer {
    ///     gain: Mutex<f32>,
    /// }
    ///
    /// impl Mixer {
    ///     fn gain(&self, value: f32) {
    ///         *self.gain.lock().expect("no handler panics") = value;
    ///     }
    ///
    ///     fn ask(&self) -> (&'static str, f32) {
    ///         ("/gain", *self.gain.lock().expect("no handler panics"))
    ///     }
    ///
    ///     async fn store(&self, name: String) -> Result<(), std::io::Error> {
    ///         let gain = *self.gain.lock().expect("no handler panics");
    ///         write(&name, gain).await
    ///     }
    /// }
    /// # async fn write(_: &str, _: f32) -> Result<(), std::io::Error> { Ok(()) }
    ///
    /// let space = AddressSpace::new();
    /// let mixer = space.with_state(Mixer::default());
    /// mixer.method("/gain", Mixer::gain)?;
    /// mixer.method("/gain", Mixer::ask)?;
    /// mixer.method("/store", Mixer::store)?;
    /// # Ok::<(), oscine::AddressError>(())
    /// ```
    #[must_use]
    pub fn with_state<S: Send + Sync + 'static>(&self, state: S) -> WithState<S> {
        self.with_shared_state(Arc::new(state))
    }

    /// As [`with_state`](Self::with_state), of state that others hold too.
    #[must_use]
    pub fn with_shared_state<S: Send + Sync + 'static>(&self, state: Arc<S>) -> WithState<S> {
        WithState { space: self.clone(), state }
    }
}

impl<S: Send + Sync + 'static> WithState<S> {
    /// As [`AddressSpace::method`].
    ///
    /// # Errors
    ///
    /// [`AddressError`] when `place` is neither an address nor a pattern.
    pub fn method<M>(
        &self,
        place: impl IntoPlace,
        handler: impl StateHandler<S, M>,
    ) -> Result<MethodKey, AddressError> {
        self.space.method(place, self.handler(handler))
    }

    /// As [`AddressSpace::subtree`].
    ///
    /// # Errors
    ///
    /// [`AddressError`] when `address` is not an address.
    pub fn subtree<M>(
        &self,
        address: impl AsRef<str>,
        handler: impl StateHandler<S, M>,
    ) -> Result<MethodKey, AddressError> {
        self.space.subtree(address, self.handler(handler))
    }

    /// As [`AddressSpace::fallback`].
    pub fn fallback<M>(&self, handler: impl StateHandler<S, M>) {
        self.space.fallback(self.handler(handler));
    }

    /// The function with its state, as a handler for anywhere: to have something
    /// [put around it](crate::HandlerExt), or for an [`Edit`](crate::Edit).
    ///
    /// # Examples
    ///
    /// ```
    /// use oscine::{AddressSpace, HandlerExt};
    ///
    /// struct Library;
    ///
    /// impl Library {
    ///     fn load(&self, name: String) -> std::io::Result<(&'static str, i64)> {
    ///         let bytes = std::fs::read(name)?;
    ///         Ok(("/loaded", bytes.len() as i64))
    ///     }
    /// }
    ///
    /// let space = AddressSpace::new();
    /// let library = space.with_state(Library);
    /// space.method("/load", library.handler(Library::load).blocking())?;
    /// # Ok::<(), oscine::AddressError>(())
    /// ```
    pub fn handler<F>(&self, function: F) -> Stated<S, F> {
        Stated { state: Arc::clone(&self.state), function }
    }

    /// The state.
    #[must_use]
    pub const fn state(&self) -> &Arc<S> {
        &self.state
    }
}

impl<S> Clone for WithState<S> {
    fn clone(&self) -> Self {
        Self { space: self.space.clone(), state: Arc::clone(&self.state) }
    }
}

impl<S> fmt::Debug for WithState<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("WithState").field("space", &self.space).finish_non_exhaustive()
    }
}
