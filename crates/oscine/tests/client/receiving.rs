//! Receiving, with and without waiting.

use std::time::Duration;

use futures::{FutureExt, SinkExt, StreamExt};
use oscine::transport::connection::Builder;
use oscine::transport::framing::FramingKind;
use oscine::transport::{BadPacket, StreamError};
use oscine::{Client, DecodeOptions, Profile, RecvError, RequestError};
use tokio::io::AsyncWriteExt;
use tokio::net::TcpListener;

use crate::common::wire::{frame, packet, raw_udp};
use crate::common::{FRAMINGS, LOOPBACK, within};
use crate::line::pipe;

const LIMIT: Duration = Duration::from_millis(100);

#[tokio::test(start_paused = true)]
async fn a_time_out_loses_nothing_and_is_not_the_end() {
    let (mut client, mut far) = pipe(4096);
    let error = within(client.recv_timeout(LIMIT)).await.unwrap_err();
    assert!(matches!(error, RecvError::Timeout { timeout } if timeout == LIMIT), "{error:?}");
    assert_eq!(error.to_string(), "nothing arrived within 100ms");
    assert!(matches!(client.try_recv(), Err(RecvError::Empty)));
    far.send(packet("/a", 1)).await;
    assert_eq!(within(client.recv_timeout(LIMIT)).await.unwrap(), packet("/a", 1));
    far.send(packet("/b", 2)).await;
    assert_eq!(client.try_recv().unwrap(), packet("/b", 2));
    drop(far);
    assert!(matches!(within(client.recv_timeout(LIMIT)).await, Err(RecvError::Closed)));
    assert!(matches!(client.try_recv(), Err(RecvError::Closed)));
    assert!(client.fault().is_none());
}

#[tokio::test(start_paused = true)]
async fn a_packet_in_pieces_survives_time_outs() {
    let (near, mut far) = tokio::io::duplex(64);
    let connection = Builder::new().wrap(near);
    let mut client = Client::from_connection(connection);
    let bytes = frame(FramingKind::LengthPrefix, packet("/pieces", 7).as_bytes());
    for byte in &bytes[..bytes.len() - 1] {
        far.write_all(&[*byte]).await.unwrap();
        assert!(matches!(within(client.recv_timeout(LIMIT)).await, Err(RecvError::Timeout { .. })));
    }
    far.write_all(&bytes[bytes.len() - 1..]).await.unwrap();
    assert_eq!(within(client.recv()).await.unwrap(), packet("/pieces", 7));
}

#[tokio::test]
async fn what_is_no_packet_can_be_had_and_is_counted() {
    let peer = raw_udp().await;
    let mut client = Client::udp(peer.local_addr().unwrap()).await.unwrap();
    client.send(("/here", ())).await.unwrap();
    let (_, from) = within(peer.recv_from(&mut [0; 64])).await.unwrap();
    for _ in 0..2 {
        peer.send_to(b"nonsense", from).await.unwrap();
        peer.send_to(packet("/good", 1).as_bytes(), from).await.unwrap();
    }
    let bad = within(client.recv_any()).await.unwrap().unwrap_err();
    let BadPacket::Decode { bytes, .. } = &bad else { panic!("{bad:?}") };
    assert_eq!(bytes[..], b"nonsense"[..]);
    assert_eq!(within(client.recv_any()).await.unwrap().unwrap(), packet("/good", 1));
    // Passed over.
    assert_eq!(within(client.recv()).await.unwrap(), packet("/good", 1));
    let stats = client.stats();
    assert_eq!((stats.received, stats.bad.total(), stats.sent), (4, 2, 1));
    // A sender can ask when the client is gone.
    let sender = client.sender();
    drop(client);
    assert_eq!(sender.stats(), stats);
}

#[tokio::test]
async fn what_broke_a_connection_is_told() {
    let listener = TcpListener::bind(LOOPBACK).await.unwrap();
    let endpoint = format!("osc.tcp://{}?framing=length", listener.local_addr().unwrap());
    let mut client = Client::connect(endpoint).await.unwrap();
    let (mut peer, _) = within(listener.accept()).await.unwrap();
    peer.write_all(&[0xff; 64]).await.unwrap();
    assert_eq!(within(client.next()).await, None);
    let fault = client.fault().unwrap();
    assert!(matches!(*fault, StreamError::Frame(_)), "{fault:?}");
}

#[tokio::test]
async fn the_longest_packet_can_be_set() {
    let listener = oscine::transport::tcp::Listener::bind(LOOPBACK).await.unwrap();
    let endpoint = format!("osc.tcp://{}", listener.local_addr().unwrap());
    let mut client = Client::builder().max_frame(64).connect(endpoint).await.unwrap();
    assert!(client.send(("/long", vec![0_u8; 100])).await.is_err());
    let (mut peer, _) = within(listener.accept()).await;
    SinkExt::<&_>::send(&mut peer, &packet("/long", vec![0_u8; 100])).await.unwrap();
    SinkExt::<&_>::send(&mut peer, &packet("/short", 1)).await.unwrap();
    assert_eq!(within(client.recv()).await.unwrap(), packet("/short", 1));
}

