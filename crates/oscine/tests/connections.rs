//! What one TCP peer does wrong ends at most its own connection, and is counted.
#![expect(clippy::unwrap_used, reason = "a test may panic")]

mod common;

use std::iter;
use std::sync::Arc;
use std::time::Duration;

use common::wire::{Random, Raw, frame, packet};
use common::{FRAMINGS, LOOPBACK, Running, held_by, until, within};
use futures::{SinkExt, StreamExt};
use oscine::transport::connection::Builder;
use oscine::transport::framing::FramingKind;
use oscine::transport::stats::DropCause;
use oscine::{AddressSpace, Client, Server, Stats};
use tokio::sync::Notify;

use FramingKind::{LengthPrefix, Slip};

/// Small, so that a frame above it is sent at once.
const MAX_FRAME: usize = 1024;

async fn start() -> Running {
    let space = AddressSpace::new();
    space.method("/ask", |number: i32| ("/answer", number)).unwrap();
    let builder = Server::builder().tcp(LOOPBACK).address_space(space).max_frame(MAX_FRAME);
    Running::bind(builder).await
}

async fn ask(client: &mut Client, number: i32) {
    let answer = within(client.request(("/ask", number), "/answer")).await.unwrap();
    assert_eq!(answer.args().parse(), Ok(number));
}

fn question(framing: FramingKind, number: i32) -> Vec<u8> {
    frame(framing, packet("/ask", number).as_bytes())
}

fn answer(framing: FramingKind, number: i32) -> Vec<u8> {
    frame(framing, packet("/answer", number).as_bytes())
}

/// What becomes of a connection on which something went wrong.
#[derive(Debug, Clone, Copy)]
enum Then {
    /// It goes on: the next question is answered.
    GoesOn,
    /// The server closes it.
    Closed,
    /// The peer ends its direction, and the server closes the other.
    Ends,
}

/// Sends a good question, then `bytes`, over a plain connection, while others are in use; compares
/// what becomes of it, and how many packets were counted as bad.
async fn check(name: &str, framing: FramingKind, bytes: &[u8], then: Then, bad: u64) {
    let server = start().await;
    let mut others = Vec::new();
    for framing in FRAMINGS {
        others.push(server.tcp_client(framing).await);
    }
    let mut raw = Raw::connect(server.tcp()).await;
    raw.write(&question(framing, 1)).await;
    assert_eq!(raw.read(answer(framing, 1).len()).await, answer(framing, 1), "{name}");
    for (number, other) in (0..).zip(&mut others) {
        ask(other, number).await;
    }

    raw.write(bytes).await;
    let mut good = 4;
    match then {
        Then::GoesOn => {
            raw.write(&question(framing, 2)).await;
            assert_eq!(raw.read(answer(framing, 2).len()).await, answer(framing, 2), "{name}");
            good += 1;
        }
        Then::Closed => assert_eq!(raw.read_to_end().await, b"", "{name}"),
        Then::Ends => {
            raw.finish().await;
            assert_eq!(raw.read_to_end().await, b"", "{name}");
        }
    }
    for (number, other) in (10..).zip(&mut others) {
        ask(other, number).await;
        good += 1;
    }
    let Stats { received, calls, connections, bad: counted, .. } = server.stop().await;
    assert_eq!(counted, bad, "{name}");
    assert_eq!((received, calls, connections), (good + bad, good, 4), "{name}");
}

#[tokio::test]
async fn bad_packets_in_good_frames() {
    let mut bad = Vec::new();
    for bytes in [&b"?"[..], b"/ask\0\0\0", b"#bundle\0", b"/ask\0\0\0\0,?\0\0", &[0xc0, 0xdb, 9]] {
        bad.push(bytes.to_vec());
    }
    for framing in [Slip, LengthPrefix] {
        for bytes in &bad {
            check("bad packet", framing, &frame(framing, bytes), Then::GoesOn, 1).await;
        }
        let all: Vec<_> = bad.iter().flat_map(|bytes| frame(framing, bytes)).collect();
        check("bad packets", framing, &all, Then::GoesOn, bad.len() as u64).await;
    }
}

#[tokio::test]
async fn frames_without_content_are_skipped() {
    check("length 0", LengthPrefix, &[0; 400], Then::GoesOn, 0).await;
    check("ENDs", Slip, &[0xc0; 400], Then::GoesOn, 0).await;
}

#[tokio::test]
async fn broken_frames_of_slip_are_dropped_and_the_connection_goes_on() {
    check("bad escape", Slip, b"\xc0/ask\xdb\x01\0\0\xc0", Then::GoesOn, 1).await;
    check("escaped END", Slip, b"\xc0/ask\xdb\xc0\xc0", Then::GoesOn, 1).await;
    let long = vec![b'/'; 20 * MAX_FRAME];
    check("too long", Slip, &frame(Slip, &long), Then::GoesOn, 1).await;
    let mut noise: Vec<u8> = Random(2).bytes(100_000);
    noise.retain(|byte| *byte != 0xc0);
    noise.truncate(MAX_FRAME / 2);
    check("noise", Slip, &frame(Slip, &noise), Then::GoesOn, 1).await;
}

