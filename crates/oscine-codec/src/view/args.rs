//! The arguments of a message, and of an array in it.

use core::fmt;
use core::iter::FusedIterator;

use crate::scan::{any_text, plain_blob, plain_text};
use crate::sizes::fixed_size;
use crate::time_tag::TimeTag;
use crate::value::char::Char;
use crate::value::color::Color;
use crate::value::midi::Midi;
use crate::value::text::Text;
use crate::view::arg::Arg;
use crate::view::array_ref::ArrayRef;
use crate::view::type_tags::TypeTags;

/// The arguments of a message or an array: an iterator of [`Arg`] that copies nothing.
///
/// # Examples
///
/// ```
/// use oscine_codec::{Arg, Message};
///
/// let message = Message::new("/note", (60, "on", [0.5_f32, 0.25]))?;
/// let mut args = message.args();
/// assert_eq!(args.next(), Some(Arg::Int(60)));
/// assert_eq!(args.next().and_then(|arg| arg.as_text()).expect("text"), "on");
/// let Some(Arg::Array(pair)) = args.next() else { panic!("an array") };
/// assert!(pair.iter().eq([Arg::Float(0.5), Arg::Float(0.25)]));
/// assert_eq!(args.next(), None);
/// # Ok::<(), oscine_codec::EncodeError>(())
/// ```
#[derive(Clone, Copy)]
pub struct Args<'a> {
    /// The type tags that are left, without the comma.
    tags: &'a [u8],
    /// The data from the first argument that is left on. Invariant: `tags` describes what it begins with.
    data: &'a [u8],
}

impl<'a> Args<'a> {
    #[inline]
    pub(crate) const fn new(tags: &'a [u8], data: &'a [u8]) -> Self {
        Self { tags, data }
    }

    /// The type tags of the arguments that are left.
    #[must_use]
    #[inline]
    pub const fn type_tags(self) -> TypeTags<'a> {
        TypeTags::new(self.tags)
    }

    /// The next type tag, and its argument if it is no bracket: arrays as the flat sequence they are on the wire.
    #[inline]
    pub(crate) fn next_token(&mut self) -> Option<Token<'a>> {
        let (&tag, tags) = self.tags.split_first()?;
        self.tags = tags;
        Some(match tag {
            b'[' => Token::Open,
            b']' => Token::Close,
            _ => Token::Arg(value(tag, &mut self.data)?),
        })
    }

    /// Takes the next argument, of a fixed size, if its type tag is `tag` and the data has it.
    ///
    /// This and its siblings check what they take, so that they also read what was not decoded yet.
    #[inline(always)]
    pub(crate) fn take_fixed<const N: usize>(&mut self, tag: u8) -> Option<[u8; N]> {
        let (&first, tags) = self.tags.split_first()?;
        if first != tag {
            return None;
        }
        let value = take(&mut self.data)?;
        self.tags = tags;
        Some(value)
    }

    /// Takes the next argument if it is a string with nothing special about it.
    #[inline(always)]
    pub(crate) fn take_text(&mut self) -> Option<Text<'a>> {
        let (b's', tags) = self.tags.split_first()? else { return None };
        let (text, data) = plain_text(self.data)?;
        *self = Self { tags, data };
        Some(Text::new(text))
    }

    /// Takes the next argument if it is a blob with nothing special about it.
    #[inline(always)]
    pub(crate) fn take_blob(&mut self) -> Option<&'a [u8]> {
        let (b'b', tags) = self.tags.split_first()? else { return None };
        let (blob, data) = plain_blob(self.data)?;
        *self = Self { tags, data };
        Some(blob)
    }

    /// Whether no type tag and no data is left.
    #[inline(always)]
    pub(crate) const fn is_used_up(&self) -> bool {
        self.tags.is_empty() && self.data.is_empty()
    }

    /// The array that follows a `[`, and what follows its `]`.
    ///
    /// By value: whoever iterates can then keep its state in registers.
    #[inline(never)]
    fn split_array(self) -> (ArrayRef<'a>, Self) {
        let mut depth = 1_u32;
        let mut data = self.data;
        // Arguments of a fixed size are only counted, and passed over together.
        let mut size = 0;
        let mut tags = self.tags.iter();
        let mut taken = 0;
        for &tag in tags.by_ref() {
            taken += 1;
            if let Some(fixed) = fixed_size(tag) {
                size += fixed;
                continue;
            }
            match tag {
                b'[' => depth += 1,
                b']' if depth > 1 => depth -= 1,
                // The array's end, or a tag that decoding lets nobody see.
                b']' => break,
                _ => {
                    data = data.get(size..).unwrap_or_default();
                    size = 0;
                    let passed = if tag == b'b' {
                        take_blob(&mut data).map(drop)
                    } else {
                        take_text(&mut data).map(drop)
                    };
                    debug_assert!(passed.is_some(), "decoding has checked this");
                }
            }
        }
        let data = data.get(size..).unwrap_or_default();
        let array_tags = self.tags.get(..usize::max(taken, 1) - 1).unwrap_or_default();
        let array_data = self.data.get(..self.data.len() - data.len()).unwrap_or_default();
        (ArrayRef { tags: array_tags, data: array_data }, Self { tags: tags.as_slice(), data })
    }
}

