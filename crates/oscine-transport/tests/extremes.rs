//! Times that are as short or as long as can be are taken by every option, and nothing overflows.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::{net::Ipv4Addr, time::Duration};

use futures::{SinkExt, StreamExt};
use oscine_codec::{Message, Packet};
use oscine_transport::{
    Udp,
    bundling::Bundling,
    endpoints::Endpoints,
    framing::{FramingKind, Slip},
    tcp::{self, Listener},
};
use proptest::{prelude::*, sample::select};
use tokio::runtime::Builder;

fn time() -> impl Strategy<Value = Duration> {
    let edges = [
        Duration::ZERO,
        Duration::from_nanos(1),
        Duration::from_secs(1 << 40),
        Duration::from_secs(u64::MAX),
        Duration::MAX,
    ];
    let any = (any::<u64>(), 0..1_000_000_000_u32);
    prop_oneof![select(edges.to_vec()), any.prop_map(|(secs, nanos)| Duration::new(secs, nanos))]
}

fn packet() -> Packet {
    Message::new("/a", (1,)).unwrap().into()
}

/// Long enough for what is to come.
const LONG: Duration = Duration::from_secs(30);

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn every_option_takes_any_time(times in proptest::collection::vec(time(), 8)) {
        let runtime = Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async { tokio::time::timeout(LONG, all(&times)).await.unwrap() });
    }
}

async fn all(times: &[Duration]) {
    let [a, b, c, d, e, f, ..] = *times else { panic!("{times:?}") };
    streams(a, b, c, d).await;
    reconnecting(a, b, c.max(LONG), d.max(LONG)).await;
    bundling(e).await;
    udp(e, f).await;
}

async fn streams(a: Duration, b: Duration, c: Duration, d: Duration) {
    let builder = Listener::builder().framing(FramingKind::Slip).keep_alive(d);
    let builder = builder.idle_timeout(a.max(LONG)).frame_timeout(b.max(LONG)).write_timeout(c);
    let listener = builder.bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
    let to = listener.local_addr().unwrap();
    let builder =
        tcp::Connection::builder().idle_timeout(a.max(LONG)).frame_timeout(b).keep_alive(d);
    let mut client = builder.connect(to).await.unwrap();
    let (mut server, _) = listener.accept().await;
    client.send(packet()).await.unwrap();
    assert_eq!(server.next().await.unwrap().unwrap().unwrap(), packet());
    // Polled when there is nothing, so that it waits.
    assert!(futures::poll!(server.next()).is_pending());
    client.close().await.unwrap();
}

/// There is nobody at first, so it waits between attempts.
async fn reconnecting(a: Duration, b: Duration, connect: Duration, grace: Duration) {
    let nobody = std::net::TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    let to = nobody.local_addr().unwrap();
    drop(nobody);
    let builder = tcp::Connection::builder().reconnecting().max_age(a).backoff(a.min(b), b);
    let client = builder.connect_timeout(connect).grace(grace).connect(to);
    let mut states = client.states();
    while !matches!(
        states.next().await,
        Some(oscine_transport::reconnect::State::Lost { .. }) | None
    ) {}
    drop(client);
}

async fn bundling(delay: Duration) {
    let (sink, mut sent) = futures::channel::mpsc::unbounded::<Packet>();
    let sink = sink.sink_map_err(|_| oscine_transport::SendError::Closed);
    let mut bundling = Bundling::builder().delay(delay).wrap(sink);
    bundling.feed(packet()).await.unwrap();
    tokio::task::yield_now().await;
    SinkExt::<Packet>::flush(&mut bundling).await.unwrap();
    assert_eq!(sent.next().await, Some(packet()));
}

async fn udp(expiry: Duration, expire_after: Duration) {
    let receiver = Udp::bind("127.0.0.1:0").await.unwrap();
    let to = receiver.local_addr().unwrap();
    let endpoints = Endpoints::builder().expiry(expiry).build();
    drop(endpoints);
    let mut framed = receiver.framed(Slip::new).expire_after(expire_after).build();
    let sender = std::net::UdpSocket::bind("127.0.0.1:0").unwrap();
    sender.send_to(b"\xc0/a\0\0,\0\0\0", to).unwrap();
    assert!(futures::poll!(framed.next()).is_pending());
}
