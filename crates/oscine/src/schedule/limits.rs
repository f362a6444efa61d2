//! How much may wait.

use std::time::Duration;

use thiserror::Error;

/// How much may wait in a schedule. A `Copy` value.
///
/// Whoever sends bundles with time tags in the future chooses how much waits, and for how long. What is beyond a
/// limit is refused and counted; what waits already stays.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ScheduleLimits {
    pub(crate) count: usize,
    pub(crate) bytes: usize,
    pub(crate) owner_count: usize,
    pub(crate) owner_bytes: usize,
    pub(crate) host_count: usize,
    pub(crate) host_bytes: usize,
    pub(crate) horizon: Duration,
}

impl ScheduleLimits {
    /// The default limits.
    #[must_use]
    pub const fn new() -> Self {
        Self {
            count: 65_536,
            bytes: 64 * 1024 * 1024,
            owner_count: 16_384,
            owner_bytes: 16 * 1024 * 1024,
            host_count: 32_768,
            host_bytes: 32 * 1024 * 1024,
            horizon: Duration::from_secs(24 * 60 * 60),
        }
    }

    /// How many bundles may wait. Default 65,536. Each takes about 360 bytes beside its own.
    #[must_use]
    pub const fn count(mut self, bundles: usize) -> Self {
        self.count = bundles;
        self
    }

    /// How many bytes of bundles may wait. Default 64 MiB (67,108,864).
    #[must_use]
    pub const fn bytes(mut self, bytes: usize) -> Self {
        self.bytes = bytes;
        self
    }

    /// How many bundles of one owner, the peer that sent them, may wait. Default 16,384: a quarter of the default
    /// [`count`](Self::count).
    ///
    /// So that one sender that has gone mad leaves room for three others. It has no effect where it is above
    /// `count`. Over UDP a sender can send from many ports, and over TCP connect many times, and then be many peers: for
    /// that there is [`host_count`](Self::host_count).
    #[must_use]
    pub const fn owner_count(mut self, bundles: usize) -> Self {
        self.owner_count = bundles;
        self
    }

    /// How many bytes of bundles of one owner, the peer that sent them, may wait. Default 16 MiB (16,777,216): a
    /// quarter of the default [`bytes`](Self::bytes).
    #[must_use]
    pub const fn owner_bytes(mut self, bytes: usize) -> Self {
        self.owner_bytes = bytes;
        self
    }

    /// How many bundles of one host, of all its ports and connections together, may wait. Default 32,768: half of the
    /// default [`count`](Self::count).
    ///
    /// So that one host that sends from many ports leaves room for others. Programs on one machine share it, and so do
    /// all that are behind one address (NAT): where all peers are, set it as high as `count`, above which it has no
    /// effect. A server counts so, by address alone, whoever has an IP address; unix sockets and streams of the program
    /// have none, and count peer by peer. Over UDP a sender can make up whole addresses too: only
    /// [`Networks`](crate::Networks), or hooks that verify packets, keep that out.
    #[must_use]
    pub const fn host_count(mut self, bundles: usize) -> Self {
        self.host_count = bundles;
        self
    }

    /// How many bytes of bundles of one host, of all its ports and connections together, may wait. Default 32 MiB
    /// (33,554,432): half of the default [`bytes`](Self::bytes). See [`host_count`](Self::host_count).
    #[must_use]
    pub const fn host_bytes(mut self, bytes: usize) -> Self {
        self.host_bytes = bytes;
        self
    }

    /// How far ahead a bundle may be. Default 24 hours. Above 68 years it has no effect: what is further ahead than
    /// half an era of time tags is in the past.
    ///
    /// A sender whose clock is wrong by years is refused at once, and does not fill the schedule for ever.
    #[must_use]
    pub const fn horizon(mut self, ahead: Duration) -> Self {
        self.horizon = ahead;
        self
    }
}

impl Default for ScheduleLimits {
    fn default() -> Self {
        Self::new()
    }
}

/// Why something was not put into a schedule.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum Overflow {
    /// As many wait as may.
    #[error("{limit} bundles are waiting already")]
    Count {
        /// The limit.
        limit: usize,
    },
    /// As many bytes wait as may.
    #[error("{limit} bytes of bundles are waiting already")]
    Bytes {
        /// The limit.
        limit: usize,
    },
    /// As many of this owner wait as may.
    #[error("{limit} bundles of this sender are waiting already")]
    OwnerCount {
        /// The limit.
        limit: usize,
    },
    /// As many bytes of this owner wait as may.
    #[error("{limit} bytes of bundles of this sender are waiting already")]
    OwnerBytes {
        /// The limit.
        limit: usize,
    },
    /// As many of this owner's host wait as may.
    #[error("{limit} bundles of this sender's host are waiting already")]
    HostCount {
        /// The limit.
        limit: usize,
    },
    /// As many bytes of this owner's host wait as may.
    #[error("{limit} bytes of bundles of this sender's host are waiting already")]
    HostBytes {
        /// The limit.
        limit: usize,
    },
    /// It is due too far ahead.
    #[error("due {ahead:?} ahead, beyond the horizon of {limit:?}")]
    Horizon {
        /// How far ahead it is due.
        ahead: Duration,
        /// The limit.
        limit: Duration,
    },
}
