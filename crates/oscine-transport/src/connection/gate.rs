//! Who may talk, by the first packet.

use core::fmt;
use std::sync::Arc;

use oscine_codec::Packet;

use crate::peer_addr::PeerAddr;

/// Decides by the first packet of a connection whether its peer may talk.
#[derive(Clone)]
pub(crate) struct Gate(Arc<Decide>);

type Decide = dyn Fn(&Packet, &PeerAddr) -> bool + Send + Sync;

impl Gate {
    pub(super) fn new(decide: impl Fn(&Packet, &PeerAddr) -> bool + Send + Sync + 'static) -> Self {
        Self(Arc::new(decide))
    }

    pub(super) fn admits(&self, packet: &Packet, peer: &PeerAddr) -> bool {
        (self.0)(packet, peer)
    }
}

impl fmt::Debug for Gate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Gate")
    }
}
