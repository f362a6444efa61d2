//! Bundles, and a method that tells whether it ran early.

use std::time::{Duration, SystemTime};

use oscine::{AddressSpace, Bundle, BundleTime, Lateness, Message, TimeTag};

use super::log::{Log, log};

pub(crate) const HOUR: Duration = Duration::from_secs(3600);

pub(crate) fn now() -> TimeTag {
    TimeTag::from(SystemTime::now())
}

/// `/note name` notes the name, marked when it ran before its time or was told that it is later than
/// it is.
pub(crate) fn noting_space() -> (AddressSpace, Log) {
    let (pen, log) = log();
    let space = AddressSpace::new();
    let note = move |name: String, at: BundleTime, late: Lateness| {
        let ran = now();
        let early = at.0 > ran || late.0 > ran.saturating_since(at.0);
        pen.note(if early { format!("{name} early") } else { name });
    };
    space.method("/note", note).unwrap();
    (space, log)
}

pub(crate) fn note(name: &str) -> Message {
    Message::new("/note", name).unwrap()
}

pub(crate) fn bundle(at: TimeTag, names: &[&str]) -> Bundle {
    Bundle::new(at, names.iter().map(|name| note(name))).unwrap()
}
