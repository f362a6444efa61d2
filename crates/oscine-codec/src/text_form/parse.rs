//! Text to messages.

use core::str::FromStr;

use alloc::string::String;
use alloc::vec::Vec;

use bytes::Bytes;

use crate::encode::collect::Collect;
use crate::encode::message_builder::MessageBuilder;
use crate::encode::sink::sealed::Sink;
use crate::owned::message::Message;
use crate::owned::packet::Packet;
use crate::text_form::error::TextError;
use crate::text_form::lex::{Lexer, Token};
use crate::text_form::value::{hex_bytes, inferred, typed};

/// Reads what `Display` prints: `/address ,tags argument …`.
///
/// Without the tags, `/address argument …`, each argument is of the type that it looks like: `1` is `i`, `1.0`
/// is `f`, `hi` and `"1"` are `s`. An address alone is a message without a type tag string.
///
/// # Examples
///
/// ```
/// use oscine_codec::Message;
///
/// let message: Message = r#"/note ,ifs 60 0.5 "loud""#.parse()?;
/// assert_eq!(message, Message::new("/note", (60, 0.5_f32, "loud"))?);
/// assert_eq!("/note 60 0.5 loud".parse::<Message>()?, message);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
impl FromStr for Message {
    type Err = TextError;

    fn from_str(text: &str) -> Result<Self, TextError> {
        message(&mut Lexer::new(text))
    }
}

/// Takes one message off `lexer`: all that there is, or in a bundle what comes before the next `;` or `}`.
pub(crate) fn message(lexer: &mut Lexer<'_>) -> Result<Message, TextError> {
    let start = lexer.offset();
    let address = address(lexer)?;
    let mut rest = lexer.clone();
    let (word, at) = rest.word();
    if word.is_empty() {
        return Message::typeless(address).map_err(|error| TextError::encode(error, start));
    }
    if let Some(bytes) = hex_bytes(word, "untyped:") {
        *lexer = rest;
        return untyped(&address, &bytes, at);
    }
    let mut arguments = Collect::default();
    if let Some(tags) = word.strip_prefix(',') {
        *lexer = rest;
        for (index, &tag) in tags.as_bytes().iter().enumerate() {
            next_typed(&mut arguments, tag, at + 1 + index, lexer)?;
        }
        if let Some((_, at)) = lexer.next()? {
            return Err(TextError::new("more arguments than type tags", at));
        }
    } else {
        while let Some((token, at)) = lexer.next()? {
            inferred(&mut arguments, &token, at)?;
        }
    }
    MessageBuilder::from_parts(address, arguments)
        .build()
        .map_err(|error| TextError::encode(error, start))
}

impl MessageBuilder {
    /// Appends an argument given as text, of the type that it looks like.
    ///
    /// The whole of `text` is one argument, in its text form or as a string without quotes, unless it begins with
    /// a bracket: then it is as much of an array as stands there.
    ///
    /// # Errors
    ///
    /// [`TextError`] when the text begins an argument form that it does not end.
    pub fn arg_text(mut self, text: &str) -> Result<Self, TextError> {
        let mut lexer = Lexer::new(text);
        let array = text.starts_with(['[', ']']);
        let first = lexer.next()?;
        let alone = lexer.clone().next().is_ok_and(|second| second.is_none());
        match first {
            Some((mut token, mut at)) if array || alone => {
                let out = self.collected_mut();
                inferred(out, &token, at)?;
                while let Some(next) = lexer.next()? {
                    (token, at) = next;
                    inferred(out, &token, at)?;
                }
                Ok(self)
            }
            _ => Ok(self.arg(text)),
        }
    }

    /// Appends an argument given as text, of type `tag`. Text may stand without quotes.
    ///
    /// # Errors
    ///
    /// [`TextError`] when `text` is no argument of that type.
    pub fn arg_text_as(mut self, tag: char, text: &str) -> Result<Self, TextError> {
        let tag = u8::try_from(tag).map_err(|_| TextError::new("unknown type tag", 0))?;
        let mut lexer = Lexer::new(text);
        let quoted = match lexer.next() {
            Ok(Some((token @ Token::Quoted(..), _))) if lexer.offset() == text.len() => Some(token),
            _ => None,
        };
        let out = self.collected_mut();
        match (tag, quoted) {
            (b'[', _) => out.open().map_err(|error| TextError::encode(error, 0))?,
            (b']', _) => out.close().map_err(|error| TextError::encode(error, 0))?,
            (_, Some(token)) => typed(out, tag, &token, 0)?,
            (_, None) => typed(out, tag, &Token::Bare(text), 0)?,
        }
        Ok(self)
    }
}

fn address(lexer: &mut Lexer<'_>) -> Result<String, TextError> {
    let mut quoted = lexer.clone();
    if let Ok(Some((Token::Quoted('"', address), _))) = quoted.next() {
        *lexer = quoted;
        return Ok(address);
    }
    let (word, at) = lexer.word();
    if word.starts_with('/') {
        Ok(word.into())
    } else {
        Err(TextError::new("expected an address that begins with '/'", at))
    }
}

fn next_typed(
    out: &mut Collect,
    tag: u8,
    tag_at: usize,
    lexer: &mut Lexer<'_>,
) -> Result<(), TextError> {
    let encode = |error| TextError::encode(error, tag_at);
    match (tag, lexer.next()?) {
        (b'[', Some((Token::Open, _))) => out.open().map_err(encode),
        (b']', Some((Token::Close, _))) => out.close().map_err(encode),
        (_, Some((token, at))) => typed(out, tag, &token, at),
        (_, None) => Err(TextError::new("no argument for this type tag", tag_at)),
    }
}

