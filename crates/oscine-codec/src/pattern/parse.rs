//! Text to parts.

use alloc::string::String;
use alloc::vec::Vec;

use nom::bytes::complete::{take, take_till, take_till1};
use nom::error::{ErrorKind, ParseError};
use nom::multi::many0;
use nom::sequence::terminated;
use nom::{IResult, Parser};

use crate::address::AddressError;
use crate::pattern::options::PatternOptions;
use crate::pattern::part::{Kind, PartPattern};
use crate::pattern::token::Token;

const SPECIAL: [char; 6] = ['?', '*', '[', ']', '{', '}'];

/// Parses one part, which begins at byte `start` of the pattern and is neither first nor last if it is empty.
pub(crate) fn part(
    text: &str,
    start: usize,
    options: PatternOptions,
) -> Result<PartPattern, AddressError> {
    if !text.contains(SPECIAL) {
        return Ok(PartPattern(Kind::Literal(text.into())));
    }
    if options.is_nested() {
        let mut reader = Reader { text, at: 0, start };
        return reader.tokens(0).map(|tokens| PartPattern(Kind::Glob(tokens)));
    }
    // `many0` stops where a token does not parse; parsing that token again says why.
    let (rest, mut tokens) =
        many0(token).parse_complete(text).unwrap_or_else(|_| (text, Vec::new()));
    if !rest.is_empty() {
        let offset = start + text.len() - rest.len();
        return Err(reason(rest, offset));
    }
    join_stars(&mut tokens);
    Ok(PartPattern(Kind::Glob(tokens)))
}

/// Two stars in a row match what one does.
fn join_stars(tokens: &mut Vec<Token>) {
    tokens.dedup_by(|second, first| *second == Token::Star && *first == Token::Star);
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

/// Reads a part whose braces may hold wildcards.
struct Reader<'a> {
    text: &'a str,
    at: usize,
    /// Where the part begins in the pattern.
    start: usize,
}

impl Reader<'_> {
    /// Reads to the end; inside of braces, `depth` of them, to where an alternative ends.
    fn tokens(&mut self, depth: usize) -> Result<Vec<Token>, AddressError> {
        let mut tokens = Vec::new();
        while let Some(first) = self.rest().chars().next() {
            match first {
                ',' | '}' if depth > 0 => break,
                '{' => tokens.push(self.braces(depth + 1)?),
                _ => {
                    let rest = self.rest();
                    let text = |c| SPECIAL.contains(&c) || (depth > 0 && c == ',');
                    let end = rest.find(text).filter(|&end| end > 0);
                    // A wildcard is read from all that is left, text up to the next.
                    let input = rest.get(..end.unwrap_or(rest.len())).unwrap_or(rest);
                    let (left, read) =
                        token(input).map_err(|_| reason(rest, self.start + self.at))?;
                    tokens.push(read);
                    self.at += input.len() - left.len();
                }
            }
        }
        join_stars(&mut tokens);
        Ok(tokens)
    }

    /// Reads braces, which are the `depth`th around what they hold.
    fn braces(&mut self, depth: usize) -> Result<Token, AddressError> {
        let offset = self.start + self.at;
        if depth > MAX_DEPTH {
            return Err(AddressError::TooDeep { offset, limit: MAX_DEPTH });
        }
        let mut alternatives = Vec::new();
        loop {
            // What is skipped is the brace, or the comma.
            self.at += 1;
            alternatives.push(self.tokens(depth)?);
            match self.rest().chars().next() {
                Some(',') => {}
                Some(_) => break,
                None => return Err(AddressError::Unclosed { open: '{', offset }),
            }
        }
        self.at += 1;
        let strings = alternatives.iter().map(|tokens| match &**tokens {
            [] => Some(String::new()),
            [Token::Text(text)] => Some(text.clone()),
            _ => None,
        });
        // Plain strings are what they are without nesting.
        Ok(match strings.collect() {
            Some(strings) => Token::Strings(strings),
            None => Token::Nested(alternatives),
        })
    }

    fn rest(&self) -> &str {
        self.text.get(self.at..).unwrap_or_default()
    }
}

/// How deep braces may be nested: matching calls itself for each.
const MAX_DEPTH: usize = 8;

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
