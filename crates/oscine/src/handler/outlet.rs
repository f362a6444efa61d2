//! The way back to a peer.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use futures::future::BoxFuture;
use oscine_codec::Packet;
use tokio::sync::Semaphore;

use crate::fault::Fault;
use crate::fault_log::FaultLog;
use crate::handler::send_error::SendError;
use crate::peer::Peer;

/// Something that can send packets to peers: a server, as its handlers see it.
pub(crate) trait Outlet: fmt::Debug + Send + Sync {
    /// Hands `packet` over for `peer`. Never waits.
    fn send(&self, peer: &Peer, packet: Packet) -> Result<(), SendError>;

    /// Hears of what goes wrong with handlers.
    fn fault(&self, _: &Fault<'_>) {}

    /// What keeps the log from being filled with what goes wrong.
    fn fault_log(&self) -> &FaultLog;

    /// How long an async handler may take.
    fn handler_timeout(&self) -> Option<Duration> {
        None
    }

    /// How many async handlers may be under way at once, where their methods do not say; `None` if each is waited for.
    fn slots(&self) -> Option<&Arc<Semaphore>> {
        None
    }

    /// Sees a handler, which a message of `peer` has called, through while other messages go on.
    fn run_beside(&self, peer: &Peer, call: BoxFuture<'static, ()>);
}
