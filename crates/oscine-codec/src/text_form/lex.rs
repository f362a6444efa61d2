//! Text to tokens.

use alloc::format;
use alloc::string::String;

use crate::text_form::error::TextError;

/// One token of a message's text form.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Token<'a> {
    /// `[`
    Open,
    /// `]`
    Close,
    /// What stood between quotes, and which ones.
    Quoted(char, String),
    /// Anything else up to white space or a bracket.
    Bare(&'a str),
}

/// Takes tokens off a text.
#[derive(Debug, Clone)]
pub(crate) struct Lexer<'a> {
    text: &'a str,
    at: usize,
    /// Whether `;` and `}` end a message, as they do in a bundle.
    in_bundle: bool,
}

impl<'a> Lexer<'a> {
    pub(crate) const fn new(text: &'a str) -> Self {
        Self { text, at: 0, in_bundle: false }
    }

    /// A lexer of a bundle's text.
    pub(crate) const fn in_bundle(text: &'a str) -> Self {
        Self { text, at: 0, in_bundle: true }
    }

    /// The next token and its offset; `None` at the end.
    pub(crate) fn next(&mut self) -> Result<Option<(Token<'a>, usize)>, TextError> {
        self.skip_space();
        let (rest, at) = (self.rest(), self.at);
        let Some(first) = rest.chars().next() else {
            return Ok(None);
        };
        let token = match first {
            ';' | '}' if self.in_bundle => return Ok(None),
            '[' => self.skip(1, Token::Open),
            ']' => self.skip(1, Token::Close),
            '"' | '\'' => Token::Quoted(first, self.quoted(first)?),
            _ => {
                let stop = |c: char| {
                    c.is_whitespace()
                        || matches!(c, '[' | ']')
                        || self.in_bundle && matches!(c, ';' | '}')
                };
                let len = rest.find(stop).unwrap_or(rest.len());
                self.skip(len, Token::Bare(rest.get(..len).unwrap_or_default()))
            }
        };
        Ok(Some((token, at)))
    }

    /// The next word up to white space, whatever its characters; empty at the end. In a bundle it has no `;`, and
    /// does not end with `}`.
    pub(crate) fn word(&mut self) -> (&'a str, usize) {
        self.skip_space();
        let (rest, at) = (self.rest(), self.at);
        let stop = |c: char| c.is_whitespace() || self.in_bundle && c == ';';
        let mut word = rest.get(..rest.find(stop).unwrap_or(rest.len())).unwrap_or_default();
        if self.in_bundle {
            word = word.trim_end_matches('}');
        }
        self.at += word.len();
        (word, at)
    }

    /// Takes one character, and white space before it, if it is `wanted`.
    pub(crate) fn take(&mut self, wanted: char) -> bool {
        self.skip_space();
        let there = self.rest().starts_with(wanted);
        if there {
            self.at += wanted.len_utf8();
        }
        there
    }

    /// Whether nothing but white space is left.
    pub(crate) fn is_at_end(&mut self) -> bool {
        self.skip_space();
        self.rest().is_empty()
    }

    /// Where the next token begins, at the earliest.
    pub(crate) const fn offset(&self) -> usize {
        self.at
    }

    fn skip_space(&mut self) {
        self.at = self.text.len() - self.rest().trim_start().len();
    }

    fn rest(&self) -> &'a str {
        self.text.get(self.at..).unwrap_or_default()
    }

    fn skip(&mut self, len: usize, token: Token<'a>) -> Token<'a> {
        self.at += len;
        token
    }

    /// Takes quoted text, at whose opening quote the lexer stands.
    pub(crate) fn quoted(&mut self, quote: char) -> Result<String, TextError> {
        let start = self.at;
        let mut text = String::new();
        let mut chars = self.rest().char_indices().skip(1);
        while let Some((index, c)) = chars.next() {
            if c == quote {
                self.at = start + index + 1;
                return Ok(text);
            }
            if c != '\\' {
                text.push(c);
                continue;
            }
            let bad = || TextError::new("bad escape", start + index);
            let (_, escape) = chars.next().ok_or_else(bad)?;
            text.push(match escape {
                'n' => '\n',
                'r' => '\r',
                't' => '\t',
                'b' => '\u{8}',
                'f' => '\u{c}',
                '\\' | '/' | '"' | '\'' => escape,
                'u' => {
                    let high = hex4(&mut chars).ok_or_else(bad)?;
                    let code = if (0xd800..0xdc00).contains(&high) {
                        // JSON writes characters beyond U+FFFF as a surrogate pair.
                        let pair = (chars.next(), chars.next());
                        if !matches!(pair, (Some((_, '\\')), Some((_, 'u')))) {
                            return Err(bad());
                        }
                        let low = hex4(&mut chars).ok_or_else(bad)?;
                        let low = low.checked_sub(0xdc00).filter(|&low| low < 0x400);
                        0x10000 + ((high - 0xd800) << 10) + low.ok_or_else(bad)?
                    } else {
                        high
                    };
                    char::from_u32(code).ok_or_else(bad)?
                }
                _ => return Err(bad()),
            });
        }
        Err(TextError::new(format!("{quote} is never closed"), start))
    }
}

fn hex4(chars: &mut impl Iterator<Item = (usize, char)>) -> Option<u32> {
    (0..4).try_fold(0, |code, _| Some(code * 16 + chars.next()?.1.to_digit(16)?))
}
