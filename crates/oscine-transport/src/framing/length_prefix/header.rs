//! What stands before a packet and tells its length.

use bytes::{BufMut, BytesMut};

/// What stands before a packet and tells its length.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Header {
    /// The bytes of the number that tells the length: 1 to 8.
    pub(super) width: usize,
    pub(super) little_endian: bool,
    /// How many bytes stand before the number.
    pub(super) before: usize,
    /// How many bytes stand between the number and the packet.
    pub(super) after: usize,
    /// How much more the number says than the packet has.
    pub(super) surplus: i32,
}

impl Header {
    /// An int32, big endian: OSC 1.0.
    pub(super) const OSC: Self =
        Self { width: 4, little_endian: false, before: 0, after: 0, surplus: 0 };

    /// The length of the whole header.
    pub(super) const fn size(&self) -> usize {
        self.before.saturating_add(self.width).saturating_add(self.after)
    }

    /// The number, if the whole header is there.
    #[inline]
    pub(super) fn read(&self, src: &[u8]) -> Option<u64> {
        if *self == Self::OSC {
            // The usual one, without a loop.
            return Some(u32::from_be_bytes(*src.first_chunk()?).into());
        }
        let number = src.get(..self.size())?.get(self.before..)?.get(..self.width)?;
        let push = |value: u64, &byte: &u8| value << 8 | u64::from(byte);
        Some(if self.little_endian {
            number.iter().rev().fold(0, push)
        } else {
            number.iter().fold(0, push)
        })
    }

    /// The length of the packet for which the number stands, if there is one so long.
    #[inline]
    pub(super) fn packet(&self, number: u64) -> Option<u64> {
        number.checked_add_signed(-i64::from(self.surplus))
    }

    /// The greatest length that can be told, up to that of an int32.
    pub(super) fn greatest(&self) -> usize {
        let greatest = u64::MAX >> (64 - 8 * self.width.clamp(1, 8));
        let packet = self.packet(greatest).unwrap_or(u64::MAX);
        usize::try_from(packet).unwrap_or(usize::MAX).min(GREATEST_LENGTH)
    }

    /// Appends the header of a packet; the length is one that can be told.
    pub(super) fn write(&self, length: usize, dst: &mut BytesMut) {
        dst.put_bytes(0, self.before);
        let number = (length as u64).saturating_add_signed(self.surplus.into());
        let bytes = number.to_be_bytes();
        let bytes = bytes.get(8 - self.width.clamp(1, 8)..).unwrap_or_default();
        if self.little_endian {
            bytes.iter().rev().for_each(|&byte| dst.put_u8(byte));
        } else {
            dst.put_slice(bytes);
        }
        dst.put_bytes(0, self.after);
    }
}

/// The greatest int32: no packet is longer.
const GREATEST_LENGTH: usize = i32::MAX as usize;
