//! SLIP: END, the packet with END and ESC escaped, END; the stream framing of OSC 1.1.
//!
//! RFC 1055 gives four bytes a meaning. [`END`] ends a frame. Inside a frame END is written
//! [`ESC`] [`ESC_END`], and ESC is written [`ESC`] [`ESC_ESC`].
//!
//! ```text
//! packet          2f 61 00 00  2c 69 00 00  00 00 00 c0
//! stream     c0   2f 61 00 00  2c 69 00 00  00 00 00 db dc   c0
//!            END                                     ESC DC  END
//! ```
//!
//! OSC 1.1 asks for END at both ends, so that noise before a packet becomes a frame of its own.
//! Senders differ: one END after each packet, two between packets, or one END shared. All are
//! read, because a frame without content is no frame.
//!
//! [`Slip`] is the framing of a connection. [`encode`], [`decode`] and [`is_valid`] work on one
//! frame that is at hand, such as a file or a datagram of some device.
//!
//! # What becomes of a damaged frame
//!
//! * **ESC followed by another byte:** the frame is dropped up to the next END, and the frame after
//!   it comes through. END after ESC is a bad escape too, and ends the frame. With
//!   [`SlipBuilder::lenient`] the ESC is left out instead and the byte after it is kept.
//! * **A frame above the limit:** what has arrived of it is dropped at once, and the rest up to the
//!   next END as it comes.
//! * **The end of the stream inside a frame:** the frame is dropped.

pub(crate) mod builder;
pub(crate) mod options;
pub(crate) mod special;
pub(crate) mod standalone;
pub(crate) mod stream;
pub(crate) mod unescape;

pub use builder::SlipBuilder;
pub use special::{END, ESC, ESC_END, ESC_ESC};
pub use standalone::{decode, encode, is_valid};
pub use stream::Slip;
