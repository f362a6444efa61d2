//! How a framing by lengths is made.

use crate::framing::length_prefix::header::Header;
use crate::framing::length_prefix::stream::LengthPrefix;
use crate::framing::limit::DEFAULT_MAX_FRAME;

impl LengthPrefix {
    /// Begins to set options.
    pub const fn builder() -> LengthPrefixBuilder {
        LengthPrefixBuilder { header: Header::OSC, max_frame: DEFAULT_MAX_FRAME }
    }
}

/// The options of a framing by lengths: the header of OSC 1.0 unless told otherwise.
///
/// # Examples
///
/// A header of eight bytes: two of a magic number that nobody looks at, the length of header and
/// packet in two bytes, little endian, and four of something else.
///
/// ```
/// use bytes::BytesMut;
/// use oscine_transport::framing::{Decoded, Framing, LengthPrefix};
///
/// let mut framing = LengthPrefix::builder()
///     .width(2)
///     .little_endian(true)
///     .bytes_before(2)
///     .bytes_after(4)
///     .surplus(8)
///     .build();
/// let mut received = BytesMut::from(&b"OS\x10\0\x01\x02\x03\x04/a\0\0,\0\0\0"[..]);
/// assert_eq!(framing.decode(&mut received)?, Decoded::Frame("/a\0\0,\0\0\0".into()));
/// # Ok::<(), oscine_transport::framing::FrameError>(())
/// ```
#[derive(Debug, Clone, Copy)]
#[must_use = "a builder does nothing until it is built"]
pub struct LengthPrefixBuilder {
    header: Header,
    max_frame: usize,
}

impl LengthPrefixBuilder {
    /// Sets the longest frame in bytes, both ways: 1 MiB by default
    /// ([`DEFAULT_MAX_FRAME`](crate::framing::DEFAULT_MAX_FRAME)).
    ///
    /// A longer one that arrives breaks the stream. More than the header can tell, and more than
    /// 2,147,483,647 bytes, the greatest int32, are never accepted.
    pub const fn max_frame(mut self, bytes: usize) -> Self {
        self.max_frame = bytes;
        self
    }

    /// Sets how many bytes the length has: 4 by default, from 1 to 8.
    ///
    /// With 1 or 2 packets can have 255 or 65,535 bytes, less the [`surplus`](Self::surplus).
    ///
    /// # Panics
    ///
    /// If it is another number.
    pub const fn width(mut self, bytes: usize) -> Self {
        assert!(bytes >= 1 && bytes <= 8, "a length has 1 to 8 bytes");
        self.header.width = bytes;
        self
    }

    /// Sets whether the length begins with its least byte: false by default.
    pub const fn little_endian(mut self, little_endian: bool) -> Self {
        self.header.little_endian = little_endian;
        self
    }

    /// Sets how many bytes stand before the length: 0 by default.
    ///
    /// What is in them is passed over; zeros are written.
    pub const fn bytes_before(mut self, bytes: u8) -> Self {
        self.header.before = bytes as usize;
        self
    }

    /// Sets how many bytes stand between the length and the packet: 0 by default.
    ///
    /// What is in them is passed over; zeros are written.
    pub const fn bytes_after(mut self, bytes: u8) -> Self {
        self.header.after = bytes as usize;
        self
    }

    /// Sets how much more the length says than the packet has bytes: 0 by default.
    ///
    /// Where a header of four bytes is counted as well it is 4. A length that says less than this
    /// breaks the stream.
    pub const fn surplus(mut self, bytes: i32) -> Self {
        self.header.surplus = bytes;
        self
    }

    /// Makes the framing.
    #[must_use]
    pub fn build(self) -> LengthPrefix {
        LengthPrefix::with_header(self.header, self.max_frame)
    }
}
