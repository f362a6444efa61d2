//! What receiving many packets at a time costs in memory: nothing, once warm. It has a file of its
//! own, as it counts all allocations.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test fails by panicking")]

use std::{alloc::System, io::Write, net::TcpStream};

use bytes::BytesMut;
use oscine_codec::{Message, Packet, PacketRef};
use oscine_transport::{
    connection::Frames,
    framing::{Detect, Framing, FramingKind},
    hook::{self, Verdict},
    tcp::Listener,
};
use stats_alloc::{INSTRUMENTED_SYSTEM, Region, StatsAlloc};

#[global_allocator]
static ALLOCATOR: &StatsAlloc<System> = &INSTRUMENTED_SYSTEM;

/// How many packets are written at a time.
const BURST: usize = 100;

#[tokio::test]
async fn packets_that_are_received_together_cost_no_allocation() {
    let packets = (0..BURST).map(|number| {
        // Some have bytes that SLIP has to escape.
        let bytes = vec![0xc0_u8; number % 5];
        Packet::from(Message::new("/synth/freq", (440.0_f32, bytes)).unwrap())
    });
    let packets: Vec<_> = packets.collect();
    for kind in [FramingKind::LengthPrefix, FramingKind::Slip] {
        for hooked in [false, true] {
            let mut wire = BytesMut::new();
            for packet in &packets {
                Detect::new(kind).encode(packet.as_bytes(), &mut wire).unwrap();
            }
            // Every fifth packet ends with an empty blob, that is, with the length 0.
            let swallow = hook::inbound(|bytes, _| match bytes[bytes.len() - 4] {
                0 => Verdict::Swallow,
                _ => Verdict::Pass,
            });
            let builder = Listener::builder();
            let builder = if hooked { builder.hook(swallow) } else { builder };
            let listener = builder.bind("127.0.0.1:0").await.unwrap();
            let mut peer = TcpStream::connect(listener.local_addr().unwrap()).unwrap();
            let (mut connection, _) = listener.accept().await;
            let expected = if hooked { BURST * 4 / 5 } else { BURST };

            let mut frames = Frames::new();
            let mut burst = async || {
                peer.write_all(&wire).unwrap();
                let mut seen = 0;
                while seen < expected {
                    connection.recv_frames(&mut frames).await.unwrap().unwrap();
                    let decoded = frames.iter().map(|frame| PacketRef::decode(frame.unwrap()));
                    seen += decoded.filter(Result::is_ok).count();
                }
                assert_eq!(seen, expected);
            };
            // More than the read buffer holds, so that it has come to its end several times.
            for _ in 0..100 {
                burst().await;
            }
            let region = Region::new(ALLOCATOR);
            for _ in 0..1_000 {
                burst().await;
            }
            let change = region.change();
            let allocated = change.allocations + change.reallocations;
            assert_eq!(allocated, 0, "{kind}, hooked: {hooked}, {change:?}");
        }
    }
}
