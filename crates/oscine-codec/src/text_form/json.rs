//! Packets as one line of JSON.

use core::fmt::{self, Write};

use crate::text_form::display::write_hex;
use crate::text_form::escape::quoted;
use crate::view::arg::Arg;
use crate::view::args::Token;
use crate::view::message_ref::MessageRef;
use crate::view::packet_ref::PacketRef;
use crate::view::walk::Node;

/// A packet as one line of JSON in a form that loses nothing.
///
/// A message is `{"address":"/a","tags":",ifs","args":[…]}`, a bundle `{"timetag":"<16 hex>","elements":[…]}`. An
/// argument is an object with its type tag as the key: `i` and `c` are numbers; `h` is a decimal string; `f` and `d`
/// are the bits in hexadecimal, as are `t`, `r`, `m` and the bytes of `b`; `s` and `S` are strings; `T` `F` `N` `I`
/// are `true`, `false`, `null`, `"impulse"`; `[` holds a list. Without a type tag string `tags` is `null`, and `raw`
/// holds what followed the address, if anything.
///
/// # Examples
///
/// ```
/// use oscine_codec::{Message, text_form::Json};
///
/// let message = Message::new("/a", (1, 0.5_f32))?;
/// let line = Json(message.view().into()).to_string();
/// assert_eq!(line, r#"{"address":"/a","tags":",if","args":[{"i":1},{"f":"3f000000"}]}"#);
/// # Ok::<(), oscine_codec::EncodeError>(())
/// ```
#[derive(Debug, Clone, Copy)]
#[expect(clippy::exhaustive_structs, reason = "a transparent wrapper")]
pub struct Json<'a>(pub PacketRef<'a>);

impl fmt::Display for Json<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // How many bundles are open, and whether the innermost has an element yet.
        let mut open = 0;
        let mut first = true;
        let mut walk = self.0.walk();
        while let Some(node) = walk.next() {
            let depth = match node {
                Node::Bundle { .. } => walk.depth() - 1,
                Node::Message(message) => message.depth,
            };
            for _ in depth..open {
                f.write_str("]}")?;
                first = false;
            }
            if depth > 0 && !first {
                f.write_char(',')?;
            }
            open = depth;
            first = false;
            match node {
                Node::Message(message) => write_message(f, message.message)?,
                Node::Bundle { bundle, .. } => {
                    write!(f, "{{\"timetag\":\"{:x}\",\"elements\":[", bundle.time_tag())?;
                    open += 1;
                    first = true;
                }
            }
        }
        (0..open).try_for_each(|_| f.write_str("]}"))
    }
}

fn write_message(f: &mut fmt::Formatter<'_>, message: MessageRef<'_>) -> fmt::Result {
    f.write_str("{\"address\":")?;
    quoted(f, '"', &message.address_text().to_str_lossy())?;
    let Some(tags) = message.type_tags() else {
        f.write_str(",\"tags\":null,\"args\":[]")?;
        if !message.untyped().is_empty() {
            f.write_str(",\"raw\":\"")?;
            write_hex(f, message.untyped())?;
            f.write_char('"')?;
        }
        return f.write_char('}');
    };
    write!(f, ",\"tags\":\"{tags}\",\"args\":[")?;
    let mut args = message.args();
    let mut first = true;
    while let Some(token) = args.next_token() {
        if !first && !matches!(token, Token::Close) {
            f.write_char(',')?;
        }
        first = matches!(token, Token::Open);
        match token {
            Token::Open => f.write_str("{\"[\":[")?,
            Token::Close => f.write_str("]}")?,
            Token::Arg(arg) => {
                write!(f, "{{\"{}\":", arg.tag())?;
                write_value(f, arg)?;
                f.write_char('}')?;
            }
        }
    }
    f.write_str("]}")
}

fn write_value(f: &mut fmt::Formatter<'_>, arg: Arg<'_>) -> fmt::Result {
    match arg {
        Arg::Int(value) => write!(f, "{value}"),
        Arg::Float(value) => write!(f, "\"{:08x}\"", value.to_bits()),
        Arg::String(text) | Arg::Symbol(text) => quoted(f, '"', &text.to_str_lossy()),
        Arg::Blob(bytes) => {
            f.write_char('"')?;
            write_hex(f, bytes)?;
            f.write_char('"')
        }
        Arg::Long(value) => write!(f, "\"{value}\""),
        Arg::Time(tag) => write!(f, "\"{tag:x}\""),
        Arg::Double(value) => write!(f, "\"{:016x}\"", value.to_bits()),
        Arg::Char(char) => write!(f, "{}", char.0),
        Arg::Color(color) => write!(f, "\"{:08x}\"", u32::from(color)),
        Arg::Midi(midi) => write!(f, "\"{:08x}\"", u32::from_be_bytes(midi.to_bytes())),
        Arg::Bool(value) => write!(f, "{value}"),
        Arg::Nil => f.write_str("null"),
        Arg::Impulse => f.write_str("\"impulse\""),
        Arg::Array(_) => Ok(()),
    }
}
