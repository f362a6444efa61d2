//! What each host may still send, and what of it waits.

use std::collections::BTreeSet;
use std::net::IpAddr;
use std::sync::Arc;
use std::time::Instant;

use oscine_codec::MessageRef;
use oscine_transport::PeerKey;

use crate::peer::Peer;
use crate::peers::bucket::Bucket;
use crate::peers::line::{Held, HeldMessage, Line};
use crate::peers::rate_limit::RateLimit;
use crate::peers::table::{Spot, Table};
use crate::peers::view::PeerCounters;

/// All hosts that are limited.
#[derive(Debug)]
pub(crate) struct Hosts {
    table: Table<(Host, RateLimit), Limited>,
    /// Invariant: the hosts whose lines are not empty, by when the first in line may pass.
    due: BTreeSet<(Instant, Spot)>,
}

/// Whose packets are counted together.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) enum Host {
    /// All ports of a host.
    Ip(PeerKey),
    /// A peer without an IP address.
    Peer(Peer),
}

/// One host under one limit.
#[derive(Debug)]
struct Limited {
    bucket: Bucket,
    /// None when nothing waits.
    line: Option<Box<Line>>,
}

impl Host {
    pub(crate) fn of(peer: &Peer) -> Self {
        peer.host().map_or_else(|| Self::Peer(peer.clone()), Self::Ip)
    }

    const fn ip(&self) -> Option<IpAddr> {
        match self {
            Self::Ip(key) => Some(key.ip()),
            Self::Peer(_) => None,
        }
    }
}

impl Hosts {
    pub(crate) fn new() -> Self {
        Self { table: Table::new(MAX_HOSTS), due: BTreeSet::new() }
    }

    /// Where the host is, known or new; none if its limit is no limit. When there are too many, those that nothing is
    /// held for go, the longest unseen first: they may send a burst again.
    pub(crate) fn enter(&mut self, now: Instant, host: Host, limit: RateLimit) -> Option<Spot> {
        let rate = limit.packets?;
        let key = (host, limit);
        if let Some(spot) = self.table.find(&key) {
            return Some(spot);
        }
        // Hosts with something held are far fewer than there is room for.
        for spot in self.table.surplus(|host| host.line.is_none().then(|| host.bucket.at())) {
            self.table.remove(spot);
        }
        let bucket = Bucket::new(rate, limit.burst, now);
        Some(self.table.insert(key, Limited { bucket, line: None }))
    }

    /// Whether one more packet of the host may pass; if so, it has. None if the host is gone.
    ///
    /// While anything of it waits nothing passes: what comes now must not overtake it.
    pub(crate) fn take(&mut self, now: Instant, spot: Spot) -> Option<bool> {
        let host = self.table.get_mut(spot)?;
        Some(host.line.is_none() && host.bucket.take(now))
    }

    /// Lets a message wait.
    pub(crate) fn hold(
        &mut self,
        spot: Spot,
        sender: &Arc<PeerCounters>,
        received_at: Instant,
        message: MessageRef<'_>,
    ) -> Held {
        let Some(host) = self.table.get_mut(spot) else { return Held::Dropped };
        if let Some(line) = &mut host.line {
            return line.hold(sender, received_at, message);
        }
        // With a rate of 0 it would wait for ever.
        let due = host.bucket.next().filter(|_| self.due.len() < MAX_HOLDING);
        let Some(due) = due else { return Held::Dropped };
        let mut line = Box::<Line>::default();
        let held = line.hold(sender, received_at, message);
        if held == Held::Kept {
            host.line = Some(line);
            self.due.insert((due, spot));
        }
        held
    }

    /// When the next message may pass.
    pub(crate) fn next_due(&self) -> Option<Instant> {
        self.due.first().map(|(due, _)| *due)
    }

    /// Takes the first message that may pass now: of each host the oldest, and of all hosts that whose turn it was
    /// first.
    pub(crate) fn release(&mut self, now: Instant) -> Option<HeldMessage> {
        while let Some((due, spot)) = self.due.first().copied().filter(|(due, _)| *due <= now) {
            self.due.remove(&(due, spot));
            let Some(host) = self.table.get_mut(spot) else { continue };
            let passes = host.bucket.take(now);
            let held = host.line.as_mut().filter(|_| passes).and_then(|line| line.pop());
            if host.line.as_ref().is_some_and(|line| line.is_empty()) {
                // With its memory, which a burst may have taken.
                host.line = None;
            } else if let Some(due) = host.bucket.next() {
                self.due.insert((due, spot));
            }
            if held.is_some() {
                return held;
            }
        }
        None
    }

    /// Forgets hosts that may not send. How many of their messages waited.
    pub(crate) fn retain(&mut self, permits: impl Fn(IpAddr) -> bool) -> usize {
        let gone = self.table.iter().filter(|(_, (host, _), _)| !host.ip().is_none_or(&permits));
        let gone: Vec<_> = gone.map(|(spot, ..)| spot).collect();
        let lines = gone.into_iter().filter_map(|spot| self.table.remove(spot)?.line);
        let dropped = lines.map(|line| line.give_up()).sum();
        let Self { table, due } = self;
        due.retain(|(_, spot)| table.get(*spot).is_some());
        dropped
    }

    /// Forgets a connection that will not come again, unless something of it waits. What a host may send is kept: it
    /// would have a burst for each time it connects.
    pub(crate) fn forget(&mut self, spot: Spot, peer: &Peer) {
        let idle = self.table.get(spot).is_some_and(|host| host.line.is_none());
        if idle && peer.addr().is_none() {
            self.table.remove(spot);
        }
    }

    /// Drops all messages that wait. How many they were.
    pub(crate) fn drop_held(&mut self) -> usize {
        let Self { table, due } = self;
        let lines = due.iter().filter_map(|(_, spot)| table.get_mut(*spot)?.line.take());
        let dropped = lines.map(|line| line.give_up()).sum();
        due.clear();
        dropped
    }

    /// How many messages wait.
    #[cfg(test)]
    pub(crate) fn held(&self) -> usize {
        let hosts = self.due.iter().filter_map(|(_, spot)| self.table.get(*spot)?.line.as_ref());
        hosts.map(|line| line.len()).sum()
    }
}

/// How many hosts are counted at most. An eighth of them goes when there is one more.
pub(crate) const MAX_HOSTS: usize = 4096;

/// For how many hosts messages are held at most.
pub(crate) const MAX_HOLDING: usize = 256;
