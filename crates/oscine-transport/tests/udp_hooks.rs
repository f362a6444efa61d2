//! Hooks on UDP sockets.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::net::SocketAddr;

use bytes::Bytes;
use futures::{SinkExt, StreamExt, stream};
use oscine_codec::{Message, Packet, PacketRef, transform::AddressTable};
use oscine_transport::{
    BadPacket, Hook, PeerAddr, SendError, Udp,
    hook::{self, Verdict},
};

fn packet(address: &str) -> Packet {
    Message::new(address, (1,)).unwrap().into()
}

/// Lets `/pass` through, puts `/other` in the place of `/replace`, swallows `/swallow`, and refuses
/// everything else.
fn judge(packet: &[u8]) -> Verdict {
    let packet = packet.split(|byte| *byte == 0).next().unwrap_or_default();
    match packet {
        b"/pass" => Verdict::Pass,
        b"/replace" => Verdict::Replace(self::packet("/other/address").into_bytes()),
        b"/swallow" => Verdict::Swallow,
        other => Verdict::Refuse(String::from_utf8_lossy(other).into_owned().into()),
    }
}

const SENT: [&str; 6] = ["/pass", "/replace", "/swallow", "/refuse", "/pass", "/swallow"];

async fn judged_inbound() -> (Udp, SocketAddr) {
    let judging = hook::inbound(|packet, peer| {
        assert!(peer.ip().is_some());
        judge(packet)
    });
    let udp = Udp::builder().max_datagram(40).hook(judging).bind("127.0.0.1:0").await.unwrap();
    let address = udp.local_addr().unwrap();
    let sender = Udp::bind("127.0.0.1:0").await.unwrap();
    for name in SENT {
        sender.send_to(&packet(name), address).await.unwrap();
    }
    // Above the limit: no hook sees it.
    sender.sender().send_bytes_to(&[b'/'; 44], address).await.unwrap();
    sender.send_to(&packet("/pass"), address).await.unwrap();
    (udp, address)
}

#[tokio::test]
async fn the_stream_gets_what_hooks_let_through_and_refusals() {
    let (mut udp, _) = judged_inbound().await;
    let mut items = Vec::new();
    for _ in 0..6 {
        items.push(match udp.next().await.unwrap().packet {
            Ok(packet) => packet.view().to_string(),
            Err(BadPacket::Refused { reason, bytes }) => {
                assert_eq!(bytes, packet("/refuse").as_bytes());
                format!("refused {reason}")
            }
            Err(BadPacket::Frame(_)) => "too long".into(),
            Err(other) => panic!("{other:?}"),
        });
    }
    let (pass, other) = (packet("/pass").view().to_string(), packet("/other/address"));
    let other = other.view().to_string();
    assert_eq!(items, [&pass[..], &other, "refused /refuse", &pass, "too long", &pass]);
    let stats = udp.stats();
    assert_eq!((stats.received, stats.bad.total()), (8, 1));
    assert_eq!((stats.drops.get("swallowed"), stats.drops.get("refused")), (2, 1));
}

#[tokio::test]
async fn a_batch_gets_what_hooks_let_through() {
    let (mut udp, _) = judged_inbound().await;
    let mut lent = Vec::new();
    while lent.len() < 4 {
        for datagram in udp.recv_batch().await.unwrap() {
            lent.push(PacketRef::decode(datagram.bytes).unwrap().to_string());
        }
    }
    let (pass, other) = (packet("/pass").view().to_string(), packet("/other/address"));
    let other = other.view().to_string();
    assert_eq!(lent, [&pass[..], &other, &pass, &pass]);
    let stats = udp.stats();
    assert_eq!((stats.received, stats.bad.get("frame-too-long")), (8, 1));
    assert_eq!((stats.drops.get("swallowed"), stats.drops.get("refused")), (2, 1));
}

#[tokio::test]
async fn both_ways_of_reading_go_on_from_each_other() {
    let (mut udp, _) = judged_inbound().await;
    assert_eq!(udp.next().await.unwrap().packet, Ok(packet("/pass")));
    let mut batch = udp.recv_batch().await.unwrap();
    assert_eq!(batch.next().unwrap().bytes, packet("/other/address").as_bytes());
    let _ = batch;
    let item = udp.next().await.unwrap().packet;
    assert!(matches!(item, Err(BadPacket::Refused { .. })), "{item:?}");
    // Each hook has seen each datagram once.
    assert_eq!(udp.stats().drops.get("refused"), 1);
}

#[tokio::test]
async fn a_flood_that_is_swallowed_is_read_to_its_end() {
    let swallow = hook::inbound(|packet, _| match packet.starts_with(b"/end") {
        true => Verdict::Pass,
        false => Verdict::Swallow,
    });
    let mut udp = Udp::builder().hook(swallow).bind("127.0.0.1:0").await.unwrap();
    let to = udp.local_addr().unwrap();
    let sender = Udp::bind("127.0.0.1:0").await.unwrap();
    for _ in 0..1_000 {
        sender.send_to(&packet("/a"), to).await.unwrap();
    }
    sender.send_to(&packet("/end"), to).await.unwrap();
    assert_eq!(udp.next().await.unwrap().packet, Ok(packet("/end")));
    assert_eq!(udp.stats().drops.get("swallowed"), 1_000);
}

