//! Datagrams that the system did not take at once.

use std::collections::HashSet;
use std::sync::Arc;
use std::time::Duration;

use oscine_transport::SendError;
use tokio::time::timeout;

use crate::peer::Peer;
use crate::server::shared::Shared;
use crate::server::ways::datagram_sender::DatagramSender;
use crate::server::ways::outbound::{QUEUE, Waiting};
use crate::server::ways::unsent::Unsent;

/// How long all peers of a unix socket wait for one of them that takes nothing.
///
/// Over UDP it is the system that takes nothing, for any of them.
const PATIENCE: Duration = Duration::from_millis(100);

/// Sends what waits for a socket, in order, until the way out is closed, or the server is over and nothing waits. A client
/// is seen to the end of what it has taken.
pub(crate) async fn send(shared: Arc<Shared>, sender: DatagramSender, mut queue: Unsent<Waiting>) {
    // Those that have been waited for: what is for them goes at once, or is dropped.
    let mut deaf = HashSet::new();
    loop {
        let next = tokio::select! {
            next = queue.recv() => next,
            // What was handed over before the end still goes out.
            () = shared.over.cancelled() => queue.try_recv(),
        };
        let Some(waiting) = next else { return sender.finish().await };
        let Waiting { packet, peer, told, .. } = &waiting;
        let sent = match peer {
            Peer::UnixDatagram { .. } if deaf.contains(peer) => sender.try_send(packet, peer),
            Peer::UnixDatagram { .. } => match timeout(PATIENCE, sender.send(packet, peer)).await {
                Ok(sent) => sent,
                Err(_) => {
                    deaf.insert(peer.clone());
                    Err(SendError::Full)
                }
            },
            _ => sender.send(packet, peer).await,
        };
        queue.settle(sent.is_ok());
        if let Err(error) = sent {
            shared.tell_unsent(peer, &error, *told);
        }
        // Nobody has to wait any more, so they may be waited for again.
        if queue.is_empty() || deaf.len() >= QUEUE {
            deaf.clear();
        }
    }
}
