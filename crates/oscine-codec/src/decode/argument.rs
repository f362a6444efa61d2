//! Reads one argument alone.

use crate::error::decode::{DecodeError, DecodeErrorKind};
use crate::options::DecodeOptions;
use crate::read::blob::blob;
use crate::read::fault::place;
use crate::read::leniency::Leniency;
use crate::read::string::string;
use crate::time_tag::TimeTag;
use crate::value::char::Char;
use crate::value::color::Color;
use crate::value::midi::Midi;
use crate::value::text::Text;
use crate::view::arg::Arg;

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
        let misread = |fault| place(fault, bytes.len());
        Ok(match tag {
            'i' => fixed(bytes, |data| Self::Int(i32::from_be_bytes(data)))?,
            'f' => fixed(bytes, |data| Self::Float(f32::from_be_bytes(data)))?,
            'h' => fixed(bytes, |data| Self::Long(i64::from_be_bytes(data)))?,
            't' => fixed(bytes, |data| Self::Time(TimeTag(u64::from_be_bytes(data))))?,
            'd' => fixed(bytes, |data| Self::Double(f64::from_be_bytes(data)))?,
            'c' => fixed(bytes, |data| Self::Char(Char(u32::from_be_bytes(data))))?,
            'r' => fixed(bytes, |data| Self::Color(Color::from_bytes(data)))?,
            'm' => fixed(bytes, |data| Self::Midi(Midi::from_bytes(data)))?,
            's' | 'S' => {
                let (rest, text) = string(bytes, leniency).map_err(misread)?;
                let text = Text::new(text);
                (if tag == 's' { Self::String(text) } else { Self::Symbol(text) }, rest)
            }
            'b' => {
                let (rest, content) = blob(bytes, leniency).map_err(misread)?;
                (Self::Blob(content), rest)
            }
            'T' => (Self::Bool(true), bytes),
            'F' => (Self::Bool(false), bytes),
            'N' => (Self::Nil, bytes),
            'I' => (Self::Impulse, bytes),
            _ => {
                let tag = u8::try_from(tag).unwrap_or_default();
                return Err(DecodeError::new(DecodeErrorKind::UnknownTag { tag }, 0));
            }
        })
    }
}

/// Takes an argument of `N` bytes off `bytes`.
fn fixed<'a, const N: usize>(
    bytes: &'a [u8],
    arg: impl FnOnce([u8; N]) -> Arg<'a>,
) -> Result<(Arg<'a>, &'a [u8]), DecodeError> {
    match bytes.split_first_chunk() {
        Some((data, rest)) => Ok((arg(*data), rest)),
        None => {
            let kind = DecodeErrorKind::Truncated { needed: N, available: bytes.len() };
            Err(DecodeError::new(kind, 0))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::owned::message::Message;
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
