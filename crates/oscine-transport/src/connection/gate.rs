//! Who may talk, by the first packet.

use core::fmt;
use std::sync::Arc;

use oscine_codec::Packet;
use tracing::error;

use crate::guard::guarded;
use crate::peer_addr::PeerAddr;

/// Decides by the first packet of a connection whether its peer may talk.
#[derive(Clone)]
pub(crate) struct Gate(Arc<Decide>);

type Decide = dyn Fn(&Packet, &PeerAddr) -> bool + Send + Sync;

impl Gate {
    pub(super) fn new(decide: impl Fn(&Packet, &PeerAddr) -> bool + Send + Sync + 'static) -> Self {
        Self(Arc::new(decide))
    }

    /// Whether it says yes. One that panics has not.
    pub(super) fn admits(&self, packet: &Packet, peer: &PeerAddr) -> bool {
        // Whatever it leaves behind half done is behind its own `&self`.
        guarded(|| (self.0)(packet, peer)).unwrap_or_else(|| {
            error!(%peer, "who admits by the first packet panicked");
            false
        })
    }
}

impl fmt::Debug for Gate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Gate")
    }
}
