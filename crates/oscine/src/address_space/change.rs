//! What has changed in an address space, as it changes.

use std::fmt;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use futures::Stream;
use futures::stream::{BoxStream, unfold};
use oscine_codec::Address;
use tokio::sync::broadcast::Receiver;
use tokio::sync::broadcast::error::RecvError;

use crate::space::key::MethodKey;
use crate::space::place::Place;

/// One change of an address space.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub enum Change {
    /// A method was registered.
    Added {
        /// What it is known by.
        key: MethodKey,
        /// Where.
        place: Arc<Place>,
    },
    /// A method was taken back.
    Removed {
        /// What it was known by.
        key: MethodKey,
        /// Where it was.
        place: Arc<Place>,
    },
    /// A sub-tree was moved.
    Moved {
        /// Where it was.
        from: Address,
        /// Where it is.
        to: Address,
    },
    /// What a place says about itself has changed.
    Described {
        /// The text of the place.
        place: Arc<str>,
    },
    /// Another address space was mounted, or one that was is no longer.
    Mounts {
        /// Where.
        at: Address,
    },
    /// The reader was too slow, and this many changes were dropped: list anew.
    Missed(u64),
}

/// The changes of an address space from now on; see [`AddressSpace::changes`](crate::AddressSpace::changes).
///
/// Up to 1,024 changes wait for a slow reader; what it misses it is told by [`Change::Missed`]. The stream ends when the
/// address space is gone.
pub struct Changes(BoxStream<'static, Change>);

impl Changes {
    pub(crate) fn new(receiver: Receiver<Change>) -> Self {
        Self(Box::pin(unfold(receiver, |mut receiver| async {
            let change = match receiver.recv().await {
                Ok(change) => change,
                Err(RecvError::Lagged(missed)) => Change::Missed(missed),
                Err(RecvError::Closed) => return None,
            };
            Some((change, receiver))
        })))
    }
}

impl Stream for Changes {
    type Item = Change;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Change>> {
        self.0.as_mut().poll_next(cx)
    }
}

impl fmt::Debug for Changes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Changes").finish_non_exhaustive()
    }
}

/// How many changes wait for a slow reader.
pub(crate) const CHANGES: usize = 1024;
