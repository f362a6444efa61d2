//! Five hundred connections at once: what the good ones send is answered, whatever the others do, and nothing is left.
#![cfg(unix)]
#![expect(clippy::unwrap_used, reason = "a test may panic")]

mod common;

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use common::wire::{Raw, frame, packet};
use common::{LOOPBACK, Running, within};
use nix::sys::resource::{Resource, getrlimit, setrlimit};
use oscine::transport::framing::FramingKind::{self, LengthPrefix, Slip};
use oscine::{AddressSpace, Message, Server};
use tokio::io::AsyncWriteExt;
use tokio::task::JoinSet;

const CONNECTIONS: usize = 500;
/// How many questions a good peer asks.
const QUESTIONS: i32 = 40;
/// How many packets a peer sends that does not read the answers.
const FLOOD: usize = 300;

/// What a peer does.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Kind {
    /// It asks many questions at once, then reads all answers.
    Good,
    /// It asks one question, byte by byte.
    Slow,
    /// It connects, and says nothing.
    Silent,
    /// It vanishes within a packet, by closing.
    Cut,
    /// As that, by a reset.
    Reset,
    /// It asks for long answers and reads none of them.
    Deaf,
    /// It sends what is no packet.
    Noisy,
}

const KINDS: [Kind; 7] =
    [Kind::Good, Kind::Slow, Kind::Silent, Kind::Cut, Kind::Reset, Kind::Deaf, Kind::Noisy];

fn question(framing: FramingKind, number: i32) -> Vec<u8> {
    frame(framing, packet("/ask", number).as_bytes())
}

fn answer(framing: FramingKind, number: i32) -> Vec<u8> {
    frame(framing, packet("/answer", number).as_bytes())
}

/// Does what its kind does; hands the socket back if it is to stay open.
async fn peer(kind: Kind, framing: FramingKind, mut raw: Raw, number: i32) -> Option<Raw> {
    match kind {
        Kind::Good => {
            let numbers = || (0..QUESTIONS).map(|it| number * 1000 + it);
            let questions: Vec<_> = numbers().flat_map(|it| question(framing, it)).collect();
            let answers: Vec<_> = numbers().flat_map(|it| answer(framing, it)).collect();
            raw.write(&questions).await;
            assert_eq!(raw.read(answers.len()).await, answers);
            // And once more, when the others have done their worst.
            raw.write(&question(framing, number)).await;
            assert_eq!(raw.read(answer(framing, number).len()).await, answer(framing, number));
        }
        Kind::Slow => {
            raw.stream.set_nodelay(true).unwrap();
            for byte in question(framing, number) {
                raw.write(&[byte]).await;
                tokio::time::sleep(Duration::from_millis(1)).await;
            }
            assert_eq!(raw.read(answer(framing, number).len()).await, answer(framing, number));
        }
        Kind::Silent => return Some(raw),
        Kind::Cut | Kind::Reset => {
            raw.write(&question(framing, number)).await;
            let whole = question(framing, number);
            raw.write(whole.split_at(whole.len() / 2).0).await;
            if kind == Kind::Reset {
                // What was answered is unread, which resets the connection.
                within(raw.stream.readable()).await.unwrap();
            }
            return None;
        }
        Kind::Deaf => {
            let flood = frame(framing, packet("/long", ()).as_bytes()).repeat(FLOOD);
            // Without end the server would not read it all, as it would have to answer.
            let _ = tokio::time::timeout(Duration::from_millis(200), raw.stream.write_all(&flood))
                .await;
            return Some(raw);
        }
        Kind::Noisy => {
            let noise = frame(framing, b"no packet").repeat(50);
            raw.write(&noise).await;
            return Some(raw);
        }
    }
    Some(raw)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn five_hundred_connections_of_every_kind() {
    // Both ends are in this process.
    let (soft, hard) = getrlimit(Resource::RLIMIT_NOFILE).unwrap();
    setrlimit(Resource::RLIMIT_NOFILE, soft.max(hard.min(2048)), hard).unwrap();

    let asked = Arc::new(AtomicU64::new(0));
    let count = Arc::clone(&asked);
    let space = AddressSpace::new();
    let ask = move |number: i32| {
        count.fetch_add(1, Ordering::Relaxed);
        ("/answer", number)
    };
    space.method("/ask", ask).unwrap();
    space.method("/long", |_: Message| ("/long", vec![0_u8; 8000])).unwrap();
    let disconnected = Arc::new(AtomicU64::new(0));
    let leaving = Arc::clone(&disconnected);
    let builder = Server::builder().tcp(LOOPBACK).address_space(space).on_disconnect(move |_| {
        leaving.fetch_add(1, Ordering::Relaxed);
    });
    let server = Running::bind(builder).await;

    // All are there before the first begins.
    let mut raws = Vec::new();
    for _ in 0..CONNECTIONS {
        raws.push(Raw::connect(server.tcp()).await);
    }
    let handle = server.handle.clone();
    within(async {
        while handle.connections().len() < CONNECTIONS {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
    })
    .await;
    assert_eq!(handle.stats().transport.connections.open, CONNECTIONS as u64);

    let mut peers = JoinSet::new();
    let mut kinds = KINDS.map(|_| 0_u64);
    for ((number, raw), kind) in (0..).zip(raws).zip((0..KINDS.len()).cycle()) {
        kinds[kind] += 1;
        let framing = if (number / 7) % 2 == 0 { Slip } else { LengthPrefix };
        peers.spawn(peer(KINDS[kind], framing, raw, number));
    }
    let mut open = Vec::new();
    while let Some(peer) = within(peers.join_next()).await {
        open.extend(peer.unwrap());
    }
    let [good, slow, silent, cut, reset, deaf, noisy] = kinds;
    let gone = cut + reset;
    let open_now = || handle.stats().transport.connections.open;
    within(async {
        while open_now() > CONNECTIONS as u64 - gone || disconnected.load(Ordering::Relaxed) < gone
        {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
    })
    .await;
    assert_eq!(handle.connections().len(), open.len());
    assert_eq!(open.len() as u64, good + slow + silent + deaf + noisy);
    let stats = handle.stats();
    assert_eq!(open_now(), open.len() as u64);
    assert_eq!(disconnected.load(Ordering::Relaxed), gone);
    let questions = good * (QUESTIONS.unsigned_abs() as u64 + 1) + slow + gone;
    assert_eq!(asked.load(Ordering::Relaxed), questions);
    // Half a packet each, but where a reset was faster; and the noise.
    let bad = stats.bad - noisy * 50;
    assert!(bad >= cut && bad <= gone, "{bad} of {gone}");
    assert_eq!(stats.received, stats.bad + stats.messages);
    assert_eq!(stats.messages, stats.calls);

    // All others leave, and nothing of them is left.
    drop(open);
    let of_connection = || handle.peers().iter().any(|peer| peer.peer.connection().is_some());
    within(async {
        while disconnected.load(Ordering::Relaxed) < CONNECTIONS as u64
            || open_now() > 0
            || of_connection()
        {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
    })
    .await;
    assert_eq!(handle.connections(), []);
    assert_eq!(disconnected.load(Ordering::Relaxed), CONNECTIONS as u64);
    // There is a place again for as many.
    let mut raw = Raw::connect(server.tcp()).await;
    raw.write(&question(Slip, 1)).await;
    assert_eq!(raw.read(answer(Slip, 1).len()).await, answer(Slip, 1));
    let stats = server.stop().await;
    assert_eq!(stats.connections, CONNECTIONS as u64 + 1);
    assert_eq!(stats.handler_panics, 0);
}
