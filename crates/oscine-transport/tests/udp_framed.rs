//! Frames in datagrams.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::{net::SocketAddr, time::Duration};

use futures::{SinkExt, StreamExt};
use oscine_codec::{Message, Packet, transform::AddressTable};
use oscine_transport::{
    BadPacket, Udp,
    framing::{Detect, FrameFaultKind, LengthPrefix, Slip, slip},
    udp::Received,
};

fn packet(address: &str) -> Packet {
    Message::new(address, (1,)).unwrap().into()
}

async fn bound() -> (Udp, SocketAddr) {
    let udp = Udp::bind("127.0.0.1:0").await.unwrap();
    let address = udp.local_addr().unwrap();
    (udp, address)
}

fn length_prefixed(packet: &Packet) -> Vec<u8> {
    let length = u32::try_from(packet.as_bytes().len()).unwrap();
    [&length.to_be_bytes(), packet.as_bytes()].concat()
}

#[tokio::test]
async fn frames_are_put_together_peer_by_peer() {
    let (udp, to) = bound().await;
    let (one, one_address) = bound().await;
    let (two, two_address) = bound().await;
    let mut framed = udp.framed(Slip::new).build();
    let (a, b) = (slip::encode(packet("/a").as_bytes()), slip::encode(packet("/b").as_bytes()));
    // Byte by byte from one peer, among whole and joined frames of another.
    for byte in &a {
        one.sender().send_bytes_to(&[*byte], to).await.unwrap();
        two.sender().send_bytes_to(&[&b[..], &b, &a].concat(), to).await.unwrap();
    }
    let (mut from_one, mut from_two) = (0, 0);
    while from_one < 1 || from_two < 3 * a.len() {
        let Received { packet: item, peer, .. } = framed.next().await.unwrap();
        if peer == one_address {
            assert_eq!(item, Ok(packet("/a")));
            from_one += 1;
        } else {
            let expected = if from_two % 3 == 2 { "/a" } else { "/b" };
            assert_eq!((item, peer), (Ok(packet(expected)), two_address));
            from_two += 1;
        }
    }
    // Frames are counted, and their bytes without marks.
    let stats = framed.socket().stats();
    let frames = 1 + 3 * a.len() as u64;
    assert_eq!(stats.received, frames);
    assert_eq!(stats.received_bytes, frames * packet("/a").as_bytes().len() as u64);
    assert_eq!(stats.bad.total() + stats.drops.total(), 0);
    assert_eq!(framed.into_socket().local_addr().unwrap(), to);
}

#[tokio::test]
async fn broken_framing_forgets_one_peer_alone() {
    let (udp, to) = bound().await;
    let (one, _) = bound().await;
    let (two, _) = bound().await;
    let mut framed = udp.framed(LengthPrefix::new).build();
    let frame = length_prefixed(&packet("/a"));
    let (head, tail) = frame.split_at(7);
    one.sender().send_bytes_to(head, to).await.unwrap();
    two.sender().send_bytes_to(b"\xff\xff\xff\xff and more", to).await.unwrap();
    one.sender().send_bytes_to(tail, to).await.unwrap();
    two.sender().send_bytes_to(&frame, to).await.unwrap();
    let item = framed.next().await.unwrap().packet;
    let Err(BadPacket::Frame(fault)) = item else { panic!("{item:?}") };
    assert!(matches!(fault.kind, FrameFaultKind::TooLong { .. }), "{fault:?}");
    for _ in 0..2 {
        assert_eq!(framed.next().await.unwrap().packet, Ok(packet("/a")));
    }
    let stats = framed.socket().stats();
    assert_eq!((stats.received, stats.bad.get("frame-too-long")), (3, 1));
}

#[tokio::test]
async fn at_the_limit_only_new_peers_are_refused() {
    let (udp, to) = bound().await;
    let mut framed = udp.framed(Slip::new).max_peers(3).build();
    let mut peers = Vec::new();
    for _ in 0..5 {
        let (peer, _) = bound().await;
        peer.sender().send_bytes_to(b"\xc0/a\0\0,i\0\0", to).await.unwrap();
        peers.push(peer);
    }
    for peer in &peers {
        peer.sender().send_bytes_to(b"\0\0\0\x01\xc0", to).await.unwrap();
    }
    let known: Vec<_> = peers.iter().take(3).map(|peer| peer.local_addr().unwrap()).collect();
    for peer in known {
        let received = framed.next().await.unwrap();
        assert_eq!((received.packet, received.peer), (Ok(packet("/a")), peer));
    }
    // By now the three are idle, so what came later from the others has made a bad frame of them.
    for _ in 0..2 {
        assert!(framed.next().await.unwrap().packet.is_err());
    }
    let stats = framed.socket().stats();
    assert_eq!((stats.drops.get("too-many-peers"), stats.bad.total()), (2, 2));
    assert_eq!(stats.received, 7);
}

