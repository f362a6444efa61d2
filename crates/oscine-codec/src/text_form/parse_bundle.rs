//! Text to bundles, and to packets of either kind.

use core::str::FromStr;

use alloc::vec::Vec;

use bytes::Bytes;

use crate::encode::measure::check_size;
use crate::error::encode::EncodeError;
use crate::limits::Limits;
use crate::owned::bundle::Bundle;
use crate::owned::message::Message;
use crate::owned::packet::Packet;
use crate::text_form::error::TextError;
use crate::text_form::lex::Lexer;
use crate::text_form::parse::message;
use crate::time_tag::TimeTag;
use crate::tolerances::Tolerances;
use crate::view::bundle_ref::MARK;

/// What the text form of a bundle begins with.
const WORD: &str = "#bundle";

/// Reads what `Display` prints: a bundle when it begins with `#bundle`, otherwise a message.
///
/// # Examples
///
/// ```
/// use oscine_codec::Packet;
///
/// let text = r#"#bundle 0000000000000001 {/a ,i 1; #bundle 00000000000000ff {/b ,s "x;}"; /c}}"#;
/// let packet: Packet = text.parse()?;
/// assert_eq!(packet.messages().count(), 3);
/// assert_eq!(packet.to_string(), text);
/// assert!(matches!("/a 1".parse()?, Packet::Message(_)));
/// # Ok::<(), oscine_codec::TextError>(())
/// ```
impl FromStr for Packet {
    type Err = TextError;

    fn from_str(text: &str) -> Result<Self, TextError> {
        if Lexer::new(text).word().0 == WORD {
            text.parse().map(Self::Bundle)
        } else {
            text.parse().map(Self::Message)
        }
    }
}

/// Reads what `Display` prints: `#bundle`, a time tag, and elements in braces with `;` between them.
///
/// The time tag is 16 hexadecimal digits, or `now`. Messages may leave their type tags out, as in
/// [`Message`]'s text form, but text without quotes ends at a `;` or a `}`.
///
/// # Examples
///
/// ```
/// use oscine_codec::{Bundle, TimeTag};
///
/// let bundle: Bundle = "#bundle now {/note 60 on; /note 64 on}".parse()?;
/// assert_eq!(bundle.time_tag(), TimeTag::IMMEDIATE);
/// assert_eq!(bundle.elements().count(), 2);
/// assert_eq!("#bundle now {/a".parse::<Bundle>().unwrap_err().offset(), 15);
/// # Ok::<(), oscine_codec::TextError>(())
/// ```
impl FromStr for Bundle {
    type Err = TextError;

    fn from_str(text: &str) -> Result<Self, TextError> {
        let mut lexer = Lexer::in_bundle(text);
        let mut nested = Nested::default();
        head(&mut lexer, &mut nested)?;
        // Whether an element may stand here, and whether the bundle may end here.
        let (mut element, mut end) = (true, true);
        loop {
            let at = lexer.offset();
            if end && lexer.take('}') {
                nested.close().map_err(|error| TextError::encode(error, at))?;
                if nested.is_closed() {
                    break;
                }
                (element, end) = (false, true);
            } else if !element && lexer.take(';') {
                (element, end) = (true, false);
            } else if !element || lexer.is_at_end() {
                let wanted = if element { "expected an element" } else { "expected ';' or '}'" };
                return Err(TextError::new(wanted, lexer.offset()));
            } else if lexer.clone().word().0 == WORD {
                head(&mut lexer, &mut nested)?;
                (element, end) = (true, true);
            } else {
                let message = message(&mut lexer)?;
                nested.message(&message).map_err(|error| TextError::encode(error, at))?;
                (element, end) = (false, true);
            }
        }
        if !lexer.is_at_end() {
            return Err(TextError::new("text behind the end of the bundle", lexer.offset()));
        }
        Ok(Self::from_checked(Bytes::from(nested.bytes), nested.used))
    }
}

