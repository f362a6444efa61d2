//! oscpack, by way of the shim.
//!
//! Packets must be well-formed: oscpack does not look closely at those that are not.
#![expect(unsafe_code, reason = "calls of C++; pointers come from slices, with their lengths")]

use core::ffi::{c_char, c_int};

/// The bulk that messages are built from.
#[repr(C)]
struct Bulk {
    blob: *const u8,
    blob_size: usize,
    floats: *const f32,
    float_count: usize,
}

unsafe extern "C" {
    fn shim_oscpack_decode(packet: *const c_char, size: usize, n: u64, sum: *mut u64) -> bool;
    fn shim_oscpack_typed(
        which: c_int,
        packet: *const c_char,
        size: usize,
        n: u64,
        sum: *mut u64,
    ) -> bool;
    fn shim_oscpack_encode(
        which: c_int,
        bulk: *const Bulk,
        out: *mut c_char,
        room: usize,
        n: u64,
    ) -> usize;
}

/// Reads a packet and all its arguments `n` times; their sum.
#[must_use]
pub fn decode(packet: &[u8], n: u64) -> Option<u64> {
    let mut sum = 0;
    // SAFETY: the pointer and the length are those of one slice, and `sum` outlives the call.
    let read = unsafe { shim_oscpack_decode(packet.as_ptr().cast(), packet.len(), n, &mut sum) };
    read.then_some(sum)
}

/// Reads message number `case` through its argument stream `n` times; the sum of its arguments.
#[must_use]
pub fn typed(case: i32, packet: &[u8], n: u64) -> Option<u64> {
    let mut sum = 0;
    let data = packet.as_ptr().cast();
    // SAFETY: the pointer and the length are those of one slice, and `sum` outlives the call.
    let read = unsafe { shim_oscpack_typed(case, data, packet.len(), n, &mut sum) };
    read.then_some(sum)
}

/// Writes packet number `case` to `out` `n` times; how many bytes it has.
#[must_use]
pub fn encode(case: i32, blob: &[u8], floats: &[f32], out: &mut [u8], n: u64) -> Option<usize> {
    let bulk = Bulk {
        blob: blob.as_ptr(),
        blob_size: blob.len(),
        floats: floats.as_ptr(),
        float_count: floats.len(),
    };
    // SAFETY: pointers and lengths are those of slices, and oscpack keeps to the room it is given.
    let size = unsafe { shim_oscpack_encode(case, &bulk, out.as_mut_ptr().cast(), out.len(), n) };
    (size > 0).then_some(size)
}
