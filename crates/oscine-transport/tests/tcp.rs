//! TCP connections over loopback.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test fails by panicking")]

use std::pin::pin;

use futures::{SinkExt, StreamExt, poll};
use oscine_codec::{Message, Packet};
use oscine_transport::{
    BadPacket, StreamError,
    framing::{FrameError, FrameFaultKind, FramingKind, slip},
    tcp::{self, Connection, Listener},
};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

fn packet(address: &str) -> Packet {
    Message::new(address, (1, "\u{db}\u{c0}")).unwrap().into()
}

async fn listener() -> Listener {
    Listener::bind("127.0.0.1:0").await.unwrap()
}

/// A plain stream, and the connection that a listener makes of its other end.
async fn raw_pair(listener: &Listener) -> (TcpStream, Connection) {
    let raw = TcpStream::connect(listener.local_addr().unwrap()).await.unwrap();
    let (connection, peer) = listener.accept().await;
    assert_eq!(raw.local_addr().unwrap(), peer);
    (raw, connection)
}

async fn next(connection: &mut Connection) -> Packet {
    connection.next().await.unwrap().unwrap().unwrap()
}

#[tokio::test]
async fn a_listener_speaks_every_framing_and_answers_in_the_same() {
    let listener = listener().await;
    for (kind, found) in [
        (FramingKind::LengthPrefix, FramingKind::LengthPrefix),
        (FramingKind::Slip, FramingKind::Slip),
        (FramingKind::Auto, FramingKind::Slip),
    ] {
        let mut client = tcp::connect(listener.local_addr().unwrap(), kind).await.unwrap();
        let (mut server, peer) = listener.accept().await;
        assert_eq!(client.local_addr().unwrap(), peer);
        assert_eq!(server.framing(), Some(FramingKind::Auto));
        for address in ["/a", "/b", "/c"] {
            client.send(&packet(address)).await.unwrap();
            assert_eq!(next(&mut server).await, packet(address));
            assert_eq!(server.framing(), Some(found));
            server.send(packet(address)).await.unwrap();
            assert_eq!(next(&mut client).await, packet(address));
        }
    }
}

#[tokio::test]
async fn replies_have_the_marks_of_the_peer() {
    let listener = listener().await;
    let bytes = packet("/a").as_bytes().to_vec();
    let length = u32::try_from(bytes.len()).unwrap().to_be_bytes();
    for frame in [slip::encode(&bytes), [&length[..], &bytes].concat()] {
        let (mut raw, mut connection) = raw_pair(&listener).await;
        raw.write_all(&frame).await.unwrap();
        let received = next(&mut connection).await;
        connection.send(received).await.unwrap();
        let mut reply = vec![0; frame.len()];
        raw.read_exact(&mut reply).await.unwrap();
        assert_eq!(reply, frame);
    }
}

#[tokio::test]
async fn who_speaks_before_being_spoken_to_writes_slip() {
    let listener = listener().await;
    let (mut raw, mut connection) = raw_pair(&listener).await;
    connection.send(packet("/hello")).await.unwrap();
    connection.close().await.unwrap();
    let mut received = Vec::new();
    raw.read_to_end(&mut received).await.unwrap();
    assert_eq!(received, slip::encode(packet("/hello").as_bytes()));
}

#[tokio::test]
async fn a_half_frame_at_close_is_an_item_and_the_end_follows() {
    let listener = listener().await;
    for half in [&b"\0\0\0\x08/a"[..], b"\xc0/a\0\0,\0"] {
        let (mut raw, mut connection) = raw_pair(&listener).await;
        raw.write_all(half).await.unwrap();
        drop(raw);
        let item = connection.next().await.unwrap().unwrap();
        let Err(BadPacket::Frame(fault)) = item else { panic!("{item:?}") };
        assert!(matches!(fault.kind, FrameFaultKind::Unfinished { .. }), "{fault}");
        assert!(connection.next().await.is_none());
        assert_eq!(connection.unfinished(), 0);
    }
}

#[tokio::test]
async fn a_header_in_four_pieces_is_one_header() {
    let listener = listener().await;
    let (mut raw, mut connection) = raw_pair(&listener).await;
    raw.set_nodelay(true).unwrap();
    let frame = b"\0\0\0\x08/a\0\0,\0\0\0";
    for (count, byte) in frame.iter().enumerate() {
        raw.write_all(&[*byte]).await.unwrap();
        // Reads until the byte has arrived; only the last one makes the frame whole.
        while connection.unfinished() <= count && count + 1 < frame.len() {
            assert!(poll!(connection.next()).is_pending());
            tokio::task::yield_now().await;
        }
    }
    let received = next(&mut connection).await;
    assert_eq!(received.as_bytes(), &frame[4..]);
}

