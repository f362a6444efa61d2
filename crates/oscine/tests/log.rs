//! What a server tells the log.
#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test may panic")]

mod common;

use std::collections::HashMap;
use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, SystemTime};

use common::wire::packet;
use common::{FRAMINGS, LOOPBACK, Running, within};
use oscine::{
    AddressSpace, Bundle, DecodeOptions, LatePolicy, Networks, OverLimit, Packet, RateLimit,
    ScheduleLimits, Server, ServerBuilder, TagSet, TimeTag, Timing,
};
use tokio::net::UdpSocket;
use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Level, Metadata, Subscriber};

/// Keeps the events of this crate above `trace`, a line each, with the spans that they are in.
#[derive(Clone, Default)]
struct Lines(Arc<Kept>);

#[derive(Default)]
struct Kept {
    lines: Mutex<Vec<String>>,
    spans: Mutex<HashMap<u64, String>>,
    inside: Mutex<Vec<u64>>,
    last: AtomicU64,
}

struct Line(String);

impl Visit for Line {
    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        self.0 += &match field.name() {
            "message" => format!(" {value:?}"),
            name => format!(" {name}={value:?}"),
        };
    }
}

impl Subscriber for Lines {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        metadata.target().starts_with("oscine::") && *metadata.level() < Level::TRACE
    }

    fn new_span(&self, attributes: &Attributes<'_>) -> Id {
        let mut line = Line(attributes.metadata().name().to_owned());
        attributes.record(&mut line);
        let id = self.0.last.fetch_add(1, Ordering::Relaxed) + 1;
        self.0.spans.lock().unwrap().insert(id, line.0);
        Id::from_u64(id)
    }

    fn event(&self, event: &Event<'_>) {
        let mut line = Line(event.metadata().level().to_string());
        event.record(&mut line);
        for id in &*self.0.inside.lock().unwrap() {
            line.0 += &format!(" in {}", self.0.spans.lock().unwrap()[id]);
        }
        self.0.lines.lock().unwrap().push(line.0);
    }

    fn enter(&self, id: &Id) {
        self.0.inside.lock().unwrap().push(id.into_u64());
    }

    fn exit(&self, id: &Id) {
        let left = self.0.inside.lock().unwrap().pop();
        assert_eq!(left, Some(id.into_u64()));
    }

    fn record(&self, _: &Id, _: &Record<'_>) {}

    fn record_follows_from(&self, _: &Id, _: &Id) {}
}

impl Lines {
    /// The lines that hold all of `parts`.
    fn with(&self, parts: &[&str]) -> Vec<String> {
        let lines = self.0.lines.lock().unwrap();
        let holds = |line: &&String| parts.iter().all(|part| line.contains(part));
        lines.iter().filter(holds).cloned().collect()
    }

    /// The one line that holds all of `parts`.
    #[track_caller]
    fn one(&self, parts: &[&str]) -> String {
        let found = self.with(parts);
        let all = self.0.lines.lock().unwrap();
        assert_eq!(found.len(), 1, "{parts:?} in {all:#?}");
        found.into_iter().next().unwrap()
    }
}

fn udp() -> ServerBuilder {
    let space = AddressSpace::new();
    space.method("/a", |_: i32| ()).unwrap();
    Server::builder().udp(LOOPBACK).address_space(space)
}

fn bundle(from_now: i64) -> Packet {
    let (now, by) =
        (TimeTag::from(SystemTime::now()), Duration::from_secs(from_now.unsigned_abs()));
    let tag = if from_now < 0 { now - by } else { now + by };
    Bundle::new(tag, [packet("/a", 1)]).unwrap().into()
}

/// Sends packets to a server from one socket, and says who that was when all have been received.
async fn send(builder: ServerBuilder, packets: &[Packet]) -> String {
    let server = Running::bind(builder).await;
    let socket = UdpSocket::bind(LOOPBACK).await.unwrap();
    for packet in packets {
        socket.send_to(packet.as_bytes(), server.udp()).await.unwrap();
    }
    let count = packets.len() as u64;
    within(async {
        while server.handle.stats().received < count {
            tokio::task::yield_now().await;
        }
    })
    .await;
    server.stop().await;
    format!("peer=udp://{}", socket.local_addr().unwrap())
}

