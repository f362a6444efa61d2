//! Why a packet was dropped.

macro_rules! causes {
    ($($(#[$doc:meta])+ $cause:ident = $name:literal,)+) => {
        /// Why a packet was dropped that may have been a good one.
        ///
        /// Bad packets are not among them; they are counted by what was wrong with them. Causes
        /// marked "Server" are counted by whoever runs packets, behind the sockets, in its own
        /// terms: a bundle that waits is one, and so is a value that a newer one replaces.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        #[non_exhaustive]
        pub enum DropCause {
            $($(#[$doc])+ $cause,)+
        }

        impl DropCause {
            /// The names of all causes, in the order of the causes.
            pub(crate) const NAMES: &'static [&'static str] = &[$($name,)+];

            /// The cause as a short word, by which [`Stats::drops`](crate::stats::Stats::drops)
            /// has it.
            #[must_use]
            pub const fn name(self) -> &'static str {
                match self {
                    $(Self::$cause => $name,)+
                }
            }
        }
    };
}

causes! {
    /// In: the system's receive buffer was full. Such packets are not in
    /// [`Stats::received`](crate::stats::Stats::received), as they never came so far. Linux tells
    /// it; datagrams that were joined on the way (GRO) are one to it.
    ReceiveBuffer = "receive-buffer",
    /// In: a hook refused it, or it was the first packet and not what that should be.
    Refused = "refused",
    /// In: a hook took it for itself, or it was the first packet, which admits the peer.
    Swallowed = "swallowed",
    /// In: there were too many peers with unfinished frames, and this one was new.
    TooManyPeers = "too-many-peers",
    /// Server: its sender is not allowed to talk, by a list of networks or peers.
    Denied = "denied",
    /// Server: its sender has sent too much in too short a time.
    RateLimited = "rate-limited",
    /// Server: the queue to whoever runs packets was full until the end of the connection from which
    /// it was read.
    InboxFull = "inbox-full",
    /// Server: a newer value for the same address has taken its place before it was run.
    Coalesced = "coalesced",
    /// Server: it was due later, and there was no room to wait for that.
    ScheduleFull = "schedule-full",
    /// Server: its time had passed by more than is allowed.
    Late = "late",
    /// Server: it still waited when the server stopped.
    Stopped = "stopped",
    /// Out: a hook refused it.
    RefusedOut = "refused-out",
    /// Out: a hook took it for itself.
    SwallowedOut = "swallowed-out",
    /// Out: a queue was full.
    QueueFull = "queue-full",
    /// Out: there was no connection.
    Offline = "offline",
    /// Out: it had waited for too long.
    Stale = "stale",
    /// Out: it was longer than its framing or a datagram carries, which a queue cannot know.
    TooLong = "too-long",
    /// Out: it was handed over to a connection that broke before it was written, or to a sink of
    /// datagrams, and the system refused it.
    Lost = "lost",
}
