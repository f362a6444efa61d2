//! What a server has counted.

use std::sync::atomic::{AtomicU64, Ordering};

use oscine_transport::Stats as TransportStats;

use crate::dispatch::dispatched::Dispatched;
use crate::server::lateness::LatenessStats;

macro_rules! counters {
    ($($(#[$doc:meta])+ $name:ident,)+) => {
        /// What a server has counted since it was bound. A snapshot.
        ///
        /// Everything that was received is counted once more by what became of it. When the server has stopped, and
        /// before that whenever nothing is on its way from the sockets to the handlers and no
        /// [rate](crate::OverLimit::Latest) holds anything back:
        ///
        /// ```text
        /// received  = handled + bad + denied + rate_limited + coalesced
        ///           + refused + swallowed + too-many-peers + inbox-full + stopped   (drops of `transport`)
        /// scheduled = released + cancelled + dropped_at_stop + pending
        /// ```
        ///
        /// A packet of one message that was handled is one of `messages`, unless it was about the
        /// [clock](crate::LearnOffset) of its sender. What a client that is [served](crate::Client::serve) has read
        /// and not handed over when it ends is in no line but `received`.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
        #[non_exhaustive]
        pub struct Stats {
            /// Packets received, the bad ones among them.
            pub received: u64,
            /// Bytes of the packets received, without framing. Each packet counts once.
            pub received_bytes: u64,
            /// Packets that did not decode, and frames that were damaged.
            pub bad: u64,
            $($(#[$doc])+ pub $name: u64,)+
            /// Packets of hosts that may not send.
            pub denied: u64,
            /// Packets dropped because their hosts had sent too much in too short a time, and messages that were still
            /// held back for it when the server stopped.
            pub rate_limited: u64,
            /// Messages that a newer one for the same address replaced before they were run.
            pub coalesced: u64,
            /// How often the system's clock was seen to have been set.
            pub clock_steps: u64,
            /// Bundles that wait.
            pub pending: usize,
            /// Their bytes.
            pub pending_bytes: usize,
            /// How late bundles ran that had waited.
            pub lateness: LatenessStats,
            /// What went through the sockets, with faults and tolerances by kind and drops by cause: all endpoints
            /// together.
            pub transport: TransportStats,
        }

        /// The counters of a running server.
        #[derive(Debug, Default)]
        pub(crate) struct Counters {
            $(pub(crate) $name: Counter,)+
        }

        impl Counters {
            /// All counters as they are now, and what went through the sockets.
            pub(crate) fn read(&self, transport: TransportStats) -> Stats {
                Stats {
                    received: transport.received,
                    received_bytes: transport.received_bytes,
                    bad: transport.bad.total(),
                    $($name: self.$name.get(),)+
                    transport,
                    ..Stats::default()
                }
            }
        }
    };
}

counters! {
    /// Packets of peers that were taken up: their messages have run, and their bundles have run, wait, or were refused or
    /// dropped, as the counters of bundles say. Packets that [`dispatch`](crate::ServerHandle::dispatch) was given are
    /// not among them.
    handled,
    /// Messages run, whether a method was there or not.
    messages,
    /// Calls of handlers, fallbacks among them.
    calls,
    /// Messages that reached no method; the fallback got them if there is one.
    unmatched,
    /// Messages whose address pattern is broken. They are unmatched, too.
    bad_patterns,
    /// Messages that reached methods whose handlers all wanted other arguments.
    misfits,
    /// Handlers that returned an error.
    handler_errors,
    /// Handlers that panicked.
    handler_panics,
    /// Handlers that were cut short because they took too long.
    handler_timeouts,
    /// Bundles put in line for later, nested ones with a time of their own among them.
    scheduled,
    /// Bundles that were due later and refused because the schedule was full.
    schedule_refused,
    /// Bundles that waited and have run.
    released,
    /// Bundles that came too late, and were dropped.
    dropped_late,
    /// Bundles with a time tag before that of the bundle around them, which ran with it.
    disordered,
    /// Bundles that waited and were taken out of line.
    cancelled,
    /// Bundles that still waited when the server stopped.
    dropped_at_stop,
    /// Packets handed over to be sent.
    sent,
    /// Packets that could not be handed over, and those that were and could not be sent: when a connection ends, all
    /// that still wait for it.
    send_failures,
    /// Questions to [built-in methods](crate::ServerBuilder::built_in) that were not answered, because there were too
    /// many.
    unanswered,
    /// Connections accepted.
    connections,
    /// Connections of hosts that may not send or have as many as they may, and those that
    /// [`on_connect`](crate::ServerBuilder::on_connect), or a hook by rule, did not want.
    refused_connections,
}

/// A number that only grows.
#[derive(Debug, Default)]
pub(crate) struct Counter(AtomicU64);

impl Counter {
    pub(crate) fn get(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }

    pub(crate) fn add(&self, count: usize) {
        // Relaxed: nothing is concluded from one counter about another.
        self.0.fetch_add(count as u64, Ordering::Relaxed);
    }

    /// Adds to a counter that nobody else adds to at the same time, which costs less.
    #[inline]
    pub(crate) fn bump(&self, count: usize) {
        self.0.store(self.0.load(Ordering::Relaxed) + count as u64, Ordering::Relaxed);
    }
}

impl Counters {
    /// Changes when something is run.
    pub(crate) fn progress(&self) -> u64 {
        self.messages.get() + self.released.get()
    }

    /// Adds what came of messages, but for their number and for what was told as faults.
    pub(crate) fn dispatched(&self, dispatched: &Dispatched) {
        let counts = [
            (&self.calls, dispatched.calls),
            (&self.unmatched, dispatched.unmatched),
            (&self.bad_patterns, dispatched.bad_patterns),
            (&self.misfits, dispatched.misfits),
        ];
        // Only the loop counts these.
        for (counter, count) in counts.into_iter().filter(|&(_, count)| count > 0) {
            counter.bump(count);
        }
    }
}
