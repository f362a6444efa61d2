//! Memory of what waits.

use std::net::{Ipv4Addr, SocketAddr};
use std::time::{Duration, Instant};

use oscine::{
    Bundle, Engine, Message, Packet, PacketRef, Peer, Schedule, ScheduleLimits, TimeTag, Timing,
};
use oscine_benches_sys::bytes_kept;

use crate::report::Row;
use crate::schedule::SECTION;
use crate::section::Filter;

const MILLION: usize = 1_000_000;
const NOW: TimeTag = TimeTag(0xed00_0000_0000_0000);

pub(crate) fn rows(filter: &Filter) -> Vec<Row> {
    type Measure = (&'static str, fn(usize) -> i64);
    let measures: [Measure; 2] = [("queue/bytes_each", engine), ("queue/bytes_bare", bare)];
    let wanted = measures.into_iter().filter(|(name, _)| filter.passes(name));
    #[expect(clippy::cast_precision_loss, reason = "counts are small")]
    wanted
        .map(|(name, kept)| Row::bytes(SECTION, name, kept(MILLION) as f64 / MILLION as f64))
        .collect()
}

/// What an engine keeps for so many bundles of a peer.
fn engine(count: usize) -> i64 {
    let limits = ScheduleLimits::new().count(count).owner_count(count);
    let limits = limits.bytes(usize::MAX).owner_bytes(usize::MAX);
    let peer = Peer::Udp { endpoint: 0, addr: SocketAddr::from((Ipv4Addr::LOCALHOST, 9000)) };
    let received_at = Instant::now();
    let message = Message::new("/late", ()).expect("it is an address");
    let (_engine, kept) = bytes_kept(|| {
        let mut engine = Engine::new(limits);
        for micros in times(count) {
            let bundle = Bundle::new(NOW + micros, [message.clone()]).expect("it is a bundle");
            let packet = Packet::from(bundle);
            let packet = PacketRef::decode(packet.as_bytes()).expect("the packet is sound");
            let handled = engine.handle_packet(NOW, packet, &peer, received_at, Timing::new());
            assert_eq!(handled.scheduled, 1);
        }
        engine
    });
    kept
}

/// What the queue itself keeps.
fn bare(count: usize) -> i64 {
    let (_queue, kept) = bytes_kept(|| {
        let mut queue = Schedule::new(ScheduleLimits::new().count(count));
        for (number, micros) in (0_u64..).zip(times(count)) {
            queue.push(NOW, NOW + micros, 8, number).expect("there is room");
        }
        queue
    });
    kept
}

/// Times ahead, each once, mixed up.
fn times(count: usize) -> impl Iterator<Item = Duration> {
    let count = count as u64;
    // 7,368,787 is a prime.
    (0..count).map(move |number| Duration::from_micros(1 + number * 7_368_787 % count))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn everything_fits() {
        // Without the allocator that counts there is nothing to count.
        assert_eq!((engine(10_000), bare(10_000)), (0, 0));
    }
}
