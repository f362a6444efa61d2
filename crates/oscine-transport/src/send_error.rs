//! Why a packet was not sent.

use core::time::Duration;
use std::{borrow::Cow, io, net::SocketAddr};

use thiserror::Error;

use crate::framing::error::FrameTooLong;
use crate::peer_addr::PeerAddr;
use crate::stats::cause::DropCause;

/// Why a packet was not sent; nothing of it has left, unless a connection broke while it was sent.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum SendError {
    /// The packet does not fit a datagram or a frame. The caller's fault.
    #[error(transparent)]
    TooLong(#[from] FrameTooLong),
    /// The address is a broadcast address and the socket does not broadcast. The caller's fault. What
    /// a firewall refuses is [`Io`](Self::Io).
    #[error("sending to {peer} needs a socket with broadcast switched on")]
    BroadcastOff {
        /// The address.
        peer: SocketAddr,
    },
    /// The address is of a kind that the socket cannot send to, or there is none: a unix socket that
    /// was never bound has no name. The caller's fault.
    #[error("{peer} is no address that this socket can send to")]
    NoAddress {
        /// The address.
        peer: PeerAddr,
    },
    /// The address is of the family that the socket does not speak. The caller's fault.
    ///
    /// An IPv6 socket reaches IPv4 addresses if it is [dual-stack]. IPv6 has no broadcast, so a
    /// broadcast address always needs IPv4; multicast groups have both.
    ///
    /// [dual-stack]: crate::udp::UdpBuilder::dual_stack
    #[error(
        "{peer} is not reached from an {}",
        if peer.is_ipv4() {
            "IPv6 socket without dual stack, and IPv6 has no broadcast"
        } else {
            "IPv4 socket"
        }
    )]
    OtherFamily {
        /// The address.
        peer: SocketAddr,
    },
    /// The system takes no more at the moment, and the call does not wait. The caller's choice.
    #[error("send buffer full")]
    Full,
    /// A [hook](crate::hook) refused the packet. The caller's rule.
    #[error("refused: {reason}")]
    Refused {
        /// The hook's reason.
        reason: Cow<'static, str>,
    },
    /// It was to be sent on a connection by one of its own [hooks](crate::hook), while that is asked
    /// about a packet. The caller's fault: hand it to a task.
    #[error("a hook cannot send on its own connection")]
    InHook,
    /// There is no connection, and packets are not kept while there is none. The fault of the
    /// environment.
    #[error("no connection")]
    Offline,
    /// It was accepted for sending and dropped later. It is counted under this cause.
    ///
    /// Of [`DropCause::Lost`] nobody knows whether it has left: the connection broke on the way.
    #[error("dropped: {}", cause.name())]
    Dropped {
        /// Why.
        cause: DropCause,
    },
    /// The sender has been closed, from this side. The caller's fault.
    #[error("closed")]
    Closed,
    /// The peer has not taken a byte for so long. A packet may have left in part, so the connection
    /// is of no more use. The peer's fault.
    #[error("the peer has taken nothing for {limit:?}")]
    Stalled {
        /// For how long a peer may take nothing.
        limit: Duration,
    },
    /// The system refused, or the connection is broken. The fault of the environment.
    #[error("sending failed")]
    Io(#[from] io::Error),
}
