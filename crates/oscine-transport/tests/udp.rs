//! UDP sockets over loopback.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test fails by panicking")]

use std::{
    future::poll_fn,
    net::SocketAddr,
    pin::Pin,
    sync::atomic::{AtomicBool, Ordering},
    time::Duration,
};

use futures::{Sink, SinkExt, StreamExt, stream};
use oscine_codec::{DecodeOptions, Limits, Message, Packet};
use oscine_transport::{
    BadPacket, SendError, Udp, framing::FrameFaultKind, stats::Counters, udp::Received,
};
use tokio::net::UdpSocket;

fn packet(address: &str) -> Packet {
    Message::new(address, (1, 2.0_f32, "x")).unwrap().into()
}

/// A packet of exactly this many bytes.
fn packet_of(size: usize) -> Packet {
    let empty = Message::new("/blob", (Vec::<u8>::new(),)).unwrap();
    let blob = vec![0x5a_u8; size - empty.as_bytes().len()];
    let packet: Packet = Message::new("/blob", (blob,)).unwrap().into();
    assert_eq!(packet.as_bytes().len(), size);
    packet
}

async fn bound() -> (Udp, SocketAddr) {
    let udp = Udp::bind("127.0.0.1:0").await.unwrap();
    let address = udp.local_addr().unwrap();
    (udp, address)
}

async fn next(udp: &mut Udp) -> Received {
    udp.next().await.unwrap()
}

#[tokio::test]
async fn packets_arrive_with_their_peer() {
    let (mut receiver, to) = bound().await;
    let (sender, from) = bound().await;
    sender.send_to(&packet("/a"), to).await.unwrap();
    let received = next(&mut receiver).await;
    assert_eq!(received.packet, Ok(packet("/a")));
    assert_eq!(received.peer, from);
    assert!(received.at.elapsed() < Duration::MAX);
    let bytes = packet("/a").as_bytes().len() as u64;
    let stats = receiver.stats();
    assert_eq!((stats.received, stats.received_bytes, stats.bad.total()), (1, bytes, 0));
    assert_eq!((sender.stats().sent, sender.stats().sent_bytes), (1, bytes));
}

#[tokio::test]
async fn replies_leave_from_the_port_that_received() {
    let (mut server, to) = bound().await;
    let (mut client, from) = bound().await;
    client.send_to(&packet("/ping"), to).await.unwrap();
    let request = next(&mut server).await;
    server.sender().send_to(&packet("/pong"), request.peer).await.unwrap();
    let reply = next(&mut client).await;
    assert_eq!((reply.packet, reply.peer), (Ok(packet("/pong")), to));
    assert_eq!(request.peer, from);
}

#[tokio::test]
async fn full_datagrams_go_both_ways() {
    let (mut one, one_address) = bound().await;
    let (mut two, two_address) = bound().await;
    // A packet is a multiple of 4 bytes, so this is the greatest that fits 65,507.
    let full = packet_of(65_504);
    one.send_to(&full, two_address).await.unwrap();
    assert_eq!(next(&mut two).await.packet, Ok(full.clone()));
    two.send_to(&full, one_address).await.unwrap();
    assert_eq!(next(&mut one).await.packet, Ok(full));

    two.sender().send_bytes_to(&[b'x'; 65_507], one_address).await.unwrap();
    let Err(BadPacket::Decode { bytes, .. }) = next(&mut one).await.packet else { panic!("x") };
    assert_eq!(bytes.len(), 65_507);
    let error = two.sender().send_bytes_to(&[b'x'; 65_508], one_address).await.unwrap_err();
    assert_eq!(error.to_string(), "packet of 65508 bytes exceeds the limit of 65507 bytes");
}

#[tokio::test]
async fn full_datagrams_go_both_ways_over_ipv6() {
    let Ok(mut one) = Udp::bind("[::1]:0").await else {
        // Not every host has IPv6: one that refuses a plain socket as well has none.
        assert!(UdpSocket::bind("[::1]:0").await.is_err());
        return;
    };
    let sender = Udp::bind("[::1]:0").await.unwrap();
    let full = packet_of(65_524);
    sender.send_to(&full, one.local_addr().unwrap()).await.unwrap();
    assert_eq!(next(&mut one).await.packet, Ok(full));
}

