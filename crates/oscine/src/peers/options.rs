//! What may be set for one peer.

use oscine_codec::DecodeOptions;

use crate::engine::timing::{LatePolicy, TimePolicy};
use crate::peers::learn::way::LearnOffset;
use crate::peers::rate_limit::RateLimit;
use crate::time_offset::TimeOffset;

/// What a rule sets for its peers; what it leaves out is as a rule less exact has it, or the server.
///
/// # Examples
///
/// ```
/// use std::time::Duration;
///
/// use oscine::{DecodeOptions, PeerOptions, Profile, RateLimit, TimeOffset};
///
/// let old_desk = PeerOptions::new()
///     .decode(DecodeOptions::new().profile(Profile::Field))
///     .offset(TimeOffset::ahead(Duration::from_millis(40)))
///     .rate(RateLimit::unlimited());
/// assert_eq!(old_desk.rate, Some(RateLimit::unlimited()));
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct PeerOptions {
    /// What decoding accepts.
    pub decode: Option<DecodeOptions>,
    /// What time tags are good for.
    pub time: Option<TimePolicy>,
    /// What happens to bundles that arrive late.
    pub late: Option<LatePolicy>,
    /// How far the server's clock is ahead of the peer's.
    pub offset: Option<TimeOffset>,
    /// Whether that is learned, and from what.
    pub learn_offset: Option<LearnOffset>,
    /// How much one host may send.
    pub rate: Option<RateLimit>,
}

impl PeerOptions {
    /// Nothing set.
    #[must_use]
    pub const fn new() -> Self {
        Self { decode: None, time: None, late: None, offset: None, learn_offset: None, rate: None }
    }

    /// What decoding accepts: profile, tolerances, limits. Default: as the server has it. Unix datagrams are decoded as
    /// their endpoint says, whatever is set here.
    #[must_use]
    pub const fn decode(mut self, options: DecodeOptions) -> Self {
        self.decode = Some(options);
        self
    }

    /// What time tags are good for. Default: as the server has it.
    #[must_use]
    pub const fn time(mut self, policy: TimePolicy) -> Self {
        self.time = Some(policy);
        self
    }

    /// What happens to bundles that arrive late. Default: as the server has it.
    #[must_use]
    pub const fn late(mut self, policy: LatePolicy) -> Self {
        self.late = Some(policy);
        self
    }

    /// How far the server's clock is ahead of the peer's: for a peer whose clock is known to be wrong. Default: as the
    /// server has it.
    #[must_use]
    pub const fn offset(mut self, offset: TimeOffset) -> Self {
        self.offset = Some(offset);
        self
    }

    /// Whether it is learned how far the server's clock is ahead of the peer's, and from what. Default
    /// [`LearnOffset::No`]. How it is done is set for all peers by
    /// [`ServerBuilder::offset_options`](crate::ServerBuilder::offset_options).
    #[must_use]
    pub const fn learn_offset(mut self, how: LearnOffset) -> Self {
        self.learn_offset = Some(how);
        self
    }

    /// How much one host may send. Default: as the server has it.
    ///
    /// Hosts count apart under each limit: one that writes to two endpoints with different limits has both.
    #[must_use]
    pub const fn rate(mut self, limit: RateLimit) -> Self {
        self.rate = Some(limit);
        self
    }

    /// What is set here, and what `other` sets where nothing is.
    #[must_use]
    pub fn or(self, other: Self) -> Self {
        // Taken apart, so that what is added cannot be forgotten.
        let Self { decode, time, late, offset, learn_offset, rate } = other;
        Self {
            decode: self.decode.or(decode),
            time: self.time.or(time),
            late: self.late.or(late),
            offset: self.offset.or(offset),
            learn_offset: self.learn_offset.or(learn_offset),
            rate: self.rate.or(rate),
        }
    }

    /// Whether everything is set.
    pub(crate) const fn is_full(&self) -> bool {
        let Self { decode, time, late, offset, learn_offset, rate } = self;
        let offset = offset.is_some() && learn_offset.is_some();
        let timing = time.is_some() && late.is_some() && offset;
        decode.is_some() && timing && rate.is_some()
    }
}
