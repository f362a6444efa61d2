//! How async handlers end.

use std::future::poll_fn;
use std::task::Poll;
use std::time::Duration;

use oscine_transport::guard::guarded;
use tokio::time::timeout;

use crate::dispatch::let_go::let_go;
use crate::handler::callable::Running;
use crate::handler::into_reply::Replies;

/// How a call of an async handler has ended.
pub(crate) enum Ending {
    /// It is through, and replies this. Its box can be used again.
    Through(Running, Replies),
    /// It panicked.
    Panicked,
    /// It took longer than it may. It has been dropped, at a point where it waited.
    TimedOut,
}

/// Sees a call through, whatever it does, for so long at most.
pub(crate) async fn see_through(mut running: Running, limit: Option<Duration>) -> Ending {
    let replies = match limit {
        None => replies(&mut running).await,
        Some(limit) => match timeout(limit, replies(&mut running)).await {
            Ok(replies) => replies,
            Err(_) => {
                let_go(running);
                return Ending::TimedOut;
            }
        },
    };
    match replies {
        Some(replies) => Ending::Through(running, replies),
        None => {
            let_go(running);
            Ending::Panicked
        }
    }
}

/// What a call replies; `None` if it panicked. Cancel safe.
async fn replies(running: &mut Running) -> Option<Replies> {
    poll_fn(|cx| {
        // A future that has panicked is not polled again.
        match guarded(|| running.poll(cx)) {
            Some(Poll::Ready(replies)) => Poll::Ready(Some(replies)),
            Some(Poll::Pending) => Poll::Pending,
            None => Poll::Ready(None),
        }
    })
    .await
}

/// Gives a call its first turn. What is answered ends it, or is to be seen through.
pub(crate) async fn first_turn(mut running: Running) -> Result<Ending, Running> {
    let polled = {
        let mut replies = std::pin::pin!(replies(&mut running));
        poll_fn(|cx| Poll::Ready(Future::poll(replies.as_mut(), cx))).await
    };
    match polled {
        Poll::Ready(Some(replies)) => Ok(Ending::Through(running, replies)),
        Poll::Ready(None) => {
            let_go(running);
            Ok(Ending::Panicked)
        }
        Poll::Pending => Err(running),
    }
}
