//! Figures of packets.

use core::fmt;
use core::iter::Sum;
use core::ops::{Add, AddAssign};

/// The type tags that are counted, each at the place of its count. `[` stands for an array.
const TAGS: &[u8; 16] = b"ifsbhtdScrmTFNI[";

/// Figures of one or more packets, which add up.
///
/// [`PacketRef::stats`](crate::PacketRef::stats) and its kin give those of one packet. Counts that would exceed
/// 64 bits stay at the most.
///
/// # Examples
///
/// ```
/// use oscine_codec::{Message, Stats};
///
/// let messages = [Message::new("/a", (1, 2))?, Message::new("/b", "text")?];
/// let mut sent: Stats = messages.iter().map(Message::stats).sum();
/// assert_eq!((sent.packets(), sent.bytes(), sent.arguments()), (2, 32, 3));
/// assert_eq!(sent.tag('i'), 2);
/// sent += messages[1].stats();
/// assert!(sent.tags().eq([('i', 2), ('s', 2)]));
/// # Ok::<(), oscine_codec::EncodeError>(())
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct Stats {
    packets: u64,
    messages: u64,
    bundles: u64,
    bytes: u64,
    tags: [u64; TAGS.len()],
}

impl Stats {
    /// The figures of one packet of `bytes` bytes, before what is in it is counted.
    pub(crate) fn of_packet(bytes: usize) -> Self {
        let bytes = u64::try_from(bytes).unwrap_or(u64::MAX);
        Self { packets: 1, bytes, ..Self::default() }
    }

    pub(crate) const fn count_bundle(&mut self) {
        self.bundles += 1;
    }

    pub(crate) fn count_message(&mut self, type_tags: &[u8]) {
        self.messages += 1;
        for tag in type_tags {
            if let Some(count) = place(*tag).and_then(|place| self.tags.get_mut(place)) {
                *count += 1;
            }
        }
    }

    /// Packets: what was counted as a whole. What is in a bundle is part of its packet.
    #[must_use]
    pub const fn packets(&self) -> u64 {
        self.packets
    }

    /// Messages, those in bundles among them.
    #[must_use]
    pub const fn messages(&self) -> u64 {
        self.messages
    }

    /// Bundles, those in bundles among them.
    #[must_use]
    pub const fn bundles(&self) -> u64 {
        self.bundles
    }

    /// Bytes of the packets, each byte once however deep it lies in bundles.
    #[must_use]
    pub const fn bytes(&self) -> u64 {
        self.bytes
    }

    /// Arguments, those in arrays among them; the arrays themselves are not.
    #[must_use]
    pub fn arguments(&self) -> u64 {
        let counts = self.tags.iter().zip(TAGS);
        counts
            .filter(|&(_, tag)| *tag != b'[')
            .fold(0, |sum, (count, _)| sum.saturating_add(*count))
    }

    /// Arguments of type `tag`; with `[`, arrays. 0 for what is no type tag.
    #[must_use]
    pub fn tag(&self, tag: char) -> u64 {
        let place = u8::try_from(tag).ok().and_then(place);
        place.and_then(|place| self.tags.get(place).copied()).unwrap_or_default()
    }

    /// Each type tag that occurred, and how often.
    pub fn tags(&self) -> impl Iterator<Item = (char, u64)> {
        let counts = TAGS.iter().zip(self.tags);
        counts.filter(|&(_, count)| count > 0).map(|(tag, count)| (char::from(*tag), count))
    }
}

fn place(tag: u8) -> Option<usize> {
    TAGS.iter().position(|&known| known == tag)
}

impl AddAssign for Stats {
    fn add_assign(&mut self, other: Self) {
        let Self { packets, messages, bundles, bytes, tags } = self;
        for (sum, more) in [
            (packets, other.packets),
            (messages, other.messages),
            (bundles, other.bundles),
            (bytes, other.bytes),
        ]
        .into_iter()
        .chain(tags.iter_mut().zip(other.tags))
        {
            *sum = sum.saturating_add(more);
        }
    }
}

impl Add for Stats {
    type Output = Self;

    fn add(mut self, other: Self) -> Self {
        self += other;
        self
    }
}

impl Sum for Stats {
    fn sum<I: Iterator<Item = Self>>(stats: I) -> Self {
        stats.fold(Self::default(), Add::add)
    }
}

impl<'a> Sum<&'a Self> for Stats {
    fn sum<I: Iterator<Item = &'a Self>>(stats: I) -> Self {
        stats.copied().sum()
    }
}

impl fmt::Debug for Stats {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut out = f.debug_struct("Stats");
        out.field("packets", &self.packets).field("messages", &self.messages);
        out.field("bundles", &self.bundles).field("bytes", &self.bytes);
        out.field("tags", &Counts(self)).finish()
    }
}

/// Only the type tags that occurred.
struct Counts<'a>(&'a Stats);

impl fmt::Debug for Counts<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_map().entries(self.0.tags()).finish()
    }
}
