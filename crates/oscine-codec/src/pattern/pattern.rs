//! A compiled address pattern.

use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;
use core::ops::Range;
use core::str::FromStr;

use crate::address::AddressError;
use crate::pattern::bits::Bits;
use crate::pattern::options::PatternOptions;
use crate::pattern::parse::{has_wildcards, part};
use crate::pattern::part::{Kind, PartPattern};

/// How long a pattern may be, in bytes. Matching takes time in proportion to it.
const MAX_LEN: usize = 4096;

/// A compiled address pattern.
///
/// # Examples
///
/// ```
/// use oscine_codec::Pattern;
///
/// let gains = Pattern::new("/mixer/[1-4]/{gain,mute}")?;
/// assert!(gains.matches("/mixer/3/gain"));
/// assert!(!gains.matches("/mixer/5/gain"));
/// assert!(!gains.matches("/mixer/3/gain/left"));
/// assert!(Pattern::new("//gain")?.matches("/any/depth/gain"));
/// # Ok::<(), oscine_codec::AddressError>(())
/// ```
#[derive(Clone, PartialEq, Eq)]
pub struct Pattern {
    text: String,
    parts: Vec<PartPattern>,
    /// Where the text of each part lies.
    pub(crate) places: Vec<Range<usize>>,
}

impl Pattern {
    /// Compiles a pattern.
    ///
    /// # Errors
    ///
    /// [`AddressError`] when it does not begin with a slash, a bracket or brace has no counterpart, or it is longer
    /// than 4,096 bytes.
    pub fn new(pattern: impl Into<String>) -> Result<Self, AddressError> {
        Self::with_options(pattern, PatternOptions::new())
    }

    /// As [`new`](Self::new), of text that may hold more than the specification allows.
    ///
    /// # Errors
    ///
    /// As [`new`](Self::new), and when braces are nested deeper than 8.
    pub fn with_options(
        pattern: impl Into<String>,
        options: PatternOptions,
    ) -> Result<Self, AddressError> {
        let text = pattern.into();
        if text.len() > MAX_LEN {
            return Err(AddressError::TooLong { length: text.len(), limit: MAX_LEN });
        }
        let names = text.strip_prefix('/').ok_or(AddressError::NoSlash)?;
        let mut parts = Vec::new();
        let mut places = Vec::new();
        let mut start = 1;
        for name in names.split('/') {
            let last = start + name.len() == text.len();
            // OSC 1.1: `//` is any number of levels, and so is any longer run of slashes. A slash at the very end is
            // an empty name.
            let kind = match parts.last() {
                _ if !name.is_empty() || last => part(name, start, options)?,
                Some(PartPattern(Kind::Descend)) => {
                    start += 1;
                    continue;
                }
                _ => PartPattern(Kind::Descend),
            };
            parts.push(kind);
            places.push(start..start + name.len());
            start += name.len() + 1;
        }
        Ok(Self { text, parts, places })
    }

    /// Whether `address` holds wildcards, that is, whether it has to be compiled at all.
    #[must_use]
    pub fn is_pattern(address: &str) -> bool {
        has_wildcards(address)
    }

    /// The text of the pattern.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// The options that the text needs to be compiled again.
    #[must_use]
    pub fn options(&self) -> PatternOptions {
        PatternOptions::new().nested(self.parts.iter().any(PartPattern::is_nested))
    }

    /// The parts, from the root down.
    #[must_use]
    pub fn parts(&self) -> &[PartPattern] {
        &self.parts
    }

    /// Whether the whole of `address` matches.
    #[must_use]
    pub fn matches(&self, address: &str) -> bool {
        let Some(names) = address.strip_prefix('/') else {
            return false;
        };
        let mut state = self.start();
        names.split('/').all(|name| {
            state = self.step(&state, name);
            !state.0.is_empty()
        }) && self.accepts(&state)
    }

    /// Where matching stands before the first name.
    #[must_use]
    pub fn start(&self) -> MatchState {
        let mut state = MatchState(Bits::new(self.parts.len() + 1));
        self.enter(0, &mut state.0);
        state
    }

    /// Where matching stands one level further down, at `name`. Empty when nothing below can match.
    #[must_use]
    pub fn step(&self, state: &MatchState, name: &str) -> MatchState {
        self.advance(state, |part| part.matches(name))
    }

    /// Where matching stands one level further down, at any of the names that `other` matches too: the part of another
    /// pattern, and not one for any number of levels.
    #[must_use]
    pub fn step_part(&self, state: &MatchState, other: &PartPattern) -> MatchState {
        self.advance(state, |part| part.overlaps(other))
    }

    /// Whether the names up to here are a whole match.
    #[must_use]
    pub fn accepts(&self, state: &MatchState) -> bool {
        state.0.contains(self.parts.len())
    }

    /// The only name that leads on from `state`, when there is only one.
    #[must_use]
    pub fn only_name(&self, state: &MatchState) -> Option<&str> {
        let mut indices = state.0.iter();
        match (indices.next(), indices.next()) {
            (Some(index), None) => self.parts.get(index)?.literal(),
            _ => None,
        }
    }

    /// The number of the only part that may come next from `state`, when there is only one; that of parts at the end.
    #[must_use]
    pub fn only_part(&self, state: &MatchState) -> Option<usize> {
        let mut indices = state.0.iter();
        indices.next().filter(|_| indices.next().is_none())
    }

    fn advance(&self, state: &MatchState, fits: impl Fn(&PartPattern) -> bool) -> MatchState {
        let mut next = Bits::new(self.parts.len() + 1);
        for index in state.0.iter() {
            match self.parts.get(index) {
                Some(part) if part.is_descend() => self.enter(index, &mut next),
                Some(part) if fits(part) => self.enter(index + 1, &mut next),
                _ => {}
            }
        }
        MatchState(next)
    }

    /// Adds the part at `index`, and those behind it as long as what lies between stands for no level too.
    fn enter(&self, index: usize, state: &mut Bits) {
        state.insert(index);
        let descends = self.parts.get(index..).unwrap_or_default().iter();
        for (offset, _) in descends.take_while(|part| part.is_descend()).enumerate() {
            state.insert(index + offset + 1);
        }
    }
}

/// How far a pattern has matched: the parts that may come next. One for each level of a walk.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MatchState(Bits);

impl MatchState {
    /// Whether nothing can match any more.
    #[must_use]
    pub fn is_dead(&self) -> bool {
        self.0.is_empty()
    }
}

impl fmt::Display for Pattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl fmt::Debug for Pattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Pattern({:?})", self.text)
    }
}

impl FromStr for Pattern {
    type Err = AddressError;

    fn from_str(pattern: &str) -> Result<Self, AddressError> {
        Self::new(pattern)
    }
}
