//! What has arrived of a frame that is not whole.

/// The part of an unfinished frame that has arrived.
///
/// It is for tests and diagnosis: it is copied, and nothing of it was or will be delivered before
/// the frame is whole.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Pending {
    /// The bytes received of the frame: SLIP without its escapes, a length prefix with its length.
    pub bytes: Vec<u8>,
    /// Whether a SLIP escape was read whose second byte is still to come.
    pub escape: bool,
}

impl Pending {
    /// Makes a description of the bytes received of an unfinished frame.
    #[must_use]
    pub fn new(bytes: Vec<u8>, escape: bool) -> Self {
        Self { bytes, escape }
    }
}
