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

/// One packet out of every read is kept, and all others of the read are looked at and dropped.
///
/// A read brings what filled a slot: datagrams that the system has joined. If packets shared the
/// memory of their read, each would keep alive all that came with it.
#[test]
fn a_million_kept_packets_cost_their_own_size() {
    const KEPT: usize = 1_000_000;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let mut receiver = Udp::bind("127.0.0.1:0").await.unwrap();
        let to = receiver.local_addr().unwrap();
        let sender = Udp::bind("127.0.0.1:0").await.unwrap();
        let packet: Packet = Message::new("/kept", (1, 2.0_f32, "three")).unwrap().into();
        let burst = vec![packet.clone(); 16];
        let mut kept: Vec<Packet> = Vec::with_capacity(KEPT);
        // Everything that is allocated once is there.
        sender.send_all_to(&burst, to).await.unwrap();
        let mut lent = 0;
        while lent < burst.len() {
            lent += receiver.recv_batch().await.unwrap().count();
        }

        let before = live();
        while kept.len() < KEPT {
            sender.send_all_to(&burst, to).await.unwrap();
            let mut taken = 0;
            while taken < burst.len() {
                let received = receiver.recv().await.unwrap();
                kept.push(received.packet.unwrap());
                // What has come in the same read, and not what comes next.
                taken += 1;
                if taken < burst.len() {
                    taken += receiver.recv_batch().await.unwrap().count();
                }
            }
        }
        let grown = live() - before;
        // Nothing is gained by not keeping them.
        assert!(kept.iter().all(|kept| *kept == packet));
        let each = grown / kept.len();
        assert!((packet.as_bytes().len()..=300).contains(&each), "{each} bytes a kept packet");
    });
}
