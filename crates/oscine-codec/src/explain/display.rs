//! Fields as annotated hex.

use core::fmt::{self, Write};

use crate::explain::field::{Field, Meaning};
use crate::explain::fields::Explain;
use crate::value::text::Text;
use crate::view::arg::Arg;

/// How many bytes of a field are shown when they are all shown; of a longer one, one less.
const SHOWN: usize = 8;
/// How many bytes of text tell the value of a field, at the most.
const VALUE: usize = 72;
/// How many levels of bundles are indented: deeper ones would fill the lines with spaces.
const INDENTED: usize = 32;

/// A line a field: offset, bytes, meaning, indented by the bundles around it. No line feed after the last.
impl fmt::Display for Explain<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, field) in self.fields().enumerate() {
            if index > 0 {
                f.write_char('\n')?;
            }
            field.fmt(f)?;
        }
        Ok(())
    }
}

/// One line, without its end.
impl fmt::Display for Field<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:4} ", self.offset)?;
        let whole = self.bytes.len() <= SHOWN;
        for at in 0..SHOWN {
            match self.bytes.get(at) {
                Some(_) if !whole && at + 1 == SHOWN => f.write_str(" ..")?,
                Some(byte) => write!(f, " {byte:02x}")?,
                None => f.write_str("   ")?,
            }
        }
        let indent = 2 + 2 * self.depth.min(INDENTED);
        write!(f, "{:indent$}", "")?;
        let mut short = Short { f, left: VALUE };
        match write_meaning(&mut short, self) {
            Err(_) if short.left == 0 => f.write_str(".."),
            written => written,
        }
    }
}

fn write_meaning(out: &mut Short<'_, '_>, field: &Field<'_>) -> fmt::Result {
    match field.meaning {
        Meaning::Bundle => out.write_str("bundle"),
        Meaning::TimeTag(tag) => write!(out, "time tag {tag}"),
        Meaning::ElementSize(size) => write!(out, "element of {size} bytes"),
        Meaning::Address(text) => write_text(out, "address ", text),
        Meaning::TypeTags(text) => write_text(out, "type tags ", text),
        Meaning::Arg(Arg::Time(tag)) => write!(out, "t {tag}"),
        Meaning::Arg(Arg::Float(value)) if field.bytes.len() < 4 => {
            write!(out, "f {value:?}, cut short")
        }
        Meaning::Arg(Arg::Blob(bytes)) => {
            write!(out, "b of {} bytes {}", bytes.len(), Arg::Blob(bytes))
        }
        Meaning::Arg(arg) => write!(out, "{} {arg}", arg.tag()),
        Meaning::Open => out.write_char('['),
        Meaning::Close => out.write_char(']'),
        Meaning::Padding if field.bytes.iter().all(|&byte| byte == 0) => out.write_str("padding"),
        Meaning::Padding => out.write_str("padding that is not zero"),
        Meaning::Untyped => out.write_str("data without type tags"),
        Meaning::TrailingZeros => out.write_str("zeros at the end"),
        Meaning::LeftOut(error) => write!(out.f, "left out: {error}"),
        Meaning::Stop(error) => write!(out.f, "stops: {error}"),
        Meaning::Unread => out.write_str("not read"),
    }
}

/// Text on one line.
fn write_text(out: &mut Short<'_, '_>, what: &str, text: Text<'_>) -> fmt::Result {
    out.write_str(what)?;
    for c in text.to_str_lossy().chars() {
        if c.is_control() { write!(out, "{}", c.escape_default())? } else { out.write_char(c)? }
    }
    Ok(())
}

/// A writer that fails when it is full, and has `left` at 0 then.
struct Short<'f, 'a> {
    f: &'f mut fmt::Formatter<'a>,
    left: usize,
}

impl Write for Short<'_, '_> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        let fits = text.len() <= self.left;
        let end = (0..=self.left.min(text.len())).rev().find(|&at| text.is_char_boundary(at));
        self.f.write_str(text.get(..end.unwrap_or_default()).unwrap_or_default())?;
        self.left = if fits { self.left - text.len() } else { 0 };
        if fits { Ok(()) } else { Err(fmt::Error) }
    }
}
