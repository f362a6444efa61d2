//! Regular expressions as places.

use regex::{Captures, Regex, RegexBuilder};

/// A regular expression that matches an address from end to end.
///
/// A [`Regex`](::regex::Regex) is one where it is registered. What was set with a
/// [`RegexBuilder`](::regex::RegexBuilder) is set here, or stands in the text, as in `(?i)/ch/\d+`.
#[derive(Debug, Clone)]
pub struct AddressRegex {
    /// As it was given. A match of its own that is the whole address is one.
    given: Regex,
    /// Anchored at both ends. It finds what `given` does not, as that prefers the first alternative: in `/ab`, `/a|/ab`
    /// finds `/a`.
    anchored: Regex,
}

impl AddressRegex {
    /// An expression with options of its own: case, size limits.
    ///
    /// # Examples
    ///
    /// ```
    /// use oscine::{AddressRegex, AddressSpace};
    ///
    /// let any_case = AddressRegex::with(r"/ch/\d+/(gain|g)", |options| {
    ///     options.case_insensitive(true).size_limit(1 << 16);
    /// })?;
    /// assert!(any_case.matches("/CH/12/Gain") && !any_case.matches("/main/CH/12/Gain"));
    /// AddressSpace::new().method(any_case, |gain: f32| println!("{gain}"))?;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    ///
    /// What is wrong with the expression, or that it is larger than its limit. Two anchors are part of its size.
    pub fn with(text: &str, options: impl Fn(&mut RegexBuilder)) -> Result<Self, regex::Error> {
        let build = |text: &str| {
            let mut builder = RegexBuilder::new(text);
            options(&mut builder);
            builder.build()
        };
        // By itself, too: what is none must not become one between anchors.
        Ok(Self { given: build(text)?, anchored: build(&between_anchors(text))? })
    }

    pub(crate) fn new(given: Regex) -> Option<Self> {
        let anchored = Regex::new(&between_anchors(given.as_str())).ok()?;
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
        // What holds no match at all is none from end to end, whatever the anchored one makes of other options.
        let found = self.given.find(address);
        found.is_some_and(|found| found.len() == address.len() || self.anchored.is_match(address))
    }

    /// What the groups of the expression stand for in `address`; a group that took no part stands for nothing.
    #[must_use]
    pub fn captures<'a>(&self, address: &'a str) -> Option<Vec<&'a str>> {
        let is_whole =
            |groups: &Captures<'_>| groups.get(0).is_some_and(|whole| whole.len() == address.len());
        let found = self.given.captures(address)?;
        let groups = if is_whole(&found) { found } else { self.anchored.captures(address)? };
        Some(groups.iter().skip(1).map(|group| group.map_or("", |group| group.as_str())).collect())
    }
}

fn between_anchors(text: &str) -> String {
    format!("^(?:{text})$")
}
