//! Counters that many tasks add to.

use core::sync::atomic::{AtomicU64, Ordering::Relaxed};

use crate::udp::stats::UdpStats;

/// The counters of a socket. Each is right by itself; they are not read at one instant.
#[derive(Debug, Default)]
pub(super) struct Counters {
    received: AtomicU64,
    received_bytes: AtomicU64,
    bad_packets: AtomicU64,
    sent: AtomicU64,
    sent_bytes: AtomicU64,
    transient_errors: AtomicU64,
}

impl Counters {
    pub(super) fn received(&self, datagrams: u64, bytes: u64) {
        self.received.fetch_add(datagrams, Relaxed);
        self.received_bytes.fetch_add(bytes, Relaxed);
    }

    pub(super) fn sent(&self, datagrams: usize, bytes: usize) {
        self.sent.fetch_add(datagrams as u64, Relaxed);
        self.sent_bytes.fetch_add(bytes as u64, Relaxed);
    }

    pub(super) fn bad_packet(&self) {
        self.bad_packets.fetch_add(1, Relaxed);
    }

    pub(super) fn transient_error(&self) {
        self.transient_errors.fetch_add(1, Relaxed);
    }

    pub(super) fn read(&self) -> UdpStats {
        UdpStats {
            received: self.received.load(Relaxed),
            received_bytes: self.received_bytes.load(Relaxed),
            bad_packets: self.bad_packets.load(Relaxed),
            sent: self.sent.load(Relaxed),
            sent_bytes: self.sent_bytes.load(Relaxed),
            transient_errors: self.transient_errors.load(Relaxed),
        }
    }
}
