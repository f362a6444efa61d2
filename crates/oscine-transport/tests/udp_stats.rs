//! What a UDP socket counts.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::{net::SocketAddr, sync::Arc};

use futures::StreamExt;
use oscine_codec::{DecodeOptions, Message, Packet, PacketRef, Profile};
use oscine_transport::{
    Udp,
    stats::{Counters, DropCause},
};

fn packet(address: &str) -> Packet {
    Message::new(address, (1,)).unwrap().into()
}

/// How often is looked for what comes at once, or a moment later.
const TRIES: usize = 100_000;

async fn bound() -> (Udp, SocketAddr) {
    let udp = Udp::bind("127.0.0.1:0").await.unwrap();
    let address = udp.local_addr().unwrap();
    (udp, address)
}

#[tokio::test]
async fn bad_packets_are_counted_by_kind_and_tolerances_by_name() {
    let field = DecodeOptions::new().profile(Profile::Field);
    let mut receiver = Udp::builder().decode_options(field).bind("127.0.0.1:0").await.unwrap();
    let to = receiver.local_addr().unwrap();
    let (sender, _) = bound().await;
    let sent: [&[u8]; 4] = [b"", b"/a\0\0,i\0\0", b"/s\0U,i\0\0\0\0\0\x01", b"#bundle\0"];
    for bytes in sent {
        sender.sender().send_bytes_to(bytes, to).await.unwrap();
    }
    let mut expected = Vec::new();
    for bytes in sent {
        let received = receiver.next().await.unwrap();
        assert_eq!(received.packet.is_ok(), PacketRef::decode_with(bytes, &field).is_ok());
        if let Err(error) = PacketRef::decode_with(bytes, &field) {
            expected.push(error.kind().name());
        }
    }
    let stats = receiver.stats();
    assert_eq!((stats.received, stats.bad.total(), stats.tolerances.total()), (4, 3, 1));
    assert_eq!(stats.tolerances.get("dirty-padding"), 1);
    for kind in expected {
        assert!(stats.bad.get(kind) > 0, "{kind}: {stats:?}");
    }
    assert_eq!((sender.stats().sent, sender.stats().sent_bytes), (4, stats.received_bytes));
}

#[tokio::test]
async fn long_datagrams_are_counted_whoever_reads() {
    let mut receiver = Udp::builder().max_datagram(12).bind("127.0.0.1:0").await.unwrap();
    let to = receiver.local_addr().unwrap();
    let (sender, _) = bound().await;
    for _ in 0..2 {
        sender.send_all_to(&[packet("/long/one"), packet("/a")], to).await.unwrap();
    }
    assert!(receiver.next().await.unwrap().packet.is_err());
    assert!(receiver.next().await.unwrap().packet.is_ok());
    let mut lent = 0;
    while lent == 0 {
        lent += receiver.recv_batch().await.unwrap().count();
    }
    assert_eq!(receiver.stats().bad.get("frame-too-long"), 2);
    assert_eq!((receiver.stats().received, receiver.stats().bad.total()), (4, 2));
}

#[tokio::test]
async fn sockets_share_counters_if_they_are_told_to() {
    let counters = Arc::new(Counters::default());
    let shared = Udp::builder().counters(counters.clone());
    let mut one = shared.clone().bind("127.0.0.1:0").await.unwrap();
    let two = shared.bind("127.0.0.1:0").await.unwrap();
    two.send_to(&packet("/a"), one.local_addr().unwrap()).await.unwrap();
    one.next().await.unwrap();
    for stats in [one.stats(), two.stats(), two.sender().stats(), counters.read()] {
        assert_eq!((stats.received, stats.sent), (1, 1));
    }
    let (alone, _) = bound().await;
    assert_eq!(alone.stats().sent, 0);
}

/// What was dropped is counted once, however often it is asked for, and adds up.
#[cfg(target_os = "linux")]
#[tokio::test]
async fn what_the_receive_buffer_drops_is_counted() {
    const SENT: u64 = 2_000;
    // Two, so that each has its own place in the system's counter, with shared counters.
    let counters = Arc::new(Counters::default());
    let small = Udp::builder().recv_buffer(4 * 1024).counters(counters.clone());
    let mut one = small.clone().bind("127.0.0.1:0").await.unwrap();
    let mut two = small.bind("127.0.0.1:0").await.unwrap();
    let (sender, _) = bound().await;
    for receiver in [&one, &two] {
        let to = receiver.local_addr().unwrap();
        for _ in 0..SENT / 2 {
            sender.send_to(&packet("/flood"), to).await.unwrap();
        }
    }
    let mut received = 0;
    // Loopback delivers while it sends, or a moment later.
    for _ in 0..TRIES {
        for receiver in [&mut one, &mut two] {
            while receiver.try_recv().is_some() {
                received += 1;
            }
        }
        // Each asks for its own; the counters are shared.
        let _ = one.stats();
        if received + two.stats().drops.get("receive-buffer") >= SENT {
            break;
        }
        std::thread::yield_now();
    }
    for _ in 0..3 {
        let _ = one.stats();
        let stats = two.stats();
        assert_eq!(stats.received, received);
        let dropped = stats.drops.get(DropCause::ReceiveBuffer.name());
        assert_eq!(received + dropped, SENT, "{stats:?}");
        assert!(received > 0 && dropped > 0);
    }
    // One who looks at the counters alone sees what was last asked for.
    assert_eq!(counters.read(), one.stats());
}

#[tokio::test]
async fn try_recv_sees_what_is_there() {
    let (mut receiver, to) = bound().await;
    assert!(receiver.try_recv().is_none());
    let (sender, from) = bound().await;
    sender.send_all_to(&[packet("/a"), packet("/b")], to).await.unwrap();
    let mut tries = (0..TRIES).map(|_| {
        std::thread::yield_now();
        receiver.try_recv()
    });
    let received = tries.find_map(|received| received).unwrap();
    assert_eq!((received.packet, received.peer), (Ok(packet("/a")), from));
    assert_eq!(receiver.recv().await.unwrap().packet, Ok(packet("/b")));
    assert!(receiver.try_recv().is_none());
    // A wait that was given up takes nothing away.
    let waiting = receiver.recv();
    drop(waiting);
    sender.send_to(&packet("/c"), to).await.unwrap();
    assert_eq!(receiver.recv().await.unwrap().packet, Ok(packet("/c")));
}

#[tokio::test]
async fn a_packet_owns_exactly_its_bytes() {
    let (mut receiver, to) = bound().await;
    let (sender, _) = bound().await;
    let packets: Vec<_> = (0..10).map(|_| packet("/a")).collect();
    sender.send_all_to(&packets, to).await.unwrap();
    let mut kept = Vec::new();
    for _ in &packets {
        kept.push(receiver.next().await.unwrap().packet.unwrap());
    }
    for packet in kept {
        // Alone it can be changed in place; a share of a greater buffer could not.
        let bytes = packet.into_bytes();
        assert!(bytes.is_unique());
        let owned = bytes.try_into_mut().unwrap();
        assert_eq!(owned.capacity(), owned.len());
    }
}
