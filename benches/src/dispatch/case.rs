//! Which methods there are, and which messages.
//!
//! ```text
//! /mixer/channel/0/gain  pan  mute  solo  send  trim  gate  comp  name  meter
//! /mixer/channel/1/gain  …
//! ```
//!
//! | case | the message's address | hits |
//! | --- | --- | --- |
//! | literal | `/mixer/channel/7/gain`, 16 channels by turns, as from a hand on some faders | 1 |
//! | spread | the same, 512 channels by turns: what was there is out of the caches | 1 |
//! | miss | `/mixer/channel/7/none` | 0 |
//! | narrow | `/mixer/channel/55?/gain` | 10 of 10,000 |
//! | star | `/mixer/channel/*/gain` | 1 of 10 |
//! | braces | `/mixer/{channel,bus}/*/{gain,fader}` | 1 of 10 |
//! | registered | `/mixer/7/p3`, with methods under `/mixer/*/p0`, `/mixer/*/p1`, … | 1 |

use bytes::Bytes;
use oscine::Message;

/// What kind of message looks for its methods.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Case {
    Literal,
    Spread,
    Miss,
    Narrow,
    Star,
    Braces,
    Registered,
}

impl Case {
    pub(crate) const ALL: [Self; 7] = [
        Self::Literal,
        Self::Spread,
        Self::Miss,
        Self::Narrow,
        Self::Star,
        Self::Braces,
        Self::Registered,
    ];

    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Literal => "literal",
            Self::Spread => "spread",
            Self::Miss => "miss",
            Self::Narrow => "narrow",
            Self::Star => "star",
            Self::Braces => "braces",
            Self::Registered => "registered",
        }
    }

    /// Whether the second time can be another matter than the first.
    pub(crate) const fn can_be_cached(self) -> bool {
        !matches!(self, Self::Literal | Self::Spread | Self::Miss)
    }

    /// Where `count` methods are registered.
    pub(crate) fn methods(self, count: usize) -> Vec<String> {
        let place = |method: usize| match self {
            Self::Registered => format!("/mixer/*/p{method}"),
            _ => {
                let name = NAMES.get(method % NAMES.len()).copied().unwrap_or_default();
                format!("/mixer/channel/{}/{name}", method / NAMES.len())
            }
        };
        (0..count).map(place).collect()
    }

    /// How many messages there are.
    const fn turns(self) -> usize {
        match self {
            Self::Spread => 512,
            _ => 16,
        }
    }

    /// The messages, to be sent by turns.
    pub(crate) fn messages(self, count: usize) -> Vec<Bytes> {
        // Spread over all channels, as real traffic is.
        let spread = |n: usize| n * 7919 % count;
        let addresses: Vec<_> = match self {
            Self::Literal | Self::Spread => (0..self.turns())
                .map(|n| format!("/mixer/channel/{}/gain", spread(n) / NAMES.len()))
                .collect(),
            Self::Miss => vec!["/mixer/channel/0/none".to_owned()],
            Self::Narrow => vec!["/mixer/channel/55?/gain".to_owned()],
            Self::Star => vec!["/mixer/channel/*/gain".to_owned()],
            Self::Braces => vec!["/mixer/{channel,bus}/*/{gain,fader}".to_owned()],
            Self::Registered => {
                (0..self.turns()).map(|n| format!("/mixer/7/p{}", spread(n))).collect()
            }
        };
        addresses.iter().map(|address| message(address)).collect()
    }
}

fn message(address: &str) -> Bytes {
    let message = Message::new(address, 0.5_f32).expect("the address has no zero byte");
    Bytes::copy_from_slice(message.as_bytes())
}

const NAMES: [&str; 10] =
    ["gain", "pan", "mute", "solo", "send", "trim", "gate", "comp", "name", "meter"];
