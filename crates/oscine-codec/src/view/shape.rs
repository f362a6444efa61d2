//! Where the parts of a message lie: what a view needs to be made again without looking.

use crate::tolerances::Tolerances;

/// Offsets into a message's bytes.
///
/// 32 bits each: decoding and building refuse packets beyond 2 GiB. All of it fits two registers, which is how
/// decoding returns it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct MessageShape {
    /// Zero for no message at all.
    pub(crate) address_len: u32,
    pub(crate) data_at: u32,
    /// The number of type tags without the comma, or `TYPELESS`.
    tags_len: u32,
    pub(crate) used: Tolerances,
}

const TYPELESS: u32 = u32::MAX;

impl MessageShape {
    /// The shape of no message.
    pub(crate) const NONE: Self = Self::new(0, Some(0), 0, Tolerances::empty());

    /// The shape of a message whose parts have these lengths and places.
    #[inline(always)]
    #[expect(clippy::cast_possible_truncation, reason = "no packet is larger than 2 GiB")]
    pub(crate) const fn new(
        address_len: usize,
        tags_len: Option<usize>,
        data_at: usize,
        used: Tolerances,
    ) -> Self {
        let tags_len = match tags_len {
            Some(len) => len as u32,
            None => TYPELESS,
        };
        Self { address_len: address_len as u32, data_at: data_at as u32, tags_len, used }
    }

    /// Where the type tags lie, without the comma; none when there is no type tag string.
    #[inline(always)]
    pub(crate) fn tags(self) -> Option<core::ops::Range<usize>> {
        let start = (self.address_len as usize & !3) + 5;
        (self.tags_len != TYPELESS).then(|| start..start + self.tags_len as usize)
    }
}
