//! Who may send what: which hosts, how much, and what holds for whom.
//!
//! Pure: no sockets and no clock, the time is handed in.

pub(crate) mod learn;
pub(crate) mod network;
pub(crate) mod network_set;
pub(crate) mod networks;
pub(crate) mod options;
#[expect(clippy::module_inception, reason = "one file an idea, and this one holds the public type")]
pub(crate) mod peers;
pub(crate) mod rate_limit;
pub(crate) mod rules;

pub(crate) mod bucket;
pub(crate) mod gate;
pub(crate) mod hosts;
pub(crate) mod line;
pub(crate) mod settings;
pub(crate) mod table;
pub(crate) mod tally;
pub(crate) mod view;

#[cfg(test)]
mod tests;

pub use learn::{ClockForm, ClockUnit, LearnOffset, Nonce, OffsetOptions, PeerClock};
pub use network::{Network, NetworkError};
pub use networks::Networks;
pub use options::PeerOptions;
pub use peers::Peers;
pub use rate_limit::{OverLimit, RateLimit};
pub use rules::PeerRules;
pub use view::PeerView;
