//! Datagrams over anything that carries them.
//!
//! WebSocket messages, a serial radio, a channel of QUIC datagrams, a simulated network in a test: whatever is a stream
//! and a sink of `(Bytes, PeerAddr)` becomes an [`Exchange`] of packets, with the limit, the hooks and the counters that
//! sockets have.

use core::{
    fmt,
    pin::Pin,
    task::{Context, Poll, ready},
    time::Duration,
};
use std::{error::Error, io, sync::Arc};

use bytes::Bytes;
use futures::{Sink, Stream};
use tokio::time::Instant;
use tracing::debug;

use crate::backoff::Backoff;
use crate::codec::bad_packet::BadPacket;
use crate::connection::alarm::Alarm;
use crate::framing::error::FrameTooLong;
use crate::framing::limit::DEFAULT_MAX_FRAME;
use crate::hook::chain::{Hooks, Passed};
use crate::hook::contract::Hook;
use crate::peer_addr::PeerAddr;
use crate::send_error::SendError;
use crate::stats::counters::Counters;
use crate::udp::screen::too_long;

/// Datagrams over anything that carries them: each is a packet, as long as it is not too long and no
/// [hook](crate::hook) objects.
///
/// It does not decode: what arrives is handed out as bytes. It is made for one task that sends and receives at the same
/// time.
///
/// # Examples
///
/// ```
/// use std::future::{poll_fn, ready};
/// use std::io;
///
/// use bytes::Bytes;
/// use futures::{SinkExt, TryStreamExt};
/// use oscine_transport::{PeerAddr, exchange::Exchange};
/// use tokio_util::codec::{Framed, LengthDelimitedCodec};
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// // A radio on a serial line, with one other end.
/// let (line, radio) = tokio::io::duplex(1024);
/// let mut radio = Framed::new(radio, LengthDelimitedCodec::new());
/// let line = Framed::new(line, LengthDelimitedCodec::new())
///     .map_ok(|datagram| (datagram.freeze(), PeerAddr::Unnamed))
///     .with(|(bytes, _): (Bytes, PeerAddr)| ready(Ok::<_, io::Error>(bytes)));
///
/// let mut exchange = Exchange::new(line).max_datagram(1500);
/// radio.send(Bytes::from_static(b"/go\0,\0\0\0")).await?;
/// let (bytes, _) = poll_fn(|cx| exchange.poll_recv(cx)).await.ok_or("ended")?;
/// assert_eq!(bytes?.as_ref(), b"/go\0,\0\0\0");
/// # Ok(())
/// # }
/// ```
pub struct Exchange<D> {
    carrier: D,
    max_datagram: usize,
    hooks: Hooks,
    counters: Arc<Counters>,
    backoff: Backoff,
    /// When to ask the stream again after it has failed repeatedly.
    resume: Option<Instant>,
    alarm: Alarm,
    /// The stream has ended, and must not be asked again.
    ended: bool,
    /// What is to be sent and waits for room.
    waiting: Option<(Bytes, PeerAddr)>,
    /// The sink may hold something back.
    unflushed: bool,
}

impl<D> Exchange<D> {
    /// Takes over what carries datagrams.
    #[must_use]
    pub fn new(carrier: D) -> Self {
        Self {
            carrier,
            max_datagram: DEFAULT_MAX_FRAME,
            hooks: Hooks::default(),
            counters: Arc::default(),
            backoff: Backoff::new(FREE, FIRST_WAIT, LONGEST_WAIT),
            resume: None,
            alarm: Alarm::default(),
            ended: false,
            waiting: None,
            unflushed: false,
        }
    }

    /// Sets the longest datagram in bytes, both ways: 1 MiB by default
    /// ([`DEFAULT_MAX_FRAME`](crate::framing::DEFAULT_MAX_FRAME)). A longer one that arrives is dropped and counted.
    #[must_use]
    pub fn max_datagram(mut self, bytes: usize) -> Self {
        self.max_datagram = bytes;
        self
    }

    /// Adds a [hook](crate::hook) on the bytes of packets.
    #[must_use]
    pub fn hook(mut self, hook: impl Hook + 'static) -> Self {
        self.hooks.push(hook);
        self
    }

    /// Sets the counters to count in: its own by default.
    #[must_use]
    pub fn with_counters(mut self, counters: Arc<Counters>) -> Self {
        self.counters = counters;
        self
    }

    /// The counters.
    #[must_use]
    pub fn counters(&self) -> &Arc<Counters> {
        &self.counters
    }

    /// What carries the datagrams.
    #[must_use]
    pub fn get_ref(&self) -> &D {
        &self.carrier
    }

    /// Notes that receiving failed, and says how long to leave it.
    fn fail(&mut self, error: &io::Error) {
        self.counters.transient_error();
        debug!(%error, "receiving failed, trying again");
        self.resume = Instant::now().checked_add(self.backoff.fail());
    }

    /// Asks the limit and the hooks about what has arrived; nothing if a hook swallows it.
    fn admit(&mut self, bytes: Bytes, peer: &PeerAddr) -> Option<Result<Bytes, BadPacket>> {
        self.counters.received(1, bytes.len() as u64);
        if bytes.len() > self.max_datagram {
            return Some(Err(too_long(self.max_datagram, &self.counters)));
        }
        let other = match self.hooks.inbound(&bytes, peer) {
            Ok(Passed::Same(_)) => None,
            Ok(Passed::Other(other)) => Some(other),
            Err(stopped) => return stopped.into_bad(&bytes, &self.counters).map(Err),
        };
        Some(Ok(other.unwrap_or(bytes)))
    }

