//! What can be set on every client that reconnects.

use core::time::Duration;

use crate::connection::builder::Builder;
use crate::connection::role::Connect;
use crate::reconnect::client::Reconnecting;
use crate::reconnect::connector::Connector;
use crate::reconnect::role::Reconnect;
use crate::reconnect::while_down::WhileDown;

impl<K> Builder<K, Connect> {
    /// Goes on to the options of a client that keeps such a connection alive.
    pub fn reconnecting(self) -> Builder<K, Reconnect> {
        let Self { options, kind, role } = self;
        Builder { options, kind, role: Reconnect::new(role) }
    }
}

/// What can be set on every client that [reconnects](crate::reconnect).
impl<K> Builder<K, Reconnect> {
    /// Sets how many packets may wait to be sent: 1,024 by default, and as many urgent ones.
    ///
    /// While there is a connection, whoever sends waits when the queue is full. While there is
    /// none, [`while_down`](Self::while_down) decides. Worst-case memory use is this many packets.
    pub fn queue(mut self, packets: usize) -> Self {
        self.role.bounds.limit = packets.max(1);
        self
    }

    /// Sets what becomes of packets while there is no connection: by default they are kept, and the
    /// oldest is dropped when the queue is full ([`WhileDown::DropOldest`]).
    pub fn while_down(mut self, policy: WhileDown) -> Self {
        self.role.bounds.while_down = policy;
        self
    }

    /// Sets how long a packet may wait to be sent: 5 s by default; `None` is for ever.
    ///
    /// One that has waited for longer is dropped and counted. It is for cues: what a peer missed
    /// while its cable was swapped is still wanted, but a "go" of an hour ago is an accident.
    /// Whoever sends states rather than cues may want none, or sends them anew when the client says
    /// that it is [`Connected`](crate::reconnect::State::Connected).
    pub fn max_age(mut self, age: impl Into<Option<Duration>>) -> Self {
        self.role.bounds.max_age = age.into();
        self
    }

    /// Sets the first and the longest back-off: 100 ms and 10 s by default.
    ///
    /// Each failed attempt doubles it. Half of it is waited for certain and the other half by
    /// chance, so that many clients of one peer do not all come back at once. It begins anew after
    /// a connection over which a packet came, or which lived as long as the longest back-off.
    pub fn backoff(mut self, first: Duration, longest: Duration) -> Self {
        self.role.pace.first_wait = first.min(longest);
        self.role.pace.longest_wait = longest;
        self
    }

    /// Sets how long an attempt to connect may take, with resolving the name: 5 s by default.
    ///
    /// Systems try for two minutes on their own; a device that was switched on meanwhile would wait
    /// that long.
    pub fn connect_timeout(mut self, timeout: Duration) -> Self {
        self.role.pace.connect_timeout = timeout;
        self
    }

    /// Sets how long [`Reconnecting::close`] may take: 5 s by default.
    ///
    /// What could not be sent by then is dropped and counted.
    pub fn grace(mut self, grace: Duration) -> Self {
        self.role.pace.grace = grace;
        self
    }

    /// Sets how many packets received may wait to be read from the client: 1,024 by default.
    ///
    /// When there are as many, no more is read from the connection, which slows the peer down in
    /// the end. Whoever never reads wants [`send_only`](Self::send_only) instead.
    pub fn inbox(mut self, packets: usize) -> Self {
        self.role.inbox = Some(packets);
        self
    }

    /// Counts what arrives and throws it away: off by default. The client as a stream is then empty
    /// until it ends.
    pub fn send_only(mut self) -> Self {
        self.role.inbox = None;
        self
    }

    /// The options of one connection; all connections count in the same counters.
    pub(super) fn connection(&mut self) -> Builder<K, Connect>
    where
        K: Clone,
    {
        self.options.counters.get_or_insert_default();
        Builder { options: self.options.clone(), kind: self.kind.clone(), role: self.role.connect }
    }

    pub(super) fn start(mut self, connector: Connector) -> Reconnecting {
        let counters = self.options.counters.take().unwrap_or_default();
        Reconnecting::start(connector, self.role, self.options.max_frame, counters)
    }
}