/// A message whose arguments only the sender knows, from bytes behind its address.
fn untyped(address: &str, bytes: &[u8], at: usize) -> Result<Message, TextError> {
    let head = Message::typeless(address).map_err(|error| TextError::encode(error, 0))?;
    let mut all = Vec::from(head.as_bytes());
    all.extend(bytes);
    match Packet::decode(Bytes::from(all)) {
        Ok(Packet::Message(message)) if message.type_tags().is_none() => Ok(message),
        _ => Err(TextError::new("bytes that are no arguments without type tags", at)),
    }
}

#[cfg(test)]
mod tests {
    use alloc::string::ToString;

    use super::*;
    use crate::encode::to_args::ToArgs;
    use crate::time_tag::TimeTag;
    use crate::value::char::Char;
    use crate::value::color::Color;
    use crate::value::midi::Midi;
    use crate::value::symbol::Symbol;
    use crate::value::unit::{Impulse, Nil};

    fn check(args: impl ToArgs, text: &str) {
        let message = Message::new("/a", args).unwrap();
        assert_eq!(message.to_string(), text);
        assert_eq!(text.parse(), Ok(message), "{text}");
    }

    #[test]
    fn every_type_reads_back() {
        check((), "/a ,");
        check((1, -2_i64), "/a ,ih 1 -2");
        check((2.5_f32, 0.1, 1e30_f32), "/a ,fdf 2.5 0.1 1e30");
        check((f32::INFINITY, f64::NEG_INFINITY, f32::NAN), "/a ,fdf inf -inf NaN");
        check(
            (f32::from_bits(0x7fa0_0001), f64::from_bits(!0)),
            "/a ,fd nan:7fa00001 nan:ffffffffffffffff",
        );
        check(("q\"\\\n\u{1}é😀", Symbol("s y")), r#"/a ,sS "q\"\\\n\u0001é😀" "s y""#);
        check((*b"\x00\xff", *b""), "/a ,bb 0x00ff 0x");
        check(TimeTag(0x83aa_7e80_0000_0001), "/a ,t 83aa7e8000000001");
        check(
            (Color::from(0xff80_40ff), Midi::from_bytes([0, 0x90, 60, 127])),
            "/a ,rm #ff8040ff midi:00903c7f",
        );
        check(('x', '\'', '\n', Char(0x6100_0000)), r"/a ,cccc 'x' '\'' '\n' 0x61000000");
        check((true, false, Nil, Impulse), "/a ,TFNI true false nil inf");
        check(([[1, 2], [3, 4]], ["x"], 5), r#"/a ,[[ii][ii]][s]i [[1 2] [3 4]] ["x"] 5"#);
        let untyped = Packet::decode(&b"/foo\0\0\0\0\0\0\x03\xe8"[..]).unwrap();
        assert_eq!(untyped.to_string(), "/foo untyped:000003e8");
        assert_eq!("/foo untyped:000003e8".parse::<Message>().map(Packet::from), Ok(untyped));
        assert_eq!("/foo".parse::<Message>(), Ok(Message::typeless("/foo").unwrap()));
    }

    #[test]
    fn types_are_inferred() {
        let read = |text: &str| text.parse::<Message>().unwrap().to_string();
        assert_eq!(read("/b 1 2.5 hi"), r#"/b ,ifs 1 2.5 "hi""#);
        assert_eq!(read("/b 3000000000 -1e3 .5 +7"), "/b ,hffi 3000000000 -1000.0 0.5 7");
        assert_eq!(read("/b true nil inf -inf"), "/b ,TNIf true nil inf -inf");
        assert_eq!(
            read(r#"/b "1" 'c' 0x00ff #01020304 midi:00903c7f"#),
            r#"/b ,scbrm "1" 'c' 0x00ff #01020304 midi:00903c7f"#
        );
        assert_eq!(
            read("/b [1 [x]] 1.2.3 infinite"),
            r#"/b ,[i[s]]ss [1 ["x"]] "1.2.3" "infinite""#
        );
    }

    #[test]
    fn errors_say_where() {
        let cases = [
            ("", 0),
            ("a", 0),
            ("/a ,i x", 6),
            ("/a ,ii 1", 5),
            ("/a ,i 1 2", 8),
            ("/a ,x 1", 6),
            ("/a ,s \"open", 6),
            ("/a ,i 3000000000", 6),
            (r#"/a ,s "\x""#, 7),
        ];
        for (text, offset) in cases {
            let error = text.parse::<Message>().unwrap_err();
            assert_eq!(error.offset(), offset, "{text}: {error}");
        }
        assert!("/a ,[i 1".parse::<Message>().is_err());
        assert!("/a [1".parse::<Message>().is_err());
        assert!("/a 1]".parse::<Message>().is_err());
    }

    #[test]
    fn words_of_a_shell() {
        let builder = Message::builder("/a").arg_text("two words").unwrap().arg_text("7").unwrap();
        let builder = builder.arg_text("[1 x]").unwrap().arg_text_as('s', "8").unwrap();
        let builder = builder.arg_text_as('d', "8").unwrap().arg_text_as('s', "\"q\"").unwrap();
        let text = builder.build().unwrap().to_string();
        assert_eq!(text, r#"/a ,si[is]sds "two words" 7 [1 "x"] "8" 8.0 "q""#);
        assert!(Message::builder("/a").arg_text_as('i', "x").is_err());
    }
}
