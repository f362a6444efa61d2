//! A socket for unix datagrams.

use core::{
    pin::Pin,
    task::{Context, Poll, ready},
    time::Duration,
};
use std::{
    future::poll_fn,
    io,
    os::fd::{AsFd, BorrowedFd},
    path::Path,
    sync::Arc,
};

use bytes::BytesMut;
use futures::Stream;
use oscine_codec::DecodeOptions;
use tokio::{io::ReadBuf, net::UnixDatagram, time::Instant};
use tracing::debug;

use crate::backoff::Backoff;
use crate::codec::outgoing::Outgoing;
use crate::codec::packet_codec::PacketCodec;
use crate::codec::taker::{OneByOne, Taker, Undecoded};
use crate::connection::alarm::Alarm;
use crate::framing::datagram::Datagram;
use crate::hook::chain::Hooks;
use crate::peer_addr::PeerAddr;
use crate::send_error::SendError;
use crate::stats::counters::Counters;
use crate::stats::snapshot::Stats;
use crate::unix::address;
use crate::unix::file::SocketFile;
use crate::unix::received::{Received, ReceivedBytes};
use crate::unix::sender::Sender;

/// A socket for unix datagrams: a stream of what arrives, and the ways to send.
///
/// The stream never ends: what is no packet is an item, and errors of the system are counted and
/// passed over.
///
/// Dropping it removes its file, so that nobody sends to it any more.
#[derive(Debug)]
pub struct Datagrams {
    sender: Sender,
    codec: PacketCodec<Datagram>,
    /// Where datagrams are read to, a byte longer than the longest one; what is handed out has been
    /// copied from it and takes memory of its own size alone.
    scratch: Box<[u8]>,
    backoff: Backoff,
    /// When to read again after reading has failed repeatedly.
    resume: Option<Instant>,
    alarm: Alarm,
    /// Removed with the socket; `None` if it has none, or somebody else made it.
    file: Option<SocketFile>,
}

/// For options that are not offered here, and to be watched by a loop of one's own. What is read or
/// written through it passes us by.
impl AsFd for Datagrams {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.sender.as_fd()
    }
}

impl Datagrams {
    pub(super) fn new(
        socket: UnixDatagram,
        file: Option<SocketFile>,
        decode: DecodeOptions,
        hooks: Hooks,
        counters: Arc<Counters>,
        max_datagram: usize,
    ) -> Self {
        let codec = PacketCodec::with_options(Datagram::with_max_frame(max_datagram), decode)
            .with_hooks(hooks.clone())
            .with_counters(Arc::clone(&counters));
        Self {
            sender: Sender::new(socket, hooks, counters, max_datagram),
            codec,
            scratch: vec![0; max_datagram.saturating_add(1)].into(),
            backoff: Backoff::new(2, Duration::from_millis(1), Duration::from_secs(1)),
            resume: None,
            alarm: Alarm::default(),
            file,
        }
    }

    /// Sets who [`send`](Self::send) sends to; from then on nothing arrives from anybody else.
    ///
    /// # Errors
    ///
    /// If there is no socket at the path, or it takes no datagrams.
    pub fn connect(&self, path: impl AsRef<Path>) -> io::Result<()> {
        self.sender.connect(path.as_ref())
    }

    /// Sends a packet to the peer that was connected; see [`Sender::send`].
    ///
    /// # Errors
    ///
    /// [`SendError`].
    ///
    /// # Cancel safety
    ///
    /// This method is cancel safe. If it does not complete, nothing was sent.
    pub async fn send(&self, packet: impl Outgoing) -> Result<(), SendError> {
        self.sender.send(packet).await
    }

    /// Sends a packet to a path; see [`Sender::send_to`].
    ///
    /// # Errors
    ///
    /// [`SendError`].
    ///
    /// # Cancel safety
    ///
    /// This method is cancel safe. If it does not complete, nothing was sent.
    pub async fn send_to(
        &self,
        packet: impl Outgoing,
        path: impl AsRef<Path>,
    ) -> Result<(), SendError> {
        self.sender.send_to(packet, path).await
    }

