//! What a server tells the recorder of crate `metrics`.
#![expect(clippy::unwrap_used, reason = "a test may panic")]

mod common;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant, SystemTime};

use common::wire::packet;
use common::{FRAMINGS, LOOPBACK, Running, within};
use metrics::{
    Counter, CounterFn, Gauge, GaugeFn, Histogram, HistogramFn, Key, KeyName, Metadata, Recorder,
    SharedString, Unit, set_default_local_recorder,
};
use oscine::{AddressSpace, Bundle, Metrics, Server, ServerBuilder, TimeTag, blocking};
use tokio::net::UdpSocket;

/// Keeps all that it is told, by names and labels as `name{key=value}`.
#[derive(Clone, Default)]
struct Kept(Arc<Mutex<Figures>>);

#[derive(Default)]
struct Figures {
    numbers: BTreeMap<String, f64>,
    values: BTreeMap<String, Vec<f64>>,
    described: BTreeSet<String>,
}

/// One figure.
struct Told(Kept, String);

impl Kept {
    fn get(&self, name: &str) -> f64 {
        let figures = self.0.lock().unwrap();
        *figures.numbers.get(name).unwrap_or_else(|| panic!("{name}: {:?}", figures.numbers.keys()))
    }

    fn values(&self, name: &str) -> Vec<f64> {
        self.0.lock().unwrap().values.get(name).cloned().unwrap_or_default()
    }

    /// Waits until a figure is so much.
    async fn reaches(&self, name: &str, value: f64) {
        within(async {
            while !self.0.lock().unwrap().numbers.get(name).is_some_and(|&told| told >= value) {
                tokio::time::sleep(Duration::from_millis(1)).await;
            }
        })
        .await;
    }

    fn told(&self, key: &Key) -> Arc<Told> {
        let labels = key.labels().map(|label| format!("{}={}", label.key(), label.value()));
        let labels = labels.collect::<Vec<_>>().join(",");
        let labels = if labels.is_empty() { labels } else { format!("{{{labels}}}") };
        Arc::new(Told(self.clone(), format!("{}{labels}", key.name())))
    }

    fn describe(&self, name: &KeyName, unit: Option<Unit>) {
        let unit = unit.unwrap().as_str();
        assert!(self.0.lock().unwrap().described.insert(format!("{} {unit}", name.as_str())));
    }
}

impl Told {
    fn add(&self, more: f64) {
        *self.0.0.lock().unwrap().numbers.entry(self.1.clone()).or_default() += more;
    }
}

impl CounterFn for Told {
    fn increment(&self, value: u64) {
        self.add(value as f64);
    }

    fn absolute(&self, _: u64) {
        panic!("servers of one program would overwrite each other");
    }
}

impl GaugeFn for Told {
    fn increment(&self, value: f64) {
        self.add(value);
    }

    fn decrement(&self, value: f64) {
        self.add(-value);
    }

    fn set(&self, _: f64) {
        panic!("servers of one program would overwrite each other");
    }
}

impl HistogramFn for Told {
    fn record(&self, value: f64) {
        self.0.0.lock().unwrap().values.entry(self.1.clone()).or_default().push(value);
    }
}

impl Recorder for Kept {
    fn describe_counter(&self, name: KeyName, unit: Option<Unit>, _: SharedString) {
        self.describe(&name, unit);
    }

    fn describe_gauge(&self, name: KeyName, unit: Option<Unit>, _: SharedString) {
        self.describe(&name, unit);
    }

    fn describe_histogram(&self, name: KeyName, unit: Option<Unit>, _: SharedString) {
        self.describe(&name, unit);
    }

    fn register_counter(&self, key: &Key, _: &Metadata<'_>) -> Counter {
        Counter::from_arc(self.told(key))
    }

    fn register_gauge(&self, key: &Key, _: &Metadata<'_>) -> Gauge {
        Gauge::from_arc(self.told(key))
    }

    fn register_histogram(&self, key: &Key, _: &Metadata<'_>) -> Histogram {
        Histogram::from_arc(self.told(key))
    }
}

fn space() -> AddressSpace {
    let space = AddressSpace::new();
    space.method("/a", |_: i32| ("/b", ())).unwrap();
    space.method("/fails", || Err::<(), _>("it does")).unwrap();
    space
}

fn builder(metrics: Metrics) -> ServerBuilder {
    let metrics = metrics.interval(Duration::from_millis(1));
    Server::builder().udp(LOOPBACK).tcp(LOOPBACK).address_space(space()).metrics(metrics)
}

