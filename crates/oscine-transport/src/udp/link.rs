//! The socket that a receiver and its senders share.

use core::task::{Context, Poll, ready};
use std::{
    io::{self, ErrorKind, IoSliceMut},
    net::{IpAddr, SocketAddr},
};

use quinn_udp::{RecvMeta, Transmit, UdpSockRef, UdpSocketState};
use socket2::SockRef;
use tokio::{io::Interest, net::UdpSocket, task::coop::consume_budget};
use tracing::trace;

use crate::framing::error::FrameTooLong;
use crate::send_error::SendError;
use crate::udp::counters::Counters;

/// The socket that a receiver and its senders share, and its counters.
#[derive(Debug)]
pub(super) struct Link {
    pub(super) socket: UdpSocket,
    pub(super) counters: Counters,
    state: UdpSocketState,
}

/// Where a datagram goes.
#[derive(Debug, Clone, Copy)]
pub(super) enum Target {
    Peer(SocketAddr),
    /// The one peer of a connected socket.
    Connected,
}

impl Link {
    pub(super) fn new(socket: UdpSocket, state: UdpSocketState) -> Self {
        Self { socket, counters: Counters::default(), state }
    }

    pub(super) fn recv(
        &self,
        slots: &mut [IoSliceMut<'_>],
        metas: &mut [RecvMeta],
    ) -> io::Result<usize> {
        let read = || self.state.recv(UdpSockRef::from(&self.socket), slots, metas);
        self.socket.try_io(Interest::READABLE, read)
    }

    /// Sends, if the system takes the datagram now.
    pub(super) fn try_send(&self, bytes: &[u8], target: Target) -> Result<(), SendError> {
        self.check(bytes, target)?;
        self.attempt(bytes.len(), 1, || match target {
            Target::Peer(peer) => self.socket.try_send_to(bytes, peer).map(|_| ()),
            Target::Connected => self.socket.try_send(bytes).map(|_| ()),
        })
        .map_err(|error| self.explain(error, target))
    }

    /// Sends, waiting until the system takes the datagram.
    pub(super) async fn send(&self, bytes: &[u8], target: Target) -> Result<(), SendError> {
        // A socket that is always ready must not keep other tasks from their turn.
        consume_budget().await;
        loop {
            match self.try_send(bytes, target) {
                Err(SendError::Full) => self.socket.writable().await?,
                outcome => return outcome,
            }
        }
    }

    /// Sends, or has the task of `cx` woken when the system takes datagrams again.
    pub(super) fn poll_send(
        &self,
        cx: &mut Context<'_>,
        bytes: &[u8],
        target: Target,
    ) -> Poll<Result<(), SendError>> {
        loop {
            match self.try_send(bytes, target) {
                Err(SendError::Full) => ready!(self.socket.poll_send_ready(cx))?,
                outcome => return Poll::Ready(outcome),
            }
        }
    }

    /// How many datagrams one call can send.
    pub(super) fn max_segments(&self) -> usize {
        self.state.max_gso_segments()
    }

    /// Sends datagrams of `segment` bytes each, the last of which may be shorter, in one call.
    pub(super) async fn send_segments(
        &self,
        bytes: &[u8],
        segment: usize,
        peer: SocketAddr,
    ) -> Result<(), SendError> {
        let transmit = Transmit {
            destination: peer,
            ecn: None,
            contents: bytes,
            segment_size: Some(segment),
            src_ip: None,
        };
        let attempt = || self.state.try_send(UdpSockRef::from(&self.socket), &transmit);
        let send = || self.socket.try_io(Interest::WRITABLE, attempt);
        let count = bytes.len().div_ceil(segment.max(1));
        consume_budget().await;
        loop {
            match self.attempt(bytes.len(), count, send) {
                Err(error) if error.kind() == ErrorKind::WouldBlock => {
                    self.socket.writable().await?;
                }
                outcome => {
                    return outcome.map_err(|error| self.explain(error, Target::Peer(peer)));
                }
            }
        }
    }

    /// Sends, passing over what the system reports of earlier datagrams.
    ///
    /// A connected socket answers a send with the fate of a datagram before it, and sends nothing.
    /// So the send is repeated, a few times at most.
    fn attempt(
        &self,
        bytes: usize,
        datagrams: usize,
        mut send: impl FnMut() -> io::Result<()>,
    ) -> io::Result<()> {
        let mut left = ATTEMPTS;
        loop {
            left -= 1;
            match send() {
                Ok(()) => {
                    self.counters.sent(datagrams, bytes);
                    return Ok(());
                }
                Err(error) if is_report(&error) => {
                    self.counters.transient_error();
                    trace!(%error, "an earlier datagram did not get through");
                    if left == 0 {
                        return Err(error);
                    }
                }
                Err(error) => return Err(error),
            }
        }
    }

    fn check(&self, bytes: &[u8], target: Target) -> Result<(), FrameTooLong> {
        let v6 = match target {
            Target::Peer(SocketAddr::V6(peer)) => peer.ip().to_ipv4_mapped().is_none(),
            Target::Peer(SocketAddr::V4(_)) => false,
            Target::Connected => self.socket.local_addr().is_ok_and(|local| local.is_ipv6()),
        };
        FrameTooLong::check(bytes.len(), if v6 { GREATEST_V6 } else { GREATEST_V4 })
    }

    fn explain(&self, error: io::Error, target: Target) -> SendError {
        match (error.kind(), target) {
            (ErrorKind::WouldBlock, _) => SendError::Full,
            (ErrorKind::PermissionDenied, Target::Peer(peer))
                if matches!(peer.ip(), IpAddr::V4(_))
                    && SockRef::from(&self.socket).broadcast().is_ok_and(|on| !on) =>
            {
                SendError::BroadcastOff { peer }
            }
            _ => SendError::Io(error),
        }
    }
}

/// Says whether an error tells what became of an earlier datagram, or of the way to its receiver.
pub(super) fn is_report(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        ErrorKind::ConnectionRefused
            | ErrorKind::ConnectionReset
            | ErrorKind::ConnectionAborted
            | ErrorKind::HostUnreachable
            | ErrorKind::NetworkUnreachable
            | ErrorKind::NetworkDown
    )
}

/// How often a datagram is sent before an error is believed.
const ATTEMPTS: u32 = 3;

/// The most that an IPv4 datagram carries: 65,535 without the headers of IP and UDP.
const GREATEST_V4: usize = 65_507;

/// The most that an IPv6 datagram carries: 65,535 without the header of UDP.
const GREATEST_V6: usize = 65_527;
