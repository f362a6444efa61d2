//! The fields of some bytes, with decoding's verdict.

use core::iter::FusedIterator;

use crate::error::decode::DecodeError;
use crate::explain::field::{Field, Meaning};
use crate::explain::reader::Reader;
use crate::options::DecodeOptions;
use crate::tolerances::Tolerances;
use crate::value::text::Text;
use crate::view::arg::Arg;
use crate::view::packet_ref::PacketRef;

/// Decodes `bytes`, and explains them whether or not they are a packet.
///
/// Takes time linear in the number of bytes.
///
/// # Examples
///
/// ```
/// use oscine_codec::DecodeOptions;
/// use oscine_codec::explain::explain;
///
/// let explained = explain(b"/synth/freq\0,ix\0\0\0\0\x07", &DecodeOptions::new());
/// assert_eq!(explained.error().map(|error| error.offset()), Some(14));
/// assert_eq!(
///     explained.to_string(),
///     "   0  2f 73 79 6e 74 68 2f ..  address /synth/freq
///   11  00                       padding
///   12  2c 69                    type tags ,i
///   14                           stops: unknown type tag 'x' at byte 14
///   14  78 00 00 00 00 07        not read"
/// );
/// ```
#[must_use]
pub fn explain<'a>(bytes: &'a [u8], options: &DecodeOptions) -> Explain<'a> {
    Explain { bytes, options: *options, verdict: decode(bytes, options) }
}

fn decode(bytes: &[u8], options: &DecodeOptions) -> Result<Tolerances, DecodeError> {
    PacketRef::decode_with(bytes, options).map(|packet| packet.tolerances())
}

/// Some bytes, explained: a line a field when it is printed. See the [module](mod@crate::explain).
#[derive(Debug, Clone)]
pub struct Explain<'a> {
    bytes: &'a [u8],
    options: DecodeOptions,
    verdict: Result<Tolerances, DecodeError>,
}

impl<'a> Explain<'a> {
    /// The fields, in the order of the bytes.
    #[must_use]
    pub fn fields(&self) -> Fields<'a> {
        Fields {
            bytes: self.bytes,
            reader: Reader::new(self.bytes, &self.options),
            told: 0,
            error: self.error(),
            phase: Phase::Fields,
        }
    }

    /// Why the bytes are no packet; `None` when they are one.
    #[must_use]
    pub fn error(&self) -> Option<DecodeError> {
        self.verdict.err()
    }

    /// Which tolerances decoding made use of; none when the bytes are no packet.
    #[must_use]
    pub fn tolerances(&self) -> Tolerances {
        self.verdict.unwrap_or_default()
    }
}

impl<'a> IntoIterator for &Explain<'a> {
    type Item = Field<'a>;
    type IntoIter = Fields<'a>;

    fn into_iter(self) -> Fields<'a> {
        self.fields()
    }
}

/// The fields of some bytes, in order: an iterator of [`Field`].
#[derive(Debug, Clone)]
pub struct Fields<'a> {
    bytes: &'a [u8],
    reader: Reader<'a>,
    /// How many bytes the fields so far are.
    told: usize,
    error: Option<DecodeError>,
    phase: Phase,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Phase {
    /// Fields, up to the error or to the end.
    Fields,
    /// What could not be told apart before the error.
    Gap,
    /// The error.
    Stop,
    /// All that is left.
    Rest,
}

impl<'a> Iterator for Fields<'a> {
    type Item = Field<'a>;

    fn next(&mut self) -> Option<Field<'a>> {
        // Without an error, all is told when the fields are.
        let stop = self.error.map_or(self.bytes.len(), |error| error.offset());
        if self.phase == Phase::Fields {
            if let Some(field) = self.reader.next().and_then(|field| up_to(stop, field)) {
                self.told = field.offset + field.bytes.len();
                return Some(field);
            }
            self.phase = Phase::Gap;
        }
        if self.phase == Phase::Gap {
            self.phase = Phase::Stop;
            if let Some(gap) = self.unread(stop) {
                return Some(gap);
            }
        }
        if self.phase == Phase::Stop {
            self.phase = Phase::Rest;
            if let Some(error) = self.error {
                let (offset, depth) = (self.told, self.reader.depth());
                return Some(Field { offset, bytes: &[], depth, meaning: Meaning::Stop(error) });
            }
        }
        self.unread(self.bytes.len())
    }
}

impl FusedIterator for Fields<'_> {}

impl<'a> Fields<'a> {
    /// What was not told before `end`, if anything.
    fn unread(&mut self, end: usize) -> Option<Field<'a>> {
        let bytes = self.bytes.get(self.told..end).filter(|bytes| !bytes.is_empty())?;
        let (offset, depth) = (self.told, self.reader.depth());
        self.told = end;
        Some(Field { offset, bytes, depth, meaning: Meaning::Unread })
    }
}

/// As much of `field` as lies before `stop`: text and padding may end there, all else is whole or not there.
fn up_to<'a>(stop: usize, field: Field<'a>) -> Option<Field<'a>> {
    let left = stop.checked_sub(field.offset)?;
    if field.bytes.len() <= left {
        return Some(field);
    }
    let bytes = field.bytes.get(..left).filter(|bytes| !bytes.is_empty())?;
    let text = Text::new(bytes);
    let meaning = match field.meaning {
        Meaning::Address(_) => Meaning::Address(text),
        Meaning::TypeTags(_) => Meaning::TypeTags(text),
        Meaning::Arg(Arg::String(_)) => Meaning::Arg(Arg::String(text)),
        Meaning::Arg(Arg::Symbol(_)) => Meaning::Arg(Arg::Symbol(text)),
        Meaning::Padding | Meaning::Untyped => field.meaning,
        _ => return None,
    };
    Some(Field { bytes, meaning, ..field })
}
