//! What a peer sends, and what a handler does, ends nothing: malformed datagrams, panics, errors.
#![expect(clippy::unwrap_used, reason = "a test may panic")]

mod common;

use std::path::Path;

use common::log::{Pen, log};
use common::wire::{Random, packet, raw_udp};
use common::{FRAMINGS, Running, run, within};
use oscine::{AddressSpace, Bundle, Message, Packet, PacketRef, TimeTag};

/// Sends datagrams to a server, and after every few a good message that has to be answered. Checks
/// that the counters say of each datagram what it was.
async fn survives(datagrams: &[Vec<u8>]) {
    let space = AddressSpace::new();
    space.method("/ask", |number: i32| ("/answer", number)).unwrap();
    let server = Running::start(space).await;
    let addr = server.udp();
    let socket = raw_udp().await;
    let (mut good, mut bytes, mut bad) = (0_i32, 0, 0);
    for few in datagrams.chunks(8) {
        for datagram in few {
            let sent = socket.send_to(datagram, addr).await.unwrap();
            assert_eq!(sent, datagram.len());
            bytes += sent as u64;
            bad += u64::from(PacketRef::decode(datagram).is_err());
        }
        let question = packet("/ask", good);
        bytes += socket.send_to(question.as_bytes(), addr).await.unwrap() as u64;
        let mut answer = [0; 64];
        let length = within(socket.recv(&mut answer)).await.unwrap();
        assert_eq!(answer.get(..length).unwrap(), packet("/answer", good).as_bytes());
        good += 1;
    }
    let stats = server.stop().await;
    let all = datagrams.len() as u64 + u64::from(good.unsigned_abs());
    assert_eq!((stats.received, stats.received_bytes, stats.bad), (all, bytes, bad));
    assert_eq!((stats.calls, stats.sent), (good.unsigned_abs().into(), good.unsigned_abs().into()));
    assert!(bad > 0, "nothing was malformed");
}

#[tokio::test]
async fn empty_and_truncated_datagrams() {
    let message = packet("/ask", (1, "text", *b"blob", [1.5, 2.5]));
    let inner = Bundle::new(TimeTag::IMMEDIATE, [message.clone(), message.clone()]).unwrap();
    let outer = Bundle::new(TimeTag::IMMEDIATE, [Packet::from(inner), message.clone()]).unwrap();
    let mut datagrams = vec![vec![]; 20];
    for whole in [message.as_bytes(), outer.as_bytes()] {
        // Whole ones are good, and those cut between two elements.
        datagrams.extend((0..=whole.len()).map(|end| whole[..end].to_vec()));
    }
    survives(&datagrams).await;
}

#[tokio::test]
async fn random_datagrams() {
    let mut random = Random(1);
    let mut datagrams: Vec<_> = (0..400).map(|_| random.bytes(200)).collect();
    // Also such as begin like packets, and packets with one byte changed.
    for start in [&b"/ask\0\0\0\0,"[..], b"#bundle\0", b"/*\0\0,[[[", b"/ask\0\0\0\0,b\0\0"] {
        datagrams.extend((0..100).map(|_| [start, &random.bytes(100)].concat()));
    }
    let good = Bundle::new(TimeTag::IMMEDIATE, [packet("/ask", (1, "text", *b"blob"))]).unwrap();
    for index in 0..good.as_bytes().len() {
        let mut changed = good.as_bytes().to_vec();
        // Not the time tag, which would only put the bundle in line.
        if !(8..16).contains(&index) {
            changed[index] ^= 1 << (random.next() % 8);
            datagrams.push(changed);
        }
    }
    // A good message whose answer nobody awaits would be in the way.
    datagrams.retain(|datagram| {
        PacketRef::decode(datagram).map_or(true, |packet| {
            packet.messages().all(|message| message.message.args().parse_coercing::<i32>().is_err())
        })
    });
    survives(&datagrams).await;
}

