//! One field of a packet.

use crate::error::decode::DecodeError;
use crate::time_tag::TimeTag;
use crate::value::text::Text;
use crate::view::arg::Arg;

/// Some bytes that belong together, and what they are.
#[derive(Debug, Clone, Copy, PartialEq)]
#[non_exhaustive]
pub struct Field<'a> {
    /// Where it begins, in bytes from the start of the packet.
    pub offset: usize,
    /// The bytes; none for an argument that is nothing but its type tag, for a bracket, and for
    /// [`Meaning::Stop`].
    pub bytes: &'a [u8],
    /// How many bundles are around it. The mark and the time tag of a bundle, and the sizes of its elements, are not
    /// in the bundle; its elements are.
    pub depth: usize,
    /// What it is.
    pub meaning: Meaning<'a>,
}

/// What a field is.
#[derive(Debug, Clone, Copy, PartialEq)]
#[non_exhaustive]
pub enum Meaning<'a> {
    /// `#bundle` and its NUL.
    Bundle,
    /// The time tag of a bundle.
    TimeTag(TimeTag),
    /// The size of a bundle element, in bytes.
    ElementSize(i32),
    /// An address, without its padding.
    Address(Text<'a>),
    /// A type tag string with its comma, without its padding.
    TypeTags(Text<'a>),
    /// One argument that is no array. The padding of strings and blobs is a field of its own.
    Arg(Arg<'a>),
    /// The start of an array.
    Open,
    /// The end of an array.
    Close,
    /// The NUL that ends a string, and what fills up to a multiple of 4 behind a string or a blob.
    Padding,
    /// What follows the address of a message without a type tag string.
    Untyped,
    /// Zeros behind the last argument or element, which were tolerated.
    TrailingZeros,
    /// A bundle element that was left out, and why; its offset counts from the start of the packet.
    LeftOut(DecodeError),
    /// Nothing: decoding stops here, or stopped for what shows here.
    Stop(DecodeError),
    /// Bytes that decoding did not come to, or could not make anything of.
    Unread,
}
