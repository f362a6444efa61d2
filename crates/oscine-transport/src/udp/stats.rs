//! What has gone through a UDP socket so far.

/// What has gone through a UDP socket so far; see [`Udp::stats`](crate::udp::Udp::stats).
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct UdpStats {
    /// Datagrams received, bad ones included.
    pub received: u64,
    /// Bytes of the datagrams received.
    pub received_bytes: u64,
    /// Datagrams that were no packet, or longer than the limit.
    ///
    /// Of datagrams read as a [`Batch`](crate::udp::Batch), which are not decoded, only those
    /// longer than the limit are counted.
    pub bad_packets: u64,
    /// Datagrams handed to the system.
    pub sent: u64,
    /// Bytes of the datagrams handed to the system.
    pub sent_bytes: u64,
    /// Errors of receiving and sending that were passed over: mostly the answer of a host, by ICMP,
    /// that an earlier datagram did not get through.
    pub transient_errors: u64,
}
