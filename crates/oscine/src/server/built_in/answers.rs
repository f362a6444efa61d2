//! The answers of built-in methods.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

use oscine_codec::{EncodeError, Message};
use tracing::trace;

use crate::handler::reply::Reply;
use crate::peers::bucket::Bucket;
use crate::server::built_in::asked::Port;
use crate::server::shared::Shared;

/// Sends the answers of the built-in methods of one server, as many as may be.
#[derive(Debug)]
pub(crate) struct Answers {
    pub(crate) shared: Arc<Shared>,
    right: Mutex<Bucket>,
}

impl Answers {
    pub(crate) fn new(shared: Arc<Shared>) -> Self {
        let right = Mutex::new(Bucket::new(A_SECOND, AT_ONCE, Instant::now()));
        Self { shared, right }
    }

    /// Sends what `answer` makes to whoever asked, if that is not one too many.
    pub(crate) fn send(
        &self,
        reply: &Reply,
        Port(port): Port,
        answer: impl FnOnce(&Shared) -> Result<Message, EncodeError>,
    ) {
        let peer = reply.peer();
        if !self.may(Instant::now()) {
            self.shared.counters.unanswered.add(1);
            trace!(%peer, "question not answered: there are too many");
            return;
        }
        // A connection has one way back.
        let elsewhere = port.and_then(|port| reply.to_port(port));
        let sent = answer(&self.shared)
            .map_err(Into::into)
            .and_then(|answer| elsewhere.as_ref().unwrap_or(reply).send_packet(answer));
        if let Err(error) = sent {
            trace!(%peer, %error, "answer not sent");
        }
    }

    fn may(&self, now: Instant) -> bool {
        self.right.lock().unwrap_or_else(PoisonError::into_inner).take(now)
    }
}

/// How many answers a server sends in a second, to all together.
const A_SECOND: u32 = 10;

/// How many it may send at once, if it has sent none for so long.
const AT_ONCE: u32 = 20;