#[tokio::test]
async fn a_length_that_cannot_be_ends_the_connection() {
    for length in [u32::try_from(MAX_FRAME).unwrap() + 4, i32::MAX.unsigned_abs(), u32::MAX] {
        let bytes = [&length.to_be_bytes()[..], &[7; 40]].concat();
        check(&format!("length {length}"), LengthPrefix, &bytes, Then::Closed, 1).await;
    }
}

#[tokio::test]
async fn a_stream_that_ends_within_a_frame() {
    for framing in [Slip, LengthPrefix] {
        let whole = question(framing, 3);
        for end in [whole.len() - 1, whole.len() / 2, 2] {
            check("cut", framing, &whole[..end], Then::Ends, 1).await;
        }
        check("not cut", framing, b"", Then::Ends, 0).await;
    }
}

#[tokio::test]
async fn noise_from_the_first_byte_on() {
    let mut random = Random(3);
    let mut streams: Vec<_> = (0..50).map(|_| random.bytes(3000)).collect();
    streams.push(b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n".to_vec());
    streams.push(vec![0xff; 10_000]);
    let server = start().await;
    let mut good = server.tcp_client(FramingKind::Auto).await;
    for (number, stream) in (0..).zip(&streams) {
        let mut raw = Raw::connect(server.tcp()).await;
        // The server may close the connection before all is written.
        let _ = raw.stream.try_write(stream);
        ask(&mut good, number).await;
        let _ = tokio::io::AsyncWriteExt::shutdown(&mut raw.stream).await;
        raw.read_to_end().await;
    }
    let stats = server.stop().await;
    assert_eq!(stats.connections, 1 + streams.len() as u64);
    assert_eq!(stats.calls, streams.len() as u64);
    assert_eq!(stats.received, stats.bad + stats.messages);
    assert!(stats.bad > 0, "nothing was malformed");
}

#[tokio::test]
async fn peers_that_vanish() {
    let server = start().await;
    let mut good = server.tcp_client(Slip).await;
    for number in 0..20 {
        // At once.
        drop(Raw::connect(server.tcp()).await);
        // With an answer unread, which resets the connection.
        let mut raw = Raw::connect(server.tcp()).await;
        raw.write(&question(LengthPrefix, number)).await;
        within(raw.stream.readable()).await.unwrap();
        drop(raw);
        // In the middle of a frame.
        let mut raw = Raw::connect(server.tcp()).await;
        raw.write(&[0, 0, 0]).await;
        drop(raw);
        ask(&mut good, number).await;
    }
    let handle = server.handle.clone();
    let all_seen = async {
        while handle.stats().connections < 61 || handle.stats().bad < 20 {
            tokio::task::yield_now().await;
        }
    };
    within(all_seen).await;
    let stats = server.stop().await;
    assert_eq!((stats.calls, stats.bad, stats.received), (40, 20, 60));
}

#[tokio::test]
async fn a_packet_that_arrives_byte_by_byte() {
    for framing in [Slip, LengthPrefix] {
        let server = start().await;
        let mut raw = Raw::connect(server.tcp()).await;
        for byte in question(framing, 1) {
            raw.write(&[byte]).await;
            tokio::task::yield_now().await;
        }
        assert_eq!(raw.read(answer(framing, 1).len()).await, answer(framing, 1));
        assert_eq!(server.stop().await.bad, 0);
    }
}

#[tokio::test]
async fn bytes_of_bad_packets_count() {
    let server = start().await;
    let mut raw = Raw::connect(server.tcp()).await;
    raw.write(&frame(Slip, b"nine byte")).await;
    raw.write(&question(Slip, 1)).await;
    assert_eq!(raw.read(answer(Slip, 1).len()).await, answer(Slip, 1));
    let stats = server.stop().await;
    assert_eq!((stats.received, stats.bad, stats.received_bytes), (2, 1, 9 + 16));
}

#[tokio::test]
async fn connections_above_the_limit_wait_for_a_place() {
    let space = AddressSpace::new();
    space.method("/ask", |number: i32| ("/answer", number)).unwrap();
    let builder = Server::builder().tcp(LOOPBACK).address_space(space).max_connections(2);
    let server = Running::bind(builder).await;
    let mut first = server.tcp_client(Slip).await;
    let mut second = server.tcp_client(Slip).await;
    ask(&mut first, 1).await;
    ask(&mut second, 2).await;
    // The system has taken the third, and the server has not.
    let mut third = server.tcp_client(Slip).await;
    third.send(("/ask", 3)).await.unwrap();
    ask(&mut first, 4).await;
    assert_eq!(server.handle.stats().connections, 2);
    drop(second);
    assert_eq!(within(third.recv()).await.unwrap(), packet("/answer", 3));
    assert_eq!(server.stop().await.connections, 3);
}

#[tokio::test]
async fn a_stream_of_ones_own_is_a_connection() {
    let space = AddressSpace::new();
    space.method("/double", |n: i32| ("/doubled", 2 * n)).unwrap();
    let (near, far) = tokio::io::duplex(64);
    let (later, latest) = tokio::io::duplex(64);
    let builder = Server::builder().address_space(space).stream(near, Slip);
    let server = Running::bind(builder).await;
    assert_eq!(server.handle.endpoints(), []);
    assert_eq!(server.handle.add_stream(later, LengthPrefix).unwrap(), 1);
    for (end, framing) in [(far, Slip), (latest, LengthPrefix)] {
        let mut end = Builder::new().framing(framing).wrap(end);
        for n in 0..100 {
            end.send(packet("/double", n)).await.unwrap();
            let reply = within(end.next()).await.unwrap().unwrap().unwrap();
            assert_eq!(reply, packet("/doubled", 2 * n));
        }
    }
    let handle = server.handle.clone();
    let stats = server.stop().await;
    assert_eq!((stats.received, stats.calls, stats.connections), (200, 200, 2));
    // What was counted stays, and nothing else of a stream that has ended.
    assert_eq!([0, 1].map(|number| handle.endpoint_state(number)), [None, None]);
}

/// What was handed over for a peer has left, or was counted, however its connection ended.
#[tokio::test]
async fn what_waits_for_a_connection_that_ends_is_counted() {
    const WAITING: u64 = 1000;
    let long = packet("/long", vec![0_u8; 60_000]);
    for way in ["kicked", "closed", "reset", "stopped"] {
        let space = AddressSpace::new();
        space.method("/ask", |number: i32| ("/answer", number)).unwrap();
        let builder = Server::builder().tcp(LOOPBACK).address_space(space);
        let server = Running::with_grace(builder, Duration::from_millis(20)).await;
        let handle = server.handle.clone();
        let mut raw = Raw::connect(server.tcp()).await;
        if way == "reset" {
            // The answer is never read.
            raw.write(&question(Slip, 1)).await;
        }
        until(|| handle.connections().len() == 1).await;
        until(|| way != "reset" || handle.stats().sent == 1).await;
        let peer = handle.connections().remove(0);
        for _ in 0..WAITING {
            handle.send_packet_to(&peer, long.clone()).unwrap();
        }
        // The system's buffers are full, which are far smaller.
        until(|| handle.stats().transport.sent > 1).await;
        match way {
            "kicked" => assert!(handle.kick(&peer)),
            "closed" => assert!(handle.close_endpoint(0)),
            "reset" => drop(raw),
            _ => {}
        }
        until(|| way == "stopped" || handle.connections().is_empty()).await;
        let stats = server.stop().await;
        assert_eq!(stats.sent, stats.transport.sent + stats.send_failures, "{way}");
        assert!(stats.send_failures > WAITING / 2, "{way}: {}", stats.send_failures);
    }
}

/// What a connection has read is run, or counted, though it is ended while the server is behind.
#[tokio::test]
async fn what_was_read_and_waits_for_a_place_is_counted() {
    const PEERS: u64 = 100;
    let gate = Arc::new(Notify::new());
    let space = AddressSpace::new();
    space.method("/slow", held_by(&gate)).unwrap();
    let server = Running::bind(Server::builder().tcp(LOOPBACK).address_space(space)).await;
    let handle = server.handle.clone();
    let mut peers = Vec::new();
    for address in ["/slow"].into_iter().chain(iter::repeat_n("/a", 99)) {
        let mut raw = Raw::connect(server.tcp()).await;
        let frames = [packet(address, ()).as_bytes(), b"?"].map(|packet| frame(Slip, packet));
        raw.write(&frames.concat()).await;
        peers.push(raw);
        until(|| handle.stats().messages == 1).await;
    }
    until(|| handle.stats().received == 2 * PEERS).await;
    for peer in handle.connections() {
        assert!(handle.kick(&peer));
    }
    until(|| handle.connections().is_empty()).await;
    gate.notify_one();
    // One that was under way, and as many as wait at most.
    until(|| handle.stats().messages == 1 + 64).await;
    let stats = server.stop().await;
    let dropped = stats.transport.dropped(DropCause::InboxFull);
    assert_eq!(dropped, 2 * (PEERS - 65));
    assert_eq!(stats.received, stats.messages + stats.bad + dropped);
}
