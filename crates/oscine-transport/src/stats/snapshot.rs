//! Counters at one moment.

use crate::stats::cause::DropCause;
use crate::stats::counts::Counts;

/// What has gone through a socket so far, or through all that share its counters: a snapshot.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Stats {
    /// Datagrams and frames received: good ones, bad ones, and those dropped on the way in.
    pub received: u64,
    /// Their bytes, without framing. Each packet counts once, however many messages it holds.
    pub received_bytes: u64,
    /// Packets handed to the system, or to the buffer of a connection.
    pub sent: u64,
    /// Their bytes, without framing.
    pub sent_bytes: u64,
    /// What was no packet, by what was wrong with it:
    /// [`DecodeErrorKind::name`](oscine_codec::DecodeErrorKind::name), or
    /// [`FrameFaultKind::name`](crate::framing::FrameFaultKind::name).
    ///
    /// Of datagrams and frames read in place, which are not decoded, only those that are damaged or
    /// longer than the limit are counted, unless the reader counts with
    /// [`Counters::decode_error`](super::Counters::decode_error).
    pub bad: Counts,
    /// Departures from the specification that were put up with, by their names in
    /// [`Tolerances`](oscine_codec::Tolerances), written as `dirty-padding`.
    pub tolerances: Counts,
    /// Packets that were dropped, by [`DropCause::name`](super::DropCause::name).
    pub drops: Counts,
    /// Errors of receiving and sending that were passed over: mostly the answer of a host, by ICMP,
    /// that an earlier datagram did not get through.
    pub transient_errors: u64,
    /// Connections, where there are any.
    pub connections: ConnectionStats,
}

impl Stats {
    /// How many packets were dropped for one cause; [`drops`](Self::drops) has all causes.
    #[must_use]
    pub fn dropped(&self, cause: DropCause) -> u64 {
        self.drops.get(cause.name())
    }

    /// The sum of two, as for two sockets of one program.
    #[must_use]
    pub fn plus(&self, other: &Self) -> Self {
        Self {
            received: self.received + other.received,
            received_bytes: self.received_bytes + other.received_bytes,
            sent: self.sent + other.sent,
            sent_bytes: self.sent_bytes + other.sent_bytes,
            bad: self.bad.plus(&other.bad),
            tolerances: self.tolerances.plus(&other.tolerances),
            drops: self.drops.plus(&other.drops),
            transient_errors: self.transient_errors + other.transient_errors,
            connections: self.connections.plus(&other.connections),
        }
    }
}

impl ConnectionStats {
    fn plus(&self, other: &Self) -> Self {
        Self {
            open: self.open + other.open,
            opened: self.opened + other.opened,
            refused: self.refused + other.refused,
            idle: self.idle + other.idle,
            slow: self.slow + other.slow,
            broken: self.broken + other.broken,
            failed: self.failed + other.failed,
        }
    }
}

/// What became of connections; a part of [`Stats`].
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct ConnectionStats {
    /// Connections there are now.
    pub open: u64,
    /// Connections there have been, those that are open included.
    pub opened: u64,
    /// Peers turned away by a hook.
    pub refused: u64,
    /// Connections closed because nothing arrived for too long.
    pub idle: u64,
    /// Connections closed because a packet took too long to arrive.
    pub slow: u64,
    /// Connections that the peer or the network broke.
    pub broken: u64,
    /// Attempts to accept or to connect that failed.
    pub failed: u64,
}
