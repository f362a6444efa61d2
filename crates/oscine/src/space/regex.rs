//! Regular expressions as places.

use regex::Regex;

/// A regular expression that matches an address from end to end.
#[derive(Debug, Clone)]
pub struct AddressRegex {
    /// As it was given.
    given: Regex,
    /// Anchored at both ends.
    anchored: Regex,
}

impl AddressRegex {
    pub(crate) fn new(given: Regex) -> Option<Self> {
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
