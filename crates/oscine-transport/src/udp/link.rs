//! The socket that a receiver and its senders share.

use core::task::{Context, Poll, ready};
use std::{
    io::{self, ErrorKind, IoSliceMut},
    net::{IpAddr, SocketAddr},
    sync::{Arc, Mutex, PoisonError},
};

use quinn_udp::{RecvMeta, Transmit, UdpSockRef, UdpSocketState};
use socket2::SockRef;
use tokio::{io::Interest, net::UdpSocket, task::coop::consume_budget, time::Instant};
use tracing::{debug, trace};

use crate::framing::error::FrameTooLong;
use crate::hook::chain::{Hooks, Passed};
use crate::peer_addr::PeerAddr;
use crate::quiet::Quiet;
use crate::send_error::SendError;
use crate::stats::cause::DropCause;
use crate::stats::counters::Counters;
use crate::stats::snapshot::Stats;
use crate::udp::broadcast;
use crate::udp::drops::Drops;
use crate::udp::reach::Reach;
use crate::udp::run::{Load, Spare};

/// The socket that a receiver and its senders share, and its counters.
#[derive(Debug)]
pub(super) struct Link {
    pub(super) socket: UdpSocket,
    pub(super) counters: Arc<Counters>,
    pub(super) hooks: Hooks,
    pub(super) reach: Reach,
    pub(super) spare: Spare,
    state: UdpSocketState,
    drops: Drops,
    /// Keeps the log quiet about datagrams that are sent in pieces.
    pieces: Mutex<Quiet>,
}

/// Where a datagram goes.
#[derive(Debug, Clone, Copy)]
pub(super) enum Target {
    Peer(SocketAddr),
    /// The one peer of a connected socket.
    Connected,
}

/// Whether datagrams are counted when they are sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Count {
    Here,
    /// They were counted as frames.
    Before,
}

impl Link {
    pub(super) fn new(
        socket: UdpSocket,
        state: UdpSocketState,
        counters: Arc<Counters>,
        hooks: Hooks,
    ) -> io::Result<Self> {
        let (reach, drops) = (Reach::of(&socket)?, Drops::new(&socket));
        let (spare, pieces) = (Spare::default(), Mutex::default());
        Ok(Self { socket, counters, hooks, reach, spare, state, drops, pieces })
    }

    /// Reads, if there is something to read as far as the runtime knows.
    pub(super) fn recv(
        &self,
        slots: &mut [IoSliceMut<'_>],
        metas: &mut [RecvMeta],
    ) -> io::Result<usize> {
        let mut read = Err(ErrorKind::WouldBlock.into());
        let attempt = || {
            read = self.recv_now(slots, metas);
            match &read {
                // `recvmmsg` stops before the last slot when nothing is left, so that is what the
                // runtime hears: the next poll waits, where it would read in vain. What arrives, or
                // goes wrong, meanwhile is an event of its own.
                Ok(filled) if READS_ALL && *filled < slots.len() => {
                    Err(ErrorKind::WouldBlock.into())
                }
                Err(error) if error.kind() == ErrorKind::WouldBlock => {
                    Err(ErrorKind::WouldBlock.into())
                }
                _ => Ok(()),
            }
        };
        // Its answer says no more than `read` does.
        let _ = self.socket.try_io(Interest::READABLE, attempt);
        read
    }

    /// Reads whatever the runtime knows: it does not know of a new socket before it has waited.
    pub(super) fn recv_now(
        &self,
        slots: &mut [IoSliceMut<'_>],
        metas: &mut [RecvMeta],
    ) -> io::Result<usize> {
        self.state.recv(UdpSockRef::from(&self.socket), slots, metas)
    }

    /// The counters, with what the system has dropped until now.
    pub(super) fn stats(&self) -> Stats {
        match self.drops.take(&self.socket) {
            0 => {}
            fresh => self.counters.dropped(DropCause::ReceiveBuffer, fresh),
        }
        self.counters.read()
    }

    /// Sends a packet, if the system takes it now.
    pub(super) fn try_send(&self, packet: &[u8], target: Target) -> Result<(), SendError> {
        match self.pass(packet, target)? {
            // The system itself is asked, as the runtime does not know of a new socket before it has
            // waited, nor that there is room again.
            Some(packet) => {
                let socket = SockRef::from(&self.socket);
                self.hand_over(Load::one(&packet), target, Count::Here, |bytes, address| {
                    address.map_or_else(
                        || socket.send(bytes),
                        |address| socket.send_to(bytes, &address.into()),
                    )
                })
            }
            None => Ok(()),
        }
    }

    /// Sends a packet, waiting until the system takes it.
    pub(super) async fn send(&self, packet: &[u8], target: Target) -> Result<(), SendError> {
        match self.pass(packet, target)? {
            Some(packet) => self.transmit(Load::one(&packet), target).await,
            None => Ok(()),
        }
    }

    /// Asks hooks about a packet that is to be sent; nothing goes on if one swallows it.
    pub(super) fn pass<'a>(
        &self,
        packet: &'a [u8],
        target: Target,
    ) -> Result<Option<Passed<'a>>, SendError> {
        if self.hooks.is_empty() {
            return Ok(Some(Passed::Same(packet)));
        }
        let peer = match target {
            Target::Peer(peer) => PeerAddr::Ip(peer),
            Target::Connected => self.socket.peer_addr().map_or(PeerAddr::Unnamed, PeerAddr::Ip),
        };
        match self.hooks.pass_out(packet, &peer) {
            Ok(packet) => Ok(Some(packet)),
            Err(stopped) => stopped.into_sent(&self.counters).map(|()| None),
        }
    }

