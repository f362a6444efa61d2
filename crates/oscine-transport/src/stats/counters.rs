//! Counters that many tasks add to.

use core::sync::atomic::{AtomicU64, Ordering::Relaxed};

use oscine_codec::{DecodeErrorKind, Tolerances};

use crate::framing::fault::FrameFaultKind;
use crate::stats::cause::DropCause;
use crate::stats::counts::{Counts, MOST};
use crate::stats::names;
use crate::stats::snapshot::{ConnectionStats, Stats};

/// Counters that many sockets and tasks may share; [`read`](Self::read) makes a snapshot.
///
/// Builders take them in an `Arc`. Sockets count what they receive, send and drop. Who decodes by
/// itself what is read in place ([`recv_batch`](crate::Udp::recv_batch),
/// [`recv_frames`](crate::connection::Connection::recv_frames)) counts what it finds with
/// [`decode_error`](Self::decode_error) and [`tolerated`](Self::tolerated), and who drops packets
/// behind a socket does with [`dropped`](Self::dropped). The other methods are for sockets that are
/// not of this crate.
///
/// # Examples
///
/// ```
/// use oscine_codec::PacketRef;
/// use oscine_transport::stats::{Counters, DropCause};
///
/// let counters = Counters::default();
/// counters.received(2, 12);
/// for bytes in [&b"/a\0\0,\0\0\0"[..], b"/a\0\0"] {
///     match PacketRef::decode(bytes) {
///         Ok(packet) => {
///             counters.tolerated(packet.tolerances());
///             counters.dropped(DropCause::RateLimited, 1);
///         }
///         Err(error) => counters.decode_error(error.kind()),
///     }
/// }
/// let stats = counters.read();
/// assert_eq!(stats.received, stats.bad.total() + stats.dropped(DropCause::RateLimited));
/// ```
#[derive(Debug, Default)]
pub struct Counters {
    received: Traffic,
    sent: Traffic,
    bad: [AtomicU64; MOST],
    tolerances: [AtomicU64; MOST],
    drops: [AtomicU64; MOST],
    transient_errors: AtomicU64,
    connections: Connections,
}

/// One direction, on a line of the cache of its own, because the other one has its own task.
#[derive(Debug, Default)]
#[repr(align(64))]
struct Traffic {
    packets: AtomicU64,
    bytes: AtomicU64,
}

#[derive(Debug, Default)]
struct Connections {
    opened: AtomicU64,
    closed: AtomicU64,
    refused: AtomicU64,
    idle: AtomicU64,
    slow: AtomicU64,
    broken: AtomicU64,
    failed: AtomicU64,
}

/// What can happen to a connection, as far as it is counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ConnectionEvent {
    Opened,
    Closed,
    Refused,
    Idle,
    Slow,
    Broken,
    Failed,
}

impl Counters {
    /// The counters as they are now.
    #[must_use]
    pub fn read(&self) -> Stats {
        Stats {
            received: self.received.packets.load(Relaxed),
            received_bytes: self.received.bytes.load(Relaxed),
            sent: self.sent.packets.load(Relaxed),
            sent_bytes: self.sent.bytes.load(Relaxed),
            bad: by_name(names::BAD, &self.bad),
            tolerances: by_name(names::TOLERANCES, &self.tolerances),
            drops: by_name(DropCause::NAMES, &self.drops),
            transient_errors: self.transient_errors.load(Relaxed),
            connections: self.connections.read(),
        }
    }

    /// Counts a packet that did not decode.
    pub fn decode_error(&self, kind: DecodeErrorKind) {
        self.bad(kind.name());
    }

    /// Counts the tolerances that a packet made use of.
    pub fn tolerated(&self, used: Tolerances) {
        if used.is_empty() {
            return;
        }
        for flag in used.iter() {
            add(self.tolerances.get(flag.bits().trailing_zeros() as usize), 1);
        }
    }

    /// Counts packets that have arrived, good and bad ones alike, and their bytes without framing.
    pub fn received(&self, packets: u64, bytes: u64) {
        self.received.add(packets, bytes);
    }

    /// Counts packets that were handed to the system, and their bytes without framing.
    pub fn sent(&self, packets: u64, bytes: u64) {
        self.sent.add(packets, bytes);
    }

    /// Counts a damaged frame, or a datagram above the limit.
    pub fn damaged(&self, kind: FrameFaultKind) {
        self.bad(kind.name());
    }

    /// Counts packets that were dropped for one cause.
    pub fn dropped(&self, cause: DropCause, packets: u64) {
        add(self.drops.get(cause as usize), packets);
    }

    /// Counts an error of receiving or sending that was passed over.
    pub fn transient_error(&self) {
        self.transient_errors.fetch_add(1, Relaxed);
    }

