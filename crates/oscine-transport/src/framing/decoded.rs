//! What a framing found.

use bytes::Bytes;

use crate::framing::fault::FrameFault;

/// What a framing found in the bytes received so far.
#[derive(Debug, Clone, PartialEq, Eq)]
#[expect(clippy::exhaustive_enums, reason = "a fourth outcome would be another contract")]
pub enum Decoded {
    /// There is no whole frame yet; call again when more bytes have arrived.
    More,
    /// A whole frame, without its marks and never empty unless it was an empty datagram.
    Frame(Bytes),
    /// A damaged frame, which was dropped; what follows it can be read.
    Fault(FrameFault),
}
