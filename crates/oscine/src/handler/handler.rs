//! Functions and closures as handlers.

use std::future::Future;
use std::marker::PhantomData;
use std::sync::{Arc, Mutex, PoisonError};

use smallvec::SmallVec;
use tokio_util::sync::ReusableBoxFuture;

use crate::handler::arities::arities;
use crate::handler::call::Call;
use crate::handler::callable::{Answer, Callable, Outcome, Running};
use crate::handler::from_call::FromCall;
use crate::handler::into_reply::{IntoReply, Replies};

/// A function or closure that can handle messages.
///
/// Implemented for every `Fn` of up to twelve parameters that are [`FromCall`], whose output is [`IntoReply`] or a
/// future of one. `M` only tells the implementations apart and is always inferred.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a handler",
    label = "not a handler",
    note = "a handler is a function or closure, async or not, that is `Send + Sync + 'static`; each of its (at most \
            twelve) parameters has to be `FromCall`, written with its type, and what it returns `IntoReply`",
    note = "parameters are owned: `String` and not `&str`; numbers are `i32`, `i64`, `f32` or `f64`",
    note = "what is not `Send` can be a handler of `LocalHandlers`"
)]
pub trait Handler<M>: 'static {
    /// Forgets the types.
    #[doc(hidden)]
    #[expect(private_interfaces, reason = "only this crate calls it")]
    fn into_callable(self) -> Arc<dyn Callable>;
}

/// Marks handlers that are through when they return.
#[derive(Debug)]
#[non_exhaustive]
pub struct IsSync;

/// Marks handlers that return a future.
#[derive(Debug)]
#[non_exhaustive]
pub struct IsAsync;

struct SyncHandler<F, M> {
    function: F,
    marker: PhantomData<fn(M)>,
}

struct AsyncHandler<F, M> {
    function: F,
    /// The boxes of calls that are through, mostly one.
    spare: Mutex<SmallVec<[Running; 1]>>,
    marker: PhantomData<fn(M)>,
}

impl<F, M> AsyncHandler<F, M> {
    fn spare(&self) -> std::sync::MutexGuard<'_, SmallVec<[Running; 1]>> {
        self.spare.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Boxes `future`, in the box of an earlier call if there is one.
    fn begin(&self, future: impl Future<Output = Replies> + Send + 'static) -> Running {
        match self.spare().pop() {
            Some(mut running) => {
                running.set(future);
                running
            }
            None => ReusableBoxFuture::new(future),
        }
    }
}

/// How many boxes a handler keeps. There are never more than calls were under way at once.
const MOST_SPARE: usize = 64;

/// What fits, or the end of the call.
macro_rules! fitting {
    ($read:expr, $answer:ident) => {
        match $read {
            Ok(value) => value,
            Err(misfit) => {
                $answer.misfit = Some(misfit);
                return Outcome::Misfit;
            }
        }
    };
}

macro_rules! handlers {
    ($($name:ident)*) => {
        impl<F, R, $($name,)*> Handler<(IsSync, $($name,)*)> for F
        where
            F: Fn($($name,)*) -> R + Send + Sync + 'static,
            R: IntoReply,
            $($name: FromCall + 'static,)*
        {
            #[expect(private_interfaces, reason = "only this crate calls it")]
            fn into_callable(self) -> Arc<dyn Callable> {
                Arc::new(SyncHandler { function: self, marker: PhantomData::<fn(($($name,)*))> })
            }
        }

        impl<F, R, $($name,)*> Callable for SyncHandler<F, ($($name,)*)>
        where
            F: Fn($($name,)*) -> R + Send + Sync,
            R: IntoReply,
            $($name: FromCall,)*
        {
            #[allow(non_snake_case, reason = "one name for a type and its value")]
            fn call(&self, call: &mut Call<'_>, answer: &mut Answer) -> Outcome {
                $(let $name = fitting!($name::from_call(call), answer);)*
                fitting!(call.args.finish(), answer);
                (self.function)($($name,)*).into_reply(&mut answer.replies);
                Outcome::Done
            }

            #[allow(unused_mut, reason = "not without parameters")]
            fn type_tags(&self) -> String {
                let mut tags = String::new();
                $($name::type_tags(&mut tags);)*
                tags
            }
        }

        impl<F, R, $($name,)*> Handler<(IsAsync, $($name,)*)> for F
        where
            F: Fn($($name,)*) -> R + Send + Sync + 'static,
            R: Future<Output: IntoReply> + Send + 'static,
            $($name: FromCall + 'static,)*
        {
            #[expect(private_interfaces, reason = "only this crate calls it")]
            fn into_callable(self) -> Arc<dyn Callable> {
                Arc::new(AsyncHandler {
                    function: self,
                    spare: Mutex::default(),
                    marker: PhantomData::<fn(($($name,)*))>,
                })
            }
        }

        impl<F, R, $($name,)*> Callable for AsyncHandler<F, ($($name,)*)>
        where
            F: Fn($($name,)*) -> R + Send + Sync,
            R: Future<Output: IntoReply> + Send + 'static,
            $($name: FromCall,)*
        {
            #[allow(non_snake_case, reason = "one name for a type and its value")]
            fn call(&self, call: &mut Call<'_>, answer: &mut Answer) -> Outcome {
                $(let $name = fitting!($name::from_call(call), answer);)*
                fitting!(call.args.finish(), answer);
                let future = (self.function)($($name,)*);
                answer.running = Some(self.begin(async move {
                    let mut replies = Replies::default();
                    future.await.into_reply(&mut replies);
                    replies
                }));
                Outcome::Running
            }

            #[allow(unused_mut, reason = "not without parameters")]
            fn type_tags(&self) -> String {
                let mut tags = String::new();
                $($name::type_tags(&mut tags);)*
                tags
            }

            fn recycle(&self, running: Running) {
                let mut spare = self.spare();
                if spare.len() < MOST_SPARE {
                    spare.push(running);
                }
            }
        }
    };
}

arities!(handlers);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn boxes_of_calls_that_are_through_are_kept_up_to_a_limit() {
        let handler = AsyncHandler {
            function: async || {},
            spare: Mutex::default(),
            marker: PhantomData::<fn(())>,
        };
        let under_way: Vec<_> =
            (0..MOST_SPARE + 3).map(|_| handler.begin(async { Replies::default() })).collect();
        assert_eq!(handler.spare().len(), 0);
        for (through, running) in (1..).zip(under_way) {
            handler.recycle(running);
            assert_eq!(handler.spare().len(), MOST_SPARE.min(through));
        }
        drop(handler.begin(async { Replies::default() }));
        assert_eq!(handler.spare().len(), MOST_SPARE - 1);
    }
}
