//! Receiving, with and without waiting.

use std::time::Duration;

use futures::{SinkExt, StreamExt};
use oscine::transport::framing::FramingKind;
use oscine::transport::{BadPacket, StreamError};
use oscine::{Client, RecvError};
use tokio::io::AsyncWriteExt;
use tokio::net::TcpListener;

use crate::common::wire::{frame, packet, raw_udp};
use crate::common::{LOOPBACK, within};
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
    let connection = oscine::transport::connection::Builder::new().wrap(near);
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
