//! Sending frames in datagrams.

use core::{
    pin::Pin,
    task::{Context, Poll, ready},
};
use std::net::SocketAddr;

use bytes::BytesMut;
use futures::Sink;
use oscine_codec::Packet;
use tokio::task::coop::poll_proceed;
use tokio_util::codec::Encoder;

use crate::framing::contract::Framing;
use crate::send_error::SendError;
use crate::udp::framed::socket::FramedUdp;
use crate::udp::link::Target;

/// Each packet is framed as its peer frames what it sends, or by a fresh framing, and begins a
/// datagram. The rest is as for the sink of [`Udp`](crate::udp::Udp).
impl<F: Framing> Sink<(Packet, SocketAddr)> for FramedUdp<F> {
    type Error = SendError;

    fn poll_ready(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<(), SendError>> {
        let framed = self.get_mut();
        let coop = ready!(poll_proceed(cx));
        if framed.udp.outbox.is_full() {
            ready!(framed.udp.outbox.poll(cx))?;
        }
        coop.made_progress();
        Poll::Ready(Ok(()))
    }

    fn start_send(self: Pin<&mut Self>, item: (Packet, SocketAddr)) -> Result<(), SendError> {
        let framed = self.get_mut();
        let (packet, peer) = item;
        // Before anything is counted as sent.
        framed.udp.link.check(0, Target::Peer(peer))?;
        let mut frame = BytesMut::new();
        framed.peers.codec(peer, |codec| codec.encode(&packet, &mut frame))?;
        let mut rest = frame.freeze();
        while !rest.is_empty() {
            let datagram = rest.split_to(rest.len().min(framed.split_above));
            framed.udp.outbox.push_datagram(datagram, peer)?;
        }
        Ok(())
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<(), SendError>> {
        self.get_mut().udp.outbox.poll(cx)
    }

    fn poll_close(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<(), SendError>> {
        self.poll_flush(cx)
    }
}
