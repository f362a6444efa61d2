//! The three traps of tokio-util 0.7.20, and what a stream gives at its end.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test fails by panicking")]

use std::{
    pin::Pin,
    task::{Context, Poll},
    time::Duration,
};

use bytes::{Bytes, BytesMut};
use futures::{SinkExt, StreamExt, stream};
use oscine_codec::{Message, Packet};
use oscine_transport::{
    BadPacket, PacketCodec, SendError, StreamError,
    framing::{
        Datagram, Detect, FrameError, FrameFaultKind, Framing, FramingKind, LengthPrefix, Slip,
        slip,
    },
};
use tokio::{
    io::{AsyncWrite, duplex},
    net::UdpSocket,
    time::timeout,
};
use tokio_util::{
    codec::{Encoder, Framed, FramedRead, FramedWrite},
    udp::UdpFramed,
};

fn packet(address: &str) -> Packet {
    Message::new(address, ()).unwrap().into()
}

fn length_prefixed(frame: &[u8]) -> Vec<u8> {
    [&u32::try_from(frame.len()).unwrap().to_be_bytes(), frame].concat()
}

/// What came out of a stream, in one word each.
async fn words<F: Framing>(framing: F, received: &[u8]) -> Vec<String> {
    let stream = FramedRead::new(received, PacketCodec::new(framing));
    // Bounded, so that a stream that never ends fails the test instead of hanging it.
    let items: Vec<_> = stream.take(20).collect().await;
    items
        .into_iter()
        .map(|item| match item {
            Ok(Ok(packet)) => String::from_utf8_lossy(&packet.as_bytes()[..2]).into_owned(),
            Ok(Err(BadPacket::Decode { bytes, .. })) => format!("malformed {}", bytes.len()),
            Ok(Err(BadPacket::Frame(fault))) => format!("{:?}", fault.kind),
            Ok(Err(other)) => panic!("{other:?}"),
            Err(StreamError::Frame(FrameError::TooLong { length, .. })) => {
                format!("broken {length}")
            }
            Err(other) => panic!("{other:?}"),
        })
        .collect()
}

#[tokio::test]
async fn udp_framed_goes_on_after_a_bad_datagram() {
    let receiver = UdpSocket::bind("127.0.0.1:0").await.unwrap();
    let sender = UdpSocket::bind("127.0.0.1:0").await.unwrap();
    sender.connect(receiver.local_addr().unwrap()).await.unwrap();
    for datagram in [&b"nonsense"[..], b"", packet("/a").as_bytes()] {
        sender.send(datagram).await.unwrap();
    }
    let mut framed = UdpFramed::new(receiver, PacketCodec::new(Datagram::new()));
    for length in [8, 0] {
        let (item, _) = framed.next().await.unwrap().unwrap();
        let Err(BadPacket::Decode { bytes, .. }) = item else { panic!("{item:?}") };
        assert_eq!(bytes.len(), length);
    }
    let (item, _) = framed.next().await.unwrap().unwrap();
    assert_eq!(item, Ok(packet("/a")));
}

#[tokio::test]
async fn udp_framed_goes_on_after_a_datagram_with_broken_framing() {
    let receiver = UdpSocket::bind("127.0.0.1:0").await.unwrap();
    let sender = UdpSocket::bind("127.0.0.1:0").await.unwrap();
    sender.connect(receiver.local_addr().unwrap()).await.unwrap();
    let good = length_prefixed(packet("/a").as_bytes());
    for datagram in [&b"\xff\xff\xff\xff"[..], &good, b"\0\0\0\x08half", &good] {
        sender.send(datagram).await.unwrap();
    }
    let mut framed = UdpFramed::new(receiver, PacketCodec::new(LengthPrefix::new()));
    let broken = framed.next().await.unwrap().unwrap_err();
    assert!(matches!(broken, StreamError::Frame(FrameError::TooLong { .. })), "{broken:?}");
    assert_eq!(framed.next().await.unwrap().unwrap().0, Ok(packet("/a")));
    let (half, _) = framed.next().await.unwrap().unwrap();
    let Err(BadPacket::Frame(fault)) = half else { panic!("{half:?}") };
    assert_eq!(fault.kind, FrameFaultKind::Unfinished { length: 8 });
    assert_eq!(framed.next().await.unwrap().unwrap().0, Ok(packet("/a")));
}

#[tokio::test]
async fn framed_read_goes_on_after_a_bad_packet() {
    let good = packet("/a");
    let frames: [&[u8]; 4] = [good.as_bytes(), b"oops", b"/no comma", good.as_bytes()];
    let stream: Vec<u8> = frames.iter().flat_map(|frame| length_prefixed(frame)).collect();
    let expected = ["/a", "malformed 4", "malformed 9", "/a"];
    assert_eq!(words(LengthPrefix::new(), &stream).await, expected);
    let stream: Vec<u8> = frames.iter().flat_map(|frame| slip::encode(frame)).collect();
    assert_eq!(words(Slip::new(), &stream).await, expected);
    assert_eq!(words(Detect::default(), &stream).await, expected);
}

#[tokio::test]
async fn a_half_frame_at_the_end_is_an_item_and_the_end_follows() {
    let half = [length_prefixed(packet("/a").as_bytes()), b"\0\0\0\x08/b".to_vec()].concat();
    let expected = ["/a", "Unfinished { length: 6 }"];
    assert_eq!(words(LengthPrefix::new(), &half).await, expected);
    assert_eq!(words(Detect::default(), &half).await, expected);
    let half = [slip::encode(packet("/a").as_bytes()), b"\xc0/b".to_vec()].concat();
    let expected = ["/a", "Unfinished { length: 2 }"];
    assert_eq!(words(Slip::new(), &half).await, expected);
    assert_eq!(words(Detect::default(), &half).await, expected);
    assert_eq!(words(Detect::default(), b"").await, [""; 0]);
}