impl<'a> Iterator for Args<'a> {
    type Item = Arg<'a>;

    // Always: what is inlined keeps its state in registers, which is most of the speed of a traversal.
    #[inline(always)]
    fn next(&mut self) -> Option<Arg<'a>> {
        let (&tag, tags) = self.tags.split_first()?;
        self.tags = tags;
        if tag != b'[' {
            return value(tag, &mut self.data);
        }
        let (array, rest) = self.split_array();
        *self = rest;
        Some(Arg::Array(array))
    }

    #[inline]
    fn size_hint(&self) -> (usize, Option<usize>) {
        (usize::from(!self.tags.is_empty()), Some(self.tags.len()))
    }
}

impl FusedIterator for Args<'_> {}

/// Equal when every argument is, bit for bit.
impl PartialEq for Args<'_> {
    fn eq(&self, other: &Self) -> bool {
        self.tags == other.tags && self.data == other.data
    }
}

impl fmt::Debug for Args<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Flat, because a debugger's view of a nested array must not recurse either.
        let mut args = *self;
        let mut list = f.debug_list();
        while let Some(token) = args.next_token() {
            match token {
                Token::Open => list.entry(&format_args!("[")),
                Token::Close => list.entry(&format_args!("]")),
                Token::Arg(arg) => list.entry(&arg),
            };
        }
        list.finish()
    }
}

impl<'a> ArrayRef<'a> {
    /// The arguments in the array.
    #[must_use]
    pub const fn iter(self) -> Args<'a> {
        Args::new(self.tags, self.data)
    }
}

impl<'a> IntoIterator for ArrayRef<'a> {
    type Item = Arg<'a>;
    type IntoIter = Args<'a>;

    fn into_iter(self) -> Args<'a> {
        self.iter()
    }
}

impl fmt::Debug for ArrayRef<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.iter().fmt(f)
    }
}

/// What stands at one place of a type tag string.
pub(crate) enum Token<'a> {
    Open,
    Close,
    /// Never [`Arg::Array`].
    Arg(Arg<'a>),
}

/// Takes the argument of type `tag`, which is no bracket, off `data`.
#[inline(always)]
pub(crate) fn value<'a>(tag: u8, data: &mut &'a [u8]) -> Option<Arg<'a>> {
    Some(match tag {
        b'i' => Arg::Int(i32::from_be_bytes(take(data)?)),
        b'f' => Arg::Float(take_float(data)),
        b's' => Arg::String(take_text(data)?),
        b'b' => Arg::Blob(take_blob(data)?),
        b'h' => Arg::Long(i64::from_be_bytes(take(data)?)),
        b't' => Arg::Time(TimeTag(u64::from_be_bytes(take(data)?))),
        b'd' => Arg::Double(f64::from_be_bytes(take(data)?)),
        b'S' => Arg::Symbol(take_text(data)?),
        b'c' => Arg::Char(Char(u32::from_be_bytes(take(data)?))),
        b'r' => Arg::Color(Color::from_bytes(take(data)?)),
        b'm' => Arg::Midi(Midi::from_bytes(take(data)?)),
        b'T' => Arg::Bool(true),
        b'F' => Arg::Bool(false),
        b'N' => Arg::Nil,
        b'I' => Arg::Impulse,
        _ => return None,
    })
}

#[inline]
fn take<const N: usize>(data: &mut &[u8]) -> Option<[u8; N]> {
    let (head, rest) = data.split_first_chunk()?;
    *data = rest;
    Some(*head)
}

#[inline]
fn take_text<'a>(data: &mut &'a [u8]) -> Option<Text<'a>> {
    let (text, rest) = any_text(data);
    *data = rest;
    Some(Text::new(text))
}

/// Takes a float that may have been cut short: the missing bytes are zero.
#[inline]
fn take_float(data: &mut &[u8]) -> f32 {
    let bytes = take(data).unwrap_or_else(|| {
        let mut bytes = [0; 4];
        bytes.iter_mut().zip(core::mem::take(data)).for_each(|(byte, there)| *byte = *there);
        bytes
    });
    f32::from_be_bytes(bytes)
}

#[inline]
fn take_blob<'a>(data: &mut &'a [u8]) -> Option<&'a [u8]> {
    let size = usize::try_from(i32::from_be_bytes(take(data)?)).ok()?;
    let (blob, rest) = data.split_at_checked(size)?;
    *data = rest.get(size.wrapping_neg() & 3..).unwrap_or_default();
    Some(blob)
}
