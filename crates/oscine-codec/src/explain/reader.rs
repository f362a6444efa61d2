//! Bytes to fields, as far as they go.

use smallvec::SmallVec;

use crate::decode::message::message;
use crate::error::decode::{DecodeError, DecodeErrorKind};
use crate::explain::field::{Field, Meaning};
use crate::options::DecodeOptions;
use crate::read::leniency::Leniency;
use crate::sizes::fixed_size;
use crate::time_tag::TimeTag;
use crate::tolerances::Tolerances;
use crate::value::text::Text;
use crate::view::arg::Arg;
use crate::view::bundle_ref::{INLINE_DEPTH, MARK};

/// Takes one field after the other off some bytes. It does not judge: it reads what decoding accepts, and of anything
/// else as much as has a border.
#[derive(Debug, Clone)]
pub(crate) struct Reader<'a> {
    bytes: &'a [u8],
    at: usize,
    /// Where the message or bundle that is being read ends.
    end: usize,
    /// Where each bundle around it ends, the outermost first.
    bundles: SmallVec<[usize; INLINE_DEPTH]>,
    expect: Expect<'a>,
    options: DecodeOptions,
}

/// What comes next:
///
/// ```text
/// Packet ──► TimeTag ──► Element ◄─────────────────┐
///   │ ▲                     │                      │
///   │ └─────────────────────┘                      │
///   └──► Address ──► Padding ──► TypeTags ──► Padding ──► Args ──► Padding ──► Args …
/// ```
#[derive(Debug, Clone, Copy)]
enum Expect<'a> {
    /// A message or a bundle.
    Packet,
    /// The time tag of a bundle, whose mark was read.
    TimeTag,
    /// The size of the next element, or the end of the bundle.
    Element,
    Address,
    /// Type tags, or what stands in their place.
    TypeTags,
    /// Arguments for these type tags.
    Args(&'a [u8]),
    /// Padding of so many bytes, and then arguments, or when there is no tag string yet, that.
    Padding(usize, Option<&'a [u8]>),
}

impl<'a> Reader<'a> {
    pub(crate) fn new(bytes: &'a [u8], options: &DecodeOptions) -> Self {
        let bundles = SmallVec::new();
        let (end, expect, options) = (bytes.len(), Expect::Packet, *options);
        Self { bytes, at: 0, end, bundles, expect, options }
    }

    /// How many bundles are around what was read last.
    pub(crate) fn depth(&self) -> usize {
        self.bundles.len()
    }

    /// The next field; `None` at the end of the bytes, or of what can be told from each other.
    pub(crate) fn next(&mut self) -> Option<Field<'a>> {
        loop {
            let rest = self.bytes.get(self.at..self.end)?;
            match self.expect {
                Expect::Packet => match self.packet(rest)? {
                    Some(field) => return Some(field),
                    None => self.expect = Expect::Address,
                },
                Expect::TimeTag => {
                    let bits = u64::from_be_bytes(*rest.first_chunk()?);
                    let field = self.take(8, Meaning::TimeTag(TimeTag(bits)), Expect::Element);
                    self.bundles.push(self.end);
                    return field;
                }
                Expect::Element => match self.element()? {
                    Some(field) => return Some(field),
                    None => self.end = self.bundles.pop()?,
                },
                Expect::Address => {
                    let (text, padding) = split_string(rest)?;
                    let address = Meaning::Address(Text::new(text));
                    return self.take(text.len(), address, Expect::Padding(padding, None));
                }
                Expect::Padding(size, tags) => {
                    self.expect = tags.map_or(Expect::TypeTags, Expect::Args);
                    if size > 0 {
                        return self.take(size, Meaning::Padding, self.expect);
                    }
                }
                Expect::TypeTags if rest.is_empty() => self.expect = Expect::Element,
                Expect::TypeTags if !rest.starts_with(b",") => {
                    return self.take(rest.len(), Meaning::Untyped, Expect::Element);
                }
                Expect::TypeTags => {
                    let (text, padding) = split_string(rest)?;
                    let next = Expect::Padding(padding, text.get(1..));
                    return self.take(text.len(), Meaning::TypeTags(Text::new(text)), next);
                }
                Expect::Args(tags) => match tags.split_first() {
                    Some((&tag, tags)) => return self.argument(tag, tags, rest),
                    None if rest.is_empty() => self.expect = Expect::Element,
                    None if !self.are_tolerated(rest) => return None,
                    None => return self.take(rest.len(), Meaning::TrailingZeros, Expect::Element),
                },
            }
        }
    }

    /// The mark of a bundle, or an element that was left out; otherwise a message begins.
    #[expect(clippy::option_option, reason = "the outer one is for the question mark")]
    fn packet(&mut self, rest: &'a [u8]) -> Option<Option<Field<'a>>> {
        let limit = usize::try_from(self.options.limits.depth).unwrap_or(usize::MAX);
        if rest.starts_with(MARK) {
            if self.bundles.len() >= limit {
                return None;
            }
            return Some(self.take(MARK.len(), Meaning::Bundle, Expect::TimeTag));
        }
        if self.bundles.is_empty() && rest.starts_with(b"#") && !rest.starts_with(b"#reply\0") {
            return None;
        }
        Some(match self.left_out(rest) {
            Some(why) => self.take(rest.len(), Meaning::LeftOut(why), Expect::Element),
            None => None,
        })
    }

    /// The size of the next element, or zeros in the place of elements; otherwise the bundle ends.
    #[expect(clippy::option_option, reason = "the outer one is for the question mark")]
    fn element(&mut self) -> Option<Option<Field<'a>>> {
        let end = *self.bundles.last()?;
        let rest = self.bytes.get(self.at..end)?;
        if rest.is_empty() {
            return Some(None);
        }
        if rest.len() % 4 == 0 && self.are_tolerated(rest) {
            return Some(self.take(rest.len(), Meaning::TrailingZeros, Expect::Element));
        }
        let (size, rest) = rest.split_first_chunk()?;
        let size = i32::from_be_bytes(*size);
        let len = usize::try_from(size).ok().filter(|len| (1..=rest.len()).contains(len))?;
        let field = self.take(4, Meaning::ElementSize(size), Expect::Packet);
        self.end = self.at + len;
        Some(field.map(|field| Field { depth: field.depth.saturating_sub(1), ..field }))
    }

    /// The argument of type `tag`, with `tags` after it.
    fn argument(&mut self, tag: u8, tags: &'a [u8], rest: &'a [u8]) -> Option<Field<'a>> {
        let next = Expect::Args(tags);
        match tag {
            b'[' => self.take(0, Meaning::Open, next),
            b']' => self.take(0, Meaning::Close, next),
            b's' | b'S' => {
                let (text, padding) = split_string(rest)?;
                let arg = if tag == b's' { Arg::String } else { Arg::Symbol };
                let next = Expect::Padding(padding, Some(tags));
                self.take(text.len(), Meaning::Arg(arg(Text::new(text))), next)
            }
            b'b' => {
                let (size, rest) = rest.split_first_chunk()?;
                let size = usize::try_from(i32::from_be_bytes(*size)).ok()?;
                let (content, rest) = rest.split_at_checked(size)?;
                let padding = (size.wrapping_neg() & 3).min(rest.len());
                let next = Expect::Padding(padding, Some(tags));
                self.take(4 + size, Meaning::Arg(Arg::Blob(content)), next)
            }
            b'f' if tags.is_empty() && (1..4).contains(&rest.len()) => {
                let mut bytes = [0; 4];
                bytes.iter_mut().zip(rest).for_each(|(byte, there)| *byte = *there);
                let float = Meaning::Arg(Arg::Float(f32::from_be_bytes(bytes)));
                let granted = self.options.tolerances.contains(Tolerances::SHORT_FLOAT);
                granted.then(|| self.take(rest.len(), float, next)).flatten()
            }
            _ => {
                let size = fixed_size(tag)?;
                let (arg, _) = Arg::read(char::from(tag), rest).ok()?;
                self.take(size, Meaning::Arg(arg), next)
            }
        }
    }

    /// Why decoding leaves this element of a bundle out, if it does.
    fn left_out(&self, element: &[u8]) -> Option<DecodeError> {
        if self.bundles.is_empty() || !self.options.tolerances.intersects(Tolerances::LEAVE_OUT) {
            return None;
        }
        let error = message(element, &mut Leniency::new(&self.options)).err()?;
        let tolerance = match error.kind() {
            DecodeErrorKind::UnknownTag { .. } => Tolerances::UNKNOWN_TAG,
            DecodeErrorKind::BadAddress => Tolerances::UNKNOWN_ELEMENT,
            _ => return None,
        };
        self.options.tolerances.contains(tolerance).then(|| error.shifted(self.at))
    }

    /// Whether `rest` is nothing but zeros, and they are tolerated.
    fn are_tolerated(&self, rest: &[u8]) -> bool {
        self.options.tolerances.contains(Tolerances::TRAILING_ZEROS)
            && rest.iter().all(|&byte| byte == 0)
    }

    /// Takes the next `size` bytes as one field. Always `Some`, as all that is taken was looked at.
    fn take(&mut self, size: usize, meaning: Meaning<'a>, next: Expect<'a>) -> Option<Field<'a>> {
        let offset = self.at;
        let bytes = self.bytes.get(offset..)?.get(..size)?;
        self.at += size;
        self.expect = next;
        Some(Field { offset, bytes, depth: self.bundles.len(), meaning })
    }
}

/// A string's text, and how many bytes of terminator and padding there are behind it.
fn split_string(rest: &[u8]) -> Option<(&[u8], usize)> {
    let len = rest.iter().position(|&byte| byte == 0)?;
    let field = ((len & !3) + 4).min(rest.len());
    Some((rest.get(..len)?, field - len))
}
