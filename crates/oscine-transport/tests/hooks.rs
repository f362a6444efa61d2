//! Hooks over sockets: signatures, addresses as numbers, taps.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test fails by panicking")]

use std::sync::{
    Arc,
    atomic::{AtomicU64, Ordering::SeqCst},
};

use futures::{SinkExt, StreamExt};
use hmac::{Hmac, KeyInit, Mac};
use oscine_codec::{
    Bundle, Message, Packet, TimeTag,
    transform::{AddressTable, Envelope},
};
use oscine_transport::{
    BadPacket, Hook, PeerAddr, SendError, Udp,
    hook::{self, Verdict},
    reconnect::Reconnecting,
    tcp::{Connection, Listener},
};
use sha2::Sha256;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

fn envelope(key: &'static [u8]) -> Envelope {
    let mac = move |clear: &[u8]| Hmac::<Sha256>::new_from_slice(key).unwrap().chain_update(clear);
    let sign = move |clear: &[u8]| Some(mac(clear).finalize().into_bytes().to_vec());
    let verify = move |clear: &[u8], tag: &[u8]| mac(clear).verify_slice(tag).is_ok();
    Envelope::builder().signature("hmac-sha256", sign, verify).build().unwrap()
}

fn table() -> AddressTable {
    AddressTable::new([("/mixer/channel/1/gain", 1), ("/mixer/channel/1/mute", 2)]).unwrap()
}

/// Counts what passes, in both directions.
#[derive(Debug, Clone, Default)]
struct Tap {
    packets: [Arc<AtomicU64>; 2],
    bytes: [Arc<AtomicU64>; 2],
}

impl Tap {
    fn count(&self, direction: usize, packet: &[u8]) -> Verdict {
        self.packets[direction].fetch_add(1, SeqCst);
        self.bytes[direction].fetch_add(packet.len() as u64, SeqCst);
        Verdict::Pass
    }

    /// Packets and bytes in, then out.
    fn counts(&self) -> [(u64, u64); 2] {
        [0, 1].map(|way| (self.packets[way].load(SeqCst), self.bytes[way].load(SeqCst)))
    }
}

impl Hook for Tap {
    fn inbound(&self, packet: &[u8], peer: &PeerAddr) -> Verdict {
        assert!(peer.ip().is_some_and(|peer| peer.ip().is_loopback()), "{peer}");
        self.count(0, packet)
    }

    fn outbound(&self, packet: &[u8], _: &PeerAddr) -> Verdict {
        self.count(1, packet)
    }
}

fn packets() -> [Packet; 3] {
    let gain = Message::new("/mixer/channel/1/gain", (0.5_f32,)).unwrap();
    let other = Message::new("/other", ("not in the table",)).unwrap();
    let bundle = Bundle::new(TimeTag(5 << 32), [gain.clone(), other.clone()]).unwrap();
    [gain.into(), other.into(), bundle.into()]
}

#[tokio::test]
async fn signed_datagrams_with_numbers_for_addresses() {
    let key = b"the key";
    let (taps, seen) = ([Tap::default(), Tap::default()], Tap::default());
    let ends = taps
        .clone()
        .map(|tap| Udp::builder().hook(table()).hook(envelope(key)).hook(tap).hook(seen.clone()));
    let [near, far] = ends;
    let near = near.bind("127.0.0.1:0").await.unwrap();
    let mut far = far.bind("127.0.0.1:0").await.unwrap();
    let target = far.local_addr().unwrap();
    for packet in packets() {
        near.send_to(&packet, target).await.unwrap();
        assert_eq!(far.next().await.unwrap().packet.unwrap(), packet);
    }
    // The taps are outside of all, and see what is on the wire.
    let stats = far.stats();
    assert_eq!(taps[0].counts(), [(0, 0), (3, stats.received_bytes)]);
    assert_eq!(taps[1].counts(), [(3, stats.received_bytes), (0, 0)]);
    assert_eq!(near.stats().sent_bytes, stats.received_bytes);

    let raw = std::net::UdpSocket::bind("127.0.0.1:0").unwrap();
    let good = envelope(key).wrap(packets()[1].as_bytes()).unwrap();
    let other_key = envelope(b"another key").wrap(packets()[1].as_bytes()).unwrap();
    let mut refused = 0;
    for place in [good.len() - 2, 60, 44] {
        let mut tampered = good.to_vec();
        tampered[place] ^= 1;
        raw.send_to(&tampered, target).unwrap();
        refused += 1;
        let bad = far.next().await.unwrap().packet.unwrap_err();
        assert!(matches!(&bad, BadPacket::Refused { .. }), "byte {place}: {bad}");
    }
    for bytes in [&other_key[..], packets()[1].as_bytes(), b"", b"nonsense"] {
        raw.send_to(bytes, target).unwrap();
        refused += 1;
        let bad = far.next().await.unwrap().packet.unwrap_err();
        assert!(matches!(&bad, BadPacket::Refused { .. }), "{bad}");
    }
    raw.send_to(&good, target).unwrap();
    assert_eq!(far.next().await.unwrap().packet.unwrap(), packets()[1]);
    assert_eq!(far.stats().drops.get("refused"), refused);
    assert_eq!(taps[1].counts()[0].0, 3 + refused + 1);
    assert_eq!(seen.counts()[0], taps[1].counts()[0]);
}

