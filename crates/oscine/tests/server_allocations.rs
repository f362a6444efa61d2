//! What a message costs in memory on its way from a socket to a sync handler: nothing, once warm. And what a bundle costs
//! that waits: its own size.
//!
//! It counts what is allocated in the whole process, so this is a program of its own, with one test at a time.
#![expect(clippy::unwrap_used, reason = "a test may panic")]

mod common;

use std::alloc::System;
use std::io::Write;
use std::net::{TcpStream, UdpSocket};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use common::wire::{frame, packet};
use common::{LOOPBACK, Running};
use oscine::transport::framing::FramingKind::{LengthPrefix, Slip};
use oscine::{
    AddressSpace, Bundle, Engine, Message, Packet, ScheduleLimits, Server, TimeTag, Timing,
};
use stats_alloc::{INSTRUMENTED_SYSTEM, Region, StatsAlloc};
use tokio::task::yield_now;

#[global_allocator]
static ALLOCATOR: &StatsAlloc<System> = &INSTRUMENTED_SYSTEM;

/// One test at a time counts.
static ONE: Mutex<()> = Mutex::new(());

/// How many rounds it takes until everything has been made that is kept.
const WARM: u64 = 300;
const ROUNDS: u64 = 1000;

/// What is sent in each round, and how many messages it comes to.
fn round() -> (Vec<Packet>, u64) {
    let fader = Message::new("/fader/1", (0.5_f32, 7)).unwrap();
    let bundle = Bundle::new(TimeTag::IMMEDIATE, [fader.clone(), fader.clone()]).unwrap();
    let packets = vec![
        fader.into(),
        packet("/trigger", ()),
        // By a pattern, and to a method that has one.
        packet("/fader/?", (1, 8.0_f32)),
        packet("/strip/7/gain", 0.5_f32),
        bundle.into(),
        packet("/nowhere", ()),
        packet("/trigger", "which does not fit"),
    ];
    (packets, 8)
}

async fn start() -> Running {
    let space = AddressSpace::new();
    let sum = Arc::new(AtomicU64::new(0));
    let add = Arc::clone(&sum);
    let fader = move |_: f32, number: i32| {
        add.fetch_add(u64::from(number.unsigned_abs()), Ordering::Relaxed);
    };
    space.method("/fader/1", fader).unwrap();
    space.method("/strip/*/gain", |_: f32| {}).unwrap();
    space
        .method("/trigger", move || {
            sum.fetch_add(1, Ordering::Relaxed);
        })
        .unwrap();
    let builder = Server::builder().udp(LOOPBACK).tcp(LOOPBACK).address_space(space);
    Running::bind(builder).await
}

/// Has `send` send one round after the other, and counts what is allocated once all is warm.
async fn check(name: &str, server: &Running, mut send: impl FnMut()) {
    let (_, each) = round();
    let mut expected = server.handle.stats().messages;
    for (rounds, is_warm) in [(WARM, false), (ROUNDS, true)] {
        let region = Region::new(ALLOCATOR);
        let mut readings = 0;
        let limit = Instant::now() + Duration::from_secs(60);
        for _ in 0..rounds {
            send();
            expected += each;
            for _ in 0..5 {
                yield_now().await;
            }
        }
        loop {
            // Reading the counters allocates, once.
            readings += 1;
            if server.handle.stats().messages == expected {
                break;
            }
            assert!(Instant::now() < limit, "{name}: messages are lost");
            yield_now().await;
        }
        let change = region.change();
        let allocated = change.allocations + change.reallocations;
        assert!(!is_warm || allocated == readings, "{name}: {readings} readings, {change:?}");
    }
}

fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap()
}

#[test]
fn over_udp() {
    let _one = ONE.lock().unwrap_or_else(PoisonError::into_inner);
    runtime().block_on(async {
        let server = start().await;
        let (addr, socket) = (server.udp(), UdpSocket::bind(LOOPBACK).unwrap());
        let (packets, _) = round();
        check("udp", &server, || {
            for packet in &packets {
                socket.send_to(packet.as_bytes(), addr).unwrap();
            }
        })
        .await;
        server.stop().await;
    });
}

#[test]
fn over_tcp() {
    let _one = ONE.lock().unwrap_or_else(PoisonError::into_inner);
    runtime().block_on(async {
        let server = start().await;
        for framing in [Slip, LengthPrefix] {
            let mut stream = TcpStream::connect(server.tcp()).unwrap();
            let (packets, _) = round();
            let bytes: Vec<_> =
                packets.iter().flat_map(|it| frame(framing, it.as_bytes())).collect();
            check(&format!("tcp {framing}"), &server, || stream.write_all(&bytes).unwrap()).await;
        }
        server.stop().await;
    });
}

#[test]
fn what_waits_keeps_its_own_bytes_and_not_those_around_it() {
    const PACKETS: usize = 50;
    let _one = ONE.lock().unwrap_or_else(PoisonError::into_inner);
    let at = |seconds: i64| TimeTag::from_unix(1_600_000_000 + seconds, 0);
    let (blob, later) = (Message::new("/blob", vec![0_u8; 60_000]).unwrap(), packet("/later", ()));
    // Once the large one runs with its packet, once it waits, too, and runs before the small one.
    for outer in [TimeTag::IMMEDIATE, at(1)] {
        let nested = Bundle::new(at(60), [later.clone()]).unwrap();
        let elements = [Packet::from(blob.clone()), nested.into()];
        let packet = Packet::from(Bundle::new(outer, elements).unwrap());
        let mut engine = Engine::new(ScheduleLimits::new());
        let region = Region::new(ALLOCATOR);
        for _ in 0..PACKETS {
            let _ = engine.handle_packet(at(0), packet.view(), &(), Instant::now(), Timing::new());
            drop(engine.handle_timeout(at(1)));
        }
        let change = region.change();
        let kept = change.bytes_allocated.saturating_sub(change.bytes_deallocated);
        assert_eq!(engine.schedule().len(), PACKETS);
        assert!(engine.schedule().bytes() < PACKETS * 100);
        // The wheel takes some 30 KB whatever waits.
        assert!(kept < 100_000 + PACKETS * 1_000, "{kept} bytes for {outer}");
    }
}
