//! A server as seen from elsewhere.

use std::sync::Arc;

use oscine_codec::{Message, Packet, ToArgs};
use oscine_transport::Endpoint;
use tokio_util::sync::CancellationToken;

use crate::address_space::address_space::AddressSpace;
use crate::handler::outlet::{Outlet, SendError};
use crate::peer::Peer;
use crate::server::counters::{Counters, Stats};
use crate::server::outbound::Outbound;

/// A server as seen from elsewhere: sends from its sockets, edits its address space, reads its counters, stops it.
///
/// Cheap to clone. Works before the server serves, and from inside its handlers.
#[derive(Debug, Clone)]
pub struct ServerHandle {
    pub(crate) space: AddressSpace,
    pub(crate) outbound: Arc<Outbound>,
    pub(crate) counters: Arc<Counters>,
    pub(crate) endpoints: Arc<[Endpoint]>,
    pub(crate) stop: CancellationToken,
    pub(crate) stopped: CancellationToken,
}

impl ServerHandle {
    /// Sends a message to a peer, from the socket that it wrote to. Never waits.
    ///
    /// # Errors
    ///
    /// [`SendError`] says why the message was not handed over.
    pub fn send_to(
        &self,
        peer: &Peer,
        address: impl AsRef<str>,
        args: impl ToArgs,
    ) -> Result<(), SendError> {
        self.send_packet_to(peer, Message::new(address, args)?)
    }

    /// Sends a message or a bundle that is built already. Never waits.
    ///
    /// # Errors
    ///
    /// [`SendError`] says why the packet was not handed over.
    pub fn send_packet_to(&self, peer: &Peer, packet: impl Into<Packet>) -> Result<(), SendError> {
        self.outbound.send(peer, packet.into())
    }

    /// The address space, to be changed while the server runs.
    #[must_use]
    pub const fn space(&self) -> &AddressSpace {
        &self.space
    }

    /// Where the server listens: the addresses that were really bound.
    #[must_use]
    pub fn endpoints(&self) -> &[Endpoint] {
        &self.endpoints
    }

    /// What the server has counted.
    #[must_use]
    pub fn stats(&self) -> Stats {
        self.counters.read()
    }

    /// Stops the server: what runs is finished, what waits is dropped. Doing it twice is harmless.
    pub fn stop(&self) {
        self.stop.cancel();
    }

    /// Waits until the server has stopped and its ports are free.
    ///
    /// Cancel safe. If it does not complete, nothing was done.
    pub async fn stopped(&self) {
        self.stopped.cancelled().await;
    }
}
