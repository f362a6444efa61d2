//! Datagrams over anything that carries them.
//!
//! WebSocket messages, a serial radio, a channel of QUIC datagrams, a simulated network in a test: whatever is a stream
//! and a sink of `(Bytes, PeerAddr)` becomes an [`Exchange`] of packets, with the limit, the hooks and the counters that
//! sockets have. [`Halves`] makes one value of a stream and a sink that lie apart.

#[expect(clippy::module_inception, reason = "one file an idea, and this one holds the public type")]
pub(crate) mod exchange;
pub(crate) mod halves;
#[cfg(test)]
mod tests;

pub use exchange::Exchange;
pub use halves::Halves;
