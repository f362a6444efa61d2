//! Where something is registered.

use std::fmt;

use oscine_codec::{Address, AddressError, Pattern};

/// Where something is registered: which addresses it stands for.
///
/// Text is an address, or, if it holds wildcards, a pattern:
///
/// ```
/// use oscine::{IntoPlace, Place};
///
/// assert!(matches!("/mixer/1/gain".into_place()?, Place::Address(_)));
/// assert!(matches!("/mixer/*/gain".into_place()?, Place::Pattern(_)));
/// # Ok::<(), oscine::AddressError>(())
/// ```
///
/// With [`PatternOptions`](oscine_codec::PatternOptions) there may be wildcards in braces:
///
/// ```
/// use oscine::{AddressSpace, Pattern, PatternOptions};
///
/// let strips = Pattern::with_options("/{ch*,main}/gain", PatternOptions::new().nested(true))?;
/// AddressSpace::new().method(strips, |gain: f32| println!("{gain}"))?;
/// # Ok::<(), oscine::AddressError>(())
/// ```
#[derive(Debug, Clone)]
#[non_exhaustive]
pub enum Place {
    /// Exactly one address.
    Address(Address),
    /// All addresses that a pattern matches.
    Pattern(Pattern),
    /// An address and all that lie below it.
    Subtree(Address),
    /// All addresses that a regular expression matches from end to end.
    #[cfg(feature = "regex")]
    Regex(crate::space::regex::AddressRegex),
}

impl Place {
    /// The text of the address, the pattern or the expression.
    #[must_use]
    pub fn as_str(&self) -> &str {
        match self {
            Self::Address(address) | Self::Subtree(address) => address.as_str(),
            Self::Pattern(pattern) => pattern.as_str(),
            #[cfg(feature = "regex")]
            Self::Regex(regex) => regex.as_str(),
        }
    }

    /// The address, if it is exactly one.
    #[must_use]
    pub const fn address(&self) -> Option<&Address> {
        match self {
            Self::Address(address) => Some(address),
            _ => None,
        }
    }

    /// The same place; a pattern without wildcards is the address that it matches.
    pub(crate) fn plain(self) -> Self {
        match self {
            Self::Pattern(pattern) => match Address::new(pattern.as_str()) {
                Ok(address) => Self::Address(address),
                Err(_) => Self::Pattern(pattern),
            },
            place => place,
        }
    }

    /// The same place with `from` in front of it taken away and `to` put there. `None` if it does not begin so.
    pub(crate) fn moved(&self, from: &Address, to: &Address) -> Option<Self> {
        let rest = self.as_str().strip_prefix(prefix(from))?;
        if !rest.is_empty() && !rest.starts_with('/') {
            return None;
        }
        let text = match (prefix(to), rest) {
            ("", "") => "/".to_owned(),
            (to, "/") => to.to_owned(),
            (to, rest) => format!("{to}{rest}"),
        };
        match self {
            Self::Address(_) => Address::new(text).ok().map(Self::Address),
            Self::Subtree(_) => Address::new(text).ok().map(Self::Subtree),
            Self::Pattern(pattern) => {
                Pattern::with_options(text, pattern.options()).ok().map(Self::Pattern)
            }
            // An expression does not begin with an address.
            #[cfg(feature = "regex")]
            Self::Regex(_) => None,
        }
    }
}

/// What an address contributes to those below it: nothing if it is the root.
pub(crate) fn prefix(address: &Address) -> &str {
    match address.as_str() {
        "/" => "",
        address => address,
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// What can be turned into a [`Place`]: text, an address, a pattern, with feature `regex` an expression.
pub trait IntoPlace {
    /// Turns it into a place.
    ///
    /// # Errors
    ///
    /// [`AddressError`] when it is neither an address nor a pattern.
    fn into_place(self) -> Result<Place, AddressError>;
}

impl<S: AsRef<str> + ?Sized> IntoPlace for &S {
    fn into_place(self) -> Result<Place, AddressError> {
        let text = self.as_ref();
        if Pattern::is_pattern(text) {
            Pattern::new(text).map(Place::Pattern)
        } else {
            Address::new(text).map(Place::Address)
        }
    }
}

impl IntoPlace for String {
    fn into_place(self) -> Result<Place, AddressError> {
        self.as_str().into_place()
    }
}

impl IntoPlace for Address {
    fn into_place(self) -> Result<Place, AddressError> {
        Ok(Place::Address(self))
    }
}

impl IntoPlace for Pattern {
    fn into_place(self) -> Result<Place, AddressError> {
        Ok(Place::Pattern(self))
    }
}

impl IntoPlace for Place {
    fn into_place(self) -> Result<Place, AddressError> {
        Ok(self)
    }
}

/// Matches in time linear in the address. It is never asked about address patterns in messages: no method is reached by
/// a message whose address is a pattern through an expression.
///
/// What was set with a `RegexBuilder` counts for the match that the expression finds by itself. Where that is not the
/// whole address, as one alternative is the beginning of another, the text alone counts, with the flags that stand in it.
/// [`AddressRegex::with`](crate::space::AddressRegex::with) is free of that.
#[cfg(feature = "regex")]
impl IntoPlace for regex::Regex {
    fn into_place(self) -> Result<Place, AddressError> {
        let length = self.as_str().len();
        // Only an expression at the engine's own limit of size, or beyond it, can fail to be compiled with two anchors more.
        crate::space::regex::AddressRegex::new(self)
            .map(Place::Regex)
            .ok_or(AddressError::TooLong { length, limit: length })
    }
}

#[cfg(feature = "regex")]
impl IntoPlace for crate::space::regex::AddressRegex {
    fn into_place(self) -> Result<Place, AddressError> {
        Ok(Place::Regex(self))
    }
}
