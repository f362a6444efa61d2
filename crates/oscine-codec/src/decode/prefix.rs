//! Packets that are followed by others in the same bytes.

use core::iter::FusedIterator;

use crate::error::decode::DecodeError;
use crate::options::DecodeOptions;
use crate::read::blob::blob;
use crate::read::leniency::Leniency;
use crate::read::string::string;
use crate::sizes::fixed_size;
use crate::tolerances::Tolerances;
use crate::view::packet_ref::PacketRef;

impl<'a> PacketRef<'a> {
    /// Decodes the packet that `bytes` begins with, and gives what follows it, with the default [`DecodeOptions`].
    ///
    /// A message with a type tag string ends after its last argument. A bundle, and a message without type tags, has
    /// no end of its own: it takes all.
    ///
    /// # Examples
    ///
    /// ```
    /// use oscine_codec::PacketRef;
    ///
    /// let (packet, rest) = PacketRef::decode_prefix(b"/a\0\0,i\0\0\0\0\0\x07/b\0\0,\0\0\0")?;
    /// assert_eq!(packet.to_string(), "/a ,i 7");
    /// assert_eq!(rest, b"/b\0\0,\0\0\0");
    /// # Ok::<(), oscine_codec::DecodeError>(())
    /// ```
    ///
    /// # Errors
    ///
    /// [`DecodeError`] says what is wrong with the first packet, and at which byte.
    pub fn decode_prefix(bytes: &'a [u8]) -> Result<(Self, &'a [u8]), DecodeError> {
        Self::decode_prefix_with(bytes, &DecodeOptions::new())
    }

    /// Decodes the packet that `bytes` begins with, and gives what follows it. Limits are those of that packet alone.
    ///
    /// # Errors
    ///
    /// [`DecodeError`] says what is wrong with the first packet, and at which byte.
    pub fn decode_prefix_with(
        bytes: &'a [u8],
        options: &DecodeOptions,
    ) -> Result<(Self, &'a [u8]), DecodeError> {
        let len = typed_message_len(bytes, options).unwrap_or(bytes.len());
        let (packet, rest) = bytes.split_at_checked(len).unwrap_or((bytes, &[]));
        Ok((Self::decode_with(packet, options)?, rest))
    }

    /// Decodes the packets that follow each other in `bytes`, as by [`decode_prefix_with`](Self::decode_prefix_with).
    ///
    /// The specification has one packet in a datagram, and some senders put many; to call this in the place of
    /// [`decode_with`](Self::decode_with) is to tolerate them.
    ///
    /// # Examples
    ///
    /// ```
    /// use oscine_codec::{DecodeError, DecodeOptions, PacketRef};
    ///
    /// let datagram = b"/a\0\0,i\0\0\0\0\0\x07/b\0\0,\0\0\0";
    /// assert!(PacketRef::decode(datagram).is_err());
    /// let options = DecodeOptions::new();
    /// let packets: Vec<_> = PacketRef::decode_all(datagram, &options).collect::<Result<_, _>>()?;
    /// assert_eq!(packets.len(), 2);
    /// # Ok::<(), DecodeError>(())
    /// ```
    #[must_use]
    pub const fn decode_all(bytes: &'a [u8], options: &'a DecodeOptions) -> Concatenated<'a> {
        Concatenated { bytes, at: 0, state: State::First, options }
    }
}

/// The packets that follow each other in some bytes: an iterator of `Result<PacketRef, DecodeError>`.
///
/// No bytes at all are an error, as everywhere. The first error is the last item: where the next packet would begin
/// is not known. Its offset counts from the start of all the bytes. Zeros at the end, where they are
/// [tolerated](Tolerances::TRAILING_ZEROS), are no packet.
#[derive(Debug, Clone)]
pub struct Concatenated<'a> {
    bytes: &'a [u8],
    /// Where the next packet begins.
    at: usize,
    state: State,
    options: &'a DecodeOptions,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    /// Nothing was read yet: there has to be a packet.
    First,
    /// There may be a packet.
    More,
    /// There was an error.
    Failed,
}

impl<'a> Iterator for Concatenated<'a> {
    type Item = Result<PacketRef<'a>, DecodeError>;

    fn next(&mut self) -> Option<Self::Item> {
        let rest = self.bytes.get(self.at..).unwrap_or_default();
        let tolerated = self.options.tolerances.contains(Tolerances::TRAILING_ZEROS);
        match self.state {
            State::Failed => return None,
            State::More if rest.is_empty() => return None,
            State::More if tolerated && rest.iter().all(|&byte| byte == 0) => return None,
            State::First | State::More => {}
        }
        match PacketRef::decode_prefix_with(rest, self.options) {
            Ok((packet, rest)) => {
                self.at = self.bytes.len() - rest.len();
                self.state = State::More;
                Some(Ok(packet))
            }
            Err(error) => {
                self.state = State::Failed;
                Some(Err(error.shifted(self.at)))
            }
        }
    }
}