    /// Asks the hooks and the limit about what is to be sent; nothing if a hook swallows it.
    fn prepare(&self, packet: Bytes, peer: &PeerAddr) -> Result<Option<Bytes>, SendError> {
        let other = match self.hooks.outbound(&packet, peer) {
            Ok(Passed::Same(_)) => None,
            Ok(Passed::Other(other)) => Some(other),
            Err(stopped) => return stopped.into_sent(&self.counters).map(|()| None),
        };
        let bytes = other.unwrap_or(packet);
        FrameTooLong::check(bytes.len(), self.max_datagram)?;
        Ok(Some(bytes))
    }
}

impl<D: Stream<Item = io::Result<(Bytes, PeerAddr)>> + Unpin> Exchange<D> {
    /// Receives the next datagram, as hooks left it, with its sender. `None` when the stream has ended.
    ///
    /// What is too long, or refused by a hook, is an item. An error of the stream is counted and passed over, and the
    /// stream is asked again: at once for the first eight in a row, then after 1 ms, doubled up to 1 s.
    pub fn poll_recv(&mut self, cx: &mut Context<'_>) -> Poll<Option<(Received, PeerAddr)>> {
        for _ in 0..AT_ONCE {
            if self.ended {
                return Poll::Ready(None);
            }
            if let Some(resume) = self.resume {
                ready!(self.alarm.poll(resume, cx));
                self.resume = None;
            }
            match ready!(Pin::new(&mut self.carrier).poll_next(cx)) {
                Some(Ok((bytes, peer))) => {
                    self.backoff.succeed();
                    if let Some(received) = self.admit(bytes, &peer) {
                        return Poll::Ready(Some((received, peer)));
                    }
                }
                Some(Err(error)) => self.fail(&error),
                None => self.ended = true,
            }
        }
        // What hooks swallow may come without end: others have their turn.
        cx.waker().wake_by_ref();
        Poll::Pending
    }
}

/// A datagram that has arrived.
type Received = Result<Bytes, BadPacket>;

impl<D> Exchange<D>
where
    D: Sink<(Bytes, PeerAddr), Error: Into<Box<dyn Error + Send + Sync>>> + Unpin,
{
    /// Sends what `next` gives as long as the sink has room, and flushes when it gives nothing more. The bytes are those
    /// of one packet, which is not checked.
    ///
    /// `Ready(Ok(()))` means that the sink has sent all there was. The task is woken when `next` has more, and when
    /// there is room again. One packet may be kept until there is.
    ///
    /// # Errors
    ///
    /// [`SendError`]. One packet is lost then, or what the sink had taken and not sent; those after it are sent by the
    /// next call.
    pub fn poll_send_from(
        &mut self,
        cx: &mut Context<'_>,
        mut next: impl FnMut(&mut Context<'_>) -> Poll<Option<(Bytes, PeerAddr)>>,
    ) -> Poll<Result<(), SendError>> {
        loop {
            if self.waiting.is_none() {
                let Poll::Ready(Some((packet, peer))) = next(cx) else { break };
                self.waiting = self.prepare(packet, &peer)?.map(|bytes| (bytes, peer));
                continue;
            }
            let ready = ready!(Pin::new(&mut self.carrier).poll_ready(cx));
            // Taken first: what fails is not tried again.
            let Some((bytes, peer)) = self.waiting.take() else { continue };
            let length = bytes.len() as u64;
            ready
                .and_then(|()| Pin::new(&mut self.carrier).start_send((bytes, peer)))
                .map_err(failed)?;
            self.counters.sent(1, length);
            self.unflushed = true;
        }
        if self.unflushed {
            let flushed = ready!(Pin::new(&mut self.carrier).poll_flush(cx));
            // Whatever comes of it: a sink that fails is not asked for ever.
            self.unflushed = false;
            flushed.map_err(failed)?;
        }
        Poll::Ready(Ok(()))
    }

    /// Closes the sink, which sends what it has taken.
    ///
    /// # Errors
    ///
    /// [`SendError::Io`] if the sink fails.
    pub fn poll_close(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), SendError>> {
        Pin::new(&mut self.carrier).poll_close(cx).map_err(failed)
    }
}

fn failed(error: impl Into<Box<dyn Error + Send + Sync>>) -> SendError {
    SendError::Io(io::Error::other(error))
}

impl<D> fmt::Debug for Exchange<D> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Exchange")
            .field("max_datagram", &self.max_datagram)
            .field("hooks", &self.hooks)
            .finish_non_exhaustive()
    }
}

/// So many errors of receiving in a row cost no wait.
const FREE: u32 = 8;

/// How long to wait after further ones, doubled each time.
const FIRST_WAIT: Duration = Duration::from_millis(1);

/// How long to wait at most.
const LONGEST_WAIT: Duration = Duration::from_secs(1);

/// So many times the stream is asked in one turn.
const AT_ONCE: usize = 64;

#[cfg(test)]
mod tests {
    use core::future::poll_fn;
    use std::{collections::VecDeque, task};

    use futures::FutureExt;

    use super::*;
    use crate::hook::closures::{inbound, outbound};
    use crate::hook::verdict::Verdict;

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
        let cx = &mut Context::from_waker(task::Waker::noop());
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
}
