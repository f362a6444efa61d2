//! A UDP socket whose datagrams hold frames.

use core::{
    fmt,
    pin::Pin,
    task::{Context, Poll, ready},
};
use std::future::Future;

use futures::Stream;
use tokio::{
    task::coop::poll_proceed,
    time::{Sleep, sleep_until},
};

use crate::framing::contract::Framing;
use crate::stats::cause::DropCause;
use crate::udp::framed::peers::Peers;
use crate::udp::inbox::InPlace;
use crate::udp::received::Received;
use crate::udp::socket::Udp;

/// A UDP socket whose datagrams hold frames, as streams do: several in a datagram, or one spread
/// over several.
///
/// Some software and some serial bridges send SLIP or length prefixes in datagrams. What a peer
/// sends is one stream to its framing, so the frames of each peer are put together for themselves.
/// It is a stream of [`Received`], one for each frame, and a sink of packets with their peers. What
/// is wrong with a frame is an item. Broken framing forgets what that peer has sent, and no other.
///
/// Frames are counted, not datagrams, and hooks see frames. UDP loses and reorders: a frame in
/// several datagrams is damaged if one is lost, and a length prefix may then take another frame for
/// its own. SLIP finds its way back at the next END.
///
/// # Examples
///
/// ```
/// use futures::StreamExt;
/// use oscine_transport::{Udp, framing::Slip};
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let udp = Udp::bind("127.0.0.1:0").await?;
/// let (sender, to) = (udp.sender(), udp.local_addr()?);
/// let mut framed = udp.framed(Slip::new).max_peers(10).build();
///
/// sender.send_bytes_to(b"\xc0/a\0\0,\0\0\0\xc0\xc0/b\0\0", to).await?;
/// sender.send_bytes_to(b",\0\0\0\xc0", to).await?;
/// for _ in 0..2 {
///     framed.next().await.ok_or("closed")?.packet?;
/// }
/// assert_eq!(framed.socket().stats().received, 2);
/// # Ok(())
/// # }
/// ```
pub struct FramedUdp<F> {
    pub(super) udp: Udp,
    pub(super) peers: Peers<F>,
    pub(super) split_above: usize,
    /// Ready when the oldest unfinished frame expires, or before; `None` if there was none.
    expiry: Option<Pin<Box<Sleep>>>,
}

impl<F: Framing> FramedUdp<F> {
    pub(super) fn new(mut udp: Udp, peers: Peers<F>, split_above: usize) -> Self {
        udp.hold_frames();
        Self { udp, peers, split_above, expiry: None }
    }

    /// The socket, for instance for its address or its counters.
    #[must_use]
    pub fn socket(&self) -> &Udp {
        &self.udp
    }

    /// Gives the socket back; what was unfinished is dropped.
    #[must_use]
    pub fn into_socket(mut self) -> Udp {
        self.udp.hold_packets();
        self.udp
    }

    /// Takes the next frame at hand.
    fn take(&mut self) -> Option<Received> {
        let at = self.udp.inbox.at();
        loop {
            if let Some((peer, packet)) = self.peers.next() {
                return Some(Received { packet, peer, at });
            }
            let InPlace { slots, cursor, .. } = self.udp.inbox.in_place();
            let (datagram, peer) = cursor.next(slots)?;
            if self.peers.hear(peer, datagram, at).is_err() {
                let counters = &self.udp.link.counters;
                counters.received(1, datagram.len() as u64);
                counters.dropped(DropCause::TooManyPeers, 1);
            }
            // While datagrams come without end nobody asks the timer below.
            self.peers.expire(at);
        }
    }

    /// Ready when an unfinished frame has expired, if there is one.
    fn poll_expiry(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        let Some(due) = self.peers.next_expiry() else { return Poll::Pending };
        let timer = self.expiry.get_or_insert_with(|| Box::pin(sleep_until(due)));
        if timer.deadline() != due {
            timer.as_mut().reset(due);
        }
        ready!(timer.as_mut().poll(cx));
        self.peers.expire(due);
        Poll::Ready(())
    }
}

impl<F: Framing> Stream for FramedUdp<F> {
    type Item = Received;

    fn poll_next(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Received>> {
        let framed = self.get_mut();
        let coop = ready!(poll_proceed(cx));
        loop {
            if let Some(received) = framed.take() {
                coop.made_progress();
                return Poll::Ready(Some(received));
            }
            match framed.udp.poll_fill(cx) {
                Poll::Ready(Some(())) => {}
                Poll::Ready(None) => return Poll::Ready(None),
                Poll::Pending => ready!(framed.poll_expiry(cx)),
            }
        }
    }
}

/// Nothing in it is pinned.
impl<F> Unpin for FramedUdp<F> {}

impl<F> fmt::Debug for FramedUdp<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FramedUdp")
            .field("udp", &self.udp)
            .field("peers", &self.peers)
            .finish_non_exhaustive()
    }
}