/// Takes a bundle's beginning, up to its brace.
fn head(lexer: &mut Lexer<'_>, nested: &mut Nested) -> Result<(), TextError> {
    let (word, at) = lexer.word();
    if word != WORD {
        return Err(TextError::new("expected #bundle", at));
    }
    let (digits, time_at) = lexer.word();
    let time_tag = match digits {
        "now" => Some(TimeTag::IMMEDIATE),
        _ if digits.len() == 16 && digits.bytes().all(|digit| digit.is_ascii_hexdigit()) => {
            u64::from_str_radix(digits, 16).ok().map(TimeTag)
        }
        _ => None,
    };
    let time_tag =
        time_tag.ok_or_else(|| TextError::new("expected a time tag of 16 digits", time_at))?;
    if !lexer.take('{') {
        return Err(TextError::new("expected '{'", lexer.offset()));
    }
    nested.open(time_tag).map_err(|error| TextError::encode(error, at))
}

/// A bundle under construction, and all that is nested in it: the bytes as they will be, but for the sizes of the
/// bundles that are still open.
#[derive(Default)]
struct Nested {
    bytes: Vec<u8>,
    /// Where each open bundle begins, the outermost first.
    open: Vec<usize>,
    /// Of the messages.
    used: Tolerances,
}

impl Nested {
    fn open(&mut self, time_tag: TimeTag) -> Result<(), EncodeError> {
        let limit = Limits::new().depth;
        if self.open.len() >= limit as usize {
            return Err(EncodeError::TooDeep { limit });
        }
        if !self.open.is_empty() {
            // The size, which is known when the bundle is closed.
            self.bytes.extend([0; 4]);
        }
        self.open.push(self.bytes.len());
        self.bytes.extend(MARK);
        self.bytes.extend(time_tag.0.to_be_bytes());
        check_size(self.bytes.len())
    }

    fn message(&mut self, message: &Message) -> Result<(), EncodeError> {
        let bytes = message.as_bytes();
        check_size(self.bytes.len().saturating_add(4).saturating_add(bytes.len()))?;
        self.bytes.extend(i32::try_from(bytes.len()).unwrap_or(i32::MAX).to_be_bytes());
        self.bytes.extend(bytes);
        self.used |= message.tolerances();
        Ok(())
    }

    fn close(&mut self) -> Result<(), EncodeError> {
        let start = self.open.pop().ok_or(EncodeError::UnbalancedArray)?;
        if let Some(size_at) = start.checked_sub(4) {
            let size = i32::try_from(self.bytes.len() - start).unwrap_or(i32::MAX);
            if let Some(field) = self.bytes.get_mut(size_at..start) {
                field.copy_from_slice(&size.to_be_bytes());
            }
        }
        Ok(())
    }

