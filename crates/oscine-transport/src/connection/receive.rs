//! The stream of what arrives on a connection.

use core::{
    pin::Pin,
    task::{Context, Poll},
};

use futures::Stream;
use oscine_codec::Packet;
use tokio::io::AsyncRead;

use crate::codec::bad_packet::BadPacket;
use crate::codec::stream_error::StreamError;
use crate::connection::connection::{Connection, Reading};
use crate::stats::counters::ConnectionEvent;

impl<S: AsyncRead + Unpin> Stream for Connection<S> {
    type Item = Result<Result<Packet, BadPacket>, StreamError>;

    fn poll_next(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let this = self.get_mut();
        if this.reading == Reading::Over {
            return Poll::Ready(None);
        }
        match Pin::new(&mut this.framed).poll_next(cx) {
            Poll::Ready(Some(Err(error))) => Poll::Ready(Some(Err(this.broken_by(error)))),
            Poll::Ready(item) => Poll::Ready(item),
            Poll::Pending => {
                let read = this.framed.get_ref().read;
                let unfinished = this.framed.read_buffer().len() as u64;
                let overdue = this.patience.poll(read, unfinished, cx);
                overdue.map(|error| Some(Err(this.broken_by(error))))
            }
        }
    }
}

impl<S> Connection<S> {
    /// Ends the reading, and counts why.
    fn broken_by(&mut self, error: StreamError) -> StreamError {
        self.reading = Reading::Over;
        self.ends_by(match error {
            StreamError::Idle { .. } => ConnectionEvent::Idle,
            StreamError::Slow { .. } => ConnectionEvent::Slow,
            StreamError::Frame(_) | StreamError::Io(_) => ConnectionEvent::Broken,
        });
        error
    }
}
