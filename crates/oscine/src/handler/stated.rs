//! Functions and methods that take a state first.

use std::fmt;
use std::future::Future;
use std::marker::PhantomData;
use std::sync::Arc;

use crate::handler::arities::arities;
use crate::handler::blocking::Blocking;
use crate::handler::callable::Callable;
use crate::handler::from_call::FromCall;
use crate::handler::handler::{Handler, IsAsync, IsSync};
use crate::handler::into_reply::{IntoReply, Replies};
use crate::handler::wrapped::Wrapped;

/// A function, method or closure that handles messages and takes a state of type `S` first.
///
/// Implemented for every `Fn` of a state and up to twelve parameters that are [`FromCall`](crate::FromCall): for those
/// that take `&S`, async or not, and for async ones that take `Arc<S>`. A closure that is async and borrows the state
/// cannot be written; it takes `Arc<S>`. `M` only tells the implementations apart and is always inferred.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a handler with a state of type `{S}`",
    label = "not a handler with a state of type `{S}`",
    note = "it is a function, method or closure that is `Send + Sync + 'static` and takes `&{S}` first, or, if it is \
            async, `&{S}` or `Arc<{S}>`, and its future is `Send`; each of its (at most twelve) other parameters has to be `FromCall`, and what \
            it returns `IntoReply`",
    note = "parameters are owned: `String` and not `&str`"
)]
pub trait StateHandler<S, M>: 'static {
    /// Forgets the types.
    #[doc(hidden)]
    #[expect(private_interfaces, reason = "only this crate calls it")]
    fn with_state(self, state: Arc<S>) -> Arc<dyn Callable>;
}

/// Marks handlers that borrow the state.
#[derive(Debug)]
#[non_exhaustive]
pub struct Borrows<M>(PhantomData<M>);

/// A handler with the state that it takes first: a handler again.
///
/// Made by [`WithState::handler`](crate::WithState::handler).
#[must_use = "a handler does nothing until it is registered"]
pub struct Stated<S, F> {
    pub(crate) state: Arc<S>,
    pub(crate) function: F,
}

impl<S: 'static, F: StateHandler<S, M>, M> Handler<(Arc<S>, M)> for Stated<S, F> {
    #[expect(private_interfaces, reason = "only this crate calls it")]
    fn into_callable(self) -> Arc<dyn Callable> {
        self.function.with_state(self.state)
    }
}

impl<S, F> fmt::Debug for Stated<S, F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Stated").finish_non_exhaustive()
    }
}

/// An async function that borrows the state as long as it is under way.
pub trait AsyncMethod<'a, S: 'a, P> {
    /// What it replies.
    type Reply: IntoReply;
    /// A call that is under way.
    type Running: Future<Output = Self::Reply> + Send + 'a;

    /// Calls it.
    fn run(&self, state: &'a S, parameters: P) -> Self::Running;
}

macro_rules! stated {
    ($($name:ident)*) => {
        impl<S, F, R, $($name,)*> StateHandler<S, Borrows<(IsSync, $($name,)*)>> for F
        where
            S: Send + Sync + 'static,
            F: Fn(&S, $($name,)*) -> R + Send + Sync + 'static,
            R: IntoReply,
            $($name: FromCall + 'static,)*
        {
            #[allow(non_snake_case, reason = "one name for a type and its value")]
            #[expect(private_interfaces, reason = "only this crate calls it")]
            fn with_state(self, state: Arc<S>) -> Arc<dyn Callable> {
                let function = move |$($name: $name),*| self(&state, $($name),*);
                Handler::<(IsSync, $($name,)*)>::into_callable(function)
            }
        }

        impl<S, F, R, $($name,)*> Blocking<(Arc<S>, Borrows<(IsSync, $($name,)*)>)> for Stated<S, F>
        where
            S: Send + Sync + 'static,
            F: Fn(&S, $($name,)*) -> R + Send + Sync + 'static,
            R: IntoReply + 'static,
            $($name: FromCall + Send + 'static,)*
        {
            #[allow(non_snake_case, reason = "one name for a type and its value")]
            fn into_blocking(self) -> Wrapped {
                let Self { state, function } = self;
                let function = move |$($name: $name),*| function(&state, $($name),*);
                Blocking::<(IsSync, $($name,)*)>::into_blocking(function)
            }
        }

        impl<S, F, R, $($name,)*> StateHandler<S, (IsAsync, $($name,)*)> for F
        where
            S: Send + Sync + 'static,
            F: Fn(Arc<S>, $($name,)*) -> R + Send + Sync + 'static,
            R: Future<Output: IntoReply> + Send + 'static,
            $($name: FromCall + 'static,)*
        {
            #[allow(non_snake_case, reason = "one name for a type and its value")]
            #[expect(private_interfaces, reason = "only this crate calls it")]
            fn with_state(self, state: Arc<S>) -> Arc<dyn Callable> {
                let function = move |$($name: $name),*| self(Arc::clone(&state), $($name),*);
                Handler::<(IsAsync, $($name,)*)>::into_callable(function)
            }
        }

        impl<'a, S, F, R, $($name,)*> AsyncMethod<'a, S, ($($name,)*)> for F
        where
            S: 'a,
            F: Fn(&'a S, $($name,)*) -> R,
            R: Future<Output: IntoReply> + Send + 'a,
        {
            type Reply = R::Output;
            type Running = R;

            #[allow(non_snake_case, reason = "one name for a type and its value")]
            fn run(&self, state: &'a S, ($($name,)*): ($($name,)*)) -> R {
                self(state, $($name),*)
            }
        }

        impl<S, F, $($name,)*> StateHandler<S, Borrows<(IsAsync, $($name,)*)>> for F
        where
            S: Send + Sync + 'static,
            F: for<'a> AsyncMethod<'a, S, ($($name,)*)> + Send + Sync + 'static,
            $($name: FromCall + Send + 'static,)*
        {
            #[allow(non_snake_case, reason = "one name for a type and its value")]
            #[expect(private_interfaces, reason = "only this crate calls it")]
            fn with_state(self, state: Arc<S>) -> Arc<dyn Callable> {
                let function = Arc::new(self);
                let run = move |$($name: $name),*| {
                    let (function, state) = (Arc::clone(&function), Arc::clone(&state));
                    async move {
                        let mut replies = Replies::default();
                        let running = function.run(&state, ($($name,)*));
                        running.await.into_reply(&mut replies);
                        replies
                    }
                };
                Handler::<(IsAsync, $($name,)*)>::into_callable(run)
            }
        }
    };
}

arities!(stated);