#[tokio::test]
async fn bad_datagrams_are_items_between_good_ones() {
    let (mut receiver, to) = bound().await;
    let (sender, _) = bound().await;
    let sender = sender.sender();
    let bad: [&[u8]; 4] = [b"", b"nonsense", b"/a\0\0,i\0\0\0", b"#bundle\0"];
    for bytes in bad {
        sender.send_to(&packet("/good"), to).await.unwrap();
        sender.send_bytes_to(bytes, to).await.unwrap();
    }
    sender.send_to(&packet("/last"), to).await.unwrap();
    for expected in bad {
        assert_eq!(next(&mut receiver).await.packet, Ok(packet("/good")));
        let item = next(&mut receiver).await.packet;
        let Err(BadPacket::Decode { bytes, .. }) = item else { panic!("{item:?}") };
        assert_eq!(bytes, expected);
    }
    assert_eq!(next(&mut receiver).await.packet, Ok(packet("/last")));
    let stats = receiver.stats();
    assert_eq!((stats.received, stats.bad.total()), (9, 4));
}

#[tokio::test]
async fn packets_leaves_bad_ones_out() {
    let (receiver, to) = bound().await;
    let (sender, _) = bound().await;
    sender.sender().send_bytes_to(b"nonsense", to).await.unwrap();
    sender.send_to(&packet("/a"), to).await.unwrap();
    let mut packets = receiver.packets();
    assert_eq!(packets.next().await, Some(packet("/a")));
    assert_eq!(packets.socket().stats().bad.total(), 1);
    assert_eq!(packets.into_socket().local_addr().unwrap(), to);
}

#[tokio::test]
async fn datagrams_above_the_limit_are_reported() {
    let mut receiver = Udp::builder().max_datagram(64).bind("127.0.0.1:0").await.unwrap();
    let to = receiver.local_addr().unwrap();
    let (sender, _) = bound().await;
    sender.send_to(&packet_of(68), to).await.unwrap();
    sender.send_to(&packet_of(64), to).await.unwrap();
    let item = next(&mut receiver).await.packet;
    let Err(BadPacket::Frame(fault)) = item else { panic!("{item:?}") };
    assert_eq!(fault.kind, FrameFaultKind::TooLong { limit: 64 });
    assert_eq!(next(&mut receiver).await.packet, Ok(packet_of(64)));

    sender.send_to(&packet_of(68), to).await.unwrap();
    sender.send_to(&packet_of(64), to).await.unwrap();
    let mut lengths = Vec::new();
    // The first batch may hold the long one alone, and is empty then.
    for _ in 0..2 {
        if lengths.is_empty() {
            let batch = receiver.recv_batch().await.unwrap();
            lengths.extend(batch.map(|datagram| datagram.bytes.len()));
        }
    }
    assert_eq!(lengths, [64]);
    assert_eq!(receiver.stats().bad.total(), 2);
}

#[tokio::test]
async fn decode_options_are_those_that_were_set() {
    let options = DecodeOptions::new().limits(Limits::new().packet_size(64));
    let mut receiver = Udp::builder().decode_options(options).bind("127.0.0.1:0").await.unwrap();
    let (sender, _) = bound().await;
    sender.send_to(&packet_of(68), receiver.local_addr().unwrap()).await.unwrap();
    let item = next(&mut receiver).await.packet;
    assert!(matches!(item, Err(BadPacket::Decode { .. })), "{item:?}");
}

#[tokio::test]
async fn a_batch_lends_datagrams_in_order() {
    let (mut receiver, to) = bound().await;
    let (sender, from) = bound().await;
    let sent: Vec<_> = (0..100).map(|n| packet(&format!("/{n}"))).collect();
    for packet in &sent {
        sender.send_to(packet, to).await.unwrap();
    }
    let mut received = Vec::new();
    // Each batch has one datagram at least.
    for _ in 0..sent.len() {
        if received.len() < sent.len() {
            let batch = poll_fn(|cx| {
                receiver.poll_recv_batch(cx).map(|batch| {
                    batch
                        .unwrap()
                        .map(|datagram| (datagram.bytes.to_vec(), datagram.peer))
                        .collect()
                })
            });
            let batch: Vec<_> = batch.await;
            assert!(!batch.is_empty());
            received.extend(batch);
        }
    }
    let expected: Vec<_> = sent.iter().map(|packet| (packet.as_bytes().to_vec(), from)).collect();
    assert_eq!(received, expected);
}

