//! Closing without throwing away what the peer has not taken yet.

use core::{
    future::poll_fn,
    pin::Pin,
    task::{Poll, ready},
    time::Duration,
};
use std::io;

use tokio::{
    io::{AsyncRead, ReadBuf},
    task::{unconstrained, yield_now},
    time::timeout,
};

use crate::connection::connection::Connection;

impl<S: AsyncRead + Unpin> Connection<S> {
    /// Drops what the peer has sent and nobody will read, until it ends its stream: for between
    /// [`close`](Self::close) and dropping the connection.
    ///
    /// A TCP connection that is dropped with something unread is reset, and then the peer does not
    /// get what it had not taken yet of what was sent to it. So this reads as long as the peer may
    /// still be taking: for 1 s, and 16 MiB, at most. If there is nothing unread it returns at once.
    /// Nothing more is received after it.
    ///
    /// # Cancel safety
    ///
    /// This method is cancel safe. It may be called again.
    pub async fn linger(&mut self) {
        self.inlet.end();
        // What has arrived by now is seen from the next turn of the runtime on.
        yield_now().await;
        let mut scratch = vec![0; SCRATCH];
        let first = poll_fn(|cx| {
            let mut buf = ReadBuf::new(&mut scratch);
            // Pending is an answer: nothing is unread.
            Poll::Ready(match Pin::new(&mut self.io).poll_read(cx, &mut buf) {
                Poll::Ready(Ok(())) => buf.filled().len(),
                Poll::Ready(Err(_)) | Poll::Pending => 0,
            })
        });
        // Who has used up its turn still may look.
        let mut dropped = unconstrained(first).await;
        if dropped == 0 {
            return;
        }
        let rest = async {
            while dropped < MOST {
                match self.discard(&mut scratch).await {
                    Ok(count @ 1..) => dropped = dropped.saturating_add(count),
                    Ok(0) | Err(_) => return,
                }
            }
        };
        // Whoever has not ended by then is not going to.
        let _ = timeout(LONGEST, rest).await;
    }

    async fn discard(&mut self, scratch: &mut [u8]) -> io::Result<usize> {
        poll_fn(|cx| {
            let mut buf = ReadBuf::new(scratch);
            ready!(Pin::new(&mut self.io).poll_read(cx, &mut buf))?;
            Poll::Ready(Ok(buf.filled().len()))
        })
        .await
    }
}

/// How long a peer may still be taking what was sent to it.
const LONGEST: Duration = Duration::from_secs(1);

/// How many bytes are dropped at most: more than systems keep for a connection both ways.
const MOST: usize = 16 * 1024 * 1024;

/// How many bytes are dropped at a time.
const SCRATCH: usize = 16 * 1024;
