//! State that handlers share.

use std::any::type_name;
use std::fmt;
use std::ops::Deref;
use std::sync::Arc;

use oscine_codec::ReadError;

use crate::handler::call::Call;
use crate::handler::from_call::FromCall;
use crate::handler::states::States;

/// State that was given to the address space, as a handler parameter.
///
/// # Examples
///
/// ```
/// use std::sync::atomic::{AtomicI32, Ordering};
///
/// use oscine::{AddressSpace, State};
///
/// let space = AddressSpace::new();
/// space.set_state(AtomicI32::new(0));
/// space.method("/add", |sum: State<AtomicI32>, n: i32| {
///     ("/sum", sum.fetch_add(n, Ordering::Relaxed) + n)
/// })?;
/// # Ok::<(), oscine::AddressError>(())
/// ```
pub struct State<T>(Arc<T>);

impl<T> Deref for State<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.0
    }
}

impl<T> Clone for State<T> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

impl<T: fmt::Debug> fmt::Debug for State<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("State").field(&self.0).finish()
    }
}

/// A handler that asks for state which its address space does not have fits no message.
impl<T: Send + Sync + 'static> FromCall for State<T> {
    fn from_call(call: &mut Call<'_>) -> Result<Self, ReadError> {
        let states = call.registered.home().map(|home| &home.states);
        states.and_then(States::get).map(Self).ok_or_else(|| {
            call.args
                .bad_value(format!("the address space has no state of type {}", type_name::<T>()))
        })
    }
}