#[tokio::test]
async fn what_a_batch_leaves_comes_later() {
    let (mut receiver, to) = bound().await;
    let (sender, _) = bound().await;
    for address in ["/a", "/b", "/c"] {
        sender.send_to(&packet(address), to).await.unwrap();
    }
    let mut batch = receiver.recv_batch().await.unwrap();
    assert_eq!(batch.next().unwrap().bytes, packet("/a").as_bytes());
    assert_eq!(next(&mut receiver).await.packet, Ok(packet("/b")));
    let mut batch = receiver.recv_batch().await.unwrap();
    assert_eq!(batch.next().unwrap().bytes, packet("/c").as_bytes());
}

#[tokio::test]
async fn many_packets_are_sent_in_pieces_and_arrive_one_by_one() {
    let (mut receiver, to) = bound().await;
    let (sender, _) = bound().await;
    let sizes = [vec![24; 150], vec![48], vec![1300; 3], vec![24, 24, 48, 48, 24]].concat();
    let sent: Vec<_> = sizes.into_iter().map(packet_of).collect();
    sender.sender().send_all_to(&sent, to).await.unwrap();
    for packet in &sent {
        assert_eq!(next(&mut receiver).await.packet.as_ref(), Ok(packet));
    }
    assert_eq!(receiver.stats().received, sent.len() as u64);
    assert_eq!(sender.stats().sent, sent.len() as u64);
    assert_eq!(sender.stats().sent_bytes, receiver.stats().received_bytes);
}

#[tokio::test]
async fn a_port_where_nobody_listens_ends_nothing() {
    let (mut udp, address) = bound().await;
    // Another address than that of the other tests, so that none of them gets the port meanwhile.
    let host = if cfg!(target_os = "linux") { "127.0.0.9:0" } else { "127.0.0.1:0" };
    let gone = UdpSocket::bind(host).await.unwrap();
    let peer = gone.local_addr().unwrap();
    udp.connect(peer).await.unwrap();
    drop(gone);
    // The answer to the first is reported to the second, which is sent nevertheless.
    for _ in 0..4 {
        udp.send(&packet("/anyone")).await.unwrap();
        SinkExt::send(&mut udp, (packet("/anyone"), peer)).await.unwrap();
    }
    let stats = udp.stats();
    assert_eq!(stats.sent, 8);
    assert!(stats.transient_errors > 0, "{stats:?}");

    // The answer to the last one is still to come when somebody has appeared at that port.
    let back = UdpSocket::bind(peer).await.unwrap();
    back.send_to(packet("/back").as_bytes(), address).await.unwrap();
    assert_eq!(next(&mut udp).await.packet, Ok(packet("/back")));
    assert!(udp.stats().transient_errors > stats.transient_errors);
}

/// A read that empties the socket is the last until the system tells of more: a datagram, or an
/// error, that comes in between must not be left behind.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_is_left_behind_between_two_reads() {
    const ROUNDS: usize = 3_000;
    let (mut receiver, to) = bound().await;
    let (mut sender, from) = bound().await;
    receiver.connect(from).await.unwrap();
    let echo = tokio::spawn(async move {
        for round in 0..ROUNDS {
            for _ in 0..=round % 3 {
                next(&mut receiver).await;
            }
            receiver.send(&packet("/next")).await.unwrap();
        }
        receiver
    });
    let rounds = async {
        for round in 0..ROUNDS {
            for _ in 0..=round % 3 {
                sender.send_to(&packet("/a"), to).await.unwrap();
            }
            assert_eq!(next(&mut sender).await.packet, Ok(packet("/next")));
        }
    };
    tokio::time::timeout(Duration::from_secs(60), rounds).await.expect("a datagram stayed behind");
    let receiver = echo.await.unwrap();
    assert_eq!(receiver.stats().received, 2 * ROUNDS as u64);
}

