//! What becomes of datagrams on a line that does as it is told.

use core::{
    future::poll_fn,
    pin::Pin,
    task::{Context, Poll, Waker},
    time::Duration,
};
use std::{collections::VecDeque, io};

use bytes::Bytes;
use futures::{FutureExt, Sink, Stream};
use tokio::time::Instant;

use crate::exchange::exchange::{AT_ONCE, Exchange};
use crate::hook::closures::{inbound, outbound};
use crate::hook::verdict::Verdict;
use crate::peer_addr::PeerAddr;
use crate::send_error::SendError;

/// A line that does as it is told.
#[derive(Default)]
struct Line {
    arrives: VecDeque<io::Result<Bytes>>,
    /// What the sink says, call by call; it has room when nothing is left.
    says: VecDeque<Poll<io::Result<()>>>,
    taken: Vec<Bytes>,
    flushed: usize,
}

impl Line {
    fn says(&mut self) -> Poll<io::Result<()>> {
        self.says.pop_front().unwrap_or(Poll::Ready(Ok(())))
    }
}

impl Stream for Line {
    type Item = io::Result<(Bytes, PeerAddr)>;

    fn poll_next(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let next = self.get_mut().arrives.pop_front();
        Poll::Ready(next.map(|item| item.map(|bytes| (bytes, "peer".into()))))
    }
}

impl Sink<(Bytes, PeerAddr)> for Line {
    type Error = io::Error;

    fn poll_ready(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.get_mut().says()
    }

    fn start_send(self: Pin<&mut Self>, (bytes, _): (Bytes, PeerAddr)) -> io::Result<()> {
        self.get_mut().taken.push(bytes);
        Ok(())
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        this.flushed += 1;
        this.says()
    }

    fn poll_close(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }
}

const BYTES: [Bytes; 4] = [
    Bytes::from_static(b"/a\0\0,\0\0\0"),
    Bytes::from_static(b"/longer\0,\0\0\0"),
    Bytes::from_static(b"/no\0,\0\0\0"),
    Bytes::from_static(b"/b\0\0,\0\0\0"),
];

fn refusing(packet: &[u8], peer: &PeerAddr) -> Verdict {
    assert_eq!(peer.name(), Some("peer"));
    match packet.starts_with(b"/no") {
        true => Verdict::Refuse("no".into()),
        false => Verdict::Pass,
    }
}

#[tokio::test(start_paused = true)]
async fn errors_wait_and_what_is_bad_is_an_item() {
    let error = || Err(io::Error::other("static"));
    let arrives = (0..12).map(|_| error()).chain(BYTES.map(Ok)).collect();
    let line = Line { arrives, ..Line::default() };
    let mut exchange = Exchange::new(line).max_datagram(8).hook(inbound(refusing));
    let start = Instant::now();
    let mut items = Vec::new();
    while let Some((item, _)) = poll_fn(|cx| exchange.poll_recv(cx)).await {
        items.push(item.ok());
    }
    // 1, 2, 4 and 8 ms beyond those that are free.
    assert!(start.elapsed() >= Duration::from_millis(15), "{:?}", start.elapsed());
    assert_eq!(items, [Some(BYTES[0].clone()), None, None, Some(BYTES[3].clone())]);
    let stats = exchange.counters().read();
    assert_eq!((stats.transient_errors, stats.received), (12, 4));
    assert_eq!((stats.bad.get("frame-too-long"), stats.drops.get("refused")), (1, 1));
}

#[tokio::test]
async fn what_is_swallowed_without_end_lets_others_have_their_turn() {
    let arrives = (0..1000).map(|_| Ok(BYTES[0].clone())).collect();
    let line = Line { arrives, ..Line::default() };
    let mut exchange = Exchange::new(line).hook(inbound(|_, _| Verdict::Swallow));
    let mut turns = 0;
    let ended = poll_fn(|cx| {
        turns += 1;
        exchange.poll_recv(cx)
    });
    assert!(ended.await.is_none());
    assert!(turns > 1000 / AT_ONCE, "{turns}");
}

#[test]
fn a_sink_that_is_full_or_fails_loses_one_packet_at_most() {
    let cx = &mut Context::from_waker(Waker::noop());
    let hook = outbound(refusing);
    let mut exchange = Exchange::new(Line::default()).max_datagram(8).hook(hook);
    let mut queue: VecDeque<_> = BYTES.map(|bytes| (bytes, "peer".into())).into();
    let mut send = |exchange: &mut Exchange<Line>, says: Vec<Poll<io::Result<()>>>| {
        exchange.carrier.says = says.into();
        exchange.poll_send_from(cx, |_| {
            queue.pop_front().map_or(Poll::Pending, |next| Poll::Ready(Some(next)))
        })
    };
    let failure = || Poll::Ready(Err(io::Error::other("static")));
    assert!(send(&mut exchange, vec![Poll::Pending]).is_pending());
    assert!(exchange.carrier.taken.is_empty());
    // The first goes now, the second is too long, the third refused.
    let sent = send(&mut exchange, vec![]);
    assert!(matches!(sent, Poll::Ready(Err(SendError::TooLong(_)))), "{sent:?}");
    let sent = send(&mut exchange, vec![]);
    assert!(matches!(sent, Poll::Ready(Err(SendError::Refused { .. }))), "{sent:?}");
    let sent = send(&mut exchange, vec![failure()]);
    assert!(matches!(sent, Poll::Ready(Err(SendError::Io(_)))), "{sent:?}");
    assert_eq!((exchange.carrier.taken.as_slice(), exchange.carrier.flushed), (&BYTES[..1], 0));
    let sent = send(&mut exchange, vec![failure()]);
    assert!(matches!(sent, Poll::Ready(Err(SendError::Io(_)))), "{sent:?}");
    assert!(send(&mut exchange, vec![]).is_ready());
    assert_eq!((exchange.carrier.flushed, exchange.counters().read().sent), (1, 1));
    assert!(poll_fn(|cx| exchange.poll_close(cx)).now_or_never().unwrap().is_ok());
}
