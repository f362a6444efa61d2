//! Datagrams in place.

use std::{iter::FusedIterator, net::SocketAddr};

use tokio::time::Instant;

use crate::stats::counters::Counters;
use crate::udp::inbox::{Cursor, InPlace};
use crate::udp::screen::{Screenings, too_long};

/// The datagrams of one read, in place: neither copied nor decoded.
///
/// It is an iterator. What is not taken from it comes with the next batch. Datagrams above the
/// limit of the socket, and those that hooks refuse, are counted and left out; empty ones are not.
#[derive(Debug)]
pub struct Batch<'a> {
    slots: &'a [u8],
    cursor: &'a mut Cursor,
    screened: Screenings<'a>,
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
    pub(super) fn new(at_hand: InPlace<'a>, counters: &'a Counters, max_datagram: usize) -> Self {
        let InPlace { slots, cursor, screened } = at_hand;
        Self { slots, cursor, screened: screened.in_place(), counters, max_datagram }
    }
}

impl<'a> Iterator for Batch<'a> {
    type Item = Datagram<'a>;

    #[inline]
    fn next(&mut self) -> Option<Datagram<'a>> {
        let at = self.cursor.at();
        while let Some((bytes, peer)) = self.cursor.next(self.slots) {
            if bytes.len() <= self.max_datagram {
                return Some(Datagram { bytes, peer, at });
            }
            too_long(self.max_datagram, self.counters);
        }
        let (bytes, peer) = self.screened.next(self.slots)?;
        Some(Datagram { bytes, peer, at })
    }
}

impl FusedIterator for Batch<'_> {}
