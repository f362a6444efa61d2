//! One part of a pattern: what stands between two slashes.

use alloc::string::String;
use alloc::vec::Vec;

use crate::pattern::matcher;
use crate::pattern::overlap::overlap;
use crate::pattern::token::Token;

/// One part of a pattern: what stands between two slashes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PartPattern(pub(crate) Kind);

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Kind {
    /// No wildcard: exactly this name.
    Literal(String),
    /// Wildcards.
    Glob(Vec<Token>),
    /// The nothing between two slashes: any number of levels (OSC 1.1).
    Descend,
}

impl PartPattern {
    /// The name, if the part is one and has no wildcard.
    #[must_use]
    pub fn literal(&self) -> Option<&str> {
        match &self.0 {
            Kind::Literal(name) => Some(name),
            Kind::Glob(_) | Kind::Descend => None,
        }
    }

    /// Whether the part stands for any number of levels: the nothing between two slashes.
    #[must_use]
    pub const fn is_descend(&self) -> bool {
        matches!(self.0, Kind::Descend)
    }

    /// Whether `name`, which holds no slash, matches. Never for [`is_descend`](Self::is_descend).
    ///
    /// Takes time in the order of the part's length times the name's, whatever the wildcards.
    #[must_use]
    pub fn matches(&self, name: &str) -> bool {
        match &self.0 {
            Kind::Literal(literal) => literal == name,
            Kind::Glob(tokens) => matcher::matches(tokens, name),
            Kind::Descend => false,
        }
    }

    /// Whether some name matches both this part and `other`. Never if either stands for any number of levels.
    ///
    /// Takes time in the order of the lengths multiplied.
    #[must_use]
    pub fn overlaps(&self, other: &Self) -> bool {
        match (&self.0, &other.0) {
            (Kind::Descend, _) | (_, Kind::Descend) => false,
            (Kind::Literal(name), _) => other.matches(name),
            (_, Kind::Literal(name)) => self.matches(name),
            (Kind::Glob(one), Kind::Glob(two)) => one == two || overlap(one, two),
        }
    }

    /// Whether every name matches: a star and nothing else.
    #[must_use]
    pub fn is_star(&self) -> bool {
        matches!(&self.0, Kind::Glob(tokens) if **tokens == [Token::Star])
    }

    /// Whether there are wildcards inside of braces, which only
    /// [`PatternOptions::nested`](crate::pattern::PatternOptions::nested) allows.
    #[must_use]
    pub fn is_nested(&self) -> bool {
        let nested = |token: &Token| matches!(token, Token::Nested(_));
        matches!(&self.0, Kind::Glob(tokens) if tokens.iter().any(nested))
    }

    /// The only names that match, perhaps some of them twice, if the part is a list of names: one without wildcards, or
    /// strings in braces and nothing else.
    #[must_use]
    pub fn names(&self) -> Option<impl Iterator<Item = &str>> {
        let names = match &self.0 {
            Kind::Literal(name) => core::slice::from_ref(name),
            Kind::Glob(tokens) => match &**tokens {
                [Token::Strings(names)] => names,
                _ => return None,
            },
            Kind::Descend => return None,
        };
        Some(names.iter().map(String::as_str))
    }

    /// What every name that matches begins with; perhaps nothing.
    #[must_use]
    pub fn prefix(&self) -> &str {
        match &self.0 {
            Kind::Literal(name) => name,
            Kind::Glob(tokens) => match tokens.first() {
                Some(Token::Text(text)) => text,
                _ => "",
            },
            Kind::Descend => "",
        }
    }
}
