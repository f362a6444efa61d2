//! What a peer can make a connection hold: no more than `docs/defaults.md` says.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::{
    alloc::System,
    io::{self, Write, stdout},
    pin::Pin,
    task::{Context, Poll},
};

use futures::{SinkExt, StreamExt, task::noop_waker_ref};
use oscine_codec::{Message, Packet};
use oscine_transport::{
    connection::Builder,
    framing::{FramingKind, slip},
};
use stats_alloc::{INSTRUMENTED_SYSTEM, StatsAlloc};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

#[global_allocator]
static ALLOCATOR: &StatsAlloc<System> = &INSTRUMENTED_SYSTEM;

/// Bytes that are allocated and not given back.
fn live() -> usize {
    let stats = ALLOCATOR.stats();
    stats.bytes_allocated - stats.bytes_deallocated
}

/// Sends a head, then some byte again and again, so many in all, and then no more.
struct Peer {
    head: Vec<u8>,
    again: [u8; 2],
    left: usize,
}

impl AsyncRead for Peer {
    fn poll_read(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        if self.left == 0 {
            return Poll::Pending;
        }
        let head = std::mem::take(&mut self.head);
        buf.put_slice(&head);
        let count = self.left.min(buf.remaining()) & !1;
        for _ in 0..count / 2 {
            buf.put_slice(&self.again);
        }
        self.left -= count;
        Poll::Ready(Ok(()))
    }
}

impl AsyncWrite for Peer {
    fn poll_write(self: Pin<&mut Self>, _: &mut Context<'_>, b: &[u8]) -> Poll<io::Result<usize>> {
        Poll::Ready(Ok(b.len()))
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }
}

/// What a long packet takes is given back when nothing comes, and when all is written.
fn a_long_packet_is_not_held() {
    const MIB: usize = 1 << 20;
    let packet: Packet = Message::new("/long", ("x".repeat(MIB - 64),)).unwrap().into();
    let head = u32::try_from(MIB).unwrap().to_be_bytes().to_vec();
    let before = live();
    let builder = Builder::new().framing(FramingKind::LengthPrefix);
    let mut connection = builder.wrap(Peer { head, again: [0; 2], left: MIB });
    let mut cx = Context::from_waker(noop_waker_ref());
    connection.start_send_unpin(&packet).unwrap();
    let mut items = 0;
    while let Poll::Ready(item) = connection.poll_next_unpin(&mut cx) {
        item.unwrap().unwrap().unwrap_err();
        items += 1;
    }
    assert_eq!(items, 1);
    let held = live() - before;
    assert!(held >= MIB, "{held} bytes wait to be written");
    let flushed = SinkExt::<&Packet>::poll_flush_unpin(&mut connection, &mut cx);
    assert!(matches!(flushed, Poll::Ready(Ok(()))));
    let held = live() - before;
    let mut out = stdout();
    writeln!(out, "behind a long packet: {held} bytes").unwrap();
    assert!(held < 256 * 1024, "{held} bytes");
}

#[test]
fn a_connection_holds_what_is_documented() {
    // One after the other, as each looks at what the whole program holds.
    an_unfinished_packet_costs_what_is_documented();
    a_long_packet_is_not_held();
}

fn an_unfinished_packet_costs_what_is_documented() {
    const MIB: usize = 1 << 20;
    let length = u32::try_from(MIB).unwrap().to_be_bytes().to_vec();
    for (name, framing, head, again, left, most) in [
        ("length", FramingKind::LengthPrefix, length, [0; 2], MIB - 2, 2 * MIB),
        ("slip", FramingKind::Slip, vec![slip::END], [b'a'; 2], MIB - 2, 2 * MIB),
        ("escaped", FramingKind::Slip, vec![slip::END], [0xdb, 0xdc], 2 * MIB - 2, 4 * MIB),
        ("END", FramingKind::Slip, vec![], [slip::END; 2], 10 * MIB, MIB),
        ("endless", FramingKind::Slip, vec![slip::END], [b'a'; 2], 10 * MIB, 2 * MIB),
    ] {
        let before = live();
        let mut connection = Builder::new().framing(framing).wrap(Peer { head, again, left });
        let mut faults = 0;
        let mut cx = Context::from_waker(noop_waker_ref());
        while let Poll::Ready(item) = connection.poll_next_unpin(&mut cx) {
            item.unwrap().unwrap().unwrap_err();
            faults += 1;
        }
        let held = live() - before;
        let mut out = stdout();
        writeln!(out, "{name}: {held} bytes, {faults} faults").unwrap();
        assert!(held < most + 64 * 1024 && faults < 2, "{name}: {held} bytes, {faults} faults");
    }
}
