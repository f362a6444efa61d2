//! How far the clocks of peers are off, found out while they send.
//!
//! Pure: no sockets and no clock. `learners` is told the time and what arrives; it says what to ask whom, and when.
//!
//! ```text
//!   next_question ──► asked ──► hears: answer ──► pause ──► next_question
//!                       │                           ▲
//!                       └─► time-out ──► silent ────┘  after a rest, when the peer has sent something
//! ```

pub(crate) mod asking;
pub(crate) mod form;
pub(crate) mod learner;
pub(crate) mod learners;
#[cfg(test)]
mod one_way_tests;
pub(crate) mod options;
pub(crate) mod peer_clock;
#[cfg(test)]
mod tests;
pub(crate) mod way;

pub use form::{ClockForm, ClockUnit};
pub use options::{Nonce, OffsetOptions};
pub use peer_clock::PeerClock;
pub use way::LearnOffset;
