//! Two million datagrams, good and bad, while ten thousand bundles wait: memory stays bounded, and each datagram is
//! accounted for.
//!
//! It counts what is allocated in the whole process, so this is a program of its own.
#![cfg(target_os = "linux")]
#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test may panic")]

mod common;

use std::alloc::System;
use std::io::{Write, stdout};
use std::net::{SocketAddr, UdpSocket};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use common::Running;
use common::timed::HOUR;
use common::wire::{Random, packet};
use oscine::transport::stats::DropCause;
use oscine::{
    AddressSpace, Bundle, Message, Networks, OverLimit, PeerOptions, PeerRules, RateLimit,
    ScheduleLimits, Server, ServerBuilder, Stats,
};
use stats_alloc::{INSTRUMENTED_SYSTEM, StatsAlloc};

#[global_allocator]
static ALLOCATOR: &StatsAlloc<System> = &INSTRUMENTED_SYSTEM;

/// One test at a time counts.
static ONE: Mutex<()> = Mutex::new(());

/// How many bundles wait all the while.
const PENDING: usize = 10_000;
/// How much more the server may take in a flood than it took with the bundles that wait, in bytes. What it reads into
/// is there before; this is for what is made for the moment: errors, and the tables of peers.
const GROWTH: usize = 256 * 1024;

/// Bytes that are allocated and not given back.
fn live() -> usize {
    let stats = ALLOCATOR.stats();
    stats.bytes_allocated.saturating_sub(stats.bytes_deallocated)
}

/// Looks at what is allocated a thousand times a second.
struct HighWater {
    over: Arc<AtomicBool>,
    thread: std::thread::JoinHandle<usize>,
}

impl HighWater {
    fn start() -> Self {
        let over = Arc::new(AtomicBool::new(false));
        let ended = Arc::clone(&over);
        let thread = std::thread::spawn(move || {
            let mut most = 0;
            while !ended.load(Ordering::Relaxed) {
                most = most.max(live());
                std::thread::sleep(Duration::from_millis(1));
            }
            most
        });
        Self { over, thread }
    }

    fn most(self) -> usize {
        self.over.store(true, Ordering::Relaxed);
        self.thread.join().unwrap()
    }
}

/// A server whose handler counts, and what it has counted.
async fn start(builder: ServerBuilder) -> (Running, Arc<AtomicU64>) {
    let called = Arc::new(AtomicU64::new(0));
    let count = Arc::clone(&called);
    let space = AddressSpace::new();
    let fader = move |_: f32| {
        count.fetch_add(1, Ordering::Relaxed);
    };
    space.method("/fader", fader).unwrap();
    space.method("/sync", || {}).unwrap();
    let limits = ScheduleLimits::new().count(PENDING);
    // Any address of loopback, so that senders can have several.
    let builder = builder.udp("127.0.0.1:0").address_space(space).schedule_limits(limits);
    (Running::bind(builder).await, called)
}

/// Datagrams of every kind that holds one message or less: those are what the counters can be added up by.
fn datagrams() -> Vec<Vec<u8>> {
    let fader = Message::new("/fader", 0.5_f32).unwrap();
    let soon = oscine::TimeTag::IMMEDIATE;
    let later = common::timed::now() + HOUR;
    let good = packet("/fader", 0.25_f32).as_bytes().to_vec();
    let bundle = |at| Bundle::new(at, [fader.clone()]).unwrap().as_bytes().to_vec();
    let mut datagrams = vec![
        good.clone(),
        good.clone(),
        packet("/f*r", 0.5_f32).as_bytes().to_vec(),
        packet("/nowhere", 1).as_bytes().to_vec(),
        packet("/[", 1).as_bytes().to_vec(),
        packet("/fader", "text").as_bytes().to_vec(),
        bundle(soon),
        bundle(later),
        Vec::new(),
        b"no packet".to_vec(),
        good[..good.len() - 1].to_vec(),
        b"#bundle\0".to_vec(),
    ];
    let mut random = Random(5);
    datagrams.extend((0..4).map(|_| [b"/", &random.bytes(60)[..], b"\xff"].concat()));
    datagrams
}

/// Sends so many datagrams from these addresses, by turns of 64; waits for the server after each turn if `patient`.
fn flood(server: &Running, from: &[&str], count: u64, patient: bool) -> u64 {
    let addr: SocketAddr = server.udp();
    let sockets: Vec<_> = from.iter().map(|it| UdpSocket::bind((*it, 0)).unwrap()).collect();
    let datagrams = datagrams();
    let mut random = Random(count);
    let mut sent = 0;
    for socket in sockets.iter().cycle() {
        for _ in 0..64 {
            let kind = usize::try_from(random.next() % datagrams.len() as u64).unwrap();
            socket.send_to(&datagrams[kind], addr).unwrap();
            sent += 1;
        }
        while patient && server.handle.stats().received + 2048 < sent {
            std::thread::yield_now();
        }
        if sent >= count {
            break;
        }
    }
    sent
}

/// Fills the schedule.
async fn fill(server: &Running) {
    for number in 0..PENDING {
        let later = common::timed::now() + HOUR + Duration::from_micros(number as u64);
        let bundle = Bundle::new(later, [Message::new("/fader", 1.0_f32).unwrap()]).unwrap();
        server.handle.dispatch(bundle).await.unwrap();
    }
    assert_eq!(server.handle.stats().pending, PENDING);
}

