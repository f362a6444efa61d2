//! Whether two parts have a name in common.

use alloc::vec;
use alloc::vec::Vec;

use crate::pattern::bits::Bits;
use crate::pattern::token::Token;

/// Whether some name of an address matches both.
///
/// Both are turned into automata, and all pairs of their states that can be reached together are visited once: time in
/// the order of the lengths multiplied.
pub(crate) fn overlap(one: &[Token], other: &[Token]) -> bool {
    let (one, other) = (Automaton::new(one), Automaton::new(other));
    let width = other.states.len();
    let mut seen = Bits::new(one.states.len() * width * 2);
    let mut stack = vec![(0, 0, false)];
    while let Some((here, there, named)) = stack.pop() {
        let place = (here * width + there) * 2 + usize::from(named);
        if seen.contains(place) {
            continue;
        }
        seen.insert(place);
        let (Some(from_here), Some(from_there)) = (one.states.get(here), other.states.get(there))
        else {
            continue;
        };
        if named && from_here.last && from_there.last {
            return true;
        }
        stack.extend(from_here.skips.iter().map(|&next| (next, there, named)));
        stack.extend(from_there.skips.iter().map(|&next| (here, next, named)));
        for &(these, next_here) in &from_here.steps {
            for &(those, next_there) in &from_there.steps {
                if these & those != 0 {
                    stack.push((next_here, next_there, true));
                }
            }
        }
    }
    false
}

/// Characters that a name may hold, as bits of a number: all of them are ASCII.
type Characters = u128;

/// The states that a match can be in, the first one first.
struct Automaton {
    states: Vec<State>,
}

#[derive(Default)]
struct State {
    /// Where one of these characters leads.
    steps: Vec<(Characters, usize)>,
    /// Where it goes on without a character.
    skips: Vec<usize>,
    /// Whether a match may end here.
    last: bool,
}

impl Automaton {
    fn new(tokens: &[Token]) -> Self {
        let mut automaton = Self { states: vec![State::default()] };
        let mut end = 0;
        for token in tokens {
            end = automaton.append(end, token);
        }
        automaton.state(end).last = true;
        automaton
    }

    /// Adds what `token` matches behind `from`, and answers with the state after it.
    fn append(&mut self, from: usize, token: &Token) -> usize {
        match token {
            Token::Text(text) => self.text(from, text),
            Token::Any => self.step(from, NAME),
            Token::Class { negated, ranges } => {
                let listed = ranges.iter().fold(0, |set, &(low, high)| set | characters(low, high));
                self.step(from, if *negated { NAME & !listed } else { listed })
            }
            Token::Star => {
                self.state(from).steps.push((NAME, from));
                // A state of its own, so that what follows cannot come back to the star.
                let next = self.add();
                self.state(from).skips.push(next);
                next
            }
            Token::Strings(strings) => {
                let end = self.add();
                for text in strings {
                    let reached = self.text(from, text);
                    self.state(reached).skips.push(end);
                }
                end
            }
            Token::Nested(alternatives) => {
                let end = self.add();
                for tokens in alternatives {
                    // A state of its own, so that a star in front is only this alternative's.
                    let start = self.add();
                    self.state(from).skips.push(start);
                    let reached = tokens.iter().fold(start, |at, token| self.append(at, token));
                    self.state(reached).skips.push(end);
                }
                end
            }
        }
    }

    fn text(&mut self, from: usize, text: &str) -> usize {
        text.chars().fold(from, |from, c| self.step(from, characters(c, c)))
    }

    fn step(&mut self, from: usize, set: Characters) -> usize {
        let next = self.add();
        self.state(from).steps.push((set, next));
        next
    }

    fn add(&mut self) -> usize {
        self.states.push(State::default());
        self.states.len() - 1
    }

    #[expect(clippy::indexing_slicing, reason = "states are only added, and never none")]
    fn state(&mut self, index: usize) -> &mut State {
        &mut self.states[index]
    }
}

/// What a name of an address may hold: printable ASCII but for what patterns are made of.
const NAME: Characters = {
    let mut set = 0;
    let mut c = b'!';
    while c <= b'~' {
        if !matches!(c, b'#' | b'*' | b',' | b'/' | b'?' | b'[' | b']' | b'{' | b'}') {
            set |= 1 << c;
        }
        c += 1;
    }
    set
};

/// The characters of a name from `low` to `high`.
fn characters(low: char, high: char) -> Characters {
    (low..=high.min('~')).fold(0, |set, c| set | 1 << u32::from(c)) & NAME
}

#[cfg(test)]
mod tests {
    use crate::pattern::options::PatternOptions;
    use crate::pattern::parse::part;

    fn overlaps(one: &str, other: &str) -> bool {
        let part = |text| part(text, 0, PatternOptions::new().nested(true)).unwrap();
        let (one, other) = (part(one), part(other));
        assert_eq!(one.overlaps(&other), other.overlaps(&one));
        one.overlaps(&other)
    }

    #[test]
    fn parts_with_a_name_in_common() {
        for (one, other) in [
            ("*", "*"),
            ("a*", "*b"),
            ("a?", "?b"),
            ("[a-m]x", "[m-z]?"),
            ("{foo,bar}*", "*{ar,x}"),
            ("[!a]", "[!b]"),
            ("?*?", "ab"),
            ("a*b*c", "*abc*"),
            ("*x*", "{a,bxb}"),
            ("{a*,?x}", "*yx"),
            ("{*a,b}", "b"),
            ("{a{b,c?}*,}d", "acxyd"),
        ] {
            assert!(overlaps(one, other), "{one} {other}");
        }
    }

    #[test]
    fn parts_without_a_name_in_common() {
        for (one, other) in [
            ("a*", "b*"),
            ("?", "??*"),
            ("[a-m]", "[n-z]"),
            ("{foo,bar}", "{baz,qux}"),
            ("[!a-z]", "[c-d]"),
            ("*a", "*b"),
            ("{,a}", "{,b}"),
            ("[ ]", "?"),
            // The star is only the first alternative's.
            ("{*a,b}", "x[b]"),
            ("{a*,[0-9]}", "b*"),
            ("{a{b,c?}*,}d", "ac"),
        ] {
            assert!(!overlaps(one, other), "{one} {other}");
        }
    }
}
