//! Concrete addresses.

use alloc::borrow::ToOwned;
use alloc::string::String;
use core::fmt;
use core::str::FromStr;

use thiserror::Error;

/// The address of one container or method: a slash, then names with slashes between them (OSC 1.0, "OSC Address
/// Spaces and OSC Addresses").
///
/// A name is one or more printable ASCII characters, but none of space `#` `*` `,` `/` `?` `[` `]` `{` `}`. The root
/// is `/`. What a message carries is an address *pattern*: see [`Pattern`](crate::Pattern).
///
/// # Examples
///
/// ```
/// use oscine_codec::Address;
///
/// let gain: Address = "/mixer/1/gain".parse()?;
/// assert_eq!(gain.parts().collect::<Vec<_>>(), ["mixer", "1", "gain"]);
/// assert!(Address::new("/mixer/*/gain").is_err());
/// # Ok::<(), oscine_codec::AddressError>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Address(
    // Invariant: `check` accepts it.
    String,
);

impl Address {
    /// Takes `address` if it is one.
    ///
    /// # Errors
    ///
    /// [`AddressError`] says which byte is wrong, and why.
    pub fn new(address: impl Into<String>) -> Result<Self, AddressError> {
        let address = address.into();
        check(&address)?;
        Ok(Self(address))
    }

    /// The text of the address.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The names, from the root down; none for the root itself.
    #[must_use]
    pub fn parts(&self) -> impl DoubleEndedIterator<Item = &str> {
        parts(&self.0)
    }

    /// The address of the container that holds this one; `None` for the root.
    #[must_use]
    pub fn parent(&self) -> Option<Self> {
        match self.0.rsplit_once('/') {
            Some((_, "")) | None => None,
            Some(("", _)) => Some(Self("/".to_owned())),
            Some((parent, _)) => Some(Self(parent.to_owned())),
        }
    }

    /// The address of `name` below this one; `name` may hold several names with slashes between them.
    ///
    /// # Errors
    ///
    /// [`AddressError`] when the result is not an address.
    pub fn join(&self, name: &str) -> Result<Self, AddressError> {
        let mut address = self.0.clone();
        if !address.ends_with('/') {
            address.push('/');
        }
        address.push_str(name);
        Self::new(address)
    }

    /// Whether this is `ancestor` or lies below it.
    #[must_use]
    pub fn starts_with(&self, ancestor: &Self) -> bool {
        let mut own = self.parts();
        ancestor.parts().all(|part| own.next() == Some(part))
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl AsRef<str> for Address {
    fn as_ref(&self) -> &str {
        &self.0
    }
}

impl FromStr for Address {
    type Err = AddressError;

    fn from_str(address: &str) -> Result<Self, AddressError> {
        Self::new(address)
    }
}

impl TryFrom<&str> for Address {
    type Error = AddressError;

    fn try_from(address: &str) -> Result<Self, AddressError> {
        Self::new(address)
    }
}

/// What is wrong with an address or an address pattern.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Error)]
#[non_exhaustive]
pub enum AddressError {
    /// It does not begin with a slash.
    #[error("it does not begin with '/'")]
    NoSlash,
    /// A part between two slashes, or behind the last one, is empty.
    #[error("empty part at byte {offset}")]
    EmptyPart {
        /// Where, in bytes.
        offset: usize,
    },
    /// A character that may not stand there.
    #[error("character {character:?} at byte {offset} is not allowed")]
    Character {
        /// The character.
        character: char,
        /// Where, in bytes.
        offset: usize,
    },
    /// A `[` or `{` without its end.
    #[error("'{open}' at byte {offset} is never closed")]
    Unclosed {
        /// The opening character.
        open: char,
        /// Where, in bytes.
        offset: usize,
    },
    /// Braces in braces, deeper than a pattern may have them.
    #[error("the braces at byte {offset} are nested deeper than {limit}")]
    TooDeep {
        /// Where, in bytes.
        offset: usize,
        /// How deep they may be.
        limit: usize,
    },
    /// It is longer than a pattern may be.
    #[error("{length} bytes are longer than the limit of {limit}")]
    TooLong {
        /// The length in bytes.
        length: usize,
        /// The limit in bytes.
        limit: usize,
    },
}

/// The names of an address that begins with a slash; none for `/`.
pub(crate) fn parts(address: &str) -> impl DoubleEndedIterator<Item = &str> {
    let names = address.strip_prefix('/').unwrap_or(address);
    let count = if names.is_empty() { 0 } else { usize::MAX };
    names.split('/').filter(move |_| count > 0)
}

/// Whether `address` is one of a container or method.
pub(crate) fn check(address: &str) -> Result<(), AddressError> {
    let names = address.strip_prefix('/').ok_or(AddressError::NoSlash)?;
    if names.is_empty() {
        return Ok(());
    }
    let mut start = 1;
    for name in names.split('/') {
        if name.is_empty() {
            return Err(AddressError::EmptyPart { offset: start });
        }
        // OSC 1.0, "OSC Address Spaces": printable ASCII without space # * , / ? [ ] { }.
        let allowed = |c: char| c.is_ascii_graphic() && !"#*,?[]{}".contains(c);
        if let Some((offset, character)) = name.char_indices().find(|&(_, c)| !allowed(c)) {
            return Err(AddressError::Character { character, offset: start + offset });
        }
        start += name.len() + 1;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_hold_only_what_the_specification_allows() {
        for good in ["/", "/a", "/a/b", "/a.b+c/^d", "/1/~"] {
            assert_eq!(Address::new(good).map(|a| a.as_str().to_owned()), Ok(good.to_owned()));
        }
        let bad = [
            ("", AddressError::NoSlash),
            ("a", AddressError::NoSlash),
            ("//", AddressError::EmptyPart { offset: 1 }),
            ("/a/", AddressError::EmptyPart { offset: 3 }),
            ("/a//b", AddressError::EmptyPart { offset: 3 }),
            ("/a b", AddressError::Character { character: ' ', offset: 2 }),
            ("/x/ü", AddressError::Character { character: 'ü', offset: 3 }),
        ];
        for (address, error) in bad {
            assert_eq!(Address::new(address), Err(error), "{address}");
        }
        for special in "#*,?[]{}".chars() {
            assert!(Address::new(alloc::format!("/a{special}")).is_err(), "{special}");
        }
    }

    #[test]
    fn relations() {
        let gain = Address::new("/mixer/1/gain").unwrap();
        let mixer = Address::new("/mixer").unwrap();
        let root = Address::new("/").unwrap();
        assert!(gain.starts_with(&mixer) && gain.starts_with(&root) && !mixer.starts_with(&gain));
        assert!(!Address::new("/mixers").unwrap().starts_with(&mixer));
        assert_eq!(mixer.join("1/gain").as_ref(), Ok(&gain));
        assert_eq!(root.join("mixer").as_ref(), Ok(&mixer));
        assert_eq!(mixer.parent().as_ref(), Some(&root));
        assert_eq!(root.parent(), None);
    }
}
