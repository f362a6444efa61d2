//! The client: over sockets on loopback, and over pipes in simulated time.
#![expect(clippy::unwrap_used, reason = "a test may panic")]

mod basics;
mod blocking;
mod blocking_all;
#[path = "../common/mod.rs"]
mod common;
mod elsewhere;
mod giving_up;
mod hooks;
mod impatient;
mod keep_alive;
mod kinds;
mod latest;
mod line;
mod receiving;
mod reconnect;
mod serve;
mod served;
mod sharing;
