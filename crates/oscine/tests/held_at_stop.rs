//! What a rate limit holds back when the server is stopped runs while it drains, or is counted.
#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test may panic")]

mod common;

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, SystemTime};

use common::{LOOPBACK, within};
use oscine::{AddressSpace, Client, Clock, OverLimit, RateLimit, Server, Stats};
use tokio::task::yield_now;

/// Sends ten messages of which one may pass at once and the others as the rate says; stops the server when it has them.
async fn stop(per_second: u32, drain: Duration, looks: &Arc<AtomicU64>) -> Stats {
    let space = AddressSpace::new();
    space.subtree("/fader", |_: f32| {}).unwrap();
    let limit = RateLimit::per_second(per_second).burst(1).over(OverLimit::Latest);
    let seen = Arc::clone(looks);
    let monotonic = move || {
        seen.fetch_add(1, Ordering::Relaxed);
        std::time::Instant::now()
    };
    let clock = Clock::with_sources(SystemTime::now, monotonic);
    let builder = Server::builder().udp(LOOPBACK).address_space(space).rate_limit(limit);
    let server = builder.clock(clock).bind().await.unwrap();
    let handle = server.handle();
    let client = Client::connect(&server.endpoints()[0]).await.unwrap();
    for number in 0..10 {
        client.send((format!("/fader/{number}"), 0.5_f32)).await.unwrap();
    }
    let stopping = handle.clone();
    let received = async move {
        while stopping.stats().received < 10 || stopping.stats().calls == 0 {
            yield_now().await;
        }
    };
    let serve = server.serve().drain(drain).with_graceful_shutdown(received);
    within(serve.into_future()).await.unwrap();
    handle.stats()
}

#[tokio::test]
async fn what_a_rate_holds_back_runs_while_the_server_drains() {
    let looks = Arc::new(AtomicU64::new(0));
    let stats = stop(100, Duration::from_secs(30), &looks).await;
    assert_eq!((stats.received, stats.calls, stats.rate_limited), (10, 10, 0));
}

#[tokio::test]
async fn what_a_rate_still_holds_back_at_the_end_is_counted() {
    for drain in [Duration::ZERO, Duration::from_millis(50)] {
        let looks = Arc::new(AtomicU64::new(0));
        let stats = stop(1, drain, &looks).await;
        assert_eq!((stats.received, stats.calls, stats.rate_limited), (10, 1, 9), "{drain:?}");
        // Nor is the time looked at again and again meanwhile.
        let looks = looks.load(Ordering::Relaxed);
        assert!(looks < 500, "{looks} looks at the clock");
    }
}
