//! Packets to text.

use core::fmt::{self, Write};

use crate::owned::bundle::Bundle;
use crate::owned::message::Message;
use crate::owned::packet::Packet;
use crate::text_form::escape::quoted;
use crate::view::arg::Arg;
use crate::view::args::{Args, Token};
use crate::view::bundle_ref::BundleRef;
use crate::view::message_ref::MessageRef;
use crate::view::packet_ref::PacketRef;
use crate::view::walk::Node;

/// The arguments in text form, a space between two, without their type tags.
impl fmt::Display for Args<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut args = *self;
        let mut after_open = true;
        while let Some(token) = args.next_token() {
            if !after_open && !matches!(token, Token::Close) {
                f.write_char(' ')?;
            }
            after_open = matches!(token, Token::Open);
            match token {
                Token::Open => f.write_char('[')?,
                Token::Close => f.write_char(']')?,
                Token::Arg(arg) => write_arg(f, arg)?,
            }
        }
        Ok(())
    }
}

impl fmt::Display for Arg<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Array(array) => write!(f, "[{}]", array.iter()),
            arg => write_arg(f, *arg),
        }
    }
}

/// Writes an argument that is no array.
fn write_arg(f: &mut fmt::Formatter<'_>, arg: Arg<'_>) -> fmt::Result {
    match arg {
        Arg::Int(value) => write!(f, "{value}"),
        Arg::Long(value) => write!(f, "{value}"),
        Arg::Float(value) if value.is_nan() && value.to_bits() != f32::NAN.to_bits() => {
            write!(f, "nan:{:08x}", value.to_bits())
        }
        Arg::Float(value) => write!(f, "{value:?}"),
        Arg::Double(value) if value.is_nan() && value.to_bits() != f64::NAN.to_bits() => {
            write!(f, "nan:{:016x}", value.to_bits())
        }
        Arg::Double(value) => write!(f, "{value:?}"),
        Arg::String(text) | Arg::Symbol(text) => quoted(f, '"', &text.to_str_lossy()),
        Arg::Blob(bytes) => {
            f.write_str("0x")?;
            write_hex(f, bytes)
        }
        Arg::Time(tag) => write!(f, "{tag:x}"),
        Arg::Char(char) => match char::from_u32(char.0) {
            Some(scalar) => quoted(f, '\'', scalar.encode_utf8(&mut [0; 4])),
            None => write!(f, "0x{:08x}", char.0),
        },
        Arg::Color(color) => write!(f, "#{:08x}", u32::from(color)),
        Arg::Midi(midi) => write!(f, "midi:{:08x}", u32::from_be_bytes(midi.to_bytes())),
        Arg::Bool(value) => write!(f, "{value}"),
        Arg::Nil => f.write_str("nil"),
        Arg::Impulse => f.write_str("inf"),
        Arg::Array(_) => Ok(()),
    }
}

/// Writes two digits a byte.
pub(crate) fn write_hex(f: &mut fmt::Formatter<'_>, bytes: &[u8]) -> fmt::Result {
    bytes.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
}

impl fmt::Display for MessageRef<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write_address(f, &self.address_text().to_str_lossy())?;
        match self.type_tags() {
            Some(tags) if tags.is_empty() => f.write_str(" ,"),
            Some(tags) => write!(f, " {tags} {}", self.args()),
            None if self.untyped().is_empty() => Ok(()),
            None => {
                f.write_str(" untyped:")?;
                write_hex(f, self.untyped())
            }
        }
    }
}

/// An address as it is, or in quotes when it would not read back: space and control characters in it.
fn write_address(f: &mut fmt::Formatter<'_>, address: &str) -> fmt::Result {
    let plain = |c: char| !c.is_whitespace() && !c.is_control() && !matches!(c, ';' | '"');
    if address.chars().all(plain) && !address.ends_with('}') {
        f.write_str(address)
    } else {
        quoted(f, '"', address)
    }
}

impl fmt::Display for PacketRef<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // How many bundles are open, and whether the innermost has an element yet.
        let mut open = 0;
        let mut first = true;
        let mut walk = self.walk();
        while let Some(node) = walk.next() {
            let depth = match node {
                Node::Bundle { .. } => walk.depth() - 1,
                Node::Message(message) => message.depth,
            };
            for _ in depth..open {
                f.write_char('}')?;
                first = false;
            }
            if depth > 0 && !first {
                f.write_str("; ")?;
            }
            open = depth;
            match node {
                Node::Message(message) => {
                    message.message.fmt(f)?;
                    first = false;
                }
                Node::Bundle { bundle, .. } => {
                    write!(f, "#bundle {:x} {{", bundle.time_tag())?;
                    open += 1;
                    first = true;
                }
            }
        }
        (0..open).try_for_each(|_| f.write_char('}'))
    }
}

macro_rules! by_view {
    ($($type:ty: $view:expr;)+) => {$(
        /// The text form of the module `text_form`: what the tool prints, and reads back.
        impl fmt::Display for $type {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                let view: fn(&Self) -> PacketRef<'_> = $view;
                view(self).fmt(f)
            }
        }
    )+};
}

by_view! {
    BundleRef<'_>: |bundle| PacketRef::Bundle(*bundle);
    Packet: |packet| packet.view();
    Message: |message| PacketRef::Message(message.view());
    Bundle: |bundle| PacketRef::Bundle(bundle.view());
}

macro_rules! debug {
    ($($type:ty: $name:literal;)+) => {$(
        impl fmt::Debug for $type {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, concat!($name, "({})"), self)
            }
        }
    )+};
}

debug! {
    MessageRef<'_>: "MessageRef";
    BundleRef<'_>: "BundleRef";
    Message: "Message";
    Bundle: "Bundle";
}