#[tokio::test]
async fn signed_streams_with_numbers_for_addresses() {
    let key = b"the key";
    let tap = Tap::default();
    let listener = Listener::builder()
        .hook(table())
        .hook(envelope(key))
        .hook(tap.clone())
        .bind("127.0.0.1:0")
        .await
        .unwrap();
    let addr = listener.local_addr().unwrap();
    let builder = Connection::builder().hook(table()).hook(envelope(key));
    let mut near = builder.clone().connect(addr).await.unwrap();
    let (mut far, _) = listener.accept().await;
    for packet in packets() {
        near.send(&packet).await.unwrap();
        assert_eq!(far.next().await.unwrap().unwrap().unwrap(), packet);
        far.send(&packet).await.unwrap();
        assert_eq!(near.next().await.unwrap().unwrap().unwrap(), packet);
    }
    let [inward, outward] = tap.counts();
    assert_eq!((inward.0, inward), (3, outward));

    // A stranger is refused packet by packet; the stream goes on.
    let mut raw = TcpStream::connect(addr).await.unwrap();
    let (mut far, _) = listener.accept().await;
    let good = envelope(key).wrap(packets()[1].as_bytes()).unwrap();
    for bytes in [packets()[1].as_bytes(), &good] {
        raw.write_all(&u32::try_from(bytes.len()).unwrap().to_be_bytes()).await.unwrap();
        raw.write_all(bytes).await.unwrap();
    }
    let bad = far.next().await.unwrap().unwrap().unwrap_err();
    assert!(matches!(bad, BadPacket::Refused { .. }), "{bad}");
    assert_eq!(far.next().await.unwrap().unwrap().unwrap(), packets()[1]);
    assert_eq!(listener.stats().drops.get("refused"), 1);
    // What it is answered is signed as well.
    far.send(&packets()[0]).await.unwrap();
    let mut head = [0; 4];
    raw.read_exact(&mut head).await.unwrap();
    let mut answer = vec![0; usize::try_from(u32::from_be_bytes(head)).unwrap()];
    raw.read_exact(&mut answer).await.unwrap();
    assert!(table().expand(&envelope(key).open(&answer).unwrap()).is_ok());

    // A client that reconnects signs too.
    let client = Reconnecting::tcp().hook(table()).hook(envelope(key)).connect(addr);
    let (mut far, _) = listener.accept().await;
    client.send(packets()[0].clone()).await.unwrap();
    assert_eq!(far.next().await.unwrap().unwrap().unwrap(), packets()[0]);
}

#[tokio::test]
async fn what_hooks_take_or_refuse_on_the_way_out() {
    let mut far = Udp::bind("127.0.0.1:0").await.unwrap();
    let addr = far.local_addr().unwrap();
    let decide = hook::outbound(|packet, _| match packet.len() {
        ..=8 => Verdict::Swallow,
        9..=12 => Verdict::Refuse("of this length".into()),
        _ => Verdict::Pass,
    });
    let near = Udp::builder().hook(decide).bind("127.0.0.1:0").await.unwrap();
    let [short, middle, long] = [
        Message::new("/a", ()).unwrap(),
        Message::new("/a", (1,)).unwrap(),
        Message::new("/a", (1, 2)).unwrap(),
    ]
    .map(Packet::from);
    near.send_to(&short, addr).await.unwrap();
    let refused = near.send_to(&middle, addr).await;
    assert!(matches!(refused, Err(SendError::Refused { .. })), "{refused:?}");
    near.send_to(&long, addr).await.unwrap();
    assert_eq!(far.next().await.unwrap().packet.unwrap(), long);
    let stats = near.stats();
    assert_eq!((stats.sent, far.stats().received), (1, 1));
    assert_eq!((stats.drops.get("swallowed-out"), stats.drops.get("refused-out")), (1, 1));
}
