//! Numbers in the place of addresses.

use alloc::collections::BTreeMap;
use alloc::string::{String, ToString};
use alloc::sync::Arc;
use alloc::vec::Vec;

use bytes::Bytes;

use crate::limits::Limits;
use crate::scan::plain_text;
use crate::transform::rewrite::{Parts, rewrite};
use crate::transform::table_error::{EntryError, TableError, TableErrorKind};

/// The address `/` with its padding: what a compressed message begins with.
const ROOT: &[u8; 4] = b"/\0\0\0";

/// Addresses and the int32 keys that two ends agreed to send in their place.
///
/// A compressed message is the address `/`, then the key, then type tags and arguments as ever:
///
/// ```text
/// full        /mixer/channel/1/gain  ,f  0.5      32 bytes
/// compressed  /  7                   ,f  0.5      16 bytes
/// ```
///
/// Every message with an address of the table is compressed, in bundles too, and no other; an address is compared as
/// text, so a pattern is one only if the table lists that pattern. Addresses of up to 3 bytes get *longer* by 4, and
/// those of up to 7 no shorter: they are better left out of the table.
///
/// Both forms are told apart by what follows the address `/`: a comma, or nothing, makes it a message *to* `/`;
/// anything else is a key. So no key may begin with the byte of a comma (`0x2c000000` to `0x2cffffff`), and a message
/// to `/` with arguments but without type tags cannot be sent to an end that expands. A message without type tags is
/// never compressed.
///
/// A table does not change, and what it allocates for a packet is the result. Both ends need the same one.
///
/// # Examples
///
/// ```
/// use oscine_codec::transform::AddressTable;
/// use oscine_codec::{Message, Packet};
///
/// let table = AddressTable::new([("/mixer/channel/1/gain", 7), ("/mixer/channel/1/pan", 8)])?;
/// let message = Message::new("/mixer/channel/1/gain", 0.5_f32)?;
/// let sent = table.compress(message.as_bytes());
/// assert_eq!(&sent[..], b"/\0\0\0\0\0\0\x07,f\0\0\x3f\0\0\0");
/// assert_eq!(Packet::decode(table.expand(&sent)?)?, Packet::Message(message));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone)]
pub struct AddressTable {
    // Invariant: the same entries in both; `new` makes them together.
    keys: BTreeMap<Arc<str>, [u8; 4]>,
    entries: BTreeMap<i32, Entry>,
    limits: Limits,
}

#[derive(Debug, Clone)]
struct Entry {
    address: Arc<str>,
    /// The address as it is on the wire: with its padding.
    padded: Vec<u8>,
}

impl AddressTable {
    /// A table of these addresses, or address patterns, and their keys.
    ///
    /// # Errors
    ///
    /// [`EntryError`] when an entry is no address, its key is reserved, or either is listed twice.
    pub fn new<A: Into<String>>(
        entries: impl IntoIterator<Item = (A, i32)>,
    ) -> Result<Self, EntryError> {
        let mut table =
            Self { keys: BTreeMap::new(), entries: BTreeMap::new(), limits: Limits::new() };
        for (address, key) in entries {
            table.insert(address.into(), key)?;
        }
        Ok(table)
    }

    /// Sets the limits, of which [`packet_size`](Limits::packet_size) and [`depth`](Limits::depth) count here. Default
    /// [`Limits::new`]: an expanded packet has at most 1 MiB, and 32 levels of bundles.
    ///
    /// The memory that expanding takes is bounded by the first; it should be what decoding accepts.
    #[must_use]
    pub const fn limits(mut self, limits: Limits) -> Self {
        self.limits = limits;
        self
    }

    /// Puts keys in the place of the addresses that have one. For packets on their way out.
    ///
    /// A packet whose bundles are nested deeper than the limit goes in full, and so do bytes that are no packet.
    #[must_use]
    pub fn compress(&self, packet: &[u8]) -> Bytes {
        // What goes out is limited by who built it.
        let limits = self.limits.packet_size(usize::MAX);
        match rewrite(packet, &limits, |message, _| Ok(self.compressed(message))) {
            Ok(compressed) => Bytes::from(compressed),
            Err(_) => Bytes::copy_from_slice(packet),
        }
    }

