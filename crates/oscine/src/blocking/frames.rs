//! What comes back as bytes, one after the other.

use std::time::Duration;

use bytes::Bytes;

use crate::blocking::client::Client;
use crate::client::error::RecvError;

impl Client {
    /// Waits for the next datagram or frame that comes back, as bytes; see
    /// [`oscine::Client::frames`](crate::Client::frames) for what they are, and who has them.
    ///
    /// # Errors
    ///
    /// [`RecvError::Closed`] when nothing more comes, and [`RecvError::Blocking`].
    pub fn recv_frame(&mut self) -> Result<Bytes, RecvError> {
        let (client, driver) = self.parts();
        driver.wait(client.recv_frame())?.ok_or(RecvError::Closed)
    }

    /// Waits for the next datagram or frame that comes back, no longer than `limit`. A time-out loses
    /// nothing, also of one that has arrived in part.
    ///
    /// # Errors
    ///
    /// [`RecvError::Timeout`] when nothing comes in time, [`RecvError::Closed`] when nothing more
    /// comes at all, and [`RecvError::Blocking`].
    pub fn recv_frame_timeout(&mut self, limit: Duration) -> Result<Bytes, RecvError> {
        let (client, driver) = self.parts();
        driver.wait(client.recv_frame_timeout(limit))?
    }

    /// The next datagram or frame, if one has arrived. Does not wait.
    ///
    /// # Errors
    ///
    /// [`RecvError::Empty`] when there is none, [`RecvError::Closed`] when nothing more comes at all,
    /// and [`RecvError::Blocking`].
    pub fn try_recv_frame(&mut self) -> Result<Bytes, RecvError> {
        let (client, driver) = self.parts();
        driver.wait(async { client.try_recv_frame() })?
    }

    /// What comes back as bytes, one after the other, as long as something comes. An iterator has no
    /// way to tell why it ends: inside of an async runtime it is over at once.
    pub const fn frames(&mut self) -> Frames<'_> {
        Frames { client: self, limit: None }
    }

    /// What comes back as bytes, one after the other, until nothing comes for `limit`.
    pub const fn frames_timeout(&mut self, limit: Duration) -> Frames<'_> {
        Frames { client: self, limit: Some(limit) }
    }
}

/// What comes back to a blocking client, as bytes; see [`Client::frames`].
#[derive(Debug)]
pub struct Frames<'a> {
    client: &'a mut Client,
    limit: Option<Duration>,
}

impl Iterator for Frames<'_> {
    type Item = Bytes;

    fn next(&mut self) -> Option<Bytes> {
        match self.limit {
            None => self.client.recv_frame().ok(),
            Some(limit) => self.client.recv_frame_timeout(limit).ok(),
        }
    }
}