#[tokio::test]
async fn everything_is_told_again_and_again_and_at_the_end() {
    let kept = Kept::default();
    let _guard = set_default_local_recorder(&kept);
    let server = Running::bind(builder(Metrics::new())).await;
    let (socket, tcp) =
        (UdpSocket::bind(LOOPBACK).await.unwrap(), server.tcp_client(FRAMINGS[0]).await);
    let soon = TimeTag::from(SystemTime::now()) + Duration::from_millis(20);
    let never = TimeTag::from(SystemTime::now()) + Duration::from_secs(3600);
    let far = TimeTag::from(SystemTime::now()) + Duration::from_secs(1_000_000);
    let bundle = |tag| Bundle::new(tag, [packet("/a", 1)]).unwrap();
    for bytes in [
        packet("/a", 1).as_bytes(),
        packet("/a", "misfit").as_bytes(),
        packet("/none", 1).as_bytes(),
        packet("/fails", ()).as_bytes(),
        b"bad",
        bundle(soon).as_bytes(),
        bundle(never).as_bytes(),
        bundle(far).as_bytes(),
    ] {
        socket.send_to(bytes, server.udp()).await.unwrap();
    }
    tcp.send(("/a", 1)).await.unwrap();

    kept.reaches("oscine_messages_total", 6.0).await;
    kept.reaches("oscine_released_total", 1.0).await;
    kept.reaches("oscine_pending_bundles", 1.0).await;
    kept.reaches("oscine_connections_open", 1.0).await;
    assert!(kept.get("oscine_pending_bytes") >= 16.0);

    let stats = server.stop().await;
    let check = |name: &str, expected: u64| assert_eq!(kept.get(name), expected as f64, "{name}");
    for (name, expected) in [
        ("oscine_received_total", 9),
        ("oscine_bad_total{kind=not-a-packet}", stats.transport.bad.get("not-a-packet")),
        ("oscine_messages_total", 6),
        ("oscine_calls_total", 4),
        ("oscine_unmatched_total", 1),
        ("oscine_misfits_total", 1),
        ("oscine_handler_faults_total{kind=error}", 1),
        ("oscine_handler_faults_total{kind=panic}", 0),
        ("oscine_scheduled_total", 2),
        ("oscine_released_total", 1),
        ("oscine_drops_total{cause=schedule-full}", 1),
        ("oscine_drops_total{cause=stopped}", 1),
        ("oscine_drops_total{cause=denied}", 0),
        ("oscine_connections_total{kind=accepted}", 1),
        ("oscine_sent_total", stats.sent),
        ("oscine_received_bytes_total", stats.received_bytes),
        ("oscine_written_total", stats.transport.sent),
        ("oscine_written_bytes_total", stats.transport.sent_bytes),
        ("oscine_pending_bundles", 0),
        ("oscine_pending_bytes", 0),
        ("oscine_connections_open", 0),
    ] {
        check(name, expected);
    }
    for (kind, count) in stats.transport.bad.iter() {
        check(&format!("oscine_bad_total{{kind={kind}}}"), count);
    }
    assert_eq!(stats.bad, 1);
    let late = kept.values("oscine_lateness_seconds");
    assert_eq!(late.len(), 1);
    let max = stats.lateness.max.as_secs_f64();
    assert!(late[0] > 0.0 && (late[0] - max).abs() <= max / 50.0, "{late:?}, {max}");
    let described = kept.0.lock().unwrap().described.clone();
    for wanted in [
        "oscine_bad_total count",
        "oscine_received_bytes_total bytes",
        "oscine_lateness_seconds seconds",
    ] {
        assert!(described.contains(wanted), "{described:?}");
    }
}

#[tokio::test]
async fn servers_add_up_unless_labels_tell_them_apart() {
    let kept = Kept::default();
    for (label, messages) in [(None, 2), (None, 3), (Some("left"), 4)] {
        // Each describes what it tells.
        kept.0.lock().unwrap().described.clear();
        let _guard = set_default_local_recorder(&kept);
        let metrics = Metrics::new();
        let metrics = label.map_or(metrics.clone(), |label| metrics.label("stage", label));
        let server = Running::bind(builder(metrics)).await;
        for _ in 0..messages {
            server.handle.dispatch(("/a", 1)).await.unwrap();
        }
        server.stop().await;
    }
    assert_eq!(kept.get("oscine_messages_total"), 5.0);
    assert_eq!(kept.get("oscine_messages_total{stage=left}"), 4.0);
    assert_eq!(kept.get("oscine_bad_total{stage=left,kind=truncated}"), 0.0);
}

#[test]
fn a_server_in_steps_tells_between_them() {
    let kept = Kept::default();
    // It is told on another thread. The other tests have recorders of their own.
    metrics::set_global_recorder(kept.clone()).unwrap();
    let metrics = Metrics::new().label("stage", "steps");
    let mut server = blocking::Server::bind(builder(metrics)).unwrap();
    let client = blocking::Client::connect(&server.endpoints()[0]).unwrap();
    let (name, start) = ("oscine_messages_total{stage=steps}", Instant::now());
    for messages in 1..=3 {
        client.send(("/a", 1)).unwrap();
        while server.handle().stats().messages < messages {
            server.process_one(Duration::from_secs(60)).unwrap();
        }
        // Nobody takes a step meanwhile.
        while !kept.0.lock().unwrap().numbers.get(name).is_some_and(|&told| told >= messages as f64)
        {
            assert!(start.elapsed() < Duration::from_secs(60), "it is not told");
            thread::sleep(Duration::from_millis(1));
        }
    }
    drop(server);
    assert_eq!(kept.get(name), 3.0);
}

#[tokio::test]
async fn a_recorder_that_panics_harms_nobody() {
    struct Panics;

    #[rustfmt::skip]
    impl Recorder for Panics {
        fn describe_counter(&self, _: KeyName, _: Option<Unit>, _: SharedString) { panic!() }
        fn describe_gauge(&self, _: KeyName, _: Option<Unit>, _: SharedString) { panic!() }
        fn describe_histogram(&self, _: KeyName, _: Option<Unit>, _: SharedString) { panic!() }
        fn register_counter(&self, _: &Key, _: &Metadata<'_>) -> Counter { panic!() }
        fn register_gauge(&self, _: &Key, _: &Metadata<'_>) -> Gauge { panic!() }
        fn register_histogram(&self, _: &Key, _: &Metadata<'_>) -> Histogram { panic!() }
    }

    let _guard = set_default_local_recorder(&Panics);
    let server = Running::bind(builder(Metrics::new())).await;
    let client = server.udp_client().await;
    within(client.request(("/a", 1), "/b")).await.unwrap();
    assert_eq!(server.stop().await.calls, 1);
}