#[tokio::test(start_paused = true)]
async fn what_stays_unfinished_expires() {
    let (udp, to) = bound().await;
    let (peer, address) = bound().await;
    let mut framed = udp.framed(Slip::new).expire_after(Duration::from_secs(5)).build();
    peer.sender().send_bytes_to(b"\xc0/half", to).await.unwrap();
    let start = tokio::time::Instant::now();
    // Nothing else arrives: a timer tells.
    let expired = framed.next().await.unwrap();
    let Err(BadPacket::Frame(fault)) = expired.packet else { panic!("{expired:?}") };
    assert_eq!(fault.kind, FrameFaultKind::Unfinished { length: 5 });
    assert_eq!(expired.peer, address);
    assert!(start.elapsed() >= Duration::from_secs(5));
    assert_eq!(framed.socket().stats().bad.get("unfinished-frame"), 1);
    // The peer begins afresh.
    peer.sender().send_bytes_to(&slip::encode(packet("/a").as_bytes()), to).await.unwrap();
    assert_eq!(framed.next().await.unwrap().packet, Ok(packet("/a")));
}

#[tokio::test]
async fn answers_are_framed_as_the_peer_frames() {
    let (udp, to) = bound().await;
    let mut framed = udp.framed(Detect::default).build();
    let frames = [length_prefixed(&packet("/a")), slip::encode(packet("/a").as_bytes())];
    for frame in frames {
        let (mut peer, _) = bound().await;
        peer.sender().send_bytes_to(&frame, to).await.unwrap();
        let received = framed.next().await.unwrap();
        assert_eq!(received.packet, Ok(packet("/a")));
        framed.send((packet("/a"), received.peer)).await.unwrap();
        let batch = peer.recv_batch().await.unwrap();
        let answers: Vec<_> = batch.map(|datagram| datagram.bytes.to_vec()).collect();
        assert_eq!(answers, [frame]);
    }
    let stats = framed.socket().stats();
    assert_eq!((stats.sent, stats.sent_bytes), (2, stats.received_bytes));
}

#[tokio::test]
async fn a_long_frame_goes_on_in_the_next_datagram() {
    let (receiver, to) = bound().await;
    let mut receiver = receiver.framed(Slip::new).build();
    let (sender, _) = bound().await;
    let mut sender = sender.framed(Slip::new).split_above(1_000).build();
    let long: Packet = Message::new("/blob", (vec![0xc0_u8; 100_000],)).unwrap().into();
    for packet in [&packet("/a"), &long, &packet("/b")] {
        sender.feed((packet.clone(), to)).await.unwrap();
    }
    SinkExt::<(Packet, SocketAddr)>::flush(&mut sender).await.unwrap();
    for packet in [packet("/a"), long, packet("/b")] {
        assert_eq!(receiver.next().await.unwrap().packet, Ok(packet));
    }
    assert_eq!((sender.socket().stats().sent, receiver.socket().stats().received), (3, 3));
}

#[tokio::test]
async fn a_frame_that_no_datagram_carries_goes_on_in_the_next_whatever_was_set() {
    let (receiver, to) = bound().await;
    let mut receiver = receiver.framed(Slip::new).build();
    let (sender, _) = bound().await;
    let mut sender = sender.framed(Slip::new).split_above(100_000).build();
    let long: Packet = Message::new("/blob", (vec![1_u8; 80_000],)).unwrap().into();
    sender.send((long.clone(), to)).await.unwrap();
    assert_eq!(receiver.next().await.unwrap().packet, Ok(long));
}

#[tokio::test]
async fn hooks_see_frames() {
    let table = AddressTable::new([("/mixer/channel/1/gain", 1)]).unwrap();
    let hooked = || async {
        let udp = Udp::builder().hook(table.clone()).bind("127.0.0.1:0").await.unwrap();
        udp.framed(Slip::new).build()
    };
    let (mut receiver, mut sender) = (hooked().await, hooked().await);
    let to = receiver.socket().local_addr().unwrap();
    let long = packet("/mixer/channel/1/gain");
    sender.send((long.clone(), to)).await.unwrap();
    assert_eq!(receiver.next().await.unwrap().packet, Ok(long.clone()));
    let stats = receiver.socket().stats();
    assert_eq!(stats.received, 1);
    assert!(stats.received_bytes < long.as_bytes().len() as u64);
}

#[tokio::test]
async fn after_framing_the_socket_is_as_before() {
    let (udp, to) = bound().await;
    let mut udp = udp.framed(Slip::new).build().into_socket();
    udp.send_to(&packet("/a"), to).await.unwrap();
    assert_eq!(udp.next().await.unwrap().packet, Ok(packet("/a")));
    assert_eq!((udp.stats().received, udp.stats().sent), (1, 1));
}