#[tokio::test]
async fn a_length_above_the_limit_ends_the_connection() {
    let listener = Listener::builder().max_frame(1024).bind("127.0.0.1:0").await.unwrap();
    for (header, length) in [(b"\0\0\x04\x01", 1025), (b"\x22\xff\xff\xff", 0x22ff_ffff)] {
        let (mut raw, mut connection) = raw_pair(&listener).await;
        raw.write_all(b"\0\0\0\x08/a\0\0,\0\0\0").await.unwrap();
        raw.write_all(header).await.unwrap();
        raw.write_all(b"\0\0\0\x08/b\0\0,\0\0\0").await.unwrap();
        assert_eq!(next(&mut connection).await.as_bytes(), b"/a\0\0,\0\0\0");
        let error = connection.next().await.unwrap().unwrap_err();
        let StreamError::Frame(error) = error else { panic!("{error:?}") };
        let FrameError::TooLong { length: told, limit, offset, .. } = error else {
            panic!("{error:?}")
        };
        assert_eq!((told, limit, offset), (length, 1024, 12));
        assert!(connection.next().await.is_none());
    }
}

#[tokio::test]
async fn a_bad_packet_and_a_bad_frame_keep_the_connection() {
    let listener = Listener::builder().max_frame(64).bind("127.0.0.1:0").await.unwrap();
    let (mut raw, mut connection) = raw_pair(&listener).await;
    let good = slip::encode(packet("/a").as_bytes());
    let long = slip::encode(&[b'/'; 65]);
    let stream = [&good, &b"\xc0oops\xc0"[..], &good, b"\xc0\xdb?\xc0", &good, &long, &good];
    raw.write_all(&stream.concat()).await.unwrap();
    for kind in ["Decode", "BadEscape", "TooLong"] {
        assert_eq!(next(&mut connection).await, packet("/a"));
        let bad = connection.next().await.unwrap().unwrap().unwrap_err();
        assert!(format!("{bad:?}").contains(kind), "{bad:?}");
    }
    assert_eq!(next(&mut connection).await, packet("/a"));
}

#[tokio::test]
async fn a_packet_above_the_limit_is_refused_and_the_next_goes_out() {
    let listener = listener().await;
    let builder = Connection::builder().framing(FramingKind::LengthPrefix).max_frame(64);
    let mut client = builder.connect(listener.local_addr().unwrap()).await.unwrap();
    let (mut server, _) = listener.accept().await;
    let long: Packet = Message::new("/long", ("x".repeat(64),)).unwrap().into();
    client.send(&long).await.unwrap_err();
    client.feed(packet("/b")).await.unwrap();
    client.flush().await.unwrap();
    assert_eq!(next(&mut server).await, packet("/b"));
}

#[tokio::test]
async fn connections_hold_their_places() {
    let listener = Listener::builder().max_connections(2).bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let mut clients = Vec::new();
    for _ in 0..3 {
        clients.push(tcp::connect(address, FramingKind::Slip).await.unwrap());
    }
    let (first, _) = listener.accept().await;
    let (mut second, _) = listener.accept().await;
    assert_eq!(listener.places_left(), 0);

    let mut third = pin!(listener.accept());
    assert!(poll!(third.as_mut()).is_pending());
    // Those who are in go on.
    clients[1].send(packet("/b")).await.unwrap();
    assert_eq!(next(&mut second).await, packet("/b"));
    assert!(poll!(third.as_mut()).is_pending());
    drop(first);
    let (_, peer) = third.await;
    assert_eq!(peer, clients[2].local_addr().unwrap());
}

#[tokio::test]
async fn an_accept_that_is_cancelled_gives_its_place_back() {
    let listener = Listener::builder().max_connections(1).bind("127.0.0.1:0").await.unwrap();
    {
        let mut accept = pin!(listener.accept());
        assert!(poll!(accept.as_mut()).is_pending());
        assert_eq!(listener.places_left(), 0);
    }
    assert_eq!(listener.places_left(), 1);
}

#[tokio::test]
async fn a_stream_that_is_connected_is_taken_over() {
    let listener = listener().await;
    let raw = TcpStream::connect(listener.local_addr().unwrap()).await.unwrap();
    let mut client = Connection::builder().framing(FramingKind::LengthPrefix).wrap(raw);
    let (mut server, _) = listener.accept().await;
    client.send(packet("/a")).await.unwrap();
    assert_eq!(next(&mut server).await, packet("/a"));
}

#[tokio::test]
async fn the_port_can_be_bound_again_at_once() {
    let listener = listener().await;
    let address = listener.local_addr().unwrap();
    let (raw, connection) = raw_pair(&listener).await;
    drop((connection, raw, listener));
    Listener::bind(address).await.unwrap();
}