    fn is_closed(&self) -> bool {
        self.open.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use alloc::string::{String, ToString};
    use alloc::vec::Vec;

    use proptest::prelude::*;

    use super::*;
    use crate::text_form::value::hex_bytes;
    use crate::value::symbol::Symbol;
    use crate::view::packet_ref::PacketRef;

    fn parse(text: &str) -> Result<String, TextError> {
        text.parse::<Packet>().map(|packet| packet.to_string())
    }

    #[test]
    fn bundles_read_back() {
        for text in [
            "#bundle 0000000000000000 {}",
            "#bundle ffffffffffffffff {/a ,}",
            "#bundle 0000000000000001 {/a}",
            "#bundle 0000000000000001 {/a{b}c ,; /d untyped:00000001}",
            "#bundle 0000000000000001 {\"/a{b,c}\"; \"/x;y\" ,s \"};\"; /it's ,c '}'}",
            "#bundle 0000000000000001 {#bundle 0000000000000002 {#bundle 0000000000000003 {}}; /a ,[] []}",
            "#bundle 0000000000000001 {#bundle 0000000000000002 {}; #bundle 0000000000000002 {/a{b}c}}",
            "/a ,s \"#bundle\"",
        ] {
            assert_eq!(parse(text).as_deref(), Ok(text));
            let packet = text.parse::<Packet>().unwrap();
            let decoded = PacketRef::decode(packet.as_bytes()).unwrap();
            assert_eq!((decoded, decoded.tolerances()), (packet.view(), packet.tolerances()));
        }
        let loose = " #bundle  now {/a 1 [x];/b;#bundle now {}  } ";
        let right =
            "#bundle 0000000000000001 {/a ,i[s] 1 [\"x\"]; /b; #bundle 0000000000000001 {}}";
        assert_eq!(parse(loose).as_deref(), Ok(right));
    }

    #[test]
    fn errors_say_where() {
        let cases = [
            ("#bundle", 7),
            ("#bundle 1 {}", 8),
            ("#bundle +000000000000001 {}", 8),
            ("#bundle now /a", 12),
            ("#bundle now {", 13),
            ("#bundle now {/a", 15),
            ("#bundle now {/a;", 16),
            ("#bundle now {/a;}", 16),
            ("#bundle now {;}", 13),
            ("#bundle now {/a ,i x}", 19),
            ("#bundle now {/a ,i 1 2}", 21),
            ("#bundle now {/a} /b", 17),
            ("#bundle now {/a}}", 16),
            ("#bundle now {#bundle now {} /b}", 28),
            ("#bundle now {/a 1 #bundle now {}}", 32),
        ];
        for (text, offset) in cases {
            let error = text.parse::<Packet>().unwrap_err();
            assert_eq!(error.offset(), offset, "{text}: {error}");
        }
        assert_eq!("/a".parse::<Bundle>().unwrap_err().offset(), 0);
        assert!("#bundle now {}".parse::<Message>().is_err());
    }

    #[test]
    fn depth_has_its_limit() {
        let nested = |levels: usize| "#bundle now {".repeat(levels) + &"}".repeat(levels);
        assert!(nested(32).parse::<Bundle>().is_ok());
        let error = nested(33).parse::<Bundle>().unwrap_err();
        assert_eq!(error.offset(), 32 * 13);
        assert!("#bundle now {".repeat(100_000).parse::<Bundle>().is_err());
    }

    #[test]
    fn all_vectors_read_back() {
        let mut count = 0;
        for line in include_str!("../../tests/vectors/valid.jsonl").lines() {
            let line: serde_json::Value = serde_json::from_str(line).unwrap();
            let hex = alloc::format!("0x{}", line["hex"].as_str().unwrap());
            let packet = Packet::decode(hex_bytes(&hex, "0x").unwrap()).unwrap();
            assert_eq!(packet.to_string().parse::<Packet>(), Ok(packet), "{}", line["name"]);
            count += 1;
        }
        assert!(count > 300, "{count}");
    }

    fn arbitrary_message() -> impl Strategy<Value = Packet> {
        let address = r#"/[ -~é\n]{0,8}|/[{};,"a ]{0,6}"#;
        let text = prop_oneof![any::<String>(), "[{};\"' \\[\\]a#]{0,6}"];
        let args = (text, any::<(f32, f64, i64, char, Vec<u8>, bool)>());
        (address, proptest::option::of(args), any::<u64>()).prop_map(|(address, args, bits)| {
            let address = address.replace('\0', "");
            let built = match args {
                None => Message::typeless(address),
                Some((text, (float, double, long, char, blob, truth))) => {
                    let text = text.replace('\0', "0");
                    let inner = ([(double, Symbol(&*text))], char, blob, truth);
                    Message::new(address, (&*text, float, long, TimeTag(bits), [inner]))
                }
            };
            built.unwrap().into()
        })
    }

    fn arbitrary_packet() -> impl Strategy<Value = Packet> {
        arbitrary_message().prop_recursive(6, 24, 4, |element| {
            (any::<u64>(), proptest::collection::vec(element, 0..4))
                .prop_map(|(tag, elements)| Bundle::new(TimeTag(tag), elements).unwrap().into())
        })
    }

    proptest! {
        #[test]
        fn what_is_printed_reads_back(packet in arbitrary_packet()) {
            let text = packet.to_string();
            prop_assert_eq!(text.parse::<Packet>(), Ok(packet), "{}", text);
        }

        #[test]
        fn any_text_is_a_packet_or_an_error_within_it(text in "(#bundle |now |\\{|\\}|;|/a|,i|1| |\"|.){0,20}") {
            match text.parse::<Packet>() {
                Ok(packet) => prop_assert!(PacketRef::decode(packet.as_bytes()).is_ok()),
                Err(error) => prop_assert!(error.offset() <= text.len(), "{}", error),
            }
        }
    }
}