#[tokio::test]
async fn broken_framing_is_the_last_item() {
    let good = length_prefixed(packet("/a").as_bytes());
    let stream = [&good, &b"\x00\x10\x00\x01"[..], &good].concat();
    assert_eq!(words(LengthPrefix::new(), &stream).await, ["/a", "broken 1048577"]);
    assert_eq!(words(Detect::default(), &stream).await, ["/a", "broken 1048577"]);
}

#[test]
fn a_failed_encode_leaves_the_buffer_as_it_was() {
    fn check(framing: impl Framing) {
        let mut codec = PacketCodec::new(framing);
        let mut dst = BytesMut::new();
        codec.encode(packet("/a"), &mut dst).unwrap();
        let before = dst.clone();
        let long: Packet = Message::new("/long", ("x".repeat(100),)).unwrap().into();
        let error = codec.encode(&long, &mut dst).unwrap_err();
        assert!(matches!(error, SendError::TooLong(_)), "{error:?}");
        assert_eq!(error.to_string(), "packet of 116 bytes exceeds the limit of 64 bytes");
        assert_eq!(dst, before);
    }
    check(LengthPrefix::with_max_frame(64));
    check(Slip::builder().max_frame(64).build());
    check(Detect::with_max_frame(FramingKind::Auto, 64));
    check(Datagram::with_max_frame(64));
}

#[tokio::test]
async fn after_a_failed_send_the_next_packet_goes_out_whole() {
    for kind in [FramingKind::LengthPrefix, FramingKind::Slip] {
        let (near, far) = duplex(1024);
        let framing = Detect::with_max_frame(kind, 64);
        let mut near = Framed::new(near, PacketCodec::new(framing));
        let mut far = Framed::new(far, PacketCodec::new(Detect::new(kind)));
        near.send(packet("/a")).await.unwrap();
        let long: Packet = Message::new("/long", ("x".repeat(100),)).unwrap().into();
        near.send(long).await.unwrap_err();
        near.send(packet("/b")).await.unwrap();
        drop(near);
        for address in ["/a", "/b"] {
            assert_eq!(far.next().await.unwrap().unwrap(), Ok(packet(address)));
        }
        assert!(far.next().await.is_none());
    }
}

/// A stream that takes everything and notes each call.
#[derive(Default)]
struct Calls(Vec<Vec<u8>>);

impl AsyncWrite for Calls {
    fn poll_write(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<std::io::Result<usize>> {
        self.0.push(bytes.to_vec());
        Poll::Ready(Ok(bytes.len()))
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<std::io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<std::io::Result<()>> {
        Poll::Ready(Ok(()))
    }
}

#[tokio::test]
async fn a_packet_and_its_marks_leave_in_one_write() {
    for kind in [FramingKind::LengthPrefix, FramingKind::Slip] {
        let mut sink = FramedWrite::new(Calls::default(), PacketCodec::new(Detect::new(kind)));
        let large: Packet = Message::new("/b", (vec![7_u8; 60_000],)).unwrap().into();
        for packet in [packet("/a"), large] {
            sink.send(packet).await.unwrap();
        }
        let calls = &sink.get_ref().0;
        assert_eq!(calls.len(), 2, "{kind}");
        assert!(calls[1].len() > 60_000);
    }
}

#[tokio::test]
async fn short_reads_and_short_writes_are_continued() {
    let expected: Vec<_> = (0..50).map(|n| packet(&format!("/{n}"))).collect();
    for kind in [FramingKind::LengthPrefix, FramingKind::Slip] {
        // A pipe of three bytes: no header comes in one piece, no packet goes out in one.
        let (near, far) = duplex(3);
        let mut near = Framed::new(near, PacketCodec::new(Detect::new(kind)));
        let far = Framed::new(far, PacketCodec::new(Detect::default()));
        let mut packets = stream::iter(expected.clone()).map(Ok);
        let send = async {
            near.send_all(&mut packets).await.unwrap();
            drop(near);
        };
        let receive = far.map(|item| item.unwrap().unwrap()).collect::<Vec<_>>();
        let (_, received) =
            timeout(Duration::from_secs(60), futures::future::join(send, receive)).await.unwrap();
        assert_eq!(received, expected);
    }
}

#[tokio::test]
async fn split_headers_and_split_frames_are_joined() {
    let frame = length_prefixed(packet("/a").as_bytes());
    let mut io = tokio_test::io::Builder::new();
    for byte in &frame {
        io.read(std::slice::from_ref(byte));
    }
    io.read(&frame[..6]).read(&[&frame[6..], &frame[..2]].concat()).read(&frame[2..]);
    let stream = FramedRead::new(io.build(), PacketCodec::new(LengthPrefix::new()));
    let packets: Vec<_> = stream.map(|item| item.unwrap().unwrap()).collect().await;
    assert_eq!(packets, vec![packet("/a"); 3]);
}

#[tokio::test]
async fn bytes_that_are_a_packet_are_sent_as_they_are() {
    let (near, far) = duplex(64);
    let mut near = FramedWrite::new(near, PacketCodec::new(Slip::new()));
    near.send(Bytes::copy_from_slice(packet("/a").as_bytes())).await.unwrap();
    drop(near);
    let mut far = FramedRead::new(far, PacketCodec::new(Slip::new()));
    assert_eq!(far.next().await.unwrap().unwrap(), Ok(packet("/a")));
}
