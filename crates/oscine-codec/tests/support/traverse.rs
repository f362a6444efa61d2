//! Visits everything there is in a packet, allocates nothing, and counts.

use core::fmt::{self, Write};
use core::hash::{Hash, Hasher};

use oscine_codec::text_form::Json;
use oscine_codec::{Arg, Args, Node, PacketRef};

/// How deep nested arrays are followed; at each level their content is visited once more.
const ARRAY_LEVELS: usize = 33;

/// What was met on the way through a packet.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Visited {
    /// Bundles and messages.
    pub(crate) nodes: usize,
    pub(crate) messages: usize,
    /// Type tags, brackets included.
    pub(crate) tags: usize,
    /// Arguments, each array and all in it, followed to `ARRAY_LEVELS`.
    pub(crate) args: usize,
    /// Bytes of text and blobs.
    pub(crate) bytes: usize,
}

/// Walks, reads every argument, hashes, and compares with itself.
pub(crate) fn traverse(packet: PacketRef<'_>) -> Visited {
    let mut visited = Visited::default();
    for node in packet.walk() {
        visited.nodes += 1;
        match node {
            Node::Bundle { bundle, .. } => {
                let first = bundle.elements().next();
                assert_eq!(bundle.elements().next(), first);
            }
            Node::Message(timed) => {
                visited.messages += 1;
                let message = timed.message;
                visited.bytes += message.address_bytes().len() + message.untyped().len();
                visited.tags += message.type_tags().map_or(0, |tags| tags.as_bytes().len());
                read(message.args(), ARRAY_LEVELS, &mut visited);
                assert!(message.args() == message.args());
            }
            other => panic!("a new kind of node: {other:?}"),
        }
    }
    assert_eq!(packet.messages().count(), visited.messages);
    let copy = packet;
    assert!(packet == copy && hash(packet) == hash(copy));
    visited
}

fn read(args: Args<'_>, levels: usize, visited: &mut Visited) {
    for arg in args {
        visited.args += 1;
        match arg {
            Arg::String(text) | Arg::Symbol(text) => {
                visited.bytes += text.len();
                assert!(text.as_str().map_or(true, |valid| valid.len() == text.len()));
            }
            Arg::Blob(blob) => visited.bytes += blob.len(),
            Arg::Array(array) if levels > 0 => read(array.iter(), levels - 1, visited),
            _ => {}
        }
    }
}

/// How often formatting wrote, and how many bytes.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Written {
    pub(crate) calls: usize,
    pub(crate) bytes: usize,
}

impl Write for Written {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        self.calls += 1;
        self.bytes += text.len();
        Ok(())
    }
}

/// Formats a packet in every way there is, and counts what that writes.
pub(crate) fn format(packet: PacketRef<'_>) -> Written {
    let mut written = Written::default();
    let mut also = |text: fmt::Arguments<'_>| written.write_fmt(text).expect("a sink takes all");
    also(format_args!("{packet}{packet:?}{packet:#?}{}", Json(packet)));
    for timed in packet.messages() {
        let args = timed.message.args();
        also(format_args!("{}{args}{args:?}{args:#?}", timed.message));
        args.take(4).for_each(|arg| also(format_args!("{arg}{arg:?}{arg:#?}")));
    }
    written
}

fn hash(packet: PacketRef<'_>) -> u64 {
    let mut hasher = Sum(0);
    packet.hash(&mut hasher);
    hasher.finish()
}

/// A hasher that allocates nothing.
struct Sum(u64);

impl Hasher for Sum {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        let step = |sum: u64, &byte: &u8| sum.wrapping_mul(31).wrapping_add(u64::from(byte));
        self.0 = bytes.iter().fold(self.0, step);
    }
}
