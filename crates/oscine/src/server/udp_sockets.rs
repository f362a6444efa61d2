//! The UDP sockets that the loop reads.

use std::sync::Arc;
use std::task::{Context, Poll};

use oscine_transport::Udp;

use crate::server::inbound::unrun;
use crate::server::port::Port;
use crate::server::stop::Stop;

/// A UDP socket, which the loop reads by itself.
pub(crate) struct UdpSocket {
    pub(crate) udp: Udp,
    pub(crate) port: Arc<Port>,
    /// Whether it is read; a copy of what its port says.
    pub(crate) open: bool,
    pub(crate) stop: Stop,
}

/// What was read and has not been run goes with its socket, and is counted.
impl Drop for UdpSocket {
    fn drop(&mut self) {
        let left = self.udp.at_hand().count();
        self.port.counters.dropped(unrun(&self.stop), left as u64);
    }
}

/// A socket that has datagrams, from the place `first` on, and round. They stay there for whoever asks next.
pub(crate) fn poll_datagrams(
    sockets: &mut [UdpSocket],
    first: usize,
    cx: &mut Context<'_>,
) -> Poll<usize> {
    let first = if first < sockets.len() { first } else { 0 };
    for place in (first..sockets.len()).chain(0..first) {
        let Some(socket) = sockets.get_mut(place).filter(|socket| socket.open) else { continue };
        if let Poll::Ready(Some(_)) = socket.udp.poll_recv_batch(cx) {
            return Poll::Ready(place);
        }
    }
    Poll::Pending
}
