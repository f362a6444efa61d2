//! Matching one name against one part.

use crate::pattern::bits::Bits;
use crate::pattern::token::Token;

/// Whether `tokens` match the whole of `name`.
///
/// Keeps the set of all positions that a match of the tokens so far can end at, so that nothing is tried twice and
/// nothing is tried in vain: no backtracking.
pub(crate) fn matches(tokens: &[Token], name: &str) -> bool {
    let mut now = Bits::new(name.len() + 1);
    let mut next = now.clone();
    now.insert(0);
    let mut tokens = tokens.iter().peekable();
    while let Some(token) = tokens.next() {
        match token {
            Token::Text(text) => {
                advance(
                    &now,
                    name,
                    |rest| rest.starts_with(text.as_str()).then_some(text.len()),
                    &mut next,
                );
            }
            Token::Any => {
                advance(&now, name, |rest| rest.chars().next().map(char::len_utf8), &mut next);
            }
            Token::Class { negated, ranges } => {
                let fits = |c: char| ranges.iter().any(|&(low, high)| low <= c && c <= high);
                let step = |rest: &str| {
                    rest.chars().next().filter(|&c| fits(c) != *negated).map(char::len_utf8)
                };
                advance(&now, name, step, &mut next);
            }
            Token::Strings(strings) => {
                for text in strings {
                    let step = |rest: &str| rest.starts_with(text.as_str()).then_some(text.len());
                    advance(&now, name, step, &mut next);
                }
            }
            Token::Star => {
                if tokens.peek().is_none() {
                    return true;
                }
                if let Some(first) = now.iter().next() {
                    (first..=name.len())
                        .filter(|&at| name.is_char_boundary(at))
                        .for_each(|at| next.insert(at));
                }
            }
        }
        if next.is_empty() {
            return false;
        }
        core::mem::swap(&mut now, &mut next);
        next.clear();
    }
    now.contains(name.len())
}

/// Adds to `next` where `step` leads from each position in `now`.
fn advance(now: &Bits, name: &str, step: impl Fn(&str) -> Option<usize>, next: &mut Bits) {
    for at in now.iter() {
        if let Some(len) = name.get(at..).and_then(&step) {
            next.insert(at + len);
        }
    }
}
