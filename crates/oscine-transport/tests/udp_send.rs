//! Sending many packets over UDP.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::{future::poll_fn, net::SocketAddr, pin::Pin, time::Duration};

use futures::{Sink, SinkExt, StreamExt};
use oscine_codec::{Message, Packet};
use oscine_transport::{SendError, Udp};
use tokio::time::Instant;

/// A packet of exactly this many bytes, a multiple of 4 and 12 at least.
fn packet_of(size: usize, mark: usize) -> Packet {
    let mark = u8::try_from(mark % 256).unwrap();
    let empty = Message::new("/b", (Vec::<u8>::new(),)).unwrap();
    let blob = vec![mark; size - empty.as_bytes().len()];
    let packet: Packet = Message::new("/b", (blob,)).unwrap().into();
    assert_eq!(packet.as_bytes().len(), size);
    packet
}

fn packets_of(sizes: impl IntoIterator<Item = usize>) -> Vec<Packet> {
    sizes.into_iter().enumerate().map(|(mark, size)| packet_of(size, mark)).collect()
}

async fn bound() -> (Udp, SocketAddr) {
    let udp = Udp::bind("127.0.0.1:0").await.unwrap();
    let address = udp.local_addr().unwrap();
    (udp, address)
}

#[track_caller]
fn assert_same(received: &[Packet], sent: &[Packet]) {
    assert_eq!(received.len(), sent.len());
    for (place, (received, sent)) in received.iter().zip(sent).enumerate() {
        assert!(received == sent, "packet {place} differs");
    }
}

async fn receive(receiver: &mut Udp, count: usize) -> Vec<Packet> {
    receiver.take(count).map(|received| received.packet.unwrap()).collect().await
}

/// Sizes in every order that matters to runs: equal, falling, rising, alone, too long for a run.
fn sizes() -> Vec<usize> {
    let mut sizes = vec![32; 150];
    sizes.extend([32, 28, 28, 28, 24, 40, 1200, 1200, 1196, 1204, 1204, 12, 20_000, 12, 12, 16]);
    sizes.extend(vec![1200; 60]);
    sizes
}

#[tokio::test]
async fn packets_of_all_sizes_arrive_in_order() {
    let (mut receiver, to) = bound().await;
    let (sender, _) = bound().await;
    let sent = packets_of(sizes());
    sender.send_all_to(&sent, to).await.unwrap();
    assert_same(&receive(&mut receiver, sent.len()).await, &sent);

    sender.connect(to).await.unwrap();
    sender.send_all(&sent).await.unwrap();
    sender.sender().send_all(&sent).await.unwrap();
    let received = receive(&mut receiver, 2 * sent.len()).await;
    assert_same(&received, &[sent.clone(), sent.clone()].concat());
    let bytes: usize = 3 * sent.iter().map(|packet| packet.as_bytes().len()).sum::<usize>();
    let stats = sender.stats();
    assert_eq!((stats.sent, stats.sent_bytes), (3 * sent.len() as u64, bytes as u64));
    assert!(receiver.try_recv().is_none());
}

#[tokio::test]
async fn packets_of_all_sizes_arrive_in_order_over_ipv6() {
    let Ok(mut receiver) = Udp::bind("[::1]:0").await else {
        eprintln!("skipped: this host has no IPv6");
        return;
    };
    let sender = Udp::bind("[::1]:0").await.unwrap();
    let sent = packets_of(sizes());
    sender.send_all_to(&sent, receiver.local_addr().unwrap()).await.unwrap();
    assert_same(&receive(&mut receiver, sent.len()).await, &sent);
}

#[tokio::test]
async fn what_was_fed_leaves_with_a_flush_in_order() {
    let (mut one, one_address) = bound().await;
    let (mut two, two_address) = bound().await;
    let (mut sender, _) = bound().await;
    // Fewer than make the sink send by itself.
    let sent = packets_of([32, 32, 32, 28, 40, 1200, 1204]);
    for (place, packet) in sent.iter().enumerate() {
        let to = if place % 4 == 3 { two_address } else { one_address };
        sender.feed((packet.clone(), to)).await.unwrap();
    }
    assert_eq!(sender.stats().sent, 0);
    SinkExt::<(Packet, SocketAddr)>::flush(&mut sender).await.unwrap();
    assert_eq!(sender.stats().sent, 7);
    let (for_two, for_one): (Vec<_>, Vec<_>) =
        sent.into_iter().enumerate().partition(|(place, _)| place % 4 == 3);
    for (receiver, sent) in [(&mut one, for_one), (&mut two, for_two)] {
        let sent: Vec<_> = sent.into_iter().map(|(_, packet)| packet).collect();
        assert_same(&receive(receiver, sent.len()).await, &sent);
    }
}

#[tokio::test]
async fn a_full_sink_sends_by_itself() {
    let (mut receiver, to) = bound().await;
    let (mut sender, _) = bound().await;
    let sent = packets_of([vec![32; 200], vec![20_000; 10]].concat());
    for packet in &sent {
        sender.feed((packet.clone(), to)).await.unwrap();
        // Bounded by count and by bytes: never more than 64 packets or 85,000 bytes wait.
        let stats = sender.stats();
        let waiting = sent.iter().position(|other| other == packet).unwrap();
        assert!(stats.sent + 64 >= waiting as u64, "{stats:?}");
    }
    assert!(sender.stats().sent >= 206);
    SinkExt::<(Packet, SocketAddr)>::flush(&mut sender).await.unwrap();
    assert_same(&receive(&mut receiver, sent.len()).await, &sent);
}

