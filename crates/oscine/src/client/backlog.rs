//! What was read by others than the reader, and is kept for it.

use std::collections::VecDeque;

use oscine_transport::BadPacket;
use tracing::debug;

use crate::client::inlet::Item;

/// What was read by others than the reader, and is kept for it: up to [`MOST`] items and
/// [`MOST_BYTES`] of them. Beyond that the oldest go, and are counted.
#[derive(Debug, Default)]
pub(crate) struct Backlog {
    items: VecDeque<Item>,
    bytes: usize,
    missed: u64,
}

impl Backlog {
    pub(crate) fn push(&mut self, item: Item) {
        self.bytes += length(&item);
        self.items.push_back(item);
        while self.items.len() > MOST || self.bytes > MOST_BYTES {
            if self.pop().is_none() {
                return;
            }
            self.missed += 1;
            debug!(packets = MOST, bytes = MOST_BYTES, "packet dropped that nobody has read");
        }
    }

    pub(crate) fn pop(&mut self) -> Option<Item> {
        let item = self.items.pop_front()?;
        self.bytes -= length(&item);
        Some(item)
    }

    /// How many have been dropped.
    pub(crate) fn missed(&self) -> u64 {
        self.missed
    }
}

/// How many bytes an item holds.
fn length(item: &Item) -> usize {
    match item {
        Ok(packet) => packet.as_bytes().len(),
        Err(BadPacket::Decode { bytes, .. } | BadPacket::Refused { bytes, .. }) => bytes.len(),
        Err(_) => 0,
    }
}

/// How many items are kept.
const MOST: usize = 1024;

/// How many bytes are kept.
const MOST_BYTES: usize = 16 << 20;

#[cfg(test)]
mod tests {
    use oscine_codec::{DecodeError, Message, Packet};

    use super::*;

    fn packet(number: usize, bytes: usize) -> Packet {
        Message::new("/n", (i32::try_from(number).unwrap(), vec![0_u8; bytes])).unwrap().into()
    }

    #[test]
    fn the_oldest_go_first_by_number_and_by_bytes() {
        let mut backlog = Backlog::default();
        (0..MOST + 3).for_each(|number| backlog.push(Ok(packet(number, 0))));
        assert_eq!(backlog.missed(), 3);
        assert_eq!(backlog.pop(), Some(Ok(packet(3, 0))));
        // As many as fit, of which each takes a little more than its blob.
        (0..20).for_each(|number| backlog.push(Ok(packet(number, 1 << 20))));
        let kept: Vec<_> = std::iter::from_fn(|| backlog.pop()).map(Result::unwrap).collect();
        let expected: Vec<_> = (5..20).map(|number| packet(number, 1 << 20)).collect();
        assert_eq!(kept, expected);
        assert_eq!(backlog.missed(), 3 + (MOST as u64 - 1) + 1 + 5 - 1);
        assert_eq!(backlog.bytes, 0);
    }

    #[test]
    fn one_that_is_too_large_alone_is_dropped() {
        let mut backlog = Backlog::default();
        backlog.push(Ok(packet(1, MOST_BYTES)));
        assert_eq!((backlog.pop(), backlog.missed(), backlog.bytes), (None, 1, 0));
    }

    #[test]
    fn bad_ones_count_as_well() {
        let error: DecodeError = Packet::decode(&b"nonsense"[..]).unwrap_err();
        let bad = BadPacket::Decode { error, bytes: vec![0; MOST_BYTES / 2].into() };
        let mut backlog = Backlog::default();
        (0..3).for_each(|_| backlog.push(Err(bad.clone())));
        assert_eq!(backlog.missed(), 1);
        assert_eq!((backlog.pop(), backlog.pop()), (Some(Err(bad.clone())), Some(Err(bad))));
        assert_eq!((backlog.pop(), backlog.bytes), (None, 0));
    }
}
