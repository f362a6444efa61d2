//! A line for datagrams whose other end the test holds.

use std::fmt::Debug;
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::Bytes;
use futures::{Sink, SinkExt, Stream};
use oscine::Packet;
use tokio::sync::mpsc;
use tokio_util::sync::{PollSendError, PollSender};

use super::within;

/// The end that a server has.
pub(crate) struct Line<A: Send + 'static> {
    arrives: mpsc::UnboundedReceiver<io::Result<(Bytes, A)>>,
    leaves: PollSender<(Bytes, A)>,
}

/// The other one.
pub(crate) struct Far<A> {
    pub(crate) arrives: mpsc::UnboundedSender<io::Result<(Bytes, A)>>,
    pub(crate) leaves: mpsc::Receiver<(Bytes, A)>,
}

/// A line that has room for so many packets on the way out.
pub(crate) fn line<A: Send + 'static>(room: usize) -> (Line<A>, Far<A>) {
    let (sender, arrives) = mpsc::unbounded_channel();
    let (leaves, receiver) = mpsc::channel(room);
    let line = Line { arrives, leaves: PollSender::new(leaves) };
    (line, Far { arrives: sender, leaves: receiver })
}

impl<A: Debug + PartialEq> Far<A> {
    pub(crate) fn send(&self, packet: &Packet, from: A) {
        self.bytes(packet.as_bytes(), from);
    }

    pub(crate) fn bytes(&self, bytes: &[u8], from: A) {
        self.arrives.send(Ok((Bytes::copy_from_slice(bytes), from))).unwrap();
    }

    /// What the server sends next, and to whom.
    pub(crate) async fn next(&mut self) -> Option<(Packet, A)> {
        let (bytes, to) = within(self.leaves.recv()).await?;
        Some((Packet::decode(bytes).unwrap(), to))
    }

    /// Sends a question from somebody, and checks that the answer goes there.
    pub(crate) async fn ask(&mut self, question: &Packet, from: A) -> Packet
    where
        A: Clone,
    {
        self.send(question, from.clone());
        let (answer, to) = self.next().await.unwrap();
        assert_eq!(to, from);
        answer
    }
}

impl<A: Send + 'static> Stream for Line<A> {
    type Item = io::Result<(Bytes, A)>;

    fn poll_next(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        self.get_mut().arrives.poll_recv(cx)
    }
}

impl<A: Send + 'static> Sink<(Bytes, A)> for Line<A> {
    type Error = PollSendError<(Bytes, A)>;

    fn poll_ready(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        self.get_mut().leaves.poll_ready_unpin(cx)
    }

    fn start_send(self: Pin<&mut Self>, item: (Bytes, A)) -> Result<(), Self::Error> {
        self.get_mut().leaves.start_send_unpin(item)
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        self.get_mut().leaves.poll_flush_unpin(cx)
    }

    fn poll_close(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        self.get_mut().leaves.poll_close_unpin(cx)
    }
}
