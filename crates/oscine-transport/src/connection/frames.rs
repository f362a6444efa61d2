//! Many packets in one buffer that is used again.

use core::{iter::FusedIterator, slice};

use oscine_codec::DecodeOptions;

use crate::codec::bad_packet::BadPacket;
use crate::codec::taker::Taker;
use crate::stats::counters::Counters;

/// The bytes of packets that have arrived together, in one buffer that is used again.
///
/// [`Connection::recv_frames`](super::Connection::recv_frames) fills it with the packets at hand,
/// in the order in which they arrived, and bad ones in between. The bytes are those of packets without
/// the marks of the framing, as [hooks](crate::hook) left them. They are not decoded.
///
/// It takes no more when it holds 64 KiB, or 4,096 packets, so it holds less than 64 KiB and one
/// packet. Its memory is used again: once warm, filling it allocates nothing but for bad packets.
/// When it is cleared it keeps 256 KiB, and what a larger packet took is given back.
///
/// # Examples
///
/// ```
/// use oscine_codec::PacketRef;
/// use oscine_transport::connection::{Builder, Frames};
/// use tokio::io::AsyncWriteExt;
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let (near, mut far) = tokio::io::duplex(1024);
/// let mut connection = Builder::new().wrap(near);
/// far.write_all(b"\xc0/a\0\0,\0\0\0\xc0/b\0\0,\0\0\0\xc0").await?;
///
/// let mut frames = Frames::new();
/// connection.recv_frames(&mut frames).await.ok_or("closed")??;
/// assert_eq!(frames.len(), 2);
/// for frame in &frames {
///     match frame {
///         Ok(bytes) => println!("{}", PacketRef::decode(bytes)?),
///         Err(bad) => println!("{bad}"),
///     }
/// }
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Default)]
pub struct Frames {
    /// The packets, one after the other.
    bytes: Vec<u8>,
    /// Where each packet ends in `bytes`; for a bad one, where the packet before it does.
    ends: Vec<usize>,
    /// The bad packets, each with its place in `ends`, which grow.
    bad: Vec<(usize, BadPacket)>,
    /// How many bytes the bad packets hold.
    held: usize,
}

impl Frames {
    /// Makes an empty one, which allocates nothing.
    #[must_use]
    pub const fn new() -> Self {
        Self { bytes: Vec::new(), ends: Vec::new(), bad: Vec::new(), held: 0 }
    }

    /// Forgets all packets. The memory is kept, up to 256 KiB of packets.
    pub fn clear(&mut self) {
        self.bytes.clear();
        self.bytes.shrink_to(KEPT);
        self.ends.clear();
        self.bad.clear();
        self.bad.shrink_to(BAD_KEPT);
        self.held = 0;
    }

    /// How many packets there are, the bad ones among them.
    #[must_use]
    pub fn len(&self) -> usize {
        self.ends.len()
    }

    /// Whether there are no packets.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.ends.is_empty()
    }

    /// The packets in the order in which they arrived: the bytes of each, or why it is none.
    ///
    /// Of the kinds of [`BadPacket`] only [`Decode`](BadPacket::Decode) is not there.
    #[must_use]
    pub fn iter(&self) -> FramesIter<'_> {
        FramesIter { rest: &self.bytes, start: 0, place: 0, ends: self.ends.iter(), bad: &self.bad }
    }

    /// Says whether no more is taken.
    #[inline]
    fn full(&self) -> Option<()> {
        let bytes = self.bytes.len().saturating_add(self.held);
        (bytes >= MAX_BYTES || self.ends.len() >= MAX_FRAMES).then_some(())
    }
}

impl Taker for Frames {
    type Item = ();

    #[inline(always)]
    fn take(&mut self, bytes: &[u8], _: &DecodeOptions, _: &Counters) -> Option<()> {
        self.bytes.extend_from_slice(bytes);
        self.ends.push(self.bytes.len());
        self.full()
    }

    #[cold]
    fn take_bad(&mut self, bad: BadPacket) -> Option<()> {
        self.held = self.held.saturating_add(match &bad {
            BadPacket::Decode { bytes, .. } | BadPacket::Refused { bytes, .. } => bytes.len(),
            BadPacket::Frame(_) => 0,
        });
        self.bad.push((self.ends.len(), bad));
        self.ends.push(self.bytes.len());
        self.full()
    }

    #[inline]
    fn at_hand(&mut self) -> Option<()> {
        (!self.is_empty()).then_some(())
    }
}

impl<'a> IntoIterator for &'a Frames {
    type Item = Result<&'a [u8], &'a BadPacket>;
    type IntoIter = FramesIter<'a>;

