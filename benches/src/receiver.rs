//! Those who receive messages from a socket.

/// Somebody who receives messages from a socket.
pub(crate) trait Receiver {
    /// Who it is; "oscine" is us.
    fn name(&self) -> &'static str;

    /// Receives the next `n` messages.
    fn receive(&mut self, n: u64);

    /// The sum of the arguments of the last message. Who reads no arguments reads these now.
    fn last(&self) -> u64;
}
