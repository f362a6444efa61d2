//! Framings by name.

use core::{fmt, str::FromStr};

use thiserror::Error;

/// The name of a stream framing, as it stands in an endpoint: `length`, `slip` or `auto`.
///
/// # Examples
///
/// ```
/// use oscine_transport::framing::FramingKind;
///
/// assert_eq!("slip".parse(), Ok(FramingKind::Slip));
/// assert_eq!("1.0".parse(), Ok(FramingKind::LengthPrefix));
/// assert_eq!(FramingKind::default().to_string(), "auto");
/// ```
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum FramingKind {
    /// OSC 1.0: an int32 length before each packet. Written `length`; `1.0` is read as well.
    LengthPrefix,
    /// OSC 1.1: SLIP with END at both ends. Written `slip`; `1.1` is read as well.
    Slip,
    /// What the peer uses, found out from its first byte. Written `auto`; the default.
    ///
    /// A side that has to speak before it was spoken to writes SLIP.
    #[default]
    Auto,
}

impl fmt::Display for FramingKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::LengthPrefix => "length",
            Self::Slip => "slip",
            Self::Auto => "auto",
        })
    }
}

impl FromStr for FramingKind {
    type Err = ParseFramingKindError;

    fn from_str(name: &str) -> Result<Self, Self::Err> {
        match name {
            "length" | "1.0" => Ok(Self::LengthPrefix),
            "slip" | "1.1" => Ok(Self::Slip),
            "auto" => Ok(Self::Auto),
            _ => Err(ParseFramingKindError { name: name.into() }),
        }
    }
}

/// A name that is not that of a framing.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("unknown framing {name:?}, expected length, slip or auto")]
#[non_exhaustive]
pub struct ParseFramingKindError {
    /// The name that was given.
    pub name: String,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_read_back() {
        for kind in [FramingKind::LengthPrefix, FramingKind::Slip, FramingKind::Auto] {
            assert_eq!(kind.to_string().parse(), Ok(kind));
        }
        assert_eq!("1.1".parse(), Ok(FramingKind::Slip));
    }

    #[test]
    fn other_names_are_refused() {
        for name in ["", "SLIP", "1.2", "length "] {
            let error = name.parse::<FramingKind>().unwrap_err();
            assert_eq!(error.name, name);
        }
    }
}