    /// Counts something bad by its name in [`names::BAD`].
    pub(crate) fn bad(&self, name: &str) {
        let place = names::BAD.iter().position(|&known| known == name);
        add(place.and_then(|place| self.bad.get(place)), 1);
    }

    pub(crate) fn connection(&self, event: ConnectionEvent) {
        self.connections.count(event);
    }
}

impl Traffic {
    fn add(&self, packets: u64, bytes: u64) {
        self.packets.fetch_add(packets, Relaxed);
        self.bytes.fetch_add(bytes, Relaxed);
    }
}

impl Connections {
    fn count(&self, event: ConnectionEvent) {
        let counter = match event {
            ConnectionEvent::Opened => &self.opened,
            ConnectionEvent::Closed => &self.closed,
            ConnectionEvent::Refused => &self.refused,
            ConnectionEvent::Idle => &self.idle,
            ConnectionEvent::Slow => &self.slow,
            ConnectionEvent::Broken => &self.broken,
            ConnectionEvent::Failed => &self.failed,
        };
        counter.fetch_add(1, Relaxed);
    }

    fn read(&self) -> ConnectionStats {
        // In this order, so that there are never more closed than opened.
        let closed = self.closed.load(Relaxed);
        let opened = self.opened.load(Relaxed);
        ConnectionStats {
            open: opened.saturating_sub(closed),
            opened,
            refused: self.refused.load(Relaxed),
            idle: self.idle.load(Relaxed),
            slow: self.slow.load(Relaxed),
            broken: self.broken.load(Relaxed),
            failed: self.failed.load(Relaxed),
        }
    }
}

const _: () = assert!(
    names::BAD.len() <= MOST && names::TOLERANCES.len() <= MOST && DropCause::NAMES.len() <= MOST,
    "everything that is counted has a place"
);

/// Relaxed: nothing is concluded from one counter about another.
fn add(counter: Option<&AtomicU64>, count: u64) {
    debug_assert!(counter.is_some(), "everything that is counted has a name");
    if let Some(counter) = counter {
        counter.fetch_add(count, Relaxed);
    }
}

fn by_name(names: &'static [&'static str], counters: &[AtomicU64; MOST]) -> Counts {
    Counts::new(names, |place| counters.get(place).map_or(0, |counter| counter.load(Relaxed)))
}

#[cfg(test)]
mod tests {
    use oscine_codec::{DecodeOptions, PacketRef, Profile};

    use super::*;
    use crate::framing::fault::FrameFaultKind;

    #[test]
    fn faults_are_counted_by_kind() {
        let counters = Counters::default();
        for bytes in [&b""[..], b"/a", b"/a\0\0,i\0\0", b"/a\0\0,~\0\0", b"#bundle\0"] {
            counters.decode_error(PacketRef::decode(bytes).unwrap_err().kind());
        }
        for kind in [
            FrameFaultKind::BadEscape { byte: 0 },
            FrameFaultKind::TooLong { limit: 0 },
            FrameFaultKind::Unfinished { length: 0 },
            FrameFaultKind::StrayEnd,
            FrameFaultKind::Noise,
        ] {
            counters.damaged(kind);
        }
        let bad = counters.read().bad;
        assert_eq!(bad.total(), 10, "{bad:?}");
        assert_eq!((bad.get("not-a-packet"), bad.get("unknown-tag")), (1, 1));
        assert_eq!((bad.get("bad-escape"), bad.get("no such kind")), (1, 0));
    }

    #[test]
    fn tolerances_are_counted_by_name() {
        let counters = Counters::default();
        let field = DecodeOptions::new().profile(Profile::Field);
        let packet = PacketRef::decode_with(b"/s\0U,i\0\0\0\0\0\x01", &field).unwrap();
        counters.tolerated(packet.tolerances());
        assert_eq!(counters.read().tolerances.get("dirty-padding"), 1);
        assert_eq!(counters.read().tolerances.total(), 1);
    }

    #[test]
    fn causes_and_connections_have_their_own_counters() {
        let counters = Counters::default();
        counters.dropped(DropCause::Lost, 3);
        counters.dropped(DropCause::ReceiveBuffer, 2);
        let drops = counters.read().drops;
        assert_eq!((drops.get("lost"), drops.get("receive-buffer"), drops.total()), (3, 2, 5));
        assert_eq!(counters.read().dropped(DropCause::Lost), 3);

        counters.connection(ConnectionEvent::Opened);
        counters.connection(ConnectionEvent::Opened);
        counters.connection(ConnectionEvent::Idle);
        counters.connection(ConnectionEvent::Closed);
        let connections = counters.read().connections;
        assert_eq!((connections.open, connections.opened, connections.idle), (1, 2, 1));
    }
}