#[tokio::test]
async fn servers_and_connections_are_told_with_their_addresses() {
    let lines = Lines::default();
    let _guard = tracing::subscriber::set_default(lines.clone());
    let server = Running::bind(udp().tcp(LOOPBACK)).await;
    let (udp, tcp) = (server.udp(), server.tcp());
    let client = server.tcp_client(FRAMINGS[0]).await;
    let peer = format!("peer=tcp://{}", client.local_addr().unwrap());
    client.send(("/a", 1)).await.unwrap();
    within(async {
        while server.handle.stats().calls == 0 {
            tokio::task::yield_now().await;
        }
    })
    .await;
    server.stop().await;

    let [udp, tcp] = [format!("osc.udp://{udp}"), format!("osc.tcp://{tcp}")];
    for what in ["serving", "stopped"] {
        lines.one(&["INFO", what, &udp, &tcp]);
    }
    let span = format!(" in connection {peer} number=0 endpoint={tcp}");
    for what in [" connected", " disconnected"] {
        let line = lines.one(&["INFO", what, &peer]);
        assert!(line.contains(&span), "{line}");
    }
    // No message has a line of its own.
    assert_eq!(lines.0.lines.lock().unwrap().len(), 4, "{:#?}", lines.0.lines);
}

#[tokio::test]
async fn what_is_dropped_is_told_once_with_its_cause() {
    let lines = Lines::default();
    let _guard = tracing::subscriber::set_default(lines.clone());
    let message = || packet("/a", 1);
    let three = [message(), message(), message()];

    let denied = Networks::new().deny("127.0.0.0/8").unwrap();
    let peer = send(udp().networks(denied), &three).await;
    lines.one(&["WARN dropped", &peer, "cause=\"denied\"", "count=1 held_back=0"]);

    // One passes.
    let peer = send(udp().rate_limit(RateLimit::per_second(1)), &three).await;
    lines.one(&["WARN dropped", &peer, "cause=\"rate-limited\""]);

    // One passes, one waits, and one takes its place.
    let latest = RateLimit::per_second(1).over(OverLimit::Latest);
    let peer = send(udp().rate_limit(latest), &three).await;
    lines.one(&["DEBUG", &peer, "cause=\"coalesced\""]);

    let late = Timing::new().late(LatePolicy::DropAfter(Duration::from_secs(1)));
    let peer = send(udp().timing(late), &[bundle(-10), bundle(-10)]).await;
    lines.one(&["WARN dropped", &peer, "cause=\"late\""]);

    // One waits until the server stops.
    let one = ScheduleLimits::new().count(1);
    let peer = send(udp().schedule_limits(one), &[bundle(60), bundle(60), bundle(60)]).await;
    lines.one(&["WARN", &peer, "cause=\"schedule-full\"", "bundles=1"]);
    lines.one(&["WARN", "cause=\"stopped\"", "bundles=1"]);

    let floats = DecodeOptions::new().only_tags(TagSet::new("f"));
    let peer = send(udp().decode_options(floats), &[message()]).await;
    lines.one(&["DEBUG malformed packet", &peer, "error="]);
}

#[tokio::test]
async fn what_peers_can_repeat_is_told_once_for_each_handler() {
    let lines = Lines::default();
    let _guard = tracing::subscriber::set_default(lines.clone());
    let space = AddressSpace::new();
    space.method("/a", |_: i32| Err::<(), _>(std::io::Error::other("broken"))).unwrap();
    space.method("/b", |_: i32| async { Err::<(), _>(std::io::Error::other("as well")) }).unwrap();
    space.method("/text", |_: String| ()).unwrap();
    let addresses = ["/a", "/b", "/a", "/b", "/nobody", "/text", "/nobody", "/text", "/a"];
    let packets = addresses.map(|address| packet(address, 1));
    let peer = send(Server::builder().udp(LOOPBACK).address_space(space), &packets).await;
    lines.one(&["WARN", "handler failed", "broken", "held_back=0", &peer]);
    lines.one(&["WARN", "handler failed", "as well", "held_back=0", &peer]);
    lines.one(&["DEBUG", "no method", "/nobody", "held_back=0", &peer]);
    lines.one(&["DEBUG", "no handler takes", "/text", "held_back=0", &peer]);
    // Beside those: that it serves, and has stopped.
    assert_eq!(lines.0.lines.lock().unwrap().len(), 6, "{:#?}", lines.0.lines);
}
