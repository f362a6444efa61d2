//! What every framing does.

use bytes::BytesMut;

use crate::framing::cut::Cut;
use crate::framing::decoded::Decoded;
use crate::framing::error::{FrameError, FrameTooLong};
use crate::framing::pending::Pending;

/// A way to mark frames in a stream of bytes, without IO and without a look inside the frames.
///
/// One value serves one connection: it remembers how far it has read. The caller appends what it
/// receives to `src` and must not take bytes out of it; the framing takes out what it is done with.
/// The [module page](crate::framing) lists the outcomes.
pub trait Framing {
    /// Takes the next frame out of `src`, if it is there.
    ///
    /// Call it until it answers [`Decoded::More`].
    ///
    /// # Errors
    ///
    /// [`FrameError`] if the borders of the frames are lost. `src` is then empty, and further
    /// calls answer with the same error whenever there are new bytes, until
    /// [`finish`](Self::finish) starts afresh.
    fn decode(&mut self, src: &mut BytesMut) -> Result<Decoded, FrameError>;

    /// Finds the next frame in `src` where it lies, if this framing can do that: `None` by default.
    ///
    /// It is what [`decode`](Self::decode) does, for a caller who looks at a frame and is done with
    /// it, and so needs no memory for it. Escapes are replaced in place. `src` begins with what was
    /// not consumed the last time, as it was left, and more may follow. One framing either always
    /// does this or never.
    ///
    /// # Errors
    ///
    /// As [`decode`](Self::decode); all of `src` is then done with.
    fn cut(&mut self, src: &mut [u8]) -> Option<Result<Cut, FrameError>> {
        let _ = src;
        None
    }

    /// Takes the next frame out of `src`, to which nothing will be added.
    ///
    /// Call it until it answers [`Decoded::More`], which now means: that was all. Bytes of a frame
    /// that never became whole are one [`Decoded::Fault`]. Afterwards `src` is empty and the
    /// framing is at the beginning, ready for another stream.
    ///
    /// # Errors
    ///
    /// [`FrameError`] as for [`decode`](Self::decode); `src` is then empty and the framing is at
    /// the beginning.
    fn finish(&mut self, src: &mut BytesMut) -> Result<Decoded, FrameError>;

    /// Appends `frame` with its marks to `dst`.
    ///
    /// # Errors
    ///
    /// [`FrameTooLong`] if the frame exceeds the limit; `dst` is then as it was.
    fn encode(&mut self, frame: &[u8], dst: &mut BytesMut) -> Result<(), FrameTooLong>;

    /// Says what has arrived of the unfinished frame, after `decode` answered [`Decoded::More`].
    fn pending(&self, src: &[u8]) -> Pending;
}
