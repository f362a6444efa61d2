//! Zero-copy Open Sound Control (OSC) 1.0 and 1.1 codec.
//!
//! A packet *is* its bytes: decoding checks them once, and from then on everything is a slice. The crate knows no
//! IO, no clock and no runtime, and needs only `alloc`.
//!
//! # Contents
//!
//! * Read: [`PacketRef::decode`] gives borrowed views, [`Packet::decode`] a packet that owns its `Bytes`.
//!   [`Args::parse`] gives Rust types; with feature `serde`, `Args::deserialize` gives any type that knows serde.
//! * Build: [`Message::new`], [`Message::builder`], [`Bundle::new`], [`Message::encode_into`].
//! * Values: [`TimeTag`], [`Color`], [`Midi`], [`Symbol`], [`Blob`], [`Char`], [`Nil`], [`Impulse`].
//! * Names: [`Address`] is concrete, [`Pattern`] matches addresses.
//! * Say what is accepted: [`DecodeOptions`], [`Profile`], [`Limits`].
//! * Text: every packet prints itself in a form that [`Packet`]'s `FromStr` reads back: [`text_form`].
//! * Look closely: [`explain()`] annotates any bytes, [`HexDump`] and [`DecodeError::excerpt`] show them; [`Stats`]
//!   are figures that add up.
//! * Agree on more: [`transform`] sends keys for addresses, and packets in an envelope.
//!
//! Not here: framing and sockets (`oscine-transport`); methods, time and servers (`oscine`).
//!
//! # Examples
//!
//! ```
//! use oscine_codec::{Message, Packet};
//!
//! let message = Message::new("/synth/freq", (440.0_f32, "sine"))?;
//! let received = Packet::decode(message.bytes().clone())?;
//! let Packet::Message(received) = received else { panic!("a message was sent") };
//! assert_eq!(received.args().parse::<(f32, &str)>()?, (440.0, "sine"));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
#![no_std]
#![warn(clippy::alloc_instead_of_core, clippy::std_instead_of_core)]

extern crate alloc;
#[cfg(feature = "std")]
extern crate std;

mod address;
mod calendar;
mod error;
mod hex_dump;
mod limits;
mod options;
mod packet_kind;
mod stats;
mod tag_set;
mod time_tag;
mod tolerances;
mod value;

mod decode;
mod encode;
pub mod explain;
mod owned;
pub mod pattern;
mod read;
mod scan;
#[cfg(feature = "serde")]
pub mod serde_args;
mod sizes;
pub mod text_form;
pub mod transform;
pub mod typed;
mod view;

pub use address::{Address, AddressError};
pub use decode::Concatenated;
pub use encode::{ArgSink, BundleBuilder, BundleEncoder, MessageBuilder, ToArg, ToArgs};
pub use error::{DecodeError, DecodeErrorKind, EncodeError, Excerpt, ReadError, TypedError};
pub use explain::explain;
pub use hex_dump::HexDump;
pub use limits::Limits;
pub use options::{DecodeOptions, Profile};
pub use owned::{Bundle, Message, Packet};
pub use packet_kind::PacketKind;
pub use pattern::{MatchState, PartPattern, Pattern, PatternOptions};
#[cfg(feature = "serde")]
pub use serde_args::Serde;
pub use stats::Stats;
pub use tag_set::TagSet;
pub use text_form::TextError;
pub use time_tag::TimeTag;
pub use tolerances::Tolerances;
pub use typed::{ArgReader, FromArg, FromArgs, Rest};
pub use value::{Blob, Char, Color, Impulse, Midi, Nil, Symbol, Text, TextPolicy};
pub use view::{
    Arg, Args, ArrayRef, BundleRef, Elements, MessageRef, Messages, Node, PacketRef, TimedMessage,
    TypeTags, Walk,
};

/// The README's code, compiled.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