#[tokio::test]
async fn every_way_of_sending_asks_hooks() {
    let mut receiver = Udp::bind("127.0.0.1:0").await.unwrap();
    let to = receiver.local_addr().unwrap();
    let judging = hook::outbound(move |packet, peer| {
        assert_eq!(*peer, PeerAddr::Ip(to));
        judge(packet)
    });
    let mut udp = Udp::builder().hook(judging).bind("127.0.0.1:0").await.unwrap();
    udp.connect(to).await.unwrap();
    let sender = udp.sender();
    let (replaced, swallowed, refused) = (packet("/replace"), packet("/swallow"), packet("/no"));

    udp.send_to(&replaced, to).await.unwrap();
    udp.try_send_to(&replaced, to).unwrap();
    udp.send(&replaced).await.unwrap();
    udp.try_send(&replaced).unwrap();
    udp.send_all(&vec![replaced.clone(); 2]).await.unwrap();
    sender.send_to(&replaced, to).await.unwrap();
    sender.send_bytes_to(replaced.as_bytes(), to).await.unwrap();
    sender.try_send_bytes_to(replaced.as_bytes(), to).unwrap();
    sender.send_all_to(&vec![replaced.clone(); 2], to).await.unwrap();
    sender.pace(1_000_000).send_all_to(&vec![replaced.clone(); 2], to).await.unwrap();
    SinkExt::send(&mut udp, (replaced.clone(), to)).await.unwrap();
    for _ in 0..14 {
        assert_eq!(receiver.next().await.unwrap().packet, Ok(packet("/other/address")));
    }

    udp.send_to(&swallowed, to).await.unwrap();
    udp.send_all(&vec![swallowed.clone(); 2]).await.unwrap();
    SinkExt::send(&mut udp, (swallowed, to)).await.unwrap();
    let mut errors = vec![
        udp.send_to(&refused, to).await.unwrap_err(),
        udp.try_send_to(&refused, to).unwrap_err(),
        SinkExt::send(&mut udp, (refused.clone(), to)).await.unwrap_err(),
    ];
    // What stands before the refused one is sent, what stands after it is not.
    let mixed = [packet("/pass"), refused.clone(), packet("/pass")];
    errors.push(udp.send_all(&mixed).await.unwrap_err());
    for error in errors {
        assert!(matches!(&error, SendError::Refused { reason } if reason == "/no"), "{error:?}");
    }
    let stats = udp.stats();
    assert_eq!((stats.drops.get("swallowed-out"), stats.drops.get("refused-out")), (4, 4));
    assert_eq!(stats.sent, 15);
    assert_eq!(receiver.next().await.unwrap().packet, Ok(packet("/pass")));
    assert!(receiver.try_recv().is_none());
}

#[tokio::test]
async fn a_table_works_in_runs_and_batches() {
    let table = AddressTable::new([("/mixer/channel/1/gain", 1)]).unwrap();
    let mut receiver = Udp::builder().hook(table.clone()).bind("127.0.0.1:0").await.unwrap();
    let to = receiver.local_addr().unwrap();
    let mut sender = Udp::builder().hook(table).bind("127.0.0.1:0").await.unwrap();
    let packets: Vec<Packet> =
        (0..200).map(|n| Message::new("/mixer/channel/1/gain", (n,)).unwrap().into()).collect();
    sender.send_all_to(&packets, to).await.unwrap();
    let mut items = stream::iter(packets.iter().cloned().map(|packet| Ok((packet, to))));
    SinkExt::send_all(&mut sender, &mut items).await.unwrap();
    let mut received = Vec::new();
    while received.len() < 400 {
        let batch = receiver.recv_batch().await.unwrap();
        received.extend(batch.map(|datagram| Bytes::copy_from_slice(datagram.bytes)));
    }
    let expected = packets.iter().chain(&packets).map(|packet| packet.as_bytes());
    assert!(received.iter().map(|bytes| &bytes[..]).eq(expected));
    assert!(receiver.stats().received_bytes < 400 * packets[0].as_bytes().len() as u64);
}

#[tokio::test]
async fn a_hook_that_panics_takes_nothing_with_it() {
    struct Touchy;
    impl Hook for Touchy {
        fn inbound(&self, packet: &[u8], _: &PeerAddr) -> Verdict {
            assert!(!packet.starts_with(b"/bang"));
            Verdict::Pass
        }
    }
    let mut udp = Udp::builder().hook(Touchy).bind("127.0.0.1:0").await.unwrap();
    let to = udp.local_addr().unwrap();
    udp.send_all_to(&[packet("/bang"), packet("/pass")], to).await.unwrap();
    let item = udp.next().await.unwrap().packet;
    assert!(matches!(item, Err(BadPacket::Refused { .. })), "{item:?}");
    assert_eq!(udp.next().await.unwrap().packet, Ok(packet("/pass")));
}
