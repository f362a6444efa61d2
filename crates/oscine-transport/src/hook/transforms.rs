//! The transforms of the codec as hooks.

use core::fmt::Display;

use oscine_codec::transform::{AddressTable, Envelope};

use crate::hook::contract::Hook;
use crate::hook::verdict::Verdict;
use crate::peer_addr::PeerAddr;

/// Sends numbers in the place of addresses that are in the table; a packet with a number that is
/// not in it is refused.
impl Hook for AddressTable {
    fn inbound(&self, packet: &[u8], _: &PeerAddr) -> Verdict {
        replace(self.expand(packet))
    }

    fn outbound(&self, packet: &[u8], _: &PeerAddr) -> Verdict {
        Verdict::Replace(self.compress(packet))
    }
}

/// Sends each packet in an envelope; one that arrives without, or does not open, is refused.
impl Hook for Envelope {
    fn inbound(&self, packet: &[u8], _: &PeerAddr) -> Verdict {
        replace(self.open(packet))
    }

    fn outbound(&self, packet: &[u8], _: &PeerAddr) -> Verdict {
        replace(self.wrap(packet))
    }
}

fn replace<E: Display>(outcome: Result<bytes::Bytes, E>) -> Verdict {
    match outcome {
        Ok(bytes) => Verdict::Replace(bytes),
        Err(error) => Verdict::Refuse(error.to_string().into()),
    }
}
