//! Parts of a packet that share its memory.

use bytes::Bytes;

/// `part` as `Bytes`: shares the memory of `whole` if it lies in it, and is a copy if not.
pub(crate) fn share(whole: &Bytes, part: &[u8]) -> Bytes {
    let (outer, inner) = (whole.as_ptr_range(), part.as_ptr_range());
    if outer.start <= inner.start && inner.end <= outer.end {
        whole.slice_ref(part)
    } else {
        Bytes::copy_from_slice(part)
    }
}
