//! Single arguments from text.

use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

use crate::encode::collect::Collect;
use crate::encode::sink::sealed::Sink;
use crate::encode::to_arg::ToArg;
use crate::text_form::error::TextError;
use crate::text_form::lex::Token;
use crate::time_tag::TimeTag;
use crate::value::char::Char;
use crate::value::color::Color;
use crate::value::midi::Midi;

/// Appends `token`, which stood at byte `at`, as an argument of type `tag`.
pub(crate) fn typed(
    out: &mut Collect,
    tag: u8,
    token: &Token<'_>,
    at: usize,
) -> Result<(), TextError> {
    let text = match token {
        Token::Quoted(_, text) => text.as_str(),
        Token::Bare(text) => text,
        Token::Open | Token::Close => return Err(misfit(tag, at)),
    };
    let put = match (tag, token) {
        (b's', _) => out.text(b's', text),
        (b'S', _) => out.text(b'S', text),
        (b'c', Token::Quoted(..)) => single(text).ok_or_else(|| misfit(tag, at))?.to_arg(out),
        (_, Token::Quoted(..)) => return Err(misfit(tag, at)),
        _ => match bare(out, tag, text) {
            Some(put) => put,
            None => return Err(misfit(tag, at)),
        },
    };
    put.map_err(|error| TextError::encode(error, at))
}

/// Appends `token` as an argument of the type that it looks like.
pub(crate) fn inferred(out: &mut Collect, token: &Token<'_>, at: usize) -> Result<(), TextError> {
    let tag = match token {
        Token::Open => return out.open().map_err(|error| TextError::encode(error, at)),
        Token::Close => return out.close().map_err(|error| TextError::encode(error, at)),
        Token::Quoted('\'', _) => b'c',
        Token::Quoted(..) => b's',
        Token::Bare(text) => infer(text),
    };
    typed(out, tag, token, at)
}

/// The type that a bare word looks like.
fn infer(word: &str) -> u8 {
    let number = word.trim_start_matches(['-', '+']).starts_with(|c: char| c.is_ascii_digit())
        || word.trim_start_matches(['-', '+', '.']).starts_with(|c: char| c.is_ascii_digit());
    match word {
        "true" => b'T',
        "false" => b'F',
        "nil" => b'N',
        "inf" => b'I',
        "-inf" | "NaN" => b'f',
        _ if hex_bytes(word, "0x").is_some() => b'b',
        _ if hex_word(word, "#").is_some() => b'r',
        _ if hex_word(word, "midi:").is_some() => b'm',
        _ if word.parse::<i32>().is_ok() => b'i',
        _ if word.parse::<i64>().is_ok() => b'h',
        _ if number && word.parse::<f32>().is_ok() => b'f',
        _ => b's',
    }
}

/// Appends a word without quotes; `None` when it is no `tag`.
fn bare(
    out: &mut Collect,
    tag: u8,
    word: &str,
) -> Option<Result<(), crate::error::encode::EncodeError>> {
    Some(match tag {
        b'i' => word.parse::<i32>().ok()?.to_arg(out),
        b'h' => word.parse::<i64>().ok()?.to_arg(out),
        b'f' => match word.strip_prefix("nan:") {
            Some(bits) => f32::from_bits(u32::from_str_radix(bits, 16).ok()?).to_arg(out),
            None => word.parse::<f32>().ok()?.to_arg(out),
        },
        b'd' => match word.strip_prefix("nan:") {
            Some(bits) => f64::from_bits(u64::from_str_radix(bits, 16).ok()?).to_arg(out),
            None => word.parse::<f64>().ok()?.to_arg(out),
        },
        b'b' => hex_bytes(word, "0x")?.to_arg(out),
        b't' if word == "now" => TimeTag::IMMEDIATE.to_arg(out),
        b't' if word.len() == 16 => TimeTag(u64::from_str_radix(word, 16).ok()?).to_arg(out),
        b'c' => match hex_word(word, "0x") {
            Some(bits) => Char(bits).to_arg(out),
            None => single(word)?.to_arg(out),
        },
        b'r' => Color::from(hex_word(word, "#")?).to_arg(out),
        b'm' => Midi::from_bytes(hex_word(word, "midi:")?.to_be_bytes()).to_arg(out),
        b'T' if word == "true" => out.unit(tag),
        b'F' if word == "false" => out.unit(tag),
        b'N' if word == "nil" => out.unit(tag),
        b'I' if word == "inf" => out.unit(tag),
        _ => return None,
    })
}

fn single(text: &str) -> Option<char> {
    let mut chars = text.chars();
    chars.next().filter(|_| chars.next().is_none())
}

/// Eight hexadecimal digits behind `prefix`.
fn hex_word(word: &str, prefix: &str) -> Option<u32> {
    let digits = word.strip_prefix(prefix)?;
    let all_hex = digits.len() == 8 && digits.bytes().all(|digit| digit.is_ascii_hexdigit());
    if all_hex { u32::from_str_radix(digits, 16).ok() } else { None }
}

/// Pairs of hexadecimal digits behind `prefix`.
pub(crate) fn hex_bytes(word: &str, prefix: &str) -> Option<Vec<u8>> {
    let digits = word.strip_prefix(prefix)?.as_bytes();
    if digits.len() % 2 != 0 {
        return None;
    }
    let digit = |byte: u8| char::from(byte).to_digit(16).and_then(|digit| u8::try_from(digit).ok());
    let byte = |pair: &[u8]| match pair {
        [high, low] => Some(digit(*high)? * 16 + digit(*low)?),
        _ => None,
    };
    digits.chunks_exact(2).map(byte).collect()
}

fn misfit(tag: u8, at: usize) -> TextError {
    let wanted: &str = match tag {
        b'i' => "a 32-bit integer",
        b'h' => "a 64-bit integer",
        b'f' | b'd' => "a number",
        b's' | b'S' => "text",
        b'b' => "0x and hexadecimal digits",
        b't' => "16 hexadecimal digits",
        b'c' => "one character in single quotes",
        b'r' => "#rrggbbaa",
        b'm' => "midi: and 8 hexadecimal digits",
        b'T' => "true",
        b'F' => "false",
        b'N' => "nil",
        b'I' => "inf",
        _ => return TextError::new(unknown(tag), at),
    };
    TextError::new(format!("expected {wanted} for type tag '{}'", char::from(tag)), at)
}

fn unknown(tag: u8) -> String {
    format!("unknown type tag {:?}", char::from(tag))
}