    /// Puts addresses back in the place of their keys. For packets on their way in.
    ///
    /// What is not compressed is passed on as it is, also where it is no packet: decoding is to judge it, and the
    /// offsets of its errors then count in the expanded packet.
    ///
    /// # Errors
    ///
    /// [`TableError`] for a key that is cut short, unknown, or not followed by type tags, and when a limit is reached.
    pub fn expand(&self, packet: &[u8]) -> Result<Bytes, TableError> {
        rewrite(packet, &self.limits, |message, at| self.expanded(message, at)).map(Bytes::from)
    }

    /// The key of an address.
    #[must_use]
    pub fn key(&self, address: &str) -> Option<i32> {
        self.keys.get(address).copied().map(i32::from_be_bytes)
    }

    /// The address of a key.
    #[must_use]
    pub fn address(&self, key: i32) -> Option<&str> {
        self.entries.get(&key).map(|entry| &*entry.address)
    }

    /// How many addresses there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    fn insert(&mut self, text: String, key: i32) -> Result<(), EntryError> {
        if !text.starts_with('/') || text.contains('\0') {
            return Err(EntryError::Address { address: text });
        }
        let bytes = key.to_be_bytes();
        if bytes.first() == Some(&b',') {
            return Err(EntryError::ReservedKey { key });
        }
        let mut padded = text.clone().into_bytes();
        padded.resize((text.len() & !3) + 4, 0);
        let address = Arc::<str>::from(text);
        if self.keys.insert(address.clone(), bytes).is_some() {
            return Err(EntryError::AddressTwice { address: address.to_string() });
        }
        match self.entries.insert(key, Entry { address, padded }) {
            Some(_) => Err(EntryError::KeyTwice { key }),
            None => Ok(()),
        }
    }

    fn compressed<'a>(&'a self, message: &'a [u8]) -> Parts<'a> {
        self.compressible(message).map_or([message, &[], &[]], |(key, rest)| [ROOT, key, rest])
    }

    /// The key of a message's address, and what follows the address; `None` when the message is to go in full.
    fn compressible<'a>(&'a self, message: &'a [u8]) -> Option<(&'a [u8], &'a [u8])> {
        let (address, rest) = split_address(message)?;
        let key = self.keys.get(address).filter(|_| rest.first() == Some(&b','))?;
        Some((key, rest))
    }

    /// `at` is where the message begins in the packet.
    fn expanded<'a>(&'a self, message: &'a [u8], at: usize) -> Result<Parts<'a>, TableError> {
        let error = |kind, offset| Err(TableError::new(kind, at + offset));
        let rest = match message.strip_prefix(ROOT) {
            Some(rest) if !matches!(rest.first(), None | Some(b',')) => rest,
            _ => return Ok([message, &[], &[]]),
        };
        let Some((key, rest)) = rest.split_first_chunk() else {
            return error(TableErrorKind::TruncatedKey { available: rest.len() }, ROOT.len());
        };
        let key = i32::from_be_bytes(*key);
        let Some(entry) = self.entries.get(&key) else {
            return error(TableErrorKind::UnknownKey { key }, ROOT.len());
        };
        if rest.first() != Some(&b',') {
            return error(TableErrorKind::MissingTypeTags, ROOT.len() + 4);
        }
        Ok([&entry.padded, rest, &[]])
    }
}

/// The address that a message begins with, and what follows its padding; `None` when it is not as the specification
/// has it, for then the form in full could not be had back.
fn split_address(message: &[u8]) -> Option<(&str, &[u8])> {
    if let Some((address, rest)) = plain_text(message) {
        return Some((core::str::from_utf8(address).ok()?, rest));
    }
    let len = message.iter().position(|&byte| byte == 0)?;
    let (field, rest) = message.split_at_checked((len & !3) + 4)?;
    let (address, padding) = field.split_at_checked(len)?;
    let clean = padding.iter().all(|&byte| byte == 0);
    Some((core::str::from_utf8(address).ok().filter(|_| clean)?, rest))
}
