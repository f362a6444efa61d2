//! Sending unix datagrams.

use core::time::Duration;
use std::os::fd::{AsFd, BorrowedFd};
use std::{io, path::Path, sync::Arc};

use nix::errno::Errno;
use socket2::{SockAddr, SockRef};
use tokio::{net::UnixDatagram, time::sleep};

use crate::codec::outgoing::Outgoing;
use crate::framing::error::FrameTooLong;
use crate::hook::chain::{Hooks, Passed};
use crate::peer_addr::PeerAddr;
use crate::send_error::SendError;
use crate::stats::counters::Counters;
use crate::stats::snapshot::Stats;

/// Sends through the socket of [`Datagrams`](super::Datagrams) from other tasks.
///
/// Clones share the socket. It stays open while one of them lives, but receives only as long as the
/// `Datagrams` are there.
#[derive(Debug, Clone)]
pub struct Sender(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    socket: UnixDatagram,
    hooks: Hooks,
    counters: Arc<Counters>,
    max_datagram: usize,
}

/// For options that are not offered here, and to be watched by a loop of one's own. What is read or
/// written through it passes us by.
impl AsFd for Sender {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.0.socket.as_fd()
    }
}

impl Sender {
    pub(super) fn new(
        socket: UnixDatagram,
        hooks: Hooks,
        counters: Arc<Counters>,
        max_datagram: usize,
    ) -> Self {
        Self(Arc::new(Shared { socket, hooks, counters, max_datagram }))
    }

    /// Sends a packet to the peer that was [connected](super::Datagrams::connect).
    ///
    /// While the peer's queue is full, it waits.
    ///
    /// # Errors
    ///
    /// [`SendError::TooLong`] above the limit of the socket or of the system, [`SendError::Io`] if
    /// nobody is connected or the peer is gone.
    ///
    /// # Cancel safety
    ///
    /// This method is cancel safe. If it does not complete, nothing was sent.
    pub async fn send(&self, packet: impl Outgoing) -> Result<(), SendError> {
        let Some(bytes) = self.prepare(packet.packet_bytes(), &PeerAddr::Unnamed)? else {
            return Ok(());
        };
        let sent = self.0.socket.send(&bytes).await;
        self.sent(&bytes, sent)
    }

    /// Sends a packet to a path.
    ///
    /// While the peer's queue is full (on Linux it takes 10 datagrams unless set otherwise), it
    /// tries again after some milliseconds: the system does not tell when there is room.
    ///
    /// # Errors
    ///
    /// [`SendError::TooLong`] above the limit of the socket or of the system, [`SendError::Io`] if
    /// nobody receives at the path.
    ///
    /// # Cancel safety
    ///
    /// This method is cancel safe. If it does not complete, nothing was sent.
    pub async fn send_to(
        &self,
        packet: impl Outgoing,
        path: impl AsRef<Path>,
    ) -> Result<(), SendError> {
        let path = path.as_ref();
        let peer = PeerAddr::Unix(path.to_owned());
        let Some(bytes) = self.prepare(packet.packet_bytes(), &peer)? else { return Ok(()) };
        let addr = SockAddr::unix(path)?;
        let mut wait = FIRST_WAIT;
        loop {
            match self.0.try_send_to(&bytes, &addr) {
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                    sleep(wait).await;
                    wait = wait.saturating_mul(2).min(LONGEST_WAIT);
                }
                sent => return self.sent(&bytes, sent),
            }
        }
    }

    /// Sends a packet to a path if there is room for it at once.
    ///
    /// # Errors
    ///
    /// [`SendError::Full`] if the peer's queue is full; otherwise as for
    /// [`send_to`](Self::send_to).
    pub fn try_send_to(
        &self,
        packet: impl Outgoing,
        path: impl AsRef<Path>,
    ) -> Result<(), SendError> {
        let path = path.as_ref();
        let peer = PeerAddr::Unix(path.to_owned());
        let Some(bytes) = self.prepare(packet.packet_bytes(), &peer)? else { return Ok(()) };
        match self.0.try_send_to(&bytes, &SockAddr::unix(path)?) {
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => Err(SendError::Full),
            sent => self.sent(&bytes, sent),
        }
    }

    /// Sends a packet to whoever something was received from.
    ///
    /// # Errors
    ///
    /// [`SendError::NoAddress`] if the peer has no path; otherwise as for
    /// [`send_to`](Self::send_to).
    ///
    /// # Cancel safety
    ///
    /// This method is cancel safe. If it does not complete, nothing was sent.
    pub async fn reply(&self, packet: impl Outgoing, peer: &PeerAddr) -> Result<(), SendError> {
        match peer.path() {
            Some(path) => self.send_to(packet, path).await,
            None => Err(SendError::NoAddress { peer: peer.clone() }),
        }
    }

    /// What has gone through the socket so far, or through all that share its counters.
    #[must_use]
    pub fn stats(&self) -> Stats {
        self.0.counters.read()
    }

    pub(super) fn connect(&self, path: &Path) -> io::Result<()> {
        self.0.socket.connect(path)
    }

    pub(super) fn socket(&self) -> &UnixDatagram {
        &self.0.socket
    }

    /// Asks the limit and the hooks; nothing is to be sent if a hook swallows the packet.
    fn prepare<'a>(
        &self,
        packet: &'a [u8],
        peer: &PeerAddr,
    ) -> Result<Option<Passed<'a>>, SendError> {
        match self.0.hooks.pass_out(packet, peer) {
            Ok(bytes) => {
                FrameTooLong::check(bytes.len(), self.0.max_datagram)?;
                Ok(Some(bytes))
            }
            Err(stopped) => stopped.into_sent(&self.0.counters).map(|()| None),
        }
    }

    /// Counts what was sent, or says why it was not.
    fn sent(&self, bytes: &[u8], outcome: io::Result<usize>) -> Result<(), SendError> {
        match outcome {
            Ok(_) => {
                self.0.counters.sent(1, bytes.len() as u64);
                Ok(())
            }
            Err(error) if error.raw_os_error() == Some(Errno::EMSGSIZE as i32) => {
                // Linux keeps a little of the buffer for itself.
                let buffer = SockRef::from(&self.0.socket).send_buffer_size()?;
                let limit = buffer.min(bytes.len().saturating_sub(1));
                Err(FrameTooLong::new(bytes.len(), limit).into())
            }
            Err(error) => Err(error.into()),
        }
    }
}

impl Shared {
    /// Sends without waiting.
    ///
    /// Tokio's own method would, once a peer's queue was full, wait until the system says that
    /// there is room, and that it says of connected sockets only.
    fn try_send_to(&self, bytes: &[u8], addr: &SockAddr) -> io::Result<usize> {
        SockRef::from(&self.socket).send_to(bytes, addr)
    }
}

/// How long to wait for a peer whose queue is full, at first; twice as long each time.
const FIRST_WAIT: Duration = Duration::from_millis(1);

/// How long to wait at most until the next attempt.
const LONGEST_WAIT: Duration = Duration::from_millis(20);