    /// Sends a packet to whoever something was received from; see [`Sender::reply`].
    ///
    /// # Errors
    ///
    /// [`SendError::NoAddress`] if the peer has no path; otherwise another [`SendError`].
    ///
    /// # Cancel safety
    ///
    /// This method is cancel safe. If it does not complete, nothing was sent.
    pub async fn reply(&self, packet: impl Outgoing, peer: &PeerAddr) -> Result<(), SendError> {
        self.sender.reply(packet, peer).await
    }

    /// A way to send through this socket from other tasks.
    #[must_use]
    pub fn sender(&self) -> Sender {
        self.sender.clone()
    }

    /// The path of the socket, absolute; `None` if it was not bound here.
    #[must_use]
    pub fn path(&self) -> Option<&Path> {
        self.file.as_ref().map(SocketFile::path)
    }

    /// What has gone through this socket so far, or through all that share its counters.
    #[must_use]
    pub fn stats(&self) -> Stats {
        self.codec.stats()
    }

    /// The counters in which this socket counts.
    #[must_use]
    pub fn counters(&self) -> &Arc<Counters> {
        self.codec.counters()
    }

    /// The next datagram as bytes, which are not decoded.
    ///
    /// What is received is counted. Who decodes the packets counts what is wrong with them, with
    /// [`Counters::decode_error`] and [`tolerated`](Counters::tolerated). It can be used in turns
    /// with the stream.
    ///
    /// # Cancel safety
    ///
    /// This method is cancel safe. If it does not complete, no datagram was taken.
    pub async fn recv_bytes(&mut self) -> ReceivedBytes {
        let (bytes, peer, at) = poll_fn(|cx| self.poll_taken(cx, &mut Undecoded)).await;
        ReceivedBytes { bytes, peer, at }
    }

    /// Reads until a datagram has something to hand out.
    fn poll_taken<T: Taker>(
        &mut self,
        cx: &mut Context<'_>,
        taker: &mut T,
    ) -> Poll<(T::Item, PeerAddr, Instant)> {
        loop {
            if let Some(resume) = self.resume {
                ready!(self.alarm.poll(resume, cx));
                self.resume = None;
            }
            match ready!(self.poll_read(cx)) {
                Ok((datagram, peer)) => {
                    self.backoff.succeed();
                    let at = Instant::now();
                    if let Some(item) = self.take(datagram, &peer, taker) {
                        return Poll::Ready((item, peer, at));
                    }
                }
                Err(error) => self.fail(&error),
            }
        }
    }

    /// Reads one datagram.
    fn poll_read(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<(BytesMut, PeerAddr)>> {
        let mut buffer = ReadBuf::new(&mut self.scratch);
        let addr = ready!(self.sender.socket().poll_recv_from(cx, &mut buffer))?;
        Poll::Ready(Ok((BytesMut::from(buffer.filled()), address::peer(&addr))))
    }

    /// Has a datagram taken; nothing is handed out if a hook swallows it.
    fn take<T: Taker>(
        &mut self,
        mut datagram: BytesMut,
        peer: &PeerAddr,
        taker: &mut T,
    ) -> Option<T::Item> {
        self.codec.set_peer(peer.clone());
        let mut taken = None;
        // A datagram is one frame, so there is one item at most before the end.
        while let Ok(Some(item)) = self.codec.read_last(&mut datagram, taker) {
            taken = Some(item);
        }
        taken
    }

    /// Notes that reading failed, and says how long to leave it.
    fn fail(&mut self, error: &io::Error) {
        self.codec.counters().transient_error();
        debug!(%error, "receiving failed, trying again");
        self.resume = Instant::now().checked_add(self.backoff.fail());
    }
}

impl Stream for Datagrams {
    type Item = Received;

    fn poll_next(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Received>> {
        let (packet, peer, at) = ready!(self.get_mut().poll_taken(cx, &mut OneByOne));
        Poll::Ready(Some(Received { packet, peer, at }))
    }
}
