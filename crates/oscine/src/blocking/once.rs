//! One packet, and no client.

use crate::blocking::driver::Driver;
use crate::client::error::ClientError;
use crate::client::once;
use crate::client::outgoing::IntoPacket;

/// Sends one packet to an endpoint, from a socket that is made for it and closed after it, as
/// [`oscine::send`](crate::send).
///
/// # Errors
///
/// As [`oscine::send`](crate::send), and [`ClientError::Blocking`].
///
/// # Examples
///
/// ```no_run
/// # fn main() -> Result<(), oscine::ClientError> {
/// oscine::blocking::send("osc.udp://127.0.0.1:9000", ("/cue/1/start", ()))?;
/// # Ok(())
/// # }
/// ```
pub fn send(endpoint: impl ToString, packet: impl IntoPacket) -> Result<(), ClientError> {
    Driver::start()?.wait(once::send(endpoint, packet))?
}
