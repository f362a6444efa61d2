//! What a hook decides.

use std::borrow::Cow;

use bytes::Bytes;

/// What a [`Hook`](crate::hook::Hook) decides about a packet.
#[derive(Debug, Clone, PartialEq, Eq)]
#[expect(clippy::exhaustive_enums, reason = "a fifth verdict would be another contract")]
pub enum Verdict {
    /// It goes on as it is.
    Pass,
    /// These bytes go on in its place.
    Replace(Bytes),
    /// The hook has taken it, and that is all. It is counted.
    Swallow,
    /// It is refused, for this reason. It is counted, and told to whoever waits for it.
    Refuse(Cow<'static, str>),
}
