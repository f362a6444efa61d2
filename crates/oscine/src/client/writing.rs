//! The sending half of a connection, for many tasks.

use std::sync::atomic::{AtomicBool, Ordering::Relaxed};

use futures::{FutureExt, SinkExt};
use oscine_codec::Packet;
use oscine_transport::SendError;
use tokio::sync::Mutex;
use tokio::task::unconstrained;

use crate::client::line::Line;

/// The sending half of a connection, for many tasks.
///
/// A packet is put into the connection's buffer whole, and the buffer is written in order. So
/// whatever is given up, nothing is ever sent in part.
pub(crate) struct Writing {
    /// Locked while packets are written, so that several tasks can send.
    line: Mutex<Line>,
    /// The same, to ask whether a hook is at work.
    hooks: Line,
    /// Whether the buffer holds something that was not written yet. Changed under the lock.
    unwritten: AtomicBool,
    /// Whether somebody is on the way who writes it.
    attended: AtomicBool,
}

impl Writing {
    pub(crate) fn new(line: Line) -> Self {
        let (unwritten, attended) = (AtomicBool::new(false), AtomicBool::new(false));
        Self { hooks: line.clone(), line: Mutex::new(line), unwritten, attended }
    }

    /// Writes packets. If it does not complete, those that are in the buffer are [unwritten].
    ///
    /// [unwritten]: Self::is_unattended
    pub(crate) async fn send(&self, packets: &[Packet]) -> Result<(), SendError> {
        self.refuse_hooks()?;
        let mut line = self.line.lock().await;
        let mut outcome = Ok(());
        for packet in packets {
            self.unwritten.store(true, Relaxed);
            outcome = line.feed(packet.clone()).await;
            if outcome.is_err() {
                break;
            }
        }
        // What stood before one that is refused is sent.
        self.flush(&mut line).await?;
        outcome
    }

    /// Writes a packet if there is room for it, as much of it as the system takes at once.
    pub(crate) fn try_send(&self, packet: Packet) -> Result<(), SendError> {
        self.refuse_hooks()?;
        let Ok(mut line) = self.line.try_lock() else { return Err(SendError::Full) };
        if self.unwritten.load(Relaxed) {
            self.try_flush(&mut line).unwrap_or(Err(SendError::Full))?;
        }
        // A buffer that is empty has room for one packet.
        self.unwritten.store(true, Relaxed);
        let started = line.start_send_unpin(packet);
        let flushed = self.try_flush(&mut line);
        started?;
        flushed.unwrap_or(Ok(()))
    }

    /// Writes what is unwritten.
    pub(crate) async fn write_rest(&self) -> Result<(), SendError> {
        let mut line = self.line.lock().await;
        // What is left from here on is somebody else's.
        self.attended.store(false, Relaxed);
        self.flush(&mut line).await
    }

    /// Writes everything and ends the stream to the peer.
    pub(crate) async fn close(&self) -> Result<(), SendError> {
        self.refuse_hooks()?;
        let mut line = self.line.lock().await;
        let closed = line.close().await;
        self.unwritten.store(false, Relaxed);
        closed
    }

    /// Whether there is something in the buffer that nobody writes. Whoever is told so has to
    /// [see to it](Self::write_rest).
    pub(crate) fn is_unattended(&self) -> bool {
        self.unwritten.load(Relaxed) && !self.attended.swap(true, Relaxed)
    }

    /// A hook is asked while the connection is locked, and would wait for itself.
    fn refuse_hooks(&self) -> Result<(), SendError> {
        if self.hooks.is_in_hook() { Err(SendError::InHook) } else { Ok(()) }
    }

    async fn flush(&self, line: &mut Line) -> Result<(), SendError> {
        let flushed = line.flush().await;
        // After an error nothing more can be written.
        self.unwritten.store(false, Relaxed);
        flushed
    }

    fn try_flush(&self, line: &mut Line) -> Option<Result<(), SendError>> {
        // Who has used up its turn still may ask: nothing waits here.
        unconstrained(self.flush(line)).now_or_never()
    }
}
