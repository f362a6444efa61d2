//! Where a socket's datagrams lie between the read and the reader.

use core::ops::Range;
use std::{array, fmt, io, io::IoSliceMut, net::SocketAddr};

use quinn_udp::RecvMeta;
use tokio::time::Instant;

use crate::udp::reach::canonical;
use crate::udp::screen::{Screen, Screened};

/// The datagrams of the last read that have not been taken yet.
///
/// The system reads into slots of fixed size, which are used again for the next read. Whoever looks
/// at a datagram in place pays nothing for it; whoever keeps a packet copies it out, so that it
/// holds on to its own bytes and nothing else.
///
/// No datagram is ever cut short (`MSG_TRUNC`): a slot has room for all that the length field of
/// UDP can say, and what the system joins is one datagram to it.
pub(super) struct Inbox {
    slots: Box<[u8]>,
    cursor: Cursor,
    /// What hooks made of the datagrams. If there are hooks the cursor is at its end.
    screened: Screened,
}

/// How far the slots have been read.
pub(super) struct Cursor {
    metas: [RecvMeta; SLOTS],
    filled: usize,
    /// The slot to read from, and the byte in it.
    slot: usize,
    byte: usize,
    at: Instant,
}

/// The datagrams at hand: first those at the cursor, then those that hooks have seen.
pub(super) struct InPlace<'a> {
    pub(super) slots: &'a [u8],
    pub(super) cursor: &'a mut Cursor,
    pub(super) screened: &'a mut Screened,
}

impl Inbox {
    pub(super) fn new() -> Self {
        Self {
            // Zeroed memory comes from the system page by page, as it is written to.
            slots: vec![0; SLOTS * PITCH].into_boxed_slice(),
            cursor: Cursor {
                metas: [RecvMeta::default(); SLOTS],
                filled: 0,
                slot: 0,
                byte: 0,
                at: Instant::now(),
            },
            screened: Screened::default(),
        }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.cursor.slot >= self.cursor.filled && self.screened.is_empty()
    }

    /// When the datagrams at hand were read.
    pub(super) fn at(&self) -> Instant {
        self.cursor.at
    }

    /// Reads anew, which drops what had not been taken, and answers with the number of datagrams
    /// and their bytes.
    pub(super) fn fill(
        &mut self,
        read: impl FnOnce(&mut [IoSliceMut<'_>], &mut [RecvMeta]) -> io::Result<usize>,
    ) -> io::Result<(u64, u64)> {
        self.screened.clear();
        self.cursor.filled = 0;
        self.cursor.slot = 0;
        self.cursor.byte = 0;
        let mut slots = self.slots.chunks_exact_mut(PITCH);
        let mut slices: [IoSliceMut<'_>; SLOTS] = array::from_fn(|_| {
            let slot = slots.next().and_then(|slot| slot.get_mut(..SLOT));
            IoSliceMut::new(slot.unwrap_or_default())
        });
        self.cursor.filled = read(&mut slices, &mut self.cursor.metas)?.min(SLOTS);
        self.cursor.at = Instant::now();
        let metas = self.cursor.metas.get_mut(..self.cursor.filled).unwrap_or_default();
        Ok(metas.iter_mut().fold((0, 0), |(datagrams, bytes), meta| {
            meta.addr = canonical(meta.addr);
            (datagrams + meta.len.div_ceil(stride(meta)).max(1) as u64, bytes + meta.len as u64)
        }))
    }

    /// Shows all datagrams to hooks.
    pub(super) fn screen(&mut self, screen: &Screen<'_>) {
        while let Some((place, peer)) = self.cursor.next_place() {
            screen.admit(&self.slots, place, peer, &mut self.screened);
        }
    }

    /// The datagrams at hand, for reading in place.
    pub(super) fn in_place(&mut self) -> InPlace<'_> {
        let Self { slots, cursor, screened } = self;
        InPlace { slots, cursor, screened }
    }
}