    fn into_iter(self) -> FramesIter<'a> {
        self.iter()
    }
}

/// The packets of [`Frames`], one after the other.
#[derive(Debug, Clone)]
pub struct FramesIter<'a> {
    /// The bytes of the packets that are to come.
    rest: &'a [u8],
    /// Where `rest` begins.
    start: usize,
    /// How many packets have been seen.
    place: usize,
    ends: slice::Iter<'a, usize>,
    /// The bad packets that are to come.
    bad: &'a [(usize, BadPacket)],
}

impl<'a> Iterator for FramesIter<'a> {
    type Item = Result<&'a [u8], &'a BadPacket>;

    #[inline]
    fn next(&mut self) -> Option<Self::Item> {
        let end = *self.ends.next()?;
        let place = self.place;
        self.place += 1;
        if let Some(((at, bad), later)) = self.bad.split_first() {
            if *at == place {
                self.bad = later;
                return Some(Err(bad));
            }
        }
        let (frame, rest) = self.rest.split_at_checked(end - self.start)?;
        self.rest = rest;
        self.start = end;
        Some(Ok(frame))
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        self.ends.size_hint()
    }
}

impl ExactSizeIterator for FramesIter<'_> {}
impl FusedIterator for FramesIter<'_> {}

/// How many bytes are taken together, at which no more packets are.
const MAX_BYTES: usize = 64 * 1024;

/// How many packets are taken together.
const MAX_FRAMES: usize = 4096;

/// How many bytes of memory are kept: what packets of up to 64 KiB each come to, as it doubles.
const KEPT: usize = 256 * 1024;

/// For how many bad packets memory is kept.
const BAD_KEPT: usize = 64;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::framing::fault::{FrameFault, FrameFaultKind};

    fn take(frames: &mut Frames, bytes: &[u8]) -> Option<()> {
        frames.take(bytes, &DecodeOptions::default(), &Counters::default())
    }

    fn noise() -> BadPacket {
        FrameFault::new(FrameFaultKind::Noise, 0).into()
    }

    fn refused(length: usize) -> BadPacket {
        BadPacket::Refused { reason: "no".into(), bytes: vec![0; length].into() }
    }

    #[test]
    fn good_and_bad_ones_keep_their_order() {
        let mut frames = Frames::new();
        assert!(frames.at_hand().is_none() && frames.iter().next().is_none());
        frames.take_bad(noise());
        take(&mut frames, b"a");
        take(&mut frames, b"");
        frames.take_bad(noise());
        frames.take_bad(refused(3));
        take(&mut frames, b"bcd");
        let (noise, refused) = (noise(), refused(3));
        let expected: [Result<&[u8], _>; 6] =
            [Err(&noise), Ok(b"a"), Ok(b""), Err(&noise), Err(&refused), Ok(b"bcd")];
        assert_eq!(frames.iter().collect::<Vec<_>>(), expected);
        assert_eq!((frames.len(), frames.iter().len()), (6, 6));
        assert!(frames.at_hand().is_some());
        frames.clear();
        assert!(frames.is_empty() && frames.iter().next().is_none());
    }

    #[test]
    fn it_takes_one_and_so_many_bytes_and_so_many_packets() {
        let mut frames = Frames::new();
        assert!(take(&mut frames, &[0; MAX_BYTES]).is_some());
        frames.clear();
        assert!(take(&mut frames, &[0; MAX_BYTES - 2]).is_none());
        assert!(frames.take_bad(refused(1)).is_none());
        assert!(take(&mut frames, &[0]).is_some());
        frames.clear();
        assert!(frames.take_bad(refused(MAX_BYTES)).is_some());
        frames.clear();
        let taken =
            core::iter::repeat_with(|| take(&mut frames, b"a")).position(|full| full.is_some());
        assert_eq!(taken, Some(MAX_FRAMES - 1));
    }

    #[test]
    fn memory_of_usual_packets_is_kept_and_of_huge_ones_given_back() {
        let mut frames = Frames::new();
        take(&mut frames, &[0; MAX_BYTES - 1]);
        take(&mut frames, &[0; MAX_BYTES]);
        let capacity = frames.bytes.capacity();
        frames.clear();
        assert_eq!(frames.bytes.capacity(), capacity);
        take(&mut frames, &vec![0; 8 << 20]);
        for _ in 0..MAX_FRAMES {
            frames.take_bad(noise());
        }
        frames.clear();
        assert!(frames.bytes.capacity() <= KEPT && frames.bad.capacity() <= BAD_KEPT);
    }
}
