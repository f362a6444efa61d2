//! Faults in the log, each kind once a minute.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use oscine_transport::quiet::Quiet;
use tokio::time::Instant;

/// Keeps the log from being filled from outside: it is peers who say how often handlers fail, and how often packets are
/// malformed.
#[derive(Debug, Default)]
pub(crate) struct FaultLog(Mutex<Told>);

#[derive(Debug, Default)]
struct Told {
    /// By the address in the message, which peers may make up.
    known: HashMap<(Trouble, Box<str>), Quiet>,
    /// For all that have found no room there.
    others: HashMap<Trouble, Quiet>,
}

/// So many addresses are told apart.
const KNOWN: usize = 64;
/// Longer addresses are not.
const LONGEST: usize = 256;

/// What is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Trouble {
    HandlerFailed,
    HandlerPanicked,
    HandlerTimedOut,
    ObserverPanicked,
    Misfit,
    BrokenPattern,
    NoMethod,
    Malformed,
    NotReplied,
}

impl FaultLog {
    /// Whether something is to be told: if so, how much of the kind was not told before it. Handlers are told apart by
    /// their addresses, so that one which always fails does not hide another.
    pub(crate) fn admit(&self, trouble: Trouble, address: &str) -> Option<u64> {
        let now = Instant::now();
        let Told { known, others } = &mut *self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if address.len() > LONGEST {
            return others.entry(trouble).or_default().admit(now);
        }
        let key = (trouble, address.into());
        if known.len() >= KNOWN && !known.contains_key(&key) {
            known.retain(|_, quiet| quiet.is_quiet(now));
        }
        if known.len() >= KNOWN && !known.contains_key(&key) {
            return others.entry(trouble).or_default().admit(now);
        }
        known.entry(key).or_default().admit(now)
    }
}

/// Tells the log something as often as an outlet's [`FaultLog`] lets it, and else as a trace.
macro_rules! quietly {
    ($level:ident, $outlet:expr, $trouble:ident at $address:expr, $($told:tt)+) => {
        if ::tracing::enabled!(::tracing::Level::$level) {
            let trouble = $crate::fault_log::Trouble::$trouble;
            match $outlet.fault_log().admit(trouble, $address) {
                Some(held_back) => ::tracing::event!(::tracing::Level::$level, held_back, $($told)+),
                None => ::tracing::trace!($($told)+),
            }
        }
    };
    ($level:ident, $outlet:expr, $trouble:ident, $($told:tt)+) => {
        $crate::fault_log::quietly!($level, $outlet, $trouble at "", $($told)+)
    };
}
pub(crate) use quietly;

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[tokio::test(start_paused = true)]
    async fn each_handler_is_told_once_a_minute() {
        let log = FaultLog::default();
        assert_eq!(log.admit(Trouble::HandlerFailed, "/a"), Some(0));
        assert_eq!(log.admit(Trouble::HandlerFailed, "/a"), None);
        assert_eq!(log.admit(Trouble::HandlerFailed, "/b"), Some(0));
        assert_eq!(log.admit(Trouble::HandlerPanicked, "/a"), Some(0));
        tokio::time::advance(Duration::from_secs(60)).await;
        assert_eq!(log.admit(Trouble::HandlerFailed, "/a"), Some(1));
    }

    #[tokio::test(start_paused = true)]
    async fn made_up_addresses_take_little_room_and_do_not_fill_the_log() {
        let log = FaultLog::default();
        let flood = || {
            let addresses = (0..10_000).map(|number| format!("/{number:0300}/*")).chain(
                // Short ones.
                (0..10_000).map(|number| format!("/{number}")),
            );
            addresses.filter(|it| log.admit(Trouble::HandlerFailed, it).is_some()).count()
        };
        assert_eq!(flood(), KNOWN + 1);
        assert_eq!(log.admit(Trouble::HandlerFailed, "/late"), None);
        assert_eq!(log.0.lock().unwrap().known.len(), KNOWN);
        tokio::time::advance(Duration::from_secs(60)).await;
        // Old ones make room.
        assert_eq!(log.admit(Trouble::HandlerFailed, "/late"), Some(0));
        assert_eq!(log.admit(Trouble::HandlerFailed, "/late"), None);
        assert_eq!(log.0.lock().unwrap().known.len(), 1);
    }
}
