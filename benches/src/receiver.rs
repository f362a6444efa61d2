//! Those who receive messages from a socket.

use std::time::{Duration, Instant};

/// Somebody who receives messages from a socket.
pub(crate) trait Receiver {
    /// Who it is; "oscine" is us.
    fn name(&self) -> &'static str;

    /// Receives the next `n` messages.
    fn receive(&mut self, n: u64);

    /// The sum of the arguments of the last message. Who reads no arguments reads these now.
    fn last(&self) -> u64;
}

/// Somebody who can be timed with one message.
pub(crate) trait Alone: Receiver {
    /// Has a message sent and receives it; how long it took from when it was sent.
    fn receive_alone(&mut self, send: &mut dyn FnMut()) -> Duration {
        send();
        let start = Instant::now();
        self.receive(1);
        start.elapsed()
    }
}
