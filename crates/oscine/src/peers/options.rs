//! What may be set for one peer.

use oscine_codec::DecodeOptions;

use crate::peers::rate_limit::RateLimit;

/// What a rule sets for its peers; what it leaves out is as a rule less exact has it, or the server.
///
/// # Examples
///
/// ```
/// use oscine::{DecodeOptions, PeerOptions, Profile, RateLimit};
///
/// let old_desk = PeerOptions::new()
///     .decode(DecodeOptions::new().profile(Profile::Field))
///     .rate(RateLimit::unlimited());
/// assert_eq!(old_desk.rate, Some(RateLimit::unlimited()));
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct PeerOptions {
    /// What decoding accepts.
    pub decode: Option<DecodeOptions>,
    /// How much one host may send.
    pub rate: Option<RateLimit>,
}

impl PeerOptions {
    /// Nothing set.
    #[must_use]
    pub const fn new() -> Self {
        Self { decode: None, rate: None }
    }

    /// What decoding accepts: profile, tolerances, limits. Default: as the server has it.
    #[must_use]
    pub const fn decode(mut self, options: DecodeOptions) -> Self {
        self.decode = Some(options);
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

    /// What is set here, and `other` where nothing is.
    #[must_use]
    pub fn or(self, other: Self) -> Self {
        // Taken apart, so that what is added cannot be forgotten.
        let Self { decode, rate } = other;
        Self { decode: self.decode.or(decode), rate: self.rate.or(rate) }
    }

    /// Whether everything is set.
    pub(crate) const fn is_full(&self) -> bool {
        let Self { decode, rate } = self;
        decode.is_some() && rate.is_some()
    }
}
