//! Where a socket's datagrams lie between the read and the reader.

use std::{array, fmt, io, io::IoSliceMut, net::SocketAddr};

use bytes::{Bytes, BytesMut};
use quinn_udp::RecvMeta;
use tokio::time::Instant;

/// The datagrams of the last read that have not been taken yet.
///
/// The system reads into slots of fixed size, which a small datagram fills only at its beginning
/// and which are used again for the next read. Whoever looks at a datagram in place pays nothing
/// for it. An owned one is copied out, together with all that came in the same slot, to a pool
/// where the bytes lie close together: a packet that is kept then holds on to 64 KiB at most, not
/// to all slots. The pool takes its memory back when nobody holds on to it, so a warm receiver
/// allocates nothing.
pub(super) struct Inbox {
    slots: Box<[u8]>,
    cursor: Cursor,
    pool: BytesMut,
    /// Invariant: empty, or a copy of what is left in the slot at the cursor.
    shared: Bytes,
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

impl Inbox {
    pub(super) fn new() -> Self {
        Self {
            // Zeroed memory comes from the system page by page, as it is written to.
            slots: vec![0; SLOTS * SLOT].into_boxed_slice(),
            cursor: Cursor {
                metas: [RecvMeta::default(); SLOTS],
                filled: 0,
                slot: 0,
                byte: 0,
                at: Instant::now(),
            },
            pool: BytesMut::new(),
            shared: Bytes::new(),
        }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.cursor.slot >= self.cursor.filled
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
        self.shared.clear();
        self.cursor.filled = 0;
        self.cursor.slot = 0;
        self.cursor.byte = 0;
        let mut slots = self.slots.chunks_exact_mut(SLOT);
        let mut slices: [IoSliceMut<'_>; SLOTS] =
            array::from_fn(|_| IoSliceMut::new(slots.next().unwrap_or_default()));
        self.cursor.filled = read(&mut slices, &mut self.cursor.metas)?.min(SLOTS);
        self.cursor.at = Instant::now();
        let metas = self.cursor.metas.get(..self.cursor.filled).unwrap_or_default();
        Ok(metas.iter().fold((0, 0), |(datagrams, bytes), meta| {
            (datagrams + meta.len.div_ceil(stride(meta)).max(1) as u64, bytes + meta.len as u64)
        }))
    }

    /// The slots and the place in them, for reading in place.
    pub(super) fn in_place(&mut self) -> (&[u8], &mut Cursor) {
        self.shared.clear();
        (&self.slots, &mut self.cursor)
    }

    /// Takes the next datagram.
    pub(super) fn take(&mut self) -> Option<(Bytes, SocketAddr)> {
        let fresh = self.shared.is_empty();
        let rest = self.cursor.rest(&self.slots)?;
        if fresh {
            if self.pool.capacity() < rest.len() {
                // Takes back the memory handed out before, or gets new memory if it is still held.
                self.pool.reserve(SLOT);
            }
            self.pool.extend_from_slice(rest);
            self.shared = self.pool.split().freeze();
        }
        let (datagram, peer) = self.cursor.next(&self.slots)?;
        Some((self.shared.split_to(datagram.len()), peer))
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
    pub(super) fn next<'a>(&mut self, slots: &'a [u8]) -> Option<(&'a [u8], SocketAddr)> {
        let meta = self.meta()?;
        let (stride, peer) = (stride(meta), meta.addr);
        let rest = self.rest(slots)?;
        let (datagram, after) = rest.split_at_checked(stride).unwrap_or((rest, &[]));
        if after.is_empty() {
            self.slot += 1;
            self.byte = 0;
        } else {
            self.byte += stride;
        }
        Some((datagram, peer))
    }

    /// What has not been taken from the slot at hand; empty if that is an empty datagram.
    fn rest<'a>(&self, slots: &'a [u8]) -> Option<&'a [u8]> {
        let start = self.slot * SLOT;
        slots.get(start + self.byte..start + self.meta()?.len)
    }

    fn meta(&self) -> Option<&RecvMeta> {
        self.metas.get(..self.filled)?.get(self.slot)
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
fn stride(meta: &RecvMeta) -> usize {
    if meta.stride == 0 { meta.len.max(1) } else { meta.stride }
}

/// The most that one datagram, or several that the system joined, can be.
const SLOT: usize = 64 * 1024;

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
        let owned: Vec<_> = core::iter::from_fn(|| inbox.take()).map(|(bytes, _)| bytes).collect();
        assert_eq!(owned, expected);
        assert!(inbox.is_empty());

        let mut inbox = filled(reads);
        let (slots, cursor) = inbox.in_place();
        let lent: Vec<_> = core::iter::from_fn(|| cursor.next(slots)).map(|(d, _)| d).collect();
        assert_eq!(lent, expected);
    }

    #[test]
    fn both_ways_of_reading_share_one_place() {
        let mut inbox = filled(&[(b"aabbcc", 2), (b"dd", 2)]);
        assert_eq!(inbox.take().unwrap().0, &b"aa"[..]);
        let (slots, cursor) = inbox.in_place();
        assert_eq!(cursor.next(slots).unwrap().0, b"bb");
        assert_eq!(inbox.take().unwrap().0, &b"cc"[..]);
        assert_eq!(inbox.take().unwrap().0, &b"dd"[..]);
        assert!(inbox.take().is_none());
    }

    #[test]
    fn a_warm_pool_uses_its_memory_again() {
        let datagram = [7_u8; 1000];
        let mut inbox = filled(&[(&datagram, 1000)]);
        for _ in 0..1000 {
            assert_eq!(inbox.take().unwrap().0, &datagram[..]);
            inbox
                .fill(|_, metas| {
                    metas[0].len = 1000;
                    Ok(1)
                })
                .unwrap();
        }
        let (kept, _) = inbox.take().unwrap();
        assert!(!inbox.pool.try_reclaim(60_000), "the pool belongs to `kept` as well");
        drop(kept);
        assert!(inbox.pool.try_reclaim(60_000));
    }

    #[test]
    fn a_failed_read_leaves_nothing_to_take() {
        let mut inbox = filled(&[(b"aabb", 2)]);
        inbox.fill(|_, _| Err(io::ErrorKind::WouldBlock.into())).unwrap_err();
        assert!(inbox.take().is_none());
    }
}
