//! Sending without waiting, or not for long.

use std::time::Duration;

use tokio::time::timeout;

use crate::client::client::Client;
use crate::client::error::ClientError;
use crate::client::outgoing::IntoPacket;
use crate::client::sender::ClientSender;

impl ClientSender {
    /// Sends a packet if that is possible without waiting. Whoever is refused still has what it lent:
    /// `client.try_send(&packet)`.
    ///
    /// | client of | refuses when |
    /// | --- | --- |
    /// | UDP, unix datagrams | the system's buffer, or the peer's queue, is full |
    /// | a stream | the peer has not taken what was sent before, or somebody is just sending |
    /// | a stream that reconnects | its queue is full, or [says so](oscine_transport::reconnect::WhileDown) |
    ///
    /// A stream takes a packet whole or not at all: what the system does not take of it at once is
    /// written as soon as it does, before anything else, and until then there is no room for more.
    ///
    /// # Errors
    ///
    /// As [`send`](Self::send), and [`SendError::Full`](oscine_transport::SendError::Full) when it
    /// would have to wait, which [`ClientError::is_full`] tells.
    ///
    /// # Panics
    ///
    /// Outside of a tokio runtime, where the client of a stream was made outside of one.
    pub fn try_send(&self, packet: impl IntoPacket) -> Result<(), ClientError> {
        Ok(self.shared.try_send(&packet.into_packet()?)?)
    }

    /// Sends a packet, and waits no longer than `limit` for room in the system's buffer, or in the
    /// queue of a client that reconnects.
    ///
    /// Without it, sending waits for as long as a stream's
    /// [`write_timeout`](crate::ClientBuilder::write_timeout) says, which is 30 seconds, and
    /// elsewhere for as long as it takes.
    ///
    /// # Errors
    ///
    /// As [`send`](Self::send), and [`ClientError::Timeout`]. On a stream the packet may still go out
    /// after that, whole and before what is sent next; elsewhere it was not sent.
    ///
    /// # Cancel safety
    ///
    /// As [`send`](Self::send).
    pub async fn send_within(
        &self,
        limit: Duration,
        packet: impl IntoPacket,
    ) -> Result<(), ClientError> {
        let sent = timeout(limit, self.send(packet)).await;
        sent.unwrap_or(Err(ClientError::Timeout { timeout: limit }))
    }
}

impl Client {
    /// Sends a packet if that is possible without waiting, as [`ClientSender::try_send`].
    ///
    /// # Errors
    ///
    /// As [`ClientSender::try_send`].
    ///
    /// # Panics
    ///
    /// As [`ClientSender::try_send`].
    ///
    /// # Examples
    ///
    /// ```
    /// use oscine::{Client, Message};
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let client = Client::udp("127.0.0.1:9000").await?;
    /// let level = Message::new("/meter/1", -12.0_f32)?;
    /// match client.try_send(&level) {
    ///     // The next one is newer.
    ///     Err(error) if error.is_full() => println!("{level} is left out"),
    ///     sent => sent?,
    /// }
    /// # Ok(())
    /// # }
    /// ```
    pub fn try_send(&self, packet: impl IntoPacket) -> Result<(), ClientError> {
        self.sender.try_send(packet)
    }

    /// Sends a packet, and waits no longer than `limit`, as [`ClientSender::send_within`].
    ///
    /// # Errors
    ///
    /// As [`ClientSender::send_within`].
    ///
    /// # Cancel safety
    ///
    /// As [`send`](Self::send).
    pub async fn send_within(
        &self,
        limit: Duration,
        packet: impl IntoPacket,
    ) -> Result<(), ClientError> {
        self.sender.send_within(limit, packet).await
    }
}
