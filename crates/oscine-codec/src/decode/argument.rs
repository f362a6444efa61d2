//! Reads one argument alone.

use crate::error::decode::{DecodeError, DecodeErrorKind};
use crate::options::DecodeOptions;
use crate::read::blob::blob;
use crate::read::fault::place;
use crate::read::leniency::Leniency;
use crate::read::number;
use crate::read::string::string;
use crate::sizes::fixed_size;
use crate::view::arg::Arg;
use crate::view::args::value;

impl<'a> Arg<'a> {
    /// Reads one argument of type `tag` from the start of `bytes`, and gives what follows it too: for arguments
    /// whose types are known from elsewhere, as of a message without a type tag string.
    ///
    /// Strings and blobs are read as profile [`Spec`](crate::Profile::Spec) does, padding included.
    ///
    /// # Examples
    ///
    /// ```
    /// use oscine_codec::{Arg, PacketRef};
    ///
    /// let packet = PacketRef::decode(b"/old\0\0\0\0\0\0\0\x07hi\0\0")?;
    /// let untyped = packet.message().expect("a message").untyped();
    /// let (number, rest) = Arg::read('i', untyped)?;
    /// assert_eq!(number, Arg::Int(7));
    /// let (text, rest) = Arg::read('s', rest)?;
    /// assert_eq!(text.as_text().expect("text"), "hi");
    /// assert!(rest.is_empty());
    /// # Ok::<(), oscine_codec::DecodeError>(())
    /// ```
    ///
    /// # Errors
    ///
    /// [`DecodeError`], its offset counted from the start of `bytes`. Brackets, which are no arguments by
    /// themselves, are [`UnknownTag`](DecodeErrorKind::UnknownTag), as is all else that is no type tag; a character
    /// beyond U+00FF is reported as tag 0.
    pub fn read(tag: char, bytes: &'a [u8]) -> Result<(Self, &'a [u8]), DecodeError> {
        let options = DecodeOptions::new();
        let leniency = &mut Leniency::new(&options);
        let tag = u8::try_from(tag).unwrap_or_default();
        let unknown = || DecodeError::new(DecodeErrorKind::UnknownTag { tag }, 0);
        let checked = match (tag, fixed_size(tag)) {
            (b's' | b'S', _) => string(bytes, leniency),
            (b'b', _) => blob(bytes, leniency),
            (_, Some(size)) => number::bytes(bytes, size),
            (_, None) => return Err(unknown()),
        };
        let (rest, _) = checked.map_err(|fault| place(fault, bytes.len()))?;
        let arg = value(tag, &mut { bytes }).ok_or_else(unknown)?;
        Ok((arg, rest))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::owned::message::Message;
    use crate::time_tag::TimeTag;
    use crate::value::color::Color;
    use crate::value::midi::Midi;
    use crate::value::symbol::Symbol;
    use crate::value::unit::{Impulse, Nil};

    #[test]
    fn one_after_the_other_is_what_the_message_says() {
        let args = (1, -2.5_f32, "text", *b"blob!", i64::MIN, TimeTag(7), 0.1, Symbol("sym"));
        let rest = ('c', Color::from(0x0102_0304), Midi::default(), true, false, Nil, Impulse);
        let message = Message::new("/a", (args, rest)).unwrap();
        let tags = message.type_tags().unwrap();
        let mut data = &message.as_bytes()[4 + (tags.as_bytes().len() + 2).next_multiple_of(4)..];
        let mut args = message.args();
        for &tag in tags.as_bytes() {
            let (arg, rest) = Arg::read(char::from(tag), data).unwrap();
            assert_eq!(Some(arg), args.next());
            data = rest;
        }
        assert_eq!((data, args.next()), (&[][..], None));
    }

    #[test]
    fn errors_are_those_of_decoding() {
        let truncated = |needed, available| DecodeErrorKind::Truncated { needed, available };
        let cases: [(char, &[u8], DecodeErrorKind, usize); 8] = [
            ('i', &[0; 3], truncated(4, 3), 0),
            ('d', &[0; 4], truncated(8, 4), 0),
            ('s', b"abcd", DecodeErrorKind::UnterminatedString, 0),
            ('S', b"a\0b\0", DecodeErrorKind::StringPadding, 2),
            ('b', b"\0\0\0\x05abc\0", DecodeErrorKind::BlobLength { length: 5, available: 4 }, 0),
            ('[', b"", DecodeErrorKind::UnknownTag { tag: b'[' }, 0),
            (']', b"", DecodeErrorKind::UnknownTag { tag: b']' }, 0),
            ('€', b"", DecodeErrorKind::UnknownTag { tag: 0 }, 0),
        ];
        for (tag, bytes, kind, offset) in cases {
            let error = Arg::read(tag, bytes).unwrap_err();
            assert_eq!((error.kind(), error.offset()), (kind, offset), "{tag}");
        }
    }
}
