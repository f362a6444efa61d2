//! What a kept packet costs: its own size, not that of the read it came in.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::alloc::System;

use oscine_codec::{Message, Packet};
use oscine_transport::Udp;
use stats_alloc::{INSTRUMENTED_SYSTEM, StatsAlloc};

#[global_allocator]
static ALLOCATOR: &StatsAlloc<System> = &INSTRUMENTED_SYSTEM;

/// Bytes that are allocated and not given back.
fn live() -> usize {
    let stats = ALLOCATOR.stats();
    stats.bytes_allocated - stats.bytes_deallocated
}

fn small() -> Packet {
    Message::new("/kept", (1, 2.0_f32, "three")).unwrap().into()
}

/// Receives bursts of one small packet behind so many long ones, which the system joins, and keeps
/// the small ones. Answers with the bytes that one of them costs.
async fn keep(small_ones: usize, long_in_burst: usize) -> usize {
    let mut receiver = Udp::bind("127.0.0.1:0").await.unwrap();
    let to = receiver.local_addr().unwrap();
    let sender = Udp::bind("127.0.0.1:0").await.unwrap();
    let long: Packet = Message::new("/dropped", (vec![7_u8; 1_180],)).unwrap().into();
    let mut burst = vec![long; long_in_burst];
    burst.push(small());
    // As much as a small receive buffer holds.
    let bursts = 64 / burst.len();
    let round: Vec<_> = core::iter::repeat_n(burst, bursts.max(1)).flatten().collect();

    let mut kept: Vec<Packet> = Vec::with_capacity(small_ones + round.len());
    let mut before = 0;
    while kept.len() < small_ones {
        sender.send_all_to(&round, to).await.unwrap();
        let mut taken = 0;
        while taken < round.len() {
            // All but one of each burst are looked at where they lie.
            let mut seen = 0;
            while seen < long_in_burst {
                seen += receiver.recv_batch().await.unwrap().take(long_in_burst - seen).count();
            }
            kept.push(receiver.recv().await.unwrap().packet.unwrap());
            taken += seen + 1;
        }
        if before == 0 {
            // Everything that is allocated once is there.
            kept.clear();
            before = live();
        }
    }
    let grown = live() - before;
    let small = small();
    assert!(kept.iter().all(|kept| *kept == small));
    grown / kept.len()
}

#[test]
fn a_million_kept_packets_cost_their_own_size() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        // A million out of reads of 2 KiB, and as many out of reads of 64 KiB as time allows. If
        // packets shared the memory of their read, each would keep alive all that came with it.
        for (small_ones, long_in_burst) in [(1_000_000, 2), (10_000, 53)] {
            let each = keep(small_ones, long_in_burst).await;
            let bounds = small().as_bytes().len()..=300;
            assert!(bounds.contains(&each), "{each} bytes a kept packet of {small_ones}");
        }
    });
}
