//! Handlers on threads of their own.

use std::panic::resume_unwind;
use std::sync::Arc;

use tokio::task::spawn_blocking;
use tokio_util::task::AbortOnDropHandle;

use crate::handler::arities::arities;
use crate::handler::from_call::FromCall;
use crate::handler::handler::{Handler, IsAsync, IsSync};
use crate::handler::into_reply::{IntoReply, Replies};
use crate::handler::wrapped::Wrapped;

/// A handler that can be called on another thread: one that is not async, with parameters that are `Send`.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be called on another thread",
    label = "not a handler for `blocking`",
    note = "`blocking` is for handlers that are not async; each of their parameters has to be `Send`"
)]
pub trait Blocking<M>: Handler<M> {
    /// As [`HandlerExt::blocking`](crate::HandlerExt::blocking).
    fn into_blocking(self) -> Wrapped;
}

macro_rules! blocking {
    ($($name:ident)*) => {
        impl<F, R, $($name,)*> Blocking<(IsSync, $($name,)*)> for F
        where
            F: Fn($($name,)*) -> R + Send + Sync + 'static,
            R: IntoReply + 'static,
            $($name: FromCall + Send + 'static,)*
        {
            #[allow(non_snake_case, reason = "one name for a type and its value")]
            fn into_blocking(self) -> Wrapped {
                let function = Arc::new(self);
                let run = move |$($name: $name),*| {
                    let function = Arc::clone(&function);
                    on_the_pool(move || function($($name),*))
                };
                Wrapped(Handler::<(IsAsync, $($name,)*)>::into_callable(run))
            }
        }
    };
}

arities!(blocking);

/// Calls `function` on tokio's pool of threads for blocking work.
async fn on_the_pool<R: IntoReply + 'static>(
    function: impl FnOnce() -> R + Send + 'static,
) -> Replies {
    let task = spawn_blocking(move || {
        let mut replies = Replies::default();
        function().into_reply(&mut replies);
        replies
    });
    // What has not begun when nobody waits any more does not begin.
    match AbortOnDropHandle::new(task).await.map_err(tokio::task::JoinError::try_into_panic) {
        Ok(replies) => replies,
        // A panic of the handler is one here.
        Err(Ok(panic)) => resume_unwind(panic),
        // The runtime is shutting down.
        Err(Err(error)) => {
            let mut replies = Replies::default();
            replies.fail(error);
            replies
        }
    }
}
