//! Times that are as short or as long as can be are taken by every option, and nothing overflows.
#![expect(clippy::unwrap_used, reason = "a test may panic")]

mod common;

use std::future::pending;
use std::time::Duration;

use common::wire::packet;
use common::{LOOPBACK, Running, within};
use oscine::{
    AddressSpace, Bundle, Client, IntoTimeTag, LatestWins, LocalHandlers, OffsetOptions,
    ScheduleLimits, Server, TimeTag,
};
use proptest::prelude::*;
use proptest::sample::select;
use tokio::runtime::Builder;

fn time() -> impl Strategy<Value = Duration> {
    let edges = [
        Duration::ZERO,
        Duration::from_nanos(1),
        Duration::from_secs(1 << 31),
        Duration::from_secs(1 << 32),
        Duration::from_secs(1 << 40),
        Duration::from_secs(i64::MAX.unsigned_abs()),
        Duration::from_secs(i64::MAX.unsigned_abs() + 1),
        Duration::from_secs(u64::MAX),
        Duration::MAX,
    ];
    prop_oneof![
        select(edges.to_vec()),
        (any::<u64>(), 0..1_000_000_000_u32)
            .prop_map(|(seconds, nanos)| Duration::new(seconds, nanos))
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { max_shrink_iters: 0, ..ProptestConfig::with_cases(24) })]

    #[test]
    fn a_server_and_its_clients_take_any_time(times in proptest::collection::vec(time(), 16)) {
        Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap()
            .block_on(ask(&times));
    }

    #[test]
    fn what_needs_no_server_takes_any_time(one in time(), two in time()) {
        let mut latest = LatestWins::new(one);
        let now = std::time::Instant::now();
        for _ in 0..2 {
            assert!(latest.offer(now, oscine::Message::new("/a", 1).unwrap()));
        }
        let _ = (oscine::TimeOffset::ahead(one) + oscine::TimeOffset::behind(two)).abs();
        let _ = OffsetOptions::new().interval(one).timeout(two).lead(one);
        let (clock, hand) = oscine::Clock::simulated(TimeTag::from_unix(1_700_000_000, 0));
        hand.advance(one);
        hand.advance(two);
        let _ = clock.now();
        let local = LocalHandlers::with_patience(one);
        local.process();
    }
}

/// Sets all there is to be set, and has it used.
async fn ask(times: &[Duration]) {
    let [a, b, c, d, e, f, g, h, ..] = *times else { panic!("{times:?}") };
    let space = AddressSpace::new();
    space.method("/ask", |number: i32| ("/answer", number)).unwrap();
    space.method("/hang", pending::<()>).unwrap();
    let builder = Server::builder().udp(LOOPBACK).tcp(LOOPBACK).address_space(space);
    let limits = ScheduleLimits::new().horizon(c);
    let server =
        builder.precision(a).late_slack(b).handler_timeout(h.max(LONG)).schedule_limits(limits);
    let server = server.bind().await.unwrap();
    let handle = server.handle();
    // No message waits, so it stops whatever these are; but a cut that comes at once is no answer.
    let serve = server.serve().grace(d.max(LONG)).drain(e);
    let server = Running { handle, task: tokio::spawn(serve.into_future()) };
    let tcp = format!("osc.tcp://{}", server.tcp());
    for endpoint in [format!("osc.udp://{}", server.udp()), tcp] {
        let builder = Client::builder().timeout(f.max(LONG)).connect_timeout(g.max(LONG));
        let mut client = builder.write_timeout(h.max(LONG)).connect(endpoint).await.unwrap();
        within(client.request(("/ask", 1), "/answer")).await.unwrap();
        within(client.request_within(a.max(LONG), ("/ask", 1), "/answer")).await.unwrap();
        // Not sent: with such a slack and such a drain it may wait for as long as it is told.
        let _ = (b.into_time_tag(), packet("/ask", 2));
        client.send(Bundle::new(TimeTag::IMMEDIATE, [packet("/ask", 3)]).unwrap()).await.unwrap();
        within(client.recv_timeout(c.max(LONG))).await.unwrap();
        client.keep_alive(("/ask", 4), d.max(LONG)).unwrap().stop();
        drop(client.latest_wins(e));
        within(client.close()).await.unwrap();
    }
    server.handle.drop_pending();
    server.stop().await;
}

/// Long enough for what is to come.
const LONG: Duration = Duration::from_secs(30);
