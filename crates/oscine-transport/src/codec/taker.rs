//! What becomes of the frames that are read.

use bytes::Bytes;
use oscine_codec::{DecodeOptions, Packet};

use crate::codec::bad_packet::BadPacket;
use crate::stats::counters::Counters;

/// What becomes of the frames that are read: they are handed out one by one, or many at a time.
///
/// Reading goes on as long as nothing is to be handed out.
pub(crate) trait Taker {
    /// What is handed out.
    type Item;

    /// Takes the bytes of a packet as hooks have left them.
    fn take(
        &mut self,
        bytes: &[u8],
        options: &DecodeOptions,
        counters: &Counters,
    ) -> Option<Self::Item>;

    /// Takes a bad packet, which has been counted.
    fn take_bad(&mut self, bad: BadPacket) -> Option<Self::Item>;

    /// Says what is to be handed out when there is nothing more at hand.
    fn at_hand(&mut self) -> Option<Self::Item>;
}

/// Decodes packets and hands them out one by one.
#[derive(Debug)]
pub(crate) struct OneByOne;

impl Taker for OneByOne {
    type Item = Result<Packet, BadPacket>;

    /// A packet that is handed out has its own memory, so that the buffer can be used again.
    #[inline(always)]
    fn take(
        &mut self,
        bytes: &[u8],
        options: &DecodeOptions,
        counters: &Counters,
    ) -> Option<Self::Item> {
        Some(match Packet::decode_with(Bytes::copy_from_slice(bytes), options) {
            Ok(packet) => {
                counters.tolerated(packet.tolerances());
                Ok(packet)
            }
            Err(error) => {
                counters.decode_error(error.kind());
                Err(BadPacket::Decode { error, bytes: Bytes::copy_from_slice(bytes) })
            }
        })
    }

    #[inline(always)]
    fn take_bad(&mut self, bad: BadPacket) -> Option<Self::Item> {
        Some(Err(bad))
    }

    #[inline(always)]
    fn at_hand(&mut self) -> Option<Self::Item> {
        None
    }
}

/// Hands packets out one by one as bytes, for whoever decodes and counts them.
#[derive(Debug)]
pub(crate) struct Undecoded;

impl Taker for Undecoded {
    type Item = Result<Bytes, BadPacket>;

    fn take(&mut self, bytes: &[u8], _: &DecodeOptions, _: &Counters) -> Option<Self::Item> {
        Some(Ok(Bytes::copy_from_slice(bytes)))
    }

    fn take_bad(&mut self, bad: BadPacket) -> Option<Self::Item> {
        Some(Err(bad))
    }

    fn at_hand(&mut self) -> Option<Self::Item> {
        None
    }
}
