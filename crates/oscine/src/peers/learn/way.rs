//! Where the offset of a peer's clock is from.

/// Where a server has it from how far a peer's clock is off.
///
/// What is learned takes the place of what is set: of [`PeerOptions::offset`](crate::PeerOptions::offset), of
/// [`Timing::offset`](crate::Timing::offset), and of the fixed offset of the [`Clock`](crate::Clock). While nothing is
/// known yet, what is set holds. How it is done is set by [`OffsetOptions`](crate::OffsetOptions).
///
/// A peer that lies about its clock moves its own bundles, and no others; the
/// [horizon](crate::ScheduleLimits::horizon) holds for them as for all.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
#[non_exhaustive]
pub enum LearnOffset {
    /// From what is set (the default).
    #[default]
    No,
    /// The server asks the peer for its time, again and again. The offset is wrong by half of a round trip at the most,
    /// and by what clocks drift apart since. Over UDP the address of a sender may be forged; who has it gets four
    /// questions then, and no more.
    Asking,
    /// The peer tells its time unasked. The offset is too large by the least delay of these messages, which nobody
    /// knows: bundles run later by that much, and never earlier than meant.
    Beacon,
    /// From the time tags of the peer's bundles, as if each were sent [`lead`](crate::OffsetOptions::lead) before its
    /// time: the fastest of them runs so long after it has arrived. For devices that can say nothing else about their
    /// clocks, and that send all bundles equally long before their time: one that sends some an hour ahead and others
    /// at once is misunderstood.
    Bundles,
}
