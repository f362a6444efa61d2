//! Replying by call.

use std::sync::Arc;

use oscine_codec::{Bundle, Message, Packet, ToArgs};

use crate::client::time::IntoTimeTag;
use crate::handler::outlet::Outlet;
use crate::handler::send_error::SendError;
use crate::peer::Peer;

/// The way back to the sender of a message, as a handler parameter.
///
/// For replies that come later, or more than once; a single reply is easier returned. It may be kept and used from
/// anywhere. Packets leave from the socket that the message came in on, in the sender's framing.
///
/// # Examples
///
/// ```
/// use oscine::{AddressSpace, Reply};
///
/// let space = AddressSpace::new();
/// space.method("/count", async |to: i32, reply: Reply| {
///     for i in 0..to {
///         let _ = reply.send("/counted", i);
///     }
/// })?;
/// # Ok::<(), oscine::AddressError>(())
/// ```
#[derive(Debug, Clone)]
pub struct Reply {
    outlet: Arc<dyn Outlet>,
    peer: Peer,
}

impl Reply {
    pub(crate) const fn new(outlet: Arc<dyn Outlet>, peer: Peer) -> Self {
        Self { outlet, peer }
    }

    /// Who gets the replies.
    #[must_use]
    pub const fn peer(&self) -> &Peer {
        &self.peer
    }

    /// Sends a message. Never waits.
    ///
    /// # Errors
    ///
    /// [`SendError`] says why the message was not handed over.
    pub fn send(&self, address: impl AsRef<str>, args: impl ToArgs) -> Result<(), SendError> {
        self.send_packet(Message::new(address, args)?)
    }

    /// Sends a bundle, to run at `at`: a [`TimeTag`](oscine_codec::TimeTag), a `SystemTime`, or a `Duration` from now.
    /// Never waits.
    ///
    /// # Errors
    ///
    /// [`SendError`] says why the bundle was not handed over.
    pub fn send_bundle<P: Into<Packet>>(
        &self,
        at: impl IntoTimeTag,
        elements: impl IntoIterator<Item = P>,
    ) -> Result<(), SendError> {
        self.send_packet(Bundle::new(at.into_time_tag(), elements)?)
    }

    /// The way to the same sender at another port, for those that listen elsewhere than they send from. `None` where
    /// there are no ports, and for connections.
    #[must_use]
    pub fn to_port(&self, port: u16) -> Option<Self> {
        let peer = self.peer.at_port(port)?;
        Some(Self { outlet: Arc::clone(&self.outlet), peer })
    }

    /// Sends a message or a bundle that is built already. Never waits.
    ///
    /// # Errors
    ///
    /// [`SendError`] says why the packet was not handed over.
    pub fn send_packet(&self, packet: impl Into<Packet>) -> Result<(), SendError> {
        self.outlet.send(&self.peer, packet.into())
    }
}
