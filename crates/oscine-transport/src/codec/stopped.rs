//! What follows when a hook stops a packet.

use bytes::Bytes;
use tracing::trace;

use crate::codec::bad_packet::BadPacket;
use crate::hook::chain::Stopped;
use crate::send_error::SendError;
use crate::stats::cause::DropCause;
use crate::stats::counters::Counters;

impl Stopped {
    /// Counts a packet that was stopped on the way in, and tells whoever reads, if anyone.
    ///
    /// What is swallowed is not copied: nobody will see it.
    pub(crate) fn into_bad(self, bytes: &[u8], counters: &Counters) -> Option<BadPacket> {
        match self {
            Self::Swallowed => {
                counters.dropped(DropCause::Swallowed, 1);
                None
            }
            Self::Refused(reason) => {
                counters.dropped(DropCause::Refused, 1);
                trace!(%reason, bytes = bytes.len(), "packet refused");
                Some(BadPacket::Refused { reason, bytes: Bytes::copy_from_slice(bytes) })
            }
        }
    }

    /// Counts a packet that was stopped on the way out, and tells whoever sends, if anyone.
    pub(crate) fn into_sent(self, counters: &Counters) -> Result<(), SendError> {
        match self {
            Self::Swallowed => {
                counters.dropped(DropCause::SwallowedOut, 1);
                Ok(())
            }
            Self::Refused(reason) => {
                counters.dropped(DropCause::RefusedOut, 1);
                Err(SendError::Refused { reason })
            }
        }
    }
}
