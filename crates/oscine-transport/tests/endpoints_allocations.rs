//! What sending to many costs in memory. It has a file of its own, as it counts all allocations.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::alloc::System;

use oscine_codec::{Message, Packet};
use oscine_transport::{
    Udp,
    endpoints::{ALL, Endpoints},
};
use stats_alloc::{INSTRUMENTED_SYSTEM, Region, StatsAlloc};

#[global_allocator]
static ALLOCATOR: &StatsAlloc<System> = &INSTRUMENTED_SYSTEM;

#[tokio::test]
async fn datagrams_to_many_cost_the_list_of_outcomes_alone() {
    let receiver = Udp::bind("127.0.0.1:0").await.unwrap();
    let port = receiver.local_addr().unwrap().port();
    let endpoints = Endpoints::new();
    let group: Vec<_> = (0..4).map(|number| format!("synth/{number}")).collect();
    for (number, name) in (1..).zip(&group) {
        // The whole of 127.0.0.0/8 is this machine; where it is not, nobody receives, no more.
        let addr = std::net::SocketAddr::from(([127, 0, 0, number], port));
        endpoints.add(name, addr).unwrap();
    }
    endpoints.add_group("synths", &group).unwrap();
    let packet: Packet = Message::new("/note", (60, 0.5_f32)).unwrap().into();
    endpoints.send(ALL, &packet).await;

    for (targets, lists) in [(ALL, 1), ("synth/1", 1), ("synths", 2)] {
        let region = Region::new(ALLOCATOR);
        let outcomes = endpoints.send(targets, &packet).await;
        let change = region.change();
        drop(outcomes);
        // The list of outcomes grows from 4 places on; a group notes which groups are open.
        assert!(change.allocations <= lists, "{targets}: {change:?}");
        assert_eq!(change.reallocations, 0, "{targets}: {change:?}");
    }
}