impl fmt::Debug for Inbox {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Inbox").field("cursor", &self.cursor).finish_non_exhaustive()
    }
}

impl Cursor {
    pub(super) fn at(&self) -> Instant {
        self.at
    }

    /// Takes the next datagram where it lies.
    #[inline]
    pub(super) fn next<'a>(&mut self, slots: &'a [u8]) -> Option<(&'a [u8], SocketAddr)> {
        let (place, peer) = self.next_place()?;
        Some((slots.get(place)?, peer))
    }

    #[inline]
    fn next_place(&mut self) -> Option<(Range<usize>, SocketAddr)> {
        let meta = self.metas.get(..self.filled)?.get(self.slot)?;
        let slot = self.slot * PITCH;
        let start = slot + self.byte;
        let end = (start + stride(meta)).min(slot + meta.len);
        let peer = meta.addr;
        if end < slot + meta.len {
            self.byte = end - slot;
        } else {
            self.slot += 1;
            self.byte = 0;
        }
        Some((start..end, peer))
    }
}

impl fmt::Debug for Cursor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Cursor")
            .field("filled", &self.filled)
            .field("slot", &self.slot)
            .field("byte", &self.byte)
            .finish_non_exhaustive()
    }
}

/// The length of each datagram in a slot but the last, never 0.
#[inline]
fn stride(meta: &RecvMeta) -> usize {
    if meta.stride == 0 { meta.len.max(1) } else { meta.stride }
}

/// The most that one datagram, or several that the system joined, can be.
const SLOT: usize = 64 * 1024;

/// From one slot to the next: a few lines of the cache more than a power of two, or the beginnings
/// of all slots would compete for the same lines.
const PITCH: usize = SLOT + 320;

/// How many slots one read can fill.
const SLOTS: usize = 16;

#[cfg(test)]
mod tests {
    use super::*;

    /// Fills an inbox with slots of (bytes, stride).
    fn filled(reads: &[(&[u8], usize)]) -> Inbox {
        let mut inbox = Inbox::new();
        let counts = inbox.fill(|slots, metas| {
            for ((&(bytes, stride), slot), meta) in reads.iter().zip(slots).zip(metas) {
                slot[..bytes.len()].copy_from_slice(bytes);
                meta.len = bytes.len();
                meta.stride = stride;
            }
            Ok(reads.len())
        });
        let bytes: usize = reads.iter().map(|(bytes, _)| bytes.len()).sum();
        assert_eq!(counts.unwrap().1, bytes as u64);
        inbox
    }

    #[test]
    fn joined_datagrams_come_apart_and_empty_ones_are_not_lost() {
        let reads: &[(&[u8], usize)] = &[(b"aabbc", 2), (b"", 0), (b"dd", 2), (b"e", 9)];
        let expected: [&[u8]; 6] = [b"aa", b"bb", b"c", b"", b"dd", b"e"];
        let mut inbox = filled(reads);
        let InPlace { slots, cursor, .. } = inbox.in_place();
        let lent: Vec<_> = core::iter::from_fn(|| cursor.next(slots)).map(|(d, _)| d).collect();
        assert_eq!(lent, expected);
        assert!(inbox.is_empty());
    }

    #[test]
    fn a_slot_holds_the_longest_datagram() {
        let longest = vec![7; 65_535];
        let mut inbox = filled(&[(&longest, 65_535), (b"next", 4)]);
        let InPlace { slots, cursor, .. } = inbox.in_place();
        assert_eq!(cursor.next(slots).unwrap().0, longest);
        assert_eq!(cursor.next(slots).unwrap().0, b"next");
    }

    #[test]
    fn a_failed_read_leaves_nothing_to_take() {
        let mut inbox = filled(&[(b"aabb", 2)]);
        inbox.fill(|_, _| Err(io::ErrorKind::WouldBlock.into())).unwrap_err();
        assert!(inbox.is_empty());
        let InPlace { slots, cursor, .. } = inbox.in_place();
        assert!(cursor.next(slots).is_none());
    }
}