/// Waits until the server has received and run all that has been sent and was not dropped by the system.
async fn all_run(server: &Running, sent: u64) -> Stats {
    common::within(async {
        loop {
            let stats = server.handle.stats();
            if stats.received + stats.transport.dropped(DropCause::ReceiveBuffer) >= sent {
                break;
            }
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        // It runs after what was read before.
        server.handle.dispatch(("/sync", ())).await.unwrap();
    })
    .await;
    server.handle.stats()
}

/// Adds the counters up: every datagram is in exactly one of them, every message too.
fn check(stats: &Stats, sent: u64, called: u64) {
    let dropped = stats.transport.dropped(DropCause::ReceiveBuffer);
    assert_eq!(stats.received + dropped, sent, "{stats:?}");
    // `/sync`, which was not received.
    let messages = stats.messages - 1;
    // As many bundles were put in line as `fill` has dispatched: of all those beyond, as many were refused as received.
    let refused = stats.denied + stats.rate_limited + stats.coalesced + stats.schedule_refused;
    assert_eq!(stats.received, stats.bad + refused + messages, "{stats:?}");
    assert_eq!(stats.calls - 1, called, "{stats:?}");
    assert_eq!(messages, called + stats.unmatched + stats.misfits, "{stats:?}");
    assert_eq!(stats.scheduled, PENDING as u64, "{stats:?}");
    assert_eq!((stats.handler_panics, stats.handler_errors, stats.released), (0, 0, 0));
    let kinds = [stats.bad, called, stats.unmatched, stats.misfits, stats.bad_patterns];
    assert!(kinds.iter().all(|count| *count > sent / 1000), "a kind is missing: {stats:?}");
}

fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap()
}

/// Floods a server; checks what it takes, and the counters.
fn survives(count: u64, patient: bool) {
    let _one = ONE.lock().unwrap_or_else(PoisonError::into_inner);
    runtime().block_on(async {
        let (server, called) = start(Server::builder()).await;
        // Whatever is made once is there.
        let mut sent = flood(&server, &["127.0.0.1"], 2000, true);
        sent += flood(&server, &["127.0.0.1"], 0, true);
        let empty = live();
        fill(&server).await;
        let before = live();
        let high_water = HighWater::start();
        sent += flood(&server, &["127.0.0.1"], count, patient);
        all_run(&server, sent).await;
        let grown = high_water.most().saturating_sub(before);
        assert!(grown < GROWTH, "{grown} bytes more than before");
        let stats = server.handle.stats();
        assert_eq!(stats.pending, PENDING);
        let handle = server.handle.clone();
        server.stop().await;
        check(&stats, sent, called.load(Ordering::Relaxed));
        let stats = handle.stats();
        assert_eq!((stats.dropped_at_stop, stats.pending), (PENDING as u64, 0));
        let _ = writeln!(
            stdout(),
            "{sent} datagrams, {} dropped by the system; {} bytes for {PENDING} bundles, at most {grown} for the flood",
            stats.transport.dropped(DropCause::ReceiveBuffer),
            before.saturating_sub(empty),
        );
    });
}

/// Floods a server from hosts that may send nothing, little, or only the newest.
fn keeps_out(count: u64) {
    let _one = ONE.lock().unwrap_or_else(PoisonError::into_inner);
    runtime().block_on(async {
        let options = |limit| PeerOptions::new().rate(limit);
        let rules = PeerRules::new()
            .peers("127.0.0.3", options(RateLimit::per_second(100)))
            .unwrap()
            .peers("127.0.0.4", options(RateLimit::per_second(1000).over(OverLimit::Latest)))
            .unwrap();
        let networks = Networks::new().deny("127.0.0.2").unwrap();
        let builder = Server::builder().networks(networks).peer_rules(rules);
        let (server, called) = start(builder).await;
        let from = ["127.0.0.1", "127.0.0.2", "127.0.0.3", "127.0.0.4"];
        let mut sent = flood(&server, &from, 4096, true);
        fill(&server).await;
        let before = live();
        let high_water = HighWater::start();
        sent += flood(&server, &from, count, true);
        all_run(&server, sent).await;
        let grown = high_water.most().saturating_sub(before);
        assert!(grown < GROWTH, "{grown} bytes more than before");
        // What is held back at the end is counted, too.
        let stats = server.stop().await;
        check(&stats, sent, called.load(Ordering::Relaxed));
        // A quarter each, as nothing of it was dropped.
        assert_eq!(stats.transport.dropped(DropCause::ReceiveBuffer), 0);
        assert!(stats.denied >= sent / 4 - 64 && stats.denied <= sent / 4 + 64, "{stats:?}");
        assert!(stats.rate_limited > sent / 8 && stats.coalesced > sent / 100, "{stats:?}");
        let _ = writeln!(stdout(), "{sent} datagrams: {stats:?}");
    });
}

#[test]
fn a_flood_takes_no_memory_and_adds_up() {
    survives(30_000, true);
}

#[test]
fn a_flood_of_those_who_may_not_takes_no_memory_and_adds_up() {
    keeps_out(30_000);
}

#[test]
#[ignore = "takes some ten seconds in a release build, and minutes in another"]
fn two_million_datagrams_take_no_memory_and_add_up() {
    survives(2_000_000, false);
}

#[test]
#[ignore = "takes some ten seconds in a release build, and minutes in another"]
fn two_million_datagrams_of_those_who_may_not_take_no_memory_and_add_up() {
    keeps_out(2_000_000);
}
