//! Text to parts.

use alloc::string::String;
use alloc::vec::Vec;

use nom::bytes::complete::{take, take_till, take_till1};
use nom::error::{ErrorKind, ParseError};
use nom::multi::many0;
use nom::sequence::terminated;
use nom::{IResult, Parser};

use crate::address::AddressError;
use crate::pattern::part::{Kind, PartPattern};
use crate::pattern::token::Token;

const SPECIAL: [char; 6] = ['?', '*', '[', ']', '{', '}'];

/// Parses one part, which begins at byte `start` of the pattern and is neither first nor last if it is empty.
pub(crate) fn part(text: &str, start: usize) -> Result<PartPattern, AddressError> {
    if !text.contains(SPECIAL) {
        return Ok(PartPattern(Kind::Literal(text.into())));
    }
    // `many0` stops where a token does not parse; parsing that token again says why.
    let (rest, mut tokens) =
        many0(token).parse_complete(text).unwrap_or_else(|_| (text, Vec::new()));
    if !rest.is_empty() {
        let offset = start + text.len() - rest.len();
        return Err(reason(rest, offset));
    }
    // Two stars in a row match what one does.
    tokens.dedup_by(|second, first| *second == Token::Star && *first == Token::Star);
    Ok(PartPattern(Kind::Glob(tokens)))
}

/// Whether `text` holds anything but literal parts.
pub(crate) fn has_wildcards(text: &str) -> bool {
    // One look at each byte: every message that reaches no method at its own address is asked for it.
    let mut before = 0;
    text.bytes().any(|byte| {
        let slashes = byte == b'/' && before == b'/';
        before = byte;
        slashes || SPECIAL.contains(&char::from(byte))
    })
}

#[derive(Debug)]
struct Misfit;

impl ParseError<&str> for Misfit {
    fn from_error_kind(_: &str, _: ErrorKind) -> Self {
        Self
    }

    fn append(_: &str, _: ErrorKind, other: Self) -> Self {
        other
    }
}

type Parsed<'a, T> = IResult<&'a str, T, Misfit>;

fn token(input: &str) -> Parsed<'_, Token> {
    match input.chars().next() {
        Some('?') => take(1_usize).map(|_| Token::Any).parse_complete(input),
        Some('*') => take(1_usize).map(|_| Token::Star).parse_complete(input),
        Some('[') => bracketed(input, ']').map(|(rest, list)| (rest, class(list))),
        Some('{') => {
            let (rest, list) = bracketed(input, '}')?;
            // Nested braces are not defined; guessing what a sender meant by them would be worse than refusing.
            if list.contains('{') {
                return Err(nom::Err::Error(Misfit));
            }
            Ok((rest, Token::Strings(list.split(',').map(String::from).collect())))
        }
        _ => take_till1(|c| SPECIAL.contains(&c))
            .map(|text: &str| Token::Text(text.into()))
            .parse_complete(input),
    }
}

/// What stands between the opening character, which `input` begins with, and `close`.
fn bracketed(input: &str, close: char) -> Parsed<'_, &str> {
    let (rest, _) = take(1_usize).parse_complete(input)?;
    terminated(take_till(|c| c == close), take(1_usize)).parse_complete(rest)
}

/// The list between brackets.
fn class(list: &str) -> Token {
    // "An exclamation point at the beginning of a bracketed string negates the sense of the list"
    let (negated, list) = match list.strip_prefix('!') {
        Some(list) => (true, list),
        None => (false, list),
    };
    let mut ranges = Vec::new();
    let mut rest = list.chars();
    while let Some(low) = rest.next() {
        // "two characters separated by a minus sign indicate the range"; at the end it is a minus.
        let mut ahead = rest.clone();
        match (ahead.next(), ahead.next()) {
            (Some('-'), Some(high)) => {
                ranges.push((low, high));
                rest = ahead;
            }
            _ => ranges.push((low, low)),
        }
    }
    Token::Class { negated, ranges }
}

/// Why no token begins `rest`, which lies at `offset`.
fn reason(rest: &str, offset: usize) -> AddressError {
    let character = rest.chars().next().unwrap_or_default();
    match character {
        '[' | '{' if !rest.contains(if character == '[' { ']' } else { '}' }) => {
            AddressError::Unclosed { open: character, offset }
        }
        _ => AddressError::Character { character, offset },
    }
}
