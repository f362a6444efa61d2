//! What comes back, one after the other.

use std::time::Duration;

use oscine_codec::Packet;

use crate::blocking::client::Client;

impl Client {
    /// What comes back, one after the other, as long as something comes. An iterator has no way to
    /// tell why it ends: inside of an async runtime it is over at once.
    pub const fn packets(&mut self) -> Packets<'_> {
        Packets { client: self, limit: None }
    }

    /// What comes back, one after the other, until nothing comes for `limit`.
    pub const fn packets_timeout(&mut self, limit: Duration) -> Packets<'_> {
        Packets { client: self, limit: Some(limit) }
    }
}

/// What comes back to a blocking client; see [`Client::packets`].
#[derive(Debug)]
pub struct Packets<'a> {
    client: &'a mut Client,
    limit: Option<Duration>,
}

impl Iterator for Packets<'_> {
    type Item = Packet;

    fn next(&mut self) -> Option<Packet> {
        match self.limit {
            None => self.client.recv().ok(),
            Some(limit) => self.client.recv_timeout(limit).ok(),
        }
    }
}
