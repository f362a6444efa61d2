//! Messages of one host that wait until they may pass.

use std::collections::{HashMap, VecDeque};
use std::sync::Arc;
use std::time::Instant;

use foldhash::fast::RandomState;
use oscine_codec::{Message, MessageRef};

use crate::peers::view::PeerCounters;

/// A message that was beyond the limit and waits, or has waited. It owns its bytes.
#[derive(Debug, Clone)]
pub(crate) struct HeldMessage {
    /// Who sent it.
    pub(crate) sender: Arc<PeerCounters>,
    pub(crate) message: Message,
    pub(crate) received_at: Instant,
}

/// What became of a packet beyond the limit. It is counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Held {
    /// It waits.
    Kept,
    /// It waits in the place of an older one, which is gone.
    Replaced,
    /// It is gone.
    Dropped,
}

/// At most one message an address, in the order in which the addresses came.
#[derive(Debug, Default)]
pub(crate) struct Line {
    messages: VecDeque<HeldMessage>,
    /// The number of the first message. They are numbered in order.
    first: u64,
    /// The number of the message with each address.
    numbers: HashMap<Box<[u8]>, u64, RandomState>,
    /// The bytes of all messages.
    bytes: usize,
}

impl Line {
    /// Puts a message in the place of the one with its address, or at the end. What is dropped leaves the line as it
    /// was.
    pub(crate) fn hold(
        &mut self,
        sender: &Arc<PeerCounters>,
        received_at: Instant,
        message: MessageRef<'_>,
    ) -> Held {
        let (address, size) = (message.address_bytes(), message.as_bytes().len());
        let at = self.numbers.get(address).and_then(|number| number.checked_sub(self.first));
        let older = at.and_then(|at| self.messages.get_mut(usize::try_from(at).ok()?));
        let replaced = older.as_ref().map_or(0, |older| older.message.as_bytes().len());
        let bytes = self.bytes - replaced + size;
        if bytes > MAX_BYTES || (older.is_none() && self.numbers.len() >= MAX_ADDRESSES) {
            return Held::Dropped;
        }
        self.bytes = bytes;
        let message = Message::from(message);
        let held = HeldMessage { sender: Arc::clone(sender), message, received_at };
        if let Some(older) = older {
            *older = held;
            return Held::Replaced;
        }
        self.numbers.insert(address.into(), self.first + self.messages.len() as u64);
        self.messages.push_back(held);
        Held::Kept
    }

    /// Takes the one that is first in line.
    pub(crate) fn pop(&mut self) -> Option<HeldMessage> {
        let held = self.messages.pop_front()?;
        self.first += 1;
        self.numbers.remove(held.message.view().address_bytes());
        self.bytes -= held.message.as_bytes().len();
        Some(held)
    }

    /// Drops all messages, and counts each with its sender. How many they were.
    pub(crate) fn give_up(self) -> usize {
        self.messages.iter().for_each(|held| held.sender.limited.add(1));
        self.messages.len()
    }

    #[cfg(test)]
    pub(crate) fn len(&self) -> usize {
        self.messages.len()
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.messages.is_empty()
    }
}

/// How many addresses are held for a host at most.
pub(crate) const MAX_ADDRESSES: usize = 256;

/// How many bytes of messages are held for a host at most.
pub(crate) const MAX_BYTES: usize = 64 * 1024;

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::peer::Peer;

    fn message(address: usize, value: usize, size: usize) -> Message {
        let value = i32::try_from(value).unwrap();
        Message::new(format!("/{address}"), (value, &vec![0_u8; size][..])).unwrap()
    }

    fn bytes(line: &[(usize, Message)]) -> usize {
        line.iter().map(|(_, message)| message.as_bytes().len()).sum()
    }

    proptest! {
        // Long lines, rather than many.
        #![proptest_config(ProptestConfig::with_cases(48))]

        /// Compared with a list that is searched from the front.
        #[test]
        fn agrees_with_a_plain_list(
            steps in prop::collection::vec(
                (any::<bool>(), 0_usize..400, prop_oneof![Just(0_usize), 0..3_000_usize, Just(65_000)]),
                0..900,
            ),
        ) {
            let now = Instant::now();
            let sender = Arc::new(PeerCounters::new(Peer::Local, now));
            let mut line = Line::default();
            let mut naive: Vec<(usize, Message)> = Vec::new();
            for (value, (pop, address, size)) in steps.into_iter().enumerate() {
                if pop && address % 4 == 0 {
                    let popped = line.pop().map(|held| held.message);
                    let first = (!naive.is_empty()).then(|| naive.remove(0).1);
                    prop_assert_eq!(popped, first);
                } else {
                    let new = message(address, value, size);
                    let mut changed = naive.clone();
                    let expected = match changed.iter_mut().find(|(known, _)| *known == address) {
                        Some((_, older)) => {
                            *older = new.clone();
                            Held::Replaced
                        }
                        None => {
                            changed.push((address, new.clone()));
                            Held::Kept
                        }
                    };
                    let fits = changed.len() <= MAX_ADDRESSES && bytes(&changed) <= MAX_BYTES;
                    let held = line.hold(&sender, now, new.view());
                    prop_assert_eq!(held, if fits { expected } else { Held::Dropped });
                    if fits {
                        naive = changed;
                    }
                }
                prop_assert_eq!((line.len(), line.bytes), (naive.len(), bytes(&naive)));
            }
        }
    }
}
