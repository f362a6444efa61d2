//! What a connection sends.

use core::{
    pin::Pin,
    task::{Context, Poll, ready},
    time::Duration,
};
use std::io;

use bytes::BytesMut;
use tokio::io::AsyncWrite;
use tokio_util::io::poll_write_buf;

use crate::connection::patience::Stall;
use crate::send_error::SendError;

/// The sending half of a connection.
#[derive(Debug)]
pub(super) struct Outlet {
    /// What is to be written; a packet and its marks lie in one piece in it.
    buffer: BytesMut,
    /// How many bytes were written so far.
    written: u64,
    /// Whether the buffer has grown beyond what is kept.
    grown: bool,
    stall: Stall,
}

impl Outlet {
    pub(super) fn new(limit: Option<Duration>) -> Self {
        Self { buffer: BytesMut::new(), written: 0, grown: false, stall: Stall::new(limit) }
    }

    /// Whether there is so much to be written that a further packet has to wait.
    pub(super) fn is_full(&self) -> bool {
        self.buffer.len() >= FULL
    }

    /// Where packets are put.
    pub(super) fn buffer(&mut self) -> &mut BytesMut {
        &mut self.buffer
    }

    /// Writes all there is.
    pub(super) fn poll_flush<S: AsyncWrite + Unpin>(
        &mut self,
        io: &mut S,
        cx: &mut Context<'_>,
    ) -> Poll<Result<(), SendError>> {
        let outcome = self.poll_write(io, cx);
        self.patiently(outcome, cx)
    }

    /// Writes all there is, and ends the stream to the peer.
    pub(super) fn poll_close<S: AsyncWrite + Unpin>(
        &mut self,
        io: &mut S,
        cx: &mut Context<'_>,
    ) -> Poll<Result<(), SendError>> {
        let outcome = match self.poll_write(io, cx) {
            Poll::Ready(Ok(())) => Pin::new(io).poll_shutdown(cx),
            unfinished => unfinished,
        };
        self.patiently(outcome, cx)
    }

    fn poll_write<S: AsyncWrite + Unpin>(
        &mut self,
        io: &mut S,
        cx: &mut Context<'_>,
    ) -> Poll<io::Result<()>> {
        // Told now, as what has been written is no part of the capacity.
        self.grown |= self.buffer.capacity() > KEPT;
        while !self.buffer.is_empty() {
            let count = ready!(poll_write_buf(Pin::new(io), cx, &mut self.buffer))?;
            if count == 0 {
                return Poll::Ready(Err(io::ErrorKind::WriteZero.into()));
            }
            self.written = self.written.saturating_add(count as u64);
        }
        if self.grown {
            // What a long packet took is given back.
            self.buffer = BytesMut::new();
            self.grown = false;
        }
        Pin::new(io).poll_flush(cx)
    }

    /// Waits for the peer, but not for ever for one that takes nothing.
    fn patiently(
        &mut self,
        outcome: Poll<io::Result<()>>,
        cx: &mut Context<'_>,
    ) -> Poll<Result<(), SendError>> {
        match outcome {
            Poll::Ready(outcome) => {
                self.stall.clear();
                Poll::Ready(outcome.map_err(SendError::Io))
            }
            Poll::Pending => {
                let limit = ready!(self.stall.poll(self.written, cx));
                Poll::Ready(Err(SendError::Stalled { limit }))
            }
        }
    }
}

/// How many bytes may wait before a further packet waits too.
const FULL: usize = 8 * 1024;

/// How much memory a connection keeps when everything is written.
const KEPT: usize = 256 * 1024;
