//! Asking and waiting for the answer.

use futures::StreamExt;
use oscine_codec::{Message, Packet, Pattern};
use tokio::time::timeout;
use tracing::debug;

use crate::client::client::Client;
use crate::client::error::{ClientError, RequestError};
use crate::client::outgoing::IntoPacket;

/// How many packets are kept for the stream while a request waits. Beyond that the oldest go.
const BACKLOG: usize = 1024;

impl Client {
    /// Sends a request and waits for the first message whose address `reply` matches, alone or in a bundle.
    ///
    /// What else comes meanwhile is kept for the stream, the latest 1,024 packets of it; a reply in a bundle comes out
    /// of the stream once more, with the rest of the bundle. Waits as long as
    /// [`ClientBuilder::timeout`](crate::ClientBuilder::timeout) says, by default 5 seconds.
    ///
    /// # Errors
    ///
    /// [`RequestError`] when the request is not sent, or no reply comes in time.
    ///
    /// # Cancel safety
    ///
    /// This method is *not* cancel safe: the request may have been sent, and its reply comes out of the stream.
    pub async fn request(
        &mut self,
        request: impl IntoPacket,
        reply: &str,
    ) -> Result<Message, RequestError> {
        let pattern = Pattern::new(reply)
            .map_err(|source| RequestError::Pattern { pattern: reply.to_owned(), source })?;
        let request = request.into_packet().map_err(ClientError::from)?;
        let wait = self.timeout;
        let exchange = async {
            self.link.send(request).await.map_err(ClientError::from)?;
            loop {
                let packet = self.link.next().await.ok_or(RequestError::Closed)?;
                let found = packet.messages().find(|m| pattern.matches(m.message.address()));
                if let Some(found) = found {
                    let reply = Message::from(found.message);
                    // A bundle has more to say than the reply.
                    if matches!(packet, Packet::Bundle(_)) {
                        self.keep(&packet);
                    }
                    return Ok(reply);
                }
                self.keep(&packet);
            }
        };
        timeout(wait, exchange).await.unwrap_or(Err(RequestError::Timeout { timeout: wait }))
    }

    fn keep(&mut self, packet: &Packet) {
        if self.backlog.len() == BACKLOG {
            self.backlog.pop_front();
            debug!(limit = BACKLOG, "packet dropped while a request waits");
        }
        self.backlog.push_back(packet.to_detached());
    }
}
