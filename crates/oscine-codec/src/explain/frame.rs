//! Where in a packet the fields are read.

use crate::decode::message::message;
use crate::decode::sizes::fixed_size;
use crate::error::decode::{DecodeError, DecodeErrorKind};
use crate::explain::field::Meaning;
use crate::options::DecodeOptions;
use crate::read::leniency::Leniency;
use crate::time_tag::TimeTag;
use crate::tolerances::Tolerances;
use crate::value::text::Text;
use crate::view::args::{Args, split_text};
use crate::view::bundle_ref::MARK;

/// What is expected next within one message.
#[derive(Debug, Clone, Copy)]
pub(super) enum Part<'a> {
    Address,
    /// Type tags, or what stands in their place.
    TypeTags,
    /// The type tags that are left.
    Args(&'a [u8]),
}

/// What is expected next.
#[derive(Debug, Clone, Copy)]
pub(super) enum Expect<'a> {
    /// A message or a bundle, up to where its frame ends.
    Packet,
    /// The time tag of a bundle.
    TimeTag,
    /// The size of the next element, or the end of the bundle.
    Element,
    /// A part of a message.
    Message(Part<'a>),
    /// Padding of this many bytes, and then a part of a message.
    Padding(usize, Part<'a>),
}
