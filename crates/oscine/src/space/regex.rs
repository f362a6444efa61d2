//! Regular expressions as places.

use regex::Regex;

use oscine_codec::AddressError;

use crate::space::place::{IntoPlace, Place};

/// A regular expression that matches an address from end to end.
#[derive(Debug, Clone)]
pub struct AddressRegex {
    /// As it was given.
    given: Regex,
    /// Anchored at both ends.
    anchored: Regex,
}

impl AddressRegex {
    fn new(given: Regex) -> Option<Self> {
        let anchored = Regex::new(&format!("^(?:{})$", given.as_str())).ok()?;
        Some(Self { given, anchored })
    }

    /// The text of the expression.
    #[must_use]
    pub fn as_str(&self) -> &str {
        self.given.as_str()
    }

    /// Whether the whole of `address` matches.
    #[must_use]
    pub fn matches(&self, address: &str) -> bool {
        self.anchored.is_match(address)
    }

    /// What the groups of the expression stand for in `address`; a group that took no part stands for nothing.
    #[must_use]
    pub fn captures<'a>(&self, address: &'a str) -> Option<Vec<&'a str>> {
        let groups = self.anchored.captures(address)?;
        Some(groups.iter().skip(1).map(|group| group.map_or("", |group| group.as_str())).collect())
    }
}

/// Matches in time linear in the address. It is never asked about address patterns in messages: no method is reached by
/// a message whose address is a pattern through an expression.
impl IntoPlace for Regex {
    fn into_place(self) -> Result<Place, AddressError> {
        let length = self.as_str().len();
        // Only an expression at the engine's own limit of size can fail to be compiled with two anchors more.
        AddressRegex::new(self)
            .map(Place::Regex)
            .ok_or(AddressError::TooLong { length, limit: length })
    }
}
