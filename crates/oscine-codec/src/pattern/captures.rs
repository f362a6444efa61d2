//! What the wildcards of a pattern stand for.

use alloc::vec::Vec;
use core::ops::Range;

use crate::pattern::align::align;
use crate::pattern::pattern::Pattern;

impl Pattern {
    /// What each part with wildcards stands for in `address`, in order; `None` if the whole does not match.
    ///
    /// A `//` stands for the names it takes with the slashes between them, perhaps for nothing; where there is a choice,
    /// for as few as may be.
    ///
    /// # Examples
    ///
    /// ```
    /// use oscine_codec::Pattern;
    ///
    /// let pattern = Pattern::new("/mixer/*/{gain,mute}")?;
    /// assert_eq!(pattern.captures("/mixer/3/gain"), Some(vec!["3", "gain"]));
    /// assert_eq!(pattern.captures("/mixer/3/pan"), None);
    /// assert_eq!(Pattern::new("/a//*")?.captures("/a/b/c/d"), Some(vec!["b/c", "d"]));
    /// # Ok::<(), oscine_codec::AddressError>(())
    /// ```
    #[must_use]
    pub fn captures<'a>(&self, address: &'a str) -> Option<Vec<&'a str>> {
        let names = address.strip_prefix('/')?;
        let mut start = 1;
        let places: Vec<_> = names
            .split('/')
            .map(|name| {
                let place = start..start + name.len();
                start = place.end + 1;
                place
            })
            .collect();
        let fits = |part: usize, level: usize| {
            let name = places.get(level).and_then(|place| address.get(place.clone()));
            name.zip(self.parts().get(part)).is_some_and(|(name, part)| part.matches(name))
        };
        let ranges = align(self.levels(), (places.len(), |_| false), fits)?;
        Some(self.wild(ranges, address, &places))
    }

    /// Whether some address matches both patterns. Equal patterns always do.
    ///
    /// # Examples
    ///
    /// ```
    /// use oscine_codec::Pattern;
    ///
    /// let sent = Pattern::new("/adm/obj/*/gain")?;
    /// assert!(sent.overlaps(&Pattern::new("/adm/obj/[0-9]/*")?));
    /// assert!(!sent.overlaps(&Pattern::new("/adm/obj/*/{azim,elev}")?));
    /// # Ok::<(), oscine_codec::AddressError>(())
    /// ```
    #[must_use]
    pub fn overlaps(&self, other: &Self) -> bool {
        self.captures_pattern(other).is_some()
    }

    /// What each part with wildcards of this pattern stands for in another pattern, as the other one is written; `None`
    /// if no address matches both.
    ///
    /// # Examples
    ///
    /// ```
    /// use oscine_codec::Pattern;
    ///
    /// let registered = Pattern::new("/adm/obj/*/gain")?;
    /// let sent = Pattern::new("/adm/obj/[1-4]/{gain,mute}")?;
    /// assert_eq!(registered.captures_pattern(&sent), Some(vec!["[1-4]"]));
    /// # Ok::<(), oscine_codec::AddressError>(())
    /// ```
    #[must_use]
    pub fn captures_pattern<'a>(&self, other: &'a Self) -> Option<Vec<&'a str>> {
        let ranges = if self == other {
            // Even where no name matches, such as `[]`.
            (0..self.parts().len()).map(|part| (part, part + 1)).collect()
        } else {
            align(self.levels(), other.levels(), |part, level| {
                let level = other.parts().get(level);
                level.zip(self.parts().get(part)).is_some_and(|(level, part)| part.overlaps(level))
            })?
        };
        Some(self.wild(ranges, other.as_str(), &other.places))
    }

    fn levels(&self) -> (usize, impl Fn(usize) -> bool) {
        let any = |part| self.parts().get(part).is_some_and(super::part::PartPattern::is_descend);
        (self.parts().len(), any)
    }

    /// The texts of the levels that parts with wildcards stand for.
    fn wild<'a>(
        &self,
        ranges: Vec<(usize, usize)>,
        text: &'a str,
        places: &[Range<usize>],
    ) -> Vec<&'a str> {
        let wild = self.parts().iter().zip(ranges).filter(|(part, _)| part.literal().is_none());
        wild.map(|(_, (first, end))| {
            let first = places.get(first..end).and_then(<[_]>::first);
            let last = end.checked_sub(1).and_then(|last| places.get(last));
            match (first, last) {
                (Some(first), Some(last)) => text.get(first.start..last.end).unwrap_or_default(),
                _ => "",
            }
        })
        .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(pattern: &str, address: &str, expected: Option<&[&str]>) {
        let pattern = Pattern::new(pattern).unwrap();
        assert_eq!(pattern.captures(address).as_deref(), expected);
        assert_eq!(pattern.matches(address), expected.is_some());
    }

    #[test]
    fn each_wildcard_part_is_told() {
        check("/a/b", "/a/b", Some(&[]));
        check("/*/b/?", "/x/b/y", Some(&["x", "y"]));
        check("/ch*/b", "/ch12/b", Some(&["ch12"]));
        check("/*", "/x/y", None);
        check("//b", "/b", Some(&[""]));
        check("//b", "/x/y/b", Some(&["x/y"]));
        check("/a//b//*", "/a/b/b/c", Some(&["", "b", "c"]));
        check("/a//", "/a/", Some(&[""]));
    }

    #[track_caller]
    fn check_pair(one: &str, other: &str, expected: Option<&[&str]>) {
        let (one, other) = (Pattern::new(one).unwrap(), Pattern::new(other).unwrap());
        assert_eq!(one.captures_pattern(&other).as_deref(), expected);
        assert_eq!(other.overlaps(&one), expected.is_some());
    }

    #[test]
    fn patterns_meet_patterns() {
        check_pair("/*/b", "/a/*", Some(&["a"]));
        check_pair("/*/b", "/a/c*", None);
        check_pair("/a//z", "/a/*/*/z", Some(&["*/*"]));
        check_pair("/a/*/*/z", "/a//z", Some(&["", ""]));
        check_pair("/[]", "/[]", Some(&["[]"]));
        check_pair("/a//b", "//c", None);
        check_pair("/*", "/*/*", None);
        check_pair("/x//*", "/x/*", Some(&["", "*"]));
    }
}
