//! What became of a packet, for those who wait.

use std::time::Duration;

use crate::blocking::driver::Driver;
use crate::client::error::ClientError;
use crate::client::sent;

/// What becomes of a packet; see [`oscine::Sent`](crate::Sent).
///
/// Dropping it changes nothing: the packet is sent all the same.
#[derive(Debug)]
pub struct Sent {
    pub(crate) sent: sent::Sent,
    pub(crate) driver: Driver,
}

impl Sent {
    /// Waits until it is known.
    ///
    /// # Errors
    ///
    /// Why it was not handed to the system, and [`ClientError::Blocking`].
    pub fn wait(self) -> Result<(), ClientError> {
        self.driver.wait(self.sent)?
    }

    /// Waits until it is known, no longer than `limit`. It may be called again.
    ///
    /// # Errors
    ///
    /// As [`wait`](Self::wait), and [`ClientError::Timeout`] when it is not known by then.
    pub fn wait_timeout(&mut self, limit: Duration) -> Result<(), ClientError> {
        let sent = &mut self.sent;
        let told = self.driver.wait(async { tokio::time::timeout(limit, sent).await })?;
        told.unwrap_or(Err(ClientError::Timeout { timeout: limit }))
    }
}
