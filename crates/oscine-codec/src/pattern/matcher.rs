//! Matching one name against one part.

use crate::pattern::bits::Bits;
use crate::pattern::token::Token;

/// Whether `tokens` match the whole of `name`.
pub(crate) fn matches(tokens: &[Token], name: &str) -> bool {
    let Some((tokens, name)) = strip_front(tokens, name) else { return false };
    match tokens {
        [] => name.is_empty(),
        [Token::Star, rest @ ..] => match strip_back(rest, name) {
            None => false,
            Some(([], _)) => true,
            Some((left, name)) => search(tokens.get(..=left.len()).unwrap_or(tokens), name),
        },
        _ => search(tokens, name),
    }
}

/// Takes off the front what can match in one way only; `None` if it does not match.
fn strip_front<'t, 'n>(
    mut tokens: &'t [Token],
    mut name: &'n str,
) -> Option<(&'t [Token], &'n str)> {
    while let [first @ (Token::Text(_) | Token::Any | Token::Class { .. }), rest @ ..] = tokens {
        name = match first {
            Token::Text(text) => name.strip_prefix(text.as_str())?,
            _ => {
                let mut chars = name.chars();
                chars.next().filter(|&c| first.fits(c))?;
                chars.as_str()
            }
        };
        tokens = rest;
    }
    Some((tokens, name))
}

/// Takes off the back what can match in one way only, as long as a star is in front; `None` if it does not match.
fn strip_back<'t, 'n>(
    mut tokens: &'t [Token],
    mut name: &'n str,
) -> Option<(&'t [Token], &'n str)> {
    while let [rest @ .., last @ (Token::Text(_) | Token::Any | Token::Class { .. })] = tokens {
        name = match last {
            Token::Text(text) => name.strip_suffix(text.as_str())?,
            _ => {
                let mut chars = name.chars();
                chars.next_back().filter(|&c| last.fits(c))?;
                chars.as_str()
            }
        };
        tokens = rest;
    }
    Some((tokens, name))
}

/// Whether `tokens` match the whole of `name`, whatever they are.
///
/// Keeps the set of all positions that a match of the tokens so far can end at, so that nothing is tried twice and
/// nothing is tried in vain: no backtracking.
fn search(tokens: &[Token], name: &str) -> bool {
    let mut now = Bits::new(name.len() + 1);
    let mut next = now.clone();
    now.insert(0);
    let mut tokens = tokens.iter().peekable();
    while let Some(token) = tokens.next() {
        if *token == Token::Star && tokens.peek().is_none() {
            return true;
        }
        pass(token, name, &now, &mut next);
        if next.is_empty() {
            return false;
        }
        core::mem::swap(&mut now, &mut next);
        next.clear();
    }
    now.contains(name.len())
}

/// Adds to `next` where a match of `token` can end that begins at a position in `now`.
fn pass(token: &Token, name: &str, now: &Bits, next: &mut Bits) {
    match token {
        Token::Text(text) => {
            advance(now, name, |rest| rest.starts_with(text.as_str()).then_some(text.len()), next);
        }
        Token::Any | Token::Class { .. } => {
            let step =
                |rest: &str| rest.chars().next().filter(|&c| token.fits(c)).map(char::len_utf8);
            advance(now, name, step, next);
        }
        Token::Strings(strings) => {
            for text in strings {
                let step = |rest: &str| rest.starts_with(text.as_str()).then_some(text.len());
                advance(now, name, step, next);
            }
        }
        Token::Star => {
            if let Some(first) = now.iter().next() {
                (first..=name.len())
                    .filter(|&at| name.is_char_boundary(at))
                    .for_each(|at| next.insert(at));
            }
        }
        Token::Nested(alternatives) => {
            for tokens in alternatives {
                let end = tokens.iter().fold(now.clone(), |now, token| {
                    let mut next = Bits::new(name.len() + 1);
                    pass(token, name, &now, &mut next);
                    next
                });
                next.add(&end);
            }
        }
    }
}

impl Token {
    /// Whether a token for one character matches `c`.
    fn fits(&self, c: char) -> bool {
        match self {
            Self::Any => true,
            Self::Class { negated, ranges } => {
                ranges.iter().any(|&(low, high)| low <= c && c <= high) != *negated
            }
            Self::Text(_) | Self::Star | Self::Strings(_) | Self::Nested(_) => false,
        }
    }
}

/// Adds to `next` where `step` leads from each position in `now`.
fn advance(now: &Bits, name: &str, step: impl Fn(&str) -> Option<usize>, next: &mut Bits) {
    for at in now.iter() {
        if let Some(len) = name.get(at..).and_then(&step) {
            next.insert(at + len);
        }
    }
}
