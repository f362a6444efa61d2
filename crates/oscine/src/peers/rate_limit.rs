//! How much one host may send.

/// How many packets one host may send, and what becomes of those beyond. A `Copy` value.
///
/// A host may send as many at once as the burst, and gains the right to more at a steady rate until it has that many
/// again: in any stretch of time never more than the burst and what the rate gives for it. All ports of a host share
/// this; peers without an IP address have it each for themselves. The program itself is not limited. Time is that of the
/// server's [clock](crate::ServerBuilder::clock).
///
/// # Examples
///
/// ```
/// use oscine::{OverLimit, RateLimit};
///
/// // Faders: the newest value counts, the ones before it do not.
/// let faders = RateLimit::per_second(200).burst(20).over(OverLimit::Latest);
/// assert_ne!(faders, RateLimit::unlimited());
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct RateLimit {
    /// None: as many as come.
    pub(crate) packets: Option<u32>,
    pub(crate) burst: u32,
    pub(crate) over: OverLimit,
}

impl RateLimit {
    /// So many packets a second, and as many at once; those beyond are dropped. With 0 none pass.
    #[must_use]
    pub const fn per_second(packets: u32) -> Self {
        Self { packets: Some(packets), burst: packets, over: OverLimit::Drop }
    }

    /// As many as come: for a peer that is not to be limited where others are.
    #[must_use]
    pub const fn unlimited() -> Self {
        Self { packets: None, burst: 0, over: OverLimit::Drop }
    }

    /// How many packets may come at once. Default: those of one second. At least 1 where the rate is not 0.
    ///
    /// A sender that says everything about itself when it starts needs a burst as large as that.
    #[must_use]
    pub const fn burst(mut self, packets: u32) -> Self {
        self.burst = packets;
        self
    }

    /// What becomes of packets beyond the limit. Default [`OverLimit::Drop`].
    #[must_use]
    pub const fn over(mut self, over: OverLimit) -> Self {
        self.over = over;
        self
    }
}

/// What becomes of packets beyond a [`RateLimit`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
#[non_exhaustive]
pub enum OverLimit {
    /// They are dropped and counted.
    #[default]
    Drop,
    /// Of plain messages the newest of each address is held until the rate lets it pass; the one it replaces is
    /// counted as coalesced, and leaves it its place in line. So what a sender said last of a value always arrives.
    ///
    /// For addresses without wildcards alone: bundles, and messages with patterns, are dropped and counted. While
    /// messages of a host wait, nothing of it overtakes them. At most 256 addresses and 64 KiB are held for a host, and
    /// messages of at most 256 hosts; what is beyond is dropped and counted.
    Latest,
}
