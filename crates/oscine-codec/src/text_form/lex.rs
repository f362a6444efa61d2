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
}

impl<'a> Lexer<'a> {
    pub(crate) const fn new(text: &'a str) -> Self {
        Self { text, at: 0 }
    }

    /// The next token and its offset; `None` at the end.
    pub(crate) fn next(&mut self) -> Result<Option<(Token<'a>, usize)>, TextError> {
        let rest = self.rest().trim_start();
        self.at = self.text.len() - rest.len();
        let at = self.at;
        let Some(first) = rest.chars().next() else {
            return Ok(None);
        };
        let token = match first {
            '[' => self.skip(1, Token::Open),
            ']' => self.skip(1, Token::Close),
            '"' | '\'' => Token::Quoted(first, self.quoted(first)?),
            _ => {
                let stop = |c: char| c.is_whitespace() || matches!(c, '[' | ']');
                let len = rest.find(stop).unwrap_or(rest.len());
                self.skip(len, Token::Bare(rest.get(..len).unwrap_or_default()))
            }
        };
        Ok(Some((token, at)))
    }

    /// The next word up to white space, whatever its characters; empty at the end.
    pub(crate) fn word(&mut self) -> (&'a str, usize) {
        let rest = self.rest().trim_start();
        let at = self.text.len() - rest.len();
        let len = rest.find(char::is_whitespace).unwrap_or(rest.len());
        self.at = at + len;
        (rest.get(..len).unwrap_or_default(), at)
    }

    /// Where the next token begins, at the earliest.
    pub(crate) const fn offset(&self) -> usize {
        self.at
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
