//! What may be set for one peer.

use std::sync::Arc;

use oscine_codec::DecodeOptions;
use oscine_transport::framing::FramingKind;
use oscine_transport::hook::{Hook, Hooks};

use crate::engine::timing::{LatePolicy, TimePolicy};
use crate::peers::learn::options::OffsetOptions;
use crate::peers::learn::way::LearnOffset;
use crate::peers::rate_limit::RateLimit;
use crate::time_offset::TimeOffset;

/// What a rule sets for its peers; what it leaves out is as a rule less exact has it, or the server.
///
/// It is equal to another if it sets the same, with the same [hooks](Hooks).
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
#[derive(Debug, Clone, PartialEq, Eq, Default)]
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
    /// How that is done.
    pub offset_options: Option<Arc<OffsetOptions>>,
    /// How much one host may send.
    pub rate: Option<RateLimit>,
    /// The framing of connections.
    pub framing: Option<FramingKind>,
    /// How large a packet may be, in bytes.
    pub max_frame: Option<usize>,
    /// How many connections one host may have at a time.
    pub max_connections: Option<usize>,
    /// What is done to the bytes of packets.
    pub hooks: Option<Hooks>,
}

impl PeerOptions {
    /// Nothing set.
    #[must_use]
    pub const fn new() -> Self {
        let (decode, time, late, offset, learn_offset) = (None, None, None, None, None);
        let offset_options = None;
        let (rate, framing, max_frame, max_connections, hooks) = (None, None, None, None, None);
        Self {
            decode,
            time,
            late,
            offset,
            learn_offset,
            offset_options,
            rate,
            framing,
            max_frame,
            max_connections,
            hooks,
        }
    }

    /// What decoding accepts: profile, tolerances, limits. Default: as the endpoint or the server has it.
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
    /// [`LearnOffset::No`]. How it is done: [`offset_options`](Self::offset_options).
    #[must_use]
    pub const fn learn_offset(mut self, how: LearnOffset) -> Self {
        self.learn_offset = Some(how);
        self
    }

    /// How the clocks of these peers are learned, where a rule [wants](Self::learn_offset) that. Default: as the
    /// [server](crate::ServerBuilder::offset_options) has it. All of the options come from one rule, the most exact one
    /// that sets them.
    ///
    /// # Examples
    ///
    /// A lamp that answers in its own words, among peers that are asked in the usual ones:
    ///
    /// ```
    /// use oscine::{LearnOffset, OffsetOptions, PeerOptions, PeerRules};
    ///
    /// let lamp = OffsetOptions::new().ask("/lamp/time", "/lamp/time/is")?;
    /// let rules = PeerRules::new()
    ///     .all(PeerOptions::new().learn_offset(LearnOffset::Asking))
    ///     .peers("10.0.0.7", PeerOptions::new().offset_options(lamp))?;
    /// # let _ = rules;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn offset_options(mut self, options: OffsetOptions) -> Self {
        self.offset_options = Some(Arc::new(options));
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

    /// The framing of connections from these peers, whatever their endpoint says. Default: as the endpoint has it.
    ///
    /// Rules are looked at when a connection is accepted, or when a stream is added.
    ///
    /// Datagrams have no framing, and a [client that is served](crate::Client::serve) has its own. A rule for one endpoint
    /// that is either is an error when that is bound or added ([`BindError::Rule`](crate::BindError::Rule)); a rule for
    /// all endpoints has no effect on them.
    #[must_use]
    pub const fn framing(mut self, framing: FramingKind) -> Self {
        self.framing = Some(framing);
        self
    }

    /// How large a packet may be, in bytes. Default: as the endpoint or the server has it.
    ///
    /// On connections it is the limit of a frame, both ways, in the place of the endpoint's: it may be larger, and the
    /// connection takes memory for twice that, over SLIP for four times. A longer packet is dropped over SLIP, and ends the connection over length
    /// prefixes. A datagram that is longer is dropped and counted as bad (`frame-too-long`); what the endpoint's socket
    /// does not take stays out, whatever is set here.
    #[must_use]
    pub const fn max_frame(mut self, bytes: usize) -> Self {
        self.max_frame = Some(bytes);
        self
    }

    /// How many connections one host may have at a time, to all endpoints together. Default: as many as there are places
    /// at each listener.
    ///
    /// So one host does not take all the places. A further connection is closed when it has been accepted, and counted
    /// in [`Stats::refused_connections`](crate::Stats::refused_connections). Peers without an IP address are not
    /// limited by this.
    #[must_use]
    pub const fn max_connections(mut self, connections: usize) -> Self {
        self.max_connections = Some(connections);
        self
    }

    /// Adds a [hook](oscine_transport::hook) on the bytes of packets, around those of the server and of the endpoint:
    /// what arrives passes it before them, what is sent behind them. Default: none.
    ///
    /// The hooks of one rule belong together: of several rules the most exact one that has hooks says which there are,
    /// and [`without_hooks`](Self::without_hooks) that there are none. On connections they are those of the rules when
    /// it is accepted; a hook that refuses [`connecting`](Hook::connecting) has it closed, and counted.
    ///
    /// What hooks refuse or take is counted in [`Stats::transport`](crate::Stats::transport), by cause. On datagrams
    /// they are asked before networks and rates are: what they replace is counted as it was replaced. While no rule
    /// has hooks they cost nothing; with some, each datagram at every endpoint costs looking its sender up.
    ///
    /// A UDP socket that was bound before takes no hooks, and neither does a [client that is
    /// served](crate::Client::serve): where rules have some that could be for it, binding the server is an error
    /// ([`BindError::Rule`](crate::BindError::Rule)).
    #[must_use]
    pub fn hook(mut self, hook: impl Hook + 'static) -> Self {
        self.hooks = Some(self.hooks.unwrap_or_default().hook(hook));
        self
    }

    /// No hooks, whatever rules say that are less exact. Those of the server and the endpoint stay.
    #[must_use]
    pub fn without_hooks(mut self) -> Self {
        self.hooks = Some(Hooks::new());
        self
    }

    /// What is set here, and what `other` sets where nothing is.
    #[must_use]
    pub fn or(self, other: Self) -> Self {
        // Taken apart, so that what is added cannot be forgotten.
        let Self { decode, time, late, offset, learn_offset, rate, .. } = other;
        let Self { framing, max_frame, max_connections, hooks, offset_options, .. } = other;
        Self {
            decode: self.decode.or(decode),
            time: self.time.or(time),
            late: self.late.or(late),
            offset: self.offset.or(offset),
            learn_offset: self.learn_offset.or(learn_offset),
            offset_options: self.offset_options.or(offset_options),
            rate: self.rate.or(rate),
            framing: self.framing.or(framing),
            max_frame: self.max_frame.or(max_frame),
            max_connections: self.max_connections.or(max_connections),
            hooks: self.hooks.or(hooks),
        }
    }

    /// Whether everything is set.
    pub(crate) const fn is_full(&self) -> bool {
        let Self { decode, time, late, offset, learn_offset, rate, .. } = self;
        let Self { framing, max_frame, max_connections, hooks, offset_options, .. } = self;
        let learned = learn_offset.is_some() && offset_options.is_some();
        let offset = offset.is_some() && learned;
        let timing = time.is_some() && late.is_some() && offset;
        let limits = rate.is_some() && max_frame.is_some() && max_connections.is_some();
        decode.is_some() && timing && limits && framing.is_some() && hooks.is_some()
    }
}
