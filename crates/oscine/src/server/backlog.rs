//! Datagrams that the system did not take at once.

use std::collections::HashSet;
use std::sync::Arc;
use std::time::Duration;

use oscine_codec::Packet;
use oscine_transport::SendError;
use tokio::sync::mpsc;
use tokio::time::timeout;
use tracing::debug;

use crate::peer::Peer;
use crate::server::outbound::{DatagramSender, QUEUE};
use crate::server::shared::Shared;

/// How long all peers of a unix socket wait for one of them that takes nothing.
///
/// Over UDP it is the system that takes nothing, for any of them.
const PATIENCE: Duration = Duration::from_millis(100);

/// Sends what waits for a socket, in order, until the way out is closed, or the server is over and nothing waits.
pub(crate) async fn send(
    shared: Arc<Shared>,
    sender: DatagramSender,
    queue: &mut mpsc::Receiver<(Packet, Peer)>,
) {
    // Those that have been waited for: what is for them goes at once, or is dropped.
    let mut deaf = HashSet::new();
    loop {
        let next = tokio::select! {
            next = queue.recv() => next,
            // What was handed over before the end still goes out.
            () = shared.over.cancelled() => queue.try_recv().ok(),
        };
        let Some((packet, peer)) = next else { return };
        let sent = match &peer {
            Peer::UnixDatagram { .. } if deaf.contains(&peer) => sender.try_send(&packet, &peer),
            Peer::UnixDatagram { .. } => {
                match timeout(PATIENCE, sender.send(&packet, &peer)).await {
                    Ok(sent) => sent,
                    Err(_) => {
                        deaf.insert(peer.clone());
                        Err(SendError::Full)
                    }
                }
            }
            _ => sender.send(&packet, &peer).await,
        };
        if let Err(error) = sent {
            shared.counters.send_failures.add(1);
            debug!(%peer, %error, "packet not sent");
        }
        // Nobody has to wait any more, so they may be waited for again.
        if queue.is_empty() || deaf.len() >= QUEUE {
            deaf.clear();
        }
    }
}
