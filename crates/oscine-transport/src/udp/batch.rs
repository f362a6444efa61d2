//! Datagrams in place.

use std::{iter::FusedIterator, net::SocketAddr};

use tokio::time::Instant;

use crate::udp::counters::Counters;
use crate::udp::inbox::Cursor;

/// The datagrams of one read, in place: neither copied nor decoded.
///
/// It is an iterator. What is not taken from it comes with the next batch. Datagrams above the
/// limit of the socket are counted and left out; empty ones are not.
#[derive(Debug)]
pub struct Batch<'a> {
    slots: &'a [u8],
    cursor: &'a mut Cursor,
    counters: &'a Counters,
    max_datagram: usize,
}

/// One datagram of a [`Batch`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Datagram<'a> {
    /// What arrived: a packet if it decodes.
    pub bytes: &'a [u8],
    /// Who sent it.
    pub peer: SocketAddr,
    /// When it was read from the socket.
    pub at: Instant,
}

impl<'a> Batch<'a> {
    pub(super) fn new(
        (slots, cursor): (&'a [u8], &'a mut Cursor),
        counters: &'a Counters,
        max_datagram: usize,
    ) -> Self {
        Self { slots, cursor, counters, max_datagram }
    }
}

impl<'a> Iterator for Batch<'a> {
    type Item = Datagram<'a>;

    fn next(&mut self) -> Option<Datagram<'a>> {
        loop {
            let (bytes, peer) = self.cursor.next(self.slots)?;
            if bytes.len() <= self.max_datagram {
                return Some(Datagram { bytes, peer, at: self.cursor.at() });
            }
            self.counters.bad_packet();
        }
    }
}

impl FusedIterator for Batch<'_> {}
