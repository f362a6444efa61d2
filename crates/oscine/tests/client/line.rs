//! Both ends of a line, as a test has them in hand.

use std::io;
use std::sync::Arc;

use futures::{SinkExt, StreamExt};
use oscine::transport::connection::{Any, Builder, Connection};
use oscine::transport::reconnect::{Reconnect, Reconnecting};
use oscine::{Client, Packet};
use tokio::io::{DuplexStream, duplex};
use tokio::sync::{Mutex, mpsc};
use tokio::time::Instant;

use crate::common::within;

/// The peer's end of a pipe.
pub(crate) struct Far(Connection<DuplexStream>);

impl Far {
    /// The next packet that the client sends.
    pub(crate) async fn next(&mut self) -> Packet {
        within(self.0.next()).await.unwrap().unwrap().unwrap()
    }

    /// The next packet that the client sends; `None` when it sends no more, or only a part of one.
    pub(crate) async fn try_next(&mut self) -> Option<Packet> {
        self.0.next().await?.ok()?.ok()
    }

    /// Waits until the client has closed.
    pub(crate) async fn end(&mut self) {
        assert!(within(self.0.next()).await.is_none());
    }

    pub(crate) async fn send(&mut self, packet: Packet) {
        within(self.0.send(packet)).await.unwrap();
    }

    /// The next `count` packets as text, and how many milliseconds after `start` each came.
    pub(crate) async fn timed(&mut self, start: Instant, count: usize) -> Vec<(u128, String)> {
        let mut timed = Vec::new();
        for _ in 0..count {
            let packet = self.next().await;
            timed.push((start.elapsed().as_millis(), packet.to_string()));
        }
        timed
    }
}

/// A client over a pipe that holds so many bytes.
pub(crate) fn pipe(bytes: usize) -> (Client, Far) {
    let (near, far) = duplex(bytes);
    (Client::from_connection(Builder::new().wrap(near)), Far(Builder::new().wrap(far)))
}

/// The peer of a client that reconnects: decides how each attempt ends. Until it does, it goes on.
pub(crate) struct Line(mpsc::UnboundedSender<io::Result<DuplexStream>>);

impl Line {
    pub(crate) fn new(policy: Builder<Any, Reconnect>) -> (Client, Self) {
        let (outcomes, next) = mpsc::unbounded_channel();
        let next = Arc::new(Mutex::new(next));
        let client = policy.connect_with(move || {
            let next = Arc::clone(&next);
            async move { next.lock().await.recv().await.unwrap() }
        });
        (Client::builder().wrap_reconnecting(client), Self(outcomes))
    }

    pub(crate) fn standard() -> (Client, Self) {
        Self::new(Reconnecting::builder())
    }

    pub(crate) fn accept(&self) -> Far {
        let (near, far) = duplex(4096);
        self.0.send(Ok(near)).unwrap();
        Far(Builder::new().wrap(far))
    }

    pub(crate) fn refuse(&self) {
        self.0.send(Err(io::ErrorKind::ConnectionRefused.into())).unwrap();
    }
}

impl Far {
    /// Waits until the client has gone, perhaps in the middle of a packet.
    pub(crate) async fn end_broken(&mut self) {
        while let Some(Ok(_)) = within(self.0.next()).await {}
    }
}