impl FusedIterator for Concatenated<'_> {}

/// How many bytes the message with type tags takes that `bytes` begins with; `None` when it begins with anything else,
/// or is broken in a way that decoding finds again.
fn typed_message_len(bytes: &[u8], options: &DecodeOptions) -> Option<usize> {
    if bytes.starts_with(b"#bundle") {
        return None;
    }
    let leniency = &mut Leniency::new(options);
    let (rest, _address) = string(bytes, leniency).ok()?;
    if rest.first() != Some(&b',') {
        return None;
    }
    let (mut rest, tags) = string(rest, leniency).ok()?;
    for &tag in tags.get(1..)? {
        rest = match tag {
            b's' | b'S' => string(rest, leniency).ok()?.0,
            b'b' => blob(rest, leniency).ok()?.0,
            b'[' | b']' => rest,
            _ => rest.get(fixed_size(tag)?..)?,
        };
    }
    Some(bytes.len() - rest.len())
}

#[cfg(test)]
mod tests {
    use alloc::string::{String, ToString};
    use alloc::vec::Vec;

    use super::*;
    use crate::error::decode::DecodeErrorKind;
    use crate::limits::Limits;
    use crate::options::Profile;
    use crate::owned::bundle::Bundle;
    use crate::owned::message::Message;
    use crate::time_tag::TimeTag;

    fn all(bytes: &[u8], options: &DecodeOptions) -> Result<Vec<String>, (DecodeErrorKind, usize)> {
        PacketRef::decode_all(bytes, options)
            .map(|packet| match packet {
                Ok(packet) => Ok(packet.to_string()),
                Err(error) => Err((error.kind(), error.offset())),
            })
            .collect()
    }

    #[test]
    fn a_message_ends_after_its_last_argument() {
        let options = DecodeOptions::new();
        let message = Message::new("/a", (1, "x", *b"blob!", [2.5, 3.5], true)).unwrap();
        let empty = Message::new("/e", ()).unwrap();
        let typeless = Message::typeless("/t").unwrap();
        let bundle = Bundle::new(TimeTag(9), [message.clone()]).unwrap();
        let parts = [message.as_bytes(), empty.as_bytes(), message.as_bytes()];
        let texts = [message.to_string(), empty.to_string(), message.to_string()];
        assert_eq!(all(&parts.concat(), &options).unwrap(), texts);
        // These take all: alone they are themselves, with more behind them they are not.
        for (last, text) in
            [(bundle.as_bytes(), bundle.to_string()), (typeless.as_bytes(), typeless.to_string())]
        {
            let bytes = [empty.as_bytes(), last].concat();
            assert_eq!(all(&bytes, &options).unwrap(), [empty.to_string(), text]);
        }
        let bytes = [bundle.as_bytes(), empty.as_bytes()].concat();
        assert_eq!(all(&bytes, &options).unwrap_err().1, bundle.as_bytes().len());
        let bytes = [typeless.as_bytes(), b"more"].concat();
        assert_eq!(all(&bytes, &options).unwrap(), ["/t untyped:6d6f7265"]);
    }

    #[test]
    fn errors_are_placed_in_the_whole() {
        let options = DecodeOptions::new();
        let field = DecodeOptions::new().profile(Profile::Field);
        assert_eq!(all(b"", &options), Err((DecodeErrorKind::Empty, 0)));
        let bad = (DecodeErrorKind::BadAddress, 8);
        assert_eq!(all(b"/b\0\0,\0\0\0\0\0\0\0", &options), Err(bad));
        assert_eq!(all(b"/b\0\0,\0\0\0\0\0\0\0", &field).unwrap(), ["/b ,"]);
        let unknown = (DecodeErrorKind::UnknownTag { tag: b'x' }, 14);
        assert_eq!(all(b"/b\0\0,\0\0\0/c\0\0,ix\0\0\0\0\x01", &options), Err(unknown));
        let truncated = (DecodeErrorKind::Truncated { needed: 4, available: 0 }, 8);
        assert_eq!(all(b"/b\0\0,i\0\0", &options), Err(truncated));
        // The rest may be anything, and of any length.
        let (packet, rest) = PacketRef::decode_prefix(b"/b\0\0,\0\0\0xyz").unwrap();
        assert_eq!((packet.to_string().as_str(), rest), ("/b ,", &b"xyz"[..]));
        let limited = options.limits(Limits::new().packet_size(8));
        assert_eq!(all(&b"/b\0\0,\0\0\0".repeat(3), &limited).unwrap().len(), 3);
        let mut failed = PacketRef::decode_all(b"x", &options);
        assert!(failed.next().is_some_and(|item| item.is_err()) && failed.next().is_none());
    }
}