#[tokio::test]
async fn a_flood_leaves_other_tasks_their_turn() {
    static HAD_A_TURN: AtomicBool = AtomicBool::new(false);
    let (mut receiver, to) = bound().await;
    let (sender, _) = bound().await;
    for _ in 0..400 {
        sender.try_send_to(&packet("/flood"), to).unwrap();
    }
    // When the first one is here the others are as well, and nothing has to be waited for.
    next(&mut receiver).await;
    tokio::spawn(async { HAD_A_TURN.store(true, Ordering::Relaxed) });
    for _ in 1..400 {
        next(&mut receiver).await;
    }
    assert!(HAD_A_TURN.load(Ordering::Relaxed));
}

#[tokio::test]
async fn the_sink_sends_to_many_peers() {
    let (mut one, one_address) = bound().await;
    let (mut two, two_address) = bound().await;
    let (mut sender, _) = bound().await;
    let mut items = stream::iter([
        Ok((packet("/1"), one_address)),
        Ok((packet("/2"), two_address)),
        Ok((packet("/3"), one_address)),
    ]);
    SinkExt::send_all(&mut sender, &mut items).await.unwrap();
    poll_fn(|cx| Pin::new(&mut sender).poll_close(cx)).await.unwrap();
    assert_eq!(next(&mut one).await.packet, Ok(packet("/1")));
    assert_eq!(next(&mut one).await.packet, Ok(packet("/3")));
    assert_eq!(next(&mut two).await.packet, Ok(packet("/2")));
}

#[tokio::test]
async fn broadcast_has_to_be_asked_for() {
    // The broadcast address of loopback: nothing leaves the host.
    let to = SocketAddr::from(([127, 255, 255, 255], 9));
    let silent = Udp::bind("0.0.0.0:0").await.unwrap();
    let error = silent.send_to(&packet("/a"), to).await.unwrap_err();
    assert!(matches!(error, SendError::BroadcastOff { peer } if peer == to), "{error:?}");
    assert!(error.to_string().contains("127.255.255.255:9"), "{error}");

    let loud = Udp::builder().broadcast(true).bind("0.0.0.0:0").await.unwrap();
    loud.send_to(&packet("/a"), to).await.unwrap();
}

#[tokio::test]
async fn a_port_is_shared_only_if_both_ask() {
    let (_udp, address) = bound().await;
    assert!(Udp::bind(address).await.is_err());
    assert!(Udp::builder().reuse_address(true).bind(address).await.is_err());

    let shared = Udp::builder().reuse_address(true).reuse_port(true);
    let one = shared.clone().bind("127.0.0.1:0").await.unwrap();
    let two = shared.bind(one.local_addr().unwrap()).await.unwrap();
    assert_eq!(one.local_addr().unwrap(), two.local_addr().unwrap());
}

#[tokio::test]
async fn a_socket_of_the_standard_library_is_taken_over() {
    let socket = std::net::UdpSocket::bind("127.0.0.1:0").unwrap();
    let to = socket.local_addr().unwrap();
    let mut udp = Udp::from_std(socket).unwrap();
    assert_eq!(udp.stats(), Counters::default().read());
    udp.send_to(&packet("/self"), to).await.unwrap();
    assert_eq!(next(&mut udp).await.peer, to);
}

#[tokio::test]
async fn the_receive_buffer_is_larger_than_the_usual_one() {
    let small = Udp::builder().recv_buffer(16 * 1024).bind("127.0.0.1:0").await.unwrap();
    let (default, _) = bound().await;
    assert!(default.recv_buffer().unwrap() > small.recv_buffer().unwrap());
}

#[tokio::test]
async fn the_port_is_free_when_socket_and_senders_are_gone() {
    let (udp, address) = bound().await;
    let sender = udp.sender();
    drop(udp);
    assert!(Udp::bind(address).await.is_err());
    drop(sender);
    Udp::bind(address).await.unwrap();
}
