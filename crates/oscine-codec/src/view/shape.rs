//! Where the parts of a message lie: what a view needs to be made again without looking.

use crate::tolerances::Tolerances;

/// Offsets into a message's bytes.
///
/// 32 bits each: decoding and building refuse packets beyond 2 GiB.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct MessageShape {
    pub(crate) address_len: u32,
    pub(crate) data_at: u32,
    /// The number of type tags without the comma; none when there is no type tag string.
    pub(crate) tags_len: Option<u32>,
    pub(crate) used: Tolerances,
}

impl MessageShape {
    /// The address's length with its padding.
    pub(crate) const fn tags_at(self) -> usize {
        (self.address_len as usize & !3) + 4
    }
}
