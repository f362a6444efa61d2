//! One packet, and no more.

use crate::client::client::Client;
use crate::client::error::ClientError;
use crate::client::outgoing::IntoPacket;

/// Sends one packet to an endpoint, from a socket that is made for it and closed after it.
///
/// There is nothing behind it that is shared, so each call costs a look-up of the name and a socket,
/// and over streams a connection. Who sends more than now and then keeps a
/// [`Client`](crate::Client), or [`Endpoints`](oscine_transport::endpoints::Endpoints) for many
/// targets. Replies go nowhere.
///
/// # Errors
///
/// [`ClientError`] when there is no way to the endpoint, or the packet cannot be sent.
///
/// # Cancel safety
///
/// This function is *not* cancel safe: if it does not complete, the packet may have been sent.
///
/// # Examples
///
/// ```no_run
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// oscine::send("osc.udp://127.0.0.1:9000", ("/cue/1/start", ())).await?;
/// # Ok(())
/// # }
/// ```
pub async fn send(endpoint: impl ToString, packet: impl IntoPacket) -> Result<(), ClientError> {
    // A packet that is none costs no connection.
    let packet = packet.into_packet()?;
    let mut client = Client::connect(endpoint).await?;
    client.send(packet).await?;
    client.close().await
}