/// Both kinds of readers take from one place, and nothing comes twice or is lost between them.
#[tokio::test]
async fn bytes_and_packets_are_read_in_turns() {
    let peer = raw_udp().await;
    let endpoint = format!("osc.udp://{}", peer.local_addr().unwrap());
    // Some senders do not pad; what comes back is what was sent all the same.
    let decode = DecodeOptions::new().profile(Profile::Field);
    let mut client = Client::builder().decode_options(decode).connect(endpoint).await.unwrap();
    client.send(("/here", ())).await.unwrap();
    let (_, from) = within(peer.recv_from(&mut [0; 64])).await.unwrap();
    let sent: [&[u8]; 5] = [
        b"/a\0\0,\0\0\0",
        b"\x01\x02no packet",
        b"/unpad\0,i\0\0\0\0\0\x05\0",
        b"/b\0\0,\0\0\0",
        b"\xff",
    ];
    for bytes in sent {
        peer.send_to(bytes, from).await.unwrap();
    }
    assert_eq!(within(client.recv_frame()).await.unwrap(), sent[0]);
    assert_eq!(within(client.frames().next()).await.unwrap(), sent[1]);
    assert_eq!(within(client.recv_frame_timeout(LIMIT * 100)).await.unwrap(), sent[2]);
    assert_eq!(within(client.recv()).await.unwrap(), packet("/b", ()));
    assert_eq!(within(client.recv_frame()).await.unwrap(), sent[4]);
    assert!(matches!(client.try_recv_frame(), Err(RecvError::Empty)));
    let error = client.recv_frame_timeout(Duration::from_millis(5)).await.unwrap_err();
    assert!(matches!(error, RecvError::Timeout { .. }), "{error:?}");
    assert_eq!(client.stats().bad.total(), 2);
}

/// A frame that comes byte by byte, with a reader that gives up after each byte.
#[tokio::test(start_paused = true)]
async fn a_frame_in_pieces_survives_readers_that_give_up() {
    for framing in FRAMINGS {
        let (near, mut far) = tokio::io::duplex(64);
        let mut client = Client::from_connection(Builder::new().framing(framing).wrap(near));
        let sent = match framing {
            FramingKind::LengthPrefix => FramingKind::LengthPrefix,
            _ => FramingKind::Slip,
        };
        let bytes = frame(sent, b"no packet");
        for byte in &bytes[..bytes.len() - 1] {
            far.write_all(&[*byte]).await.unwrap();
            let error = within(client.recv_frame_timeout(LIMIT)).await.unwrap_err();
            assert!(matches!(error, RecvError::Timeout { .. }), "{error:?}");
            assert!(matches!(client.try_recv_frame(), Err(RecvError::Empty)));
            assert!(client.frames().next().now_or_never().is_none());
        }
        far.write_all(&bytes[bytes.len() - 1..]).await.unwrap();
        assert_eq!(within(client.recv_frame()).await.unwrap(), &b"no packet"[..]);
        drop(far);
        let error = within(client.recv_frame_timeout(LIMIT)).await.unwrap_err();
        assert!(matches!(error, RecvError::Closed), "{error:?}");
        assert_eq!(within(client.frames().count()).await, 0);
    }
}

#[tokio::test(start_paused = true)]
async fn requests_leave_everything_else_to_the_reader_of_bytes() {
    let (near, mut far) = tokio::io::duplex(1 << 16);
    let mut client = Client::from_connection(Builder::new().framing(FramingKind::Slip).wrap(near));
    let asked = async {
        for bytes in [&b"before"[..], packet("/r", 1).as_bytes(), b"after"] {
            far.write_all(&frame(FramingKind::Slip, bytes)).await.unwrap();
        }
    };
    let (reply, ()) = tokio::join!(within(client.request(("/q", ()), "/r")), asked);
    assert_eq!(reply.unwrap(), oscine::Message::new("/r", 1).unwrap());
    for expected in [&b"before"[..], b"after"] {
        assert_eq!(within(client.recv_frame()).await.unwrap(), expected);
    }
    // And to the one that wants everything.
    far.write_all(&frame(FramingKind::Slip, b"bad")).await.unwrap();
    let error = client.request_within(LIMIT, ("/q", ()), "/r").await.unwrap_err();
    assert!(matches!(error, RequestError::Timeout { .. }), "{error:?}");
    let bad = within(client.recv_any()).await.unwrap().unwrap_err();
    assert!(matches!(&bad, BadPacket::Decode { bytes, .. } if bytes[..] == b"bad"[..]), "{bad:?}");
    assert_eq!(client.missed(), 0);
}

#[tokio::test]
async fn one_turn_of_a_task_finds_all_that_is_at_hand() {
    let (mut client, mut far) = pipe(1 << 20);
    for number in 0..500 {
        far.send(packet("/n", number)).await;
    }
    for number in 0..500 {
        assert_eq!(client.try_recv().unwrap(), packet("/n", number));
    }
    assert!(matches!(client.try_recv(), Err(RecvError::Empty)));
}

/// Counting is put off while more is at hand, but not for ever.
#[tokio::test]
async fn what_was_read_is_counted_when_the_client_has_gone() {
    let (mut client, mut far) = pipe(1 << 16);
    for number in 0..3 {
        far.send(packet("/n", number)).await;
    }
    assert_eq!(within(client.recv()).await.unwrap(), packet("/n", 0));
    let sender = client.sender();
    drop(client);
    assert_eq!(sender.stats().received, 1);
}
