//! A message, as observers see it.

use std::fmt;
use std::sync::Arc;

use oscine_codec::{MessageRef, TimeTag};

use crate::peer::Peer;

/// A message that is run, and what it reaches; see [`AddressSpace::on_message`](crate::AddressSpace::on_message).
#[derive(Clone, Copy)]
#[non_exhaustive]
pub struct Seen<'a> {
    /// The message.
    pub message: MessageRef<'a>,
    /// Who sent it.
    pub peer: &'a Peer,
    /// The time tag that applies to it.
    pub time_tag: TimeTag,
    /// The places of the methods that it reaches, in the order of calls: as they were registered, without the prefix
    /// of a mounted space.
    pub places: &'a [&'a str],
}

impl fmt::Debug for Seen<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Seen")
            .field("message", &format_args!("{}", self.message))
            .field("peer", &self.peer)
            .field("places", &self.places)
            .finish_non_exhaustive()
    }
}

/// Sees every message.
pub(crate) type Observer = Arc<dyn Fn(&Seen<'_>) + Send + Sync>;
