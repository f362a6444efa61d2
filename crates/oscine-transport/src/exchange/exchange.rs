//! Packets as datagrams of a stream and a sink.

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
    pub(super) carrier: D,
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
        let other = match self.hooks.pass_in(&bytes, peer) {
            Ok(Passed::Same(_)) => None,
            Ok(Passed::Other(other)) => Some(other),
            Err(stopped) => return stopped.into_bad(&bytes, &self.counters).map(Err),
        };
        Some(Ok(other.unwrap_or(bytes)))
    }

    /// Asks the hooks and the limit about what is to be sent; nothing if a hook swallows it.
    fn prepare(&self, packet: Bytes, peer: &PeerAddr) -> Result<Option<Bytes>, SendError> {
        let other = match self.hooks.pass_out(&packet, peer) {
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
pub(super) const AT_ONCE: usize = 64;
