//! Handlers without their types.

use std::sync::Arc;

use oscine_codec::ReadError;
use tokio::sync::Semaphore;
use tokio_util::sync::ReusableBoxFuture;

use crate::handler::call::Call;
use crate::handler::into_reply::Replies;

/// An async handler under way. Its box is handed back for the next call.
pub(crate) type Running = ReusableBoxFuture<'static, Replies>;

/// What calling a handler comes to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Outcome {
    /// It is through, and has told what it replies.
    Done,
    /// It is async and under way.
    Running,
    /// It wants other arguments, and was not called.
    Misfit,
}

/// What a handler leaves behind. Lent to one after the other, as most leave nothing.
#[derive(Default)]
pub(crate) struct Answer {
    pub(crate) replies: Replies,
    /// To be awaited, then handed to [`Callable::recycle`].
    pub(crate) running: Option<Running>,
    pub(crate) misfit: Option<ReadError>,
}

/// A handler whose parameter types are known no longer.
pub(crate) trait Callable: Send + Sync {
    /// Takes the parameters from `call` and runs the handler; async ones are only begun.
    fn call(&self, call: &mut Call<'_>, answer: &mut Answer) -> Outcome;

    /// The type tags of the arguments that it takes, as far as its parameters know them.
    fn type_tags(&self) -> String;

    /// Takes the box of a call that is through back, for the next one.
    fn recycle(&self, _: Running) {}

    /// How many calls may be under way at once while other messages go on: each holds a permit from before it begins
    /// until it is through. `None` for a handler that messages wait for.
    fn slots(&self) -> Option<&Arc<Semaphore>> {
        None
    }
}
