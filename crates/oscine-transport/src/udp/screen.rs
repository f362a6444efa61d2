//! What hooks make of the datagrams of a read.

use core::ops::Range;
use std::{mem, net::SocketAddr, slice};

use bytes::Bytes;

use crate::codec::bad_packet::BadPacket;
use crate::framing::fault::{FrameFault, FrameFaultKind};
use crate::hook::chain::{Hooks, Passed};
use crate::peer_addr::PeerAddr;
use crate::stats::counters::Counters;

/// Who decides about the datagrams of a read: the limit first, then the hooks.
#[derive(Debug)]
pub(super) struct Screen<'a> {
    pub(super) hooks: &'a Hooks,
    pub(super) counters: &'a Counters,
    pub(super) max_datagram: usize,
}

/// The datagrams of a read that hooks have seen, without those they swallowed.
#[derive(Debug, Default)]
pub(super) struct Screened {
    datagrams: Vec<(Fate, SocketAddr)>,
    taken: usize,
}

/// Looks at screened datagrams in place.
#[derive(Debug)]
pub(super) struct Screenings<'a> {
    left: slice::Iter<'a, (Fate, SocketAddr)>,
    taken: &'a mut usize,
}

/// What became of a datagram.
#[derive(Debug)]
pub(super) enum Fate {
    /// It goes on as it is, from where it lies in the slots.
    Same(Range<usize>),
    /// These bytes go on in its place.
    Other(Bytes),
    /// It ends here. It has been counted.
    Bad(BadPacket),
}

impl Screen<'_> {
    /// Decides about the datagram at a place in the slots.
    pub(super) fn admit(
        &self,
        slots: &[u8],
        place: Range<usize>,
        peer: SocketAddr,
        screened: &mut Screened,
    ) {
        let datagram = slots.get(place.clone()).unwrap_or_default();
        let fate = if datagram.len() > self.max_datagram {
            Fate::Bad(too_long(self.max_datagram, self.counters))
        } else {
            match self.hooks.pass_in(datagram, &PeerAddr::Ip(peer)) {
                Ok(Passed::Same(_)) => Fate::Same(place),
                Ok(Passed::Other(bytes)) => Fate::Other(bytes),
                Err(stopped) => {
                    let Some(bad) = stopped.into_bad(datagram, self.counters) else { return };
                    Fate::Bad(bad)
                }
            }
        };
        screened.datagrams.push((fate, peer));
    }
}

impl Screened {
    pub(super) fn is_empty(&self) -> bool {
        self.taken >= self.datagrams.len()
    }

    pub(super) fn clear(&mut self) {
        self.datagrams.clear();
        self.taken = 0;
    }

    /// Takes the next datagram.
    pub(super) fn next(&mut self) -> Option<(Fate, SocketAddr)> {
        let (fate, peer) = self.datagrams.get_mut(self.taken)?;
        self.taken += 1;
        Some((mem::replace(fate, Fate::Same(0..0)), *peer))
    }

    pub(super) fn in_place(&mut self) -> Screenings<'_> {
        let left = self.datagrams.get(self.taken..).unwrap_or_default().iter();
        Screenings { left, taken: &mut self.taken }
    }
}

impl<'a> Screenings<'a> {
    /// Takes the next datagram that goes on.
    pub(super) fn next(&mut self, slots: &'a [u8]) -> Option<(&'a [u8], SocketAddr)> {
        loop {
            let (fate, peer) = self.left.next()?;
            *self.taken += 1;
            match fate {
                Fate::Same(place) => return Some((slots.get(place.clone())?, *peer)),
                Fate::Other(bytes) => return Some((bytes, *peer)),
                Fate::Bad(_) => {}
            }
        }
    }
}

/// Counts a datagram above the limit.
pub(super) fn too_long(limit: usize, counters: &Counters) -> BadPacket {
    let kind = FrameFaultKind::TooLong { limit };
    counters.damaged(kind);
    FrameFault::new(kind, 0).into()
}