#[tokio::test]
async fn a_sink_loses_nothing_silently() {
    let (mut receiver, to) = bound().await;
    let (mut sender, _) = bound().await;
    let v6 = "[::1]:9".parse().unwrap();
    let error = sender.feed((packet_of(32, 0), v6)).await.unwrap_err();
    assert!(matches!(error, SendError::OtherFamily { peer } if peer == v6), "{error:?}");
    let error = sender.feed((packet_of(65_508, 0), to)).await.unwrap_err();
    assert!(matches!(error, SendError::TooLong(_)), "{error:?}");

    // What the system refuses is an error of the flush, and the packets behind it stay.
    let everyone = SocketAddr::from(([127, 255, 255, 255], 9));
    for peer in [to, everyone, everyone, to] {
        sender.feed((packet_of(32, 0), peer)).await.unwrap();
    }
    let error = SinkExt::<(Packet, SocketAddr)>::flush(&mut sender).await.unwrap_err();
    assert!(matches!(error, SendError::BroadcastOff { .. }), "{error:?}");
    let mut flushes = 1;
    while let Err(error) = SinkExt::<(Packet, SocketAddr)>::flush(&mut sender).await {
        assert!(matches!(error, SendError::BroadcastOff { .. }), "{error:?}");
        flushes += 1;
    }
    assert!(flushes <= 2, "an error for each packet at most");
    assert_eq!((sender.stats().sent, sender.stats().drops.get("lost")), (2, 2));
    assert_eq!(receive(&mut receiver, 2).await.len(), 2);

    // So is what was never flushed.
    let counting = sender.sender();
    sender.feed((packet_of(32, 0), to)).await.unwrap();
    drop(sender);
    assert_eq!(counting.stats().drops.get("lost"), 3);
}

#[tokio::test]
async fn a_peer_that_cannot_be_does_no_harm_to_runs() {
    let (mut receiver, to) = bound().await;
    let (sender, _) = bound().await;
    let sent = packets_of([32; 10]);
    let port_zero = SocketAddr::from(([127, 0, 0, 1], 0));
    sender.send_all_to(&sent, port_zero).await.unwrap_err();
    sender.send_all_to(&sent, to).await.unwrap();
    assert_same(&receive(&mut receiver, sent.len()).await, &sent);
}

#[tokio::test]
async fn what_cannot_be_sent_stops_the_rest() {
    let (mut receiver, to) = bound().await;
    let (sender, _) = bound().await;
    let sent = packets_of([32, 32, 65_508, 32]);
    let error = sender.send_all_to(&sent, to).await.unwrap_err();
    assert!(matches!(error, SendError::TooLong(_)), "{error:?}");
    assert_same(&receive(&mut receiver, 2).await, sent.get(..2).unwrap());
    assert!(receiver.try_recv().is_none());
    assert_eq!(sender.stats().sent, 2);
}

#[tokio::test(start_paused = true)]
async fn a_pace_is_kept_and_loses_nothing() {
    let (mut receiver, to) = bound().await;
    let (sender, _) = bound().await;
    let sent = packets_of([vec![32; 500], vec![1204; 20]].concat());
    let start = Instant::now();
    let mut paced = sender.pace(10_000);
    for half in sent.chunks(260) {
        paced.send_all_to(half, to).await.unwrap();
    }
    // 520 packets at 10,000 a second, but for the last ten.
    let took = start.elapsed();
    assert!(took >= Duration::from_millis(50), "{took:?}");
    assert!(took <= Duration::from_millis(60), "{took:?}");
    assert_same(&receive(&mut receiver, sent.len()).await, &sent);
}

#[tokio::test]
async fn a_small_buffer_is_not_overrun_at_a_pace() {
    let mut receiver = Udp::builder().recv_buffer(4 * 1024).bind("127.0.0.1:0").await.unwrap();
    let to = receiver.local_addr().unwrap();
    let (sender, _) = bound().await;
    let sent = packets_of([32; 200]);
    // One at a time; the receiver has its turn after each.
    let sending = tokio::spawn({
        let sent = sent.clone();
        async move { sender.pace(2_000).send_all_to(&sent, to).await }
    });
    assert_same(&receive(&mut receiver, sent.len()).await, &sent);
    sending.await.unwrap().unwrap();
    assert_eq!(receiver.stats().drops.total(), 0);
}

#[tokio::test]
async fn a_sink_that_is_closed_has_sent() {
    let (mut receiver, to) = bound().await;
    let (mut sender, _) = bound().await;
    sender.feed((packet_of(32, 7), to)).await.unwrap();
    poll_fn(|cx| Pin::new(&mut sender).poll_close(cx)).await.unwrap();
    assert_same(&receive(&mut receiver, 1).await, &[packet_of(32, 7)]);
}

/// The runtime has had no turn since the socket was made, and does not know that it has room.
#[tokio::test]
async fn a_new_socket_sends_without_waiting() {
    let (mut receiver, address) = bound().await;
    let packet = packet_of(32, 1);
    let new = || Udp::from_std(std::net::UdpSocket::bind("127.0.0.1:0").unwrap()).unwrap();
    new().try_send_to(&packet, address).unwrap();
    new().sender().try_send_bytes_to(packet.as_bytes(), address).unwrap();
    let connected = std::net::UdpSocket::bind("127.0.0.1:0").unwrap();
    connected.connect(address).unwrap();
    let connected = Udp::from_std(connected).unwrap();
    connected.try_send(&packet).unwrap();
    connected.sender().try_send(&packet).unwrap();
    assert_same(&receive(&mut receiver, 4).await, &vec![packet; 4]);
    assert_eq!(connected.stats().sent, 2);
}
