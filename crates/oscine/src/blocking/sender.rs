//! The sending side of a blocking client, for many threads.

use std::time::Duration;

use oscine_codec::{Bundle, Message, Packet};
use oscine_transport::reconnect::State;
use oscine_transport::{PeerAddr, Stats};
use tokio::time::timeout;

use crate::blocking::driver::Driver;
use crate::blocking::error::BlockingError;
use crate::blocking::sent::Sent;
use crate::blocking::states::States;
use crate::client::error::{ClientError, RequestError};
use crate::client::outgoing::IntoPacket;
use crate::client::sender::ClientSender;
use crate::client::time::IntoTimeTag;
use crate::clock::estimator::Estimate;

/// Sends and asks through a blocking [`Client`](super::Client), in any thread and at the same time.
///
/// It is cheap to clone, and does not keep the client alive: when that is dropped, sending fails
/// with [`SendError::Closed`](oscine_transport::SendError::Closed).
#[derive(Debug, Clone)]
pub struct Sender {
    pub(crate) sender: ClientSender,
    pub(crate) driver: Driver,
}

impl Sender {
    /// Sends a message as `(address, arguments)`, or a packet that is built already.
    ///
    /// # Errors
    ///
    /// [`ClientError`] when it cannot be encoded or the system does not take it.
    pub fn send(&self, packet: impl IntoPacket) -> Result<(), ClientError> {
        self.driver.wait(self.sender.send(packet))?
    }

    /// Sends a packet, and waits no longer than `limit` for a peer that takes nothing.
    ///
    /// # Errors
    ///
    /// As [`ClientSender::send_within`].
    pub fn send_within(&self, limit: Duration, packet: impl IntoPacket) -> Result<(), ClientError> {
        self.driver.wait(self.sender.send_within(limit, packet))?
    }

    /// Sends a packet if that is possible without waiting, as [`ClientSender::try_send`].
    ///
    /// It does not wait, so it may be called inside of a runtime, too.
    ///
    /// # Errors
    ///
    /// As [`ClientSender::try_send`].
    pub fn try_send(&self, packet: impl IntoPacket) -> Result<(), ClientError> {
        self.sender.try_send(packet)
    }

    /// Sends a bundle of messages, to run at `at`: a [`TimeTag`](oscine_codec::TimeTag), a
    /// `SystemTime`, or a `Duration` from now.
    ///
    /// # Errors
    ///
    /// As [`send`](Self::send).
    pub fn send_bundle<P: Into<Packet>>(
        &self,
        at: impl IntoTimeTag,
        elements: impl IntoIterator<Item = P>,
    ) -> Result<(), ClientError> {
        self.send(Bundle::new(at.into_time_tag(), elements))
    }

    /// Sends many packets, in as few calls to the system as may be.
    ///
    /// # Errors
    ///
    /// As [`send`](Self::send); what stood before the packet in question was sent.
    pub fn send_all(&self, packets: &[Packet]) -> Result<(), ClientError> {
        self.driver.wait(self.sender.send_all(packets))?
    }

    /// Sends a request and waits for the first message whose address `reply` matches, as
    /// [`ClientSender::request`].
    ///
    /// # Errors
    ///
    /// [`RequestError`] when the request is not sent, or no reply comes in time.
    pub fn request(&self, request: impl IntoPacket, reply: &str) -> Result<Message, RequestError> {
        self.driver.wait(self.sender.request(request, reply)).map_err(ClientError::from)?
    }

    /// As [`request`](Self::request), with a time-out of its own.
    ///
    /// # Errors
    ///
    /// As [`request`](Self::request).
    pub fn request_within(
        &self,
        limit: Duration,
        request: impl IntoPacket,
        reply: &str,
    ) -> Result<Message, RequestError> {
        let asking = self.sender.request_within(limit, request, reply);
        self.driver.wait(asking).map_err(ClientError::from)?
    }

    /// Sends a packet and answers with what becomes of it, as [`ClientSender::queue`].
    ///
    /// # Errors
    ///
    /// As [`send`](Self::send).
    pub fn queue(&self, packet: impl IntoPacket) -> Result<Sent, ClientError> {
        let sent = self.driver.wait(self.sender.queue(packet))??;
        Ok(Sent { sent, driver: self.driver.clone() })
    }

    /// Sends a packet ahead of those that wait, as [`ClientSender::urgent`].
    ///
    /// # Errors
    ///
    /// As [`ClientSender::urgent`].
    pub fn urgent(&self, packet: impl IntoPacket) -> Result<Sent, ClientError> {
        let sent = self.driver.wait(self.sender.urgent(packet))??;
        Ok(Sent { sent, driver: self.driver.clone() })
    }

    /// Finds out how far the clock of a server is off, as [`ClientSender::estimate_offset`].
    ///
    /// # Errors
    ///
    /// As [`ClientSender::estimate_offset`].
    pub fn estimate_offset(
        &self,
        address: impl AsRef<str>,
        rounds: usize,
    ) -> Result<Estimate, RequestError> {
        let asking = self.sender.estimate_offset(address, rounds);
        self.driver.wait(asking).map_err(ClientError::from)?
    }
}

/// How things stand.
impl Sender {
    /// How a client that reconnects stands; `None` for others.
    #[must_use]
    pub fn state(&self) -> Option<State> {
        self.sender.state()
    }

    /// How a client that reconnects stands, now and whenever that changes, with how many packets
    /// were lost; `None` for others, and after it was closed.
    #[must_use]
    pub fn states(&self) -> Option<States> {
        Some(States { states: self.sender.states()?, driver: self.driver.clone() })
    }

    /// Waits until there is a connection, no longer than `limit`; answers whether there is one. Only
    /// a client that reconnects is ever without.
    ///
    /// # Errors
    ///
    /// [`BlockingError::InsideRuntime`].
    pub fn connected(&self, limit: Duration) -> Result<bool, BlockingError> {
        let connecting = async { timeout(limit, self.sender.connected()).await.is_ok() };
        Ok(self.driver.wait(connecting)? && !matches!(self.state(), Some(State::Closed)))
    }

    /// What has gone through the socket so far, as [`ClientSender::stats`].
    #[must_use]
    pub fn stats(&self) -> Stats {
        self.sender.stats()
    }

    /// Who is at the other end. A client that reconnects knows it while there is a connection.
    #[must_use]
    pub fn peer(&self) -> PeerAddr {
        self.sender.peer()
    }
}