#[tokio::test]
async fn every_invalid_vector() {
    const GREATEST_DATAGRAM: usize = 65_507;
    let vectors = "../oscine-codec/tests/vectors/invalid.jsonl";
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(vectors);
    let lines = std::fs::read_to_string(path).unwrap();
    let datagrams: Vec<_> = lines
        .lines()
        .map(|line| {
            let (_, hex) = line.split_once(r#""hex":""#).unwrap();
            let (hex, _) = hex.split_once('"').unwrap();
            unhex(hex)
        })
        .filter(|datagram| datagram.len() <= GREATEST_DATAGRAM)
        .collect();
    assert!(datagrams.len() > 100, "only {} vectors", datagrams.len());
    survives(&datagrams).await;
}

fn unhex(digits: &str) -> Vec<u8> {
    digits
        .as_bytes()
        .chunks(2)
        .map(|pair| u8::from_str_radix(std::str::from_utf8(pair).unwrap(), 16).unwrap())
        .collect()
}

#[tokio::test]
async fn a_datagram_of_the_greatest_size_is_handled_and_answered() {
    let space = AddressSpace::new();
    space.method("/echo", |message: Message| message).unwrap();
    let server = Running::start(space).await;
    let mut client = server.udp_client().await;
    let whole = packet("/echo", vec![0xa5_u8; 65_488]);
    assert_eq!(whole.as_bytes().len(), 65_504);
    client.send(&whole).await.unwrap();
    assert_eq!(within(client.recv()).await.unwrap(), whole);
    let stats = server.stop().await;
    assert_eq!((stats.received, stats.received_bytes), (1, 65_504));
}

fn panics() {
    panic!("on purpose")
}

/// A space with handlers that fail in every way, at `/bad/…`, each with a good one behind it.
fn failing_space(pen: &Pen) -> AddressSpace {
    let space = AddressSpace::new();
    space.method("/bad/panic", |_: Message| panics()).unwrap();
    space
        .method("/bad/async-panic", async |_: Message| {
            tokio::task::yield_now().await;
            panics();
        })
        .unwrap();
    space.method("/bad/error", |_: Message| Err::<(), _>("an error")).unwrap();
    space
        .method("/bad/async-error", async |_: Message| {
            tokio::task::yield_now().await;
            Err::<(), _>(std::fmt::Error)
        })
        .unwrap();
    space.method("/bad/reply", |_: Message| Message::new("/nul", "\0")).unwrap();
    for name in ["panic", "async-panic", "error", "async-error", "reply"] {
        space.method(format!("/bad/{name}"), pen.handler(name)).unwrap();
    }
    let good = pen.clone();
    space.method("/good", move |name: String| good.note(name)).unwrap();
    space.fallback(|_: Message| panics());
    space
}

#[tokio::test]
async fn a_failing_handler_ends_neither_bundle_nor_server() {
    let (pen, log) = log();
    let space = failing_space(&pen);
    let good = |name| Message::new("/good", name).unwrap();
    let bad = |name| Message::new(format!("/bad/{name}"), 1).unwrap();
    let elements = ["panic", "async-panic", "error", "async-error", "reply"]
        .into_iter()
        .flat_map(|name| [bad(name), good(name)]);
    let bundle = Bundle::new(TimeTag::IMMEDIATE, elements).unwrap();
    // Twice: what was left behind the first time must not be in the way the second time.
    let packets = [bundle.clone().into(), packet("/none", 1), bundle.into(), packet("/bad/*", 1)];
    let (noted, stats) = run(&space, log, &packets).await;
    let once = ["panic", "async-panic", "error", "async-error", "reply"];
    let each_twice = once.map(|name| [name, name]).concat();
    assert_eq!(noted, [&each_twice[..], &each_twice, &once].concat());
    assert_eq!((stats.handler_panics, stats.handler_errors), (7, 9));
    assert_eq!((stats.unmatched, stats.misfits), (1, 0));
    assert_eq!(stats.calls, 7 + 9 + noted.len() as u64 + 1);
}

#[tokio::test]
async fn a_failing_handler_ends_no_connection() {
    let (pen, mut log) = log();
    let server = Running::start(failing_space(&pen)).await;
    for framing in FRAMINGS {
        let client = server.tcp_client(framing).await;
        for name in ["panic", "async-panic", "error", "async-error", "reply"] {
            client.send((format!("/bad/{name}"), 1)).await.unwrap();
            client.send(("/good", "good")).await.unwrap();
            assert_eq!(log.take(2).await, [name, "good"]);
        }
    }
    let stats = server.stop().await;
    assert_eq!((stats.connections, stats.handler_panics, stats.handler_errors), (3, 6, 9));
}

#[tokio::test]
async fn a_peer_that_has_gone_does_not_disturb_the_others() {
    let space = AddressSpace::new();
    space.method("/ask", |number: i32| ("/answer", number)).unwrap();
    let server = Running::start(space).await;
    let client = server.udp_client().await;
    for number in 0..10 {
        // Nobody is there for the answer: the system says so to the server's socket.
        let gone = raw_udp().await;
        gone.send_to(packet("/ask", number).as_bytes(), server.udp()).await.unwrap();
        drop(gone);
        let answer = within(client.request(("/ask", number), "/answer")).await.unwrap();
        assert_eq!(answer.args().parse(), Ok(number));
    }
    let stats = server.stop().await;
    assert_eq!((stats.received, stats.calls), (20, 20));
}
