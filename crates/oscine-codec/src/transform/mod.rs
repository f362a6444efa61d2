//! Packets rewritten as bytes: what two ends may agree on beyond the specification.
//!
//! A transform sits between the packet and what carries it: on the way out behind encoding, on the way in before
//! decoding. It takes the bytes of one packet and gives those of another, and knows nothing of sockets or peers.
//! Plain decoding knows nothing of transforms: who has not agreed on one does not read one.
//!
//! * [`AddressTable`] sends a number in the place of an address. Messages without one go as they are.
//! * [`Envelope`] puts a whole packet into a message, with a checksum, with a signature, encrypted. Packets without one
//!   are refused.
//!
//! Where both are in use the order matters: compress, then wrap; open, then expand. So nothing that was not checked
//! is looked into.
//!
//! # Examples
//!
//! ```
//! use oscine_codec::transform::{AddressTable, Envelope};
//! use oscine_codec::{Message, Packet};
//!
//! let table = AddressTable::new([("/mixer/channel/1/gain", 1)])?;
//! let sum = |clear: &[u8]| clear.iter().map(|&byte| u32::from(byte)).sum::<u32>().to_be_bytes();
//! let envelope = Envelope::builder()
//!     .checksum("sum", sum, move |clear, received| received == sum(clear))
//!     .build()?;
//!
//! let message = Message::new("/mixer/channel/1/gain", 0.5_f32)?;
//! let sent = envelope.wrap(&table.compress(message.as_bytes()))?;
//! let received = Packet::decode(table.expand(&envelope.open(&sent)?)?)?;
//! assert_eq!(received.to_string(), "/mixer/channel/1/gain ,f 0.5");
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

pub(crate) mod address_table;
pub(crate) mod envelope;
pub(crate) mod envelope_builder;
pub(crate) mod envelope_error;
pub(crate) mod rewrite;
pub(crate) mod table_error;

pub use address_table::AddressTable;
pub use envelope::Envelope;
pub use envelope_builder::EnvelopeBuilder;
pub use envelope_error::{OpenError, Stage, WrapError};
pub use table_error::{EntryError, TableError, TableErrorKind};

#[cfg(test)]
mod envelope_tests;
#[cfg(test)]
mod table_tests;
