//! A stream and a sink as one value.

use core::{
    pin::Pin,
    task::{Context, Poll},
};

use futures::{Sink, Stream};

/// A stream and a sink as one value: what arrives comes out of the one, and what is sent goes into the other.
///
/// It is for datagrams whose two directions lie apart, such as a pair of channels to a task that reads and writes many
/// WebSockets. What is one value already, as a WebSocket mostly is, needs none of this.
///
/// # Examples
///
/// ```
/// use std::io;
///
/// use bytes::Bytes;
/// use futures::{SinkExt, StreamExt, channel::mpsc};
/// use oscine_transport::{PeerAddr, exchange::Halves};
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// // Between here and a task that has the WebSockets of all browsers: bytes, and which browser.
/// let (mut arrived, arrives) = mpsc::channel::<(Bytes, PeerAddr)>(64);
/// let (sends, mut sent) = mpsc::channel::<(Bytes, PeerAddr)>(64);
/// let mut carrier = Halves::new(arrives.map(Ok::<_, io::Error>), sends);
///
/// arrived.send((Bytes::from_static(b"/go\0,\0\0\0"), "browser 3".into())).await?;
/// let (packet, browser) = carrier.next().await.ok_or("closed")??;
/// carrier.send((packet, browser)).await?;
/// let (packet, browser) = sent.next().await.ok_or("closed")?;
/// assert_eq!((packet.as_ref(), browser.name()), (&b"/go\0,\0\0\0"[..], Some("browser 3")));
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone)]
pub struct Halves<R, W> {
    stream: R,
    sink: W,
}

impl<R, W> Halves<R, W> {
    /// Puts a stream and a sink together.
    pub const fn new(stream: R, sink: W) -> Self {
        Self { stream, sink }
    }

    /// The stream and the sink.
    pub fn into_parts(self) -> (R, W) {
        (self.stream, self.sink)
    }
}

/// It ends when the stream does; the sink may go on.
impl<R: Stream + Unpin, W: Unpin> Stream for Halves<R, W> {
    type Item = R::Item;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<R::Item>> {
        Pin::new(&mut self.stream).poll_next(cx)
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        self.stream.size_hint()
    }
}

impl<T, R: Unpin, W: Sink<T> + Unpin> Sink<T> for Halves<R, W> {
    type Error = W::Error;

    fn poll_ready(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<(), W::Error>> {
        Pin::new(&mut self.sink).poll_ready(cx)
    }

    fn start_send(mut self: Pin<&mut Self>, item: T) -> Result<(), W::Error> {
        Pin::new(&mut self.sink).start_send(item)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<(), W::Error>> {
        Pin::new(&mut self.sink).poll_flush(cx)
    }

    fn poll_close(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<(), W::Error>> {
        Pin::new(&mut self.sink).poll_close(cx)
    }
}

#[cfg(test)]
mod tests {
    use futures::channel::mpsc;
    use futures::{FutureExt, SinkExt, StreamExt};

    use super::*;

    #[test]
    fn each_direction_ends_by_itself() {
        let (arrived, arrives) = mpsc::unbounded::<u8>();
        let (sends, mut sent) = mpsc::unbounded::<&str>();
        let mut both = Halves::new(arrives, sends);
        assert!(both.next().now_or_never().is_none());
        arrived.unbounded_send(1).unwrap();
        drop(arrived);
        assert_eq!(both.next().now_or_never(), Some(Some(1)));
        assert_eq!(both.next().now_or_never(), Some(None));

        both.send("after the end").now_or_never().unwrap().unwrap();
        assert_eq!(sent.next().now_or_never(), Some(Some("after the end")));
        both.close().now_or_never().unwrap().unwrap();
        assert_eq!(sent.next().now_or_never(), Some(None));
        assert!(both.send("too late").now_or_never().unwrap().is_err());
    }
}