    /// Sends what hooks have passed, waiting until the system takes it.
    pub(super) async fn transmit(&self, load: Load<'_>, target: Target) -> Result<(), SendError> {
        // A socket that is always ready must not keep other tasks from their turn.
        consume_budget().await;
        loop {
            match self.try_transmit(load, target, Count::Here) {
                Err(SendError::Full) => self.socket.writable().await?,
                outcome => return outcome,
            }
        }
    }

    /// Sends what hooks have passed, or has the task of `cx` woken when the system takes it.
    pub(super) fn poll_transmit(
        &self,
        cx: &mut Context<'_>,
        load: Load<'_>,
        target: Target,
        count: Count,
    ) -> Poll<Result<(), SendError>> {
        loop {
            match self.try_transmit(load, target, count) {
                Err(SendError::Full) => ready!(self.socket.poll_send_ready(cx))?,
                outcome => return Poll::Ready(outcome),
            }
        }
    }

    /// How many datagrams one call can send to a target.
    pub(super) fn most_together(&self, target: Target) -> usize {
        match target {
            // The system's answer to that port would look like one that it cannot cut pieces up.
            Target::Peer(peer) if peer.port() == 0 => 1,
            // Only Linux lets a connected socket name its peer.
            Target::Connected if !cfg!(any(target_os = "linux", target_os = "android")) => 1,
            Target::Peer(_) | Target::Connected => self.state.max_gso_segments(),
        }
    }

    /// The address for the system, if a packet of this length can be sent to this target.
    pub(super) fn check(
        &self,
        length: usize,
        target: Target,
    ) -> Result<Option<SocketAddr>, SendError> {
        let address = match target {
            Target::Peer(peer) => Some(self.reach.address(peer)?),
            Target::Connected => None,
        };
        let v6 = match address {
            Some(SocketAddr::V6(address)) => address.ip().to_ipv4_mapped().is_none(),
            Some(SocketAddr::V4(_)) => false,
            None => self.reach.v6(),
        };
        FrameTooLong::check(length, if v6 { GREATEST_V6 } else { GREATEST_V4 })?;
        Ok(address)
    }

    /// Sends what hooks have passed, if the runtime knows that the system takes it now.
    fn try_transmit(&self, load: Load<'_>, target: Target, count: Count) -> Result<(), SendError> {
        self.hand_over(load, target, count, |bytes, address| match address {
            Some(address) => self.socket.try_send_to(bytes, address),
            None => self.socket.try_send(bytes),
        })
    }

    /// Sends what hooks have passed, a single datagram by `send`.
    ///
    /// Where the system does not cut pieces up it refuses a load of several, and from then on there
    /// are no more of them: see [`most_together`](Self::most_together).
    fn hand_over(
        &self,
        load: Load<'_>,
        target: Target,
        count: Count,
        send: impl Fn(&[u8], Option<SocketAddr>) -> io::Result<usize>,
    ) -> Result<(), SendError> {
        let address = self.check(load.bytes.len(), target)?;
        if load.segment > UNCUT {
            self.tell_of_pieces(load.segment);
        }
        self.attempt(load, count, || match load.count {
            2.. => self.together(load, address),
            _ => send(load.bytes, address).map(drop),
        })
        .map_err(|error| self.explain(error, target))
    }

    fn together(&self, load: Load<'_>, address: Option<SocketAddr>) -> io::Result<()> {
        let transmit = Transmit {
            destination: address.map_or_else(|| self.socket.peer_addr(), Ok)?,
            ecn: None,
            contents: load.bytes,
            segment_size: Some(load.segment),
            src_ip: None,
        };
        let send = || self.state.try_send(UdpSockRef::from(&self.socket), &transmit);
        self.socket.try_io(Interest::WRITABLE, send)
    }

    /// Sends, passing over what the system reports of earlier datagrams.
    ///
    /// A connected socket answers a send with the fate of a datagram before it, and sends nothing.
    /// So the send is repeated, a few times at most.
    fn attempt(
        &self,
        load: Load<'_>,
        count: Count,
        mut send: impl FnMut() -> io::Result<()>,
    ) -> io::Result<()> {
        let mut left = ATTEMPTS;
        loop {
            left -= 1;
            match send() {
                Ok(()) => {
                    if count == Count::Here {
                        self.counters.sent(load.count as u64, load.bytes.len() as u64);
                    }
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

    #[cold]
    fn tell_of_pieces(&self, bytes: usize) {
        let mut quiet = self.pieces.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(held_back) = quiet.admit(Instant::now()) {
            debug!(bytes, held_back, "most networks cut so long a datagram into pieces");
        }
    }

    fn explain(&self, error: io::Error, target: Target) -> SendError {
        match (error.kind(), target) {
            (ErrorKind::WouldBlock, _) => SendError::Full,
            (ErrorKind::PermissionDenied, Target::Peer(peer))
                if matches!(peer.ip(), IpAddr::V4(ip) if broadcast::is_lacking(&error, ip))
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

/// Whether a read brings all that is there, as far as there are slots.
const READS_ALL: bool = cfg!(any(target_os = "linux", target_os = "android"));

/// How often a datagram is sent before an error is believed.
const ATTEMPTS: u32 = 3;

/// The most that an IPv4 datagram carries: 65,535 without the headers of IP and UDP.
pub(super) const GREATEST_V4: usize = 65_507;

/// The most that an IPv6 datagram carries: 65,535 without the header of UDP.
const GREATEST_V6: usize = 65_527;

/// The most that Ethernet carries in one piece: 1,500 without the headers of IPv4 and UDP.
const UNCUT: usize = 1_472;
