//! Functions and closures that stay on their thread, as handlers.

use std::any::Any;
use std::future::Future;
use std::rc::Rc;
use std::sync::Arc;

use crate::handler::arities::arities;
use crate::handler::from_call::FromCall;
use crate::handler::handler::{Handler, IsAsync, IsSync};
use crate::handler::into_reply::{IntoReply, Replies};
use crate::handler::wrapped::Wrapped;
use crate::local::call::{Method, call};
use crate::local::error::LocalError;
use crate::local::link::{Begin, Begun};
use crate::local::owner::Owner;

/// A function or closure that can handle messages on one thread: a [`Handler`](crate::Handler) that need not be `Send`.
///
/// Neither it, nor what it returns, nor its future if it is async, need to be `Send`. Its parameters do, as they are
/// taken from the message before it is called: all those of this crate are.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a local handler",
    label = "not a local handler",
    note = "a local handler is a function or closure, async or not; each of its (at most twelve) parameters has to be \
            `FromCall` and `Send`, written with its type, and what it returns `IntoReply`",
    note = "parameters are owned: `String` and not `&str`"
)]
pub trait LocalHandler<M>: 'static {
    /// Leaves it with its owner, and makes a handler that calls it there.
    #[doc(hidden)]
    #[expect(private_interfaces, reason = "only this crate calls it")]
    fn with_owner(self, owner: &Owner) -> Wrapped;
}

macro_rules! local_handlers {
    ($($name:ident)*) => {
        impl<F, R, $($name,)*> LocalHandler<(IsSync, $($name,)*)> for F
        where
            F: Fn($($name,)*) -> R + 'static,
            R: IntoReply,
            $($name: FromCall + Send + 'static,)*
        {
            #[allow(non_snake_case, reason = "one name for a type and its value")]
            #[expect(private_interfaces, reason = "only this crate calls it")]
            fn with_owner(self, owner: &Owner) -> Wrapped {
                let method = keep(self, owner);
                let run = move |$($name: $name),*| {
                    let begin: Begin = Box::new(move |handler| begin::<F>(handler, |function| {
                        let mut replies = Replies::default();
                        function($($name),*).into_reply(&mut replies);
                        Begun::Through(replies)
                    }));
                    call(Arc::clone(&method), begin)
                };
                Wrapped(Handler::<(IsAsync, $($name,)*)>::into_callable(run))
            }
        }

        impl<F, R, $($name,)*> LocalHandler<(IsAsync, $($name,)*)> for F
        where
            F: Fn($($name,)*) -> R + 'static,
            R: Future<Output: IntoReply> + 'static,
            $($name: FromCall + Send + 'static,)*
        {
            #[allow(non_snake_case, reason = "one name for a type and its value")]
            #[expect(private_interfaces, reason = "only this crate calls it")]
            fn with_owner(self, owner: &Owner) -> Wrapped {
                let method = keep(self, owner);
                let run = move |$($name: $name),*| {
                    let begin: Begin = Box::new(move |handler| begin::<F>(handler, |function| {
                        let running = function($($name),*);
                        Begun::UnderWay(Box::pin(async move {
                            let mut replies = Replies::default();
                            running.await.into_reply(&mut replies);
                            replies
                        }))
                    }));
                    call(Arc::clone(&method), begin)
                };
                Wrapped(Handler::<(IsAsync, $($name,)*)>::into_callable(run))
            }
        }
    };
}

arities!(local_handlers);

fn keep<F: 'static>(function: F, owner: &Owner) -> Arc<Method> {
    let handler = owner.keep(Rc::new(function));
    Arc::new(Method { link: Arc::clone(&owner.link), handler })
}

/// Calls what the owner has kept by its type.
fn begin<F: 'static>(handler: &dyn Any, call: impl FnOnce(&F) -> Begun) -> Begun {
    match handler.downcast_ref() {
        Some(function) => call(function),
        // Numbers are given once, so it is of no other type.
        None => {
            let mut replies = Replies::default();
            replies.fail(LocalError::Gone);
            Begun::Through(replies)
        }
    }
}
