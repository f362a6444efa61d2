//! liblo, by way of the shim.
//!
//! Packets must be well-formed.
#![expect(unsafe_code, reason = "calls of C++; pointers come from slices, with their lengths")]

use core::ffi::c_char;
use core::ptr::NonNull;

/// The shim's own; only ever behind a pointer.
#[repr(C)]
struct Opaque {
    _private: [u8; 0],
}

unsafe extern "C" {
    fn shim_liblo_decode(packet: *const c_char, size: usize, n: u64, sum: *mut u64) -> bool;
    fn shim_liblo_new(packet: *const c_char, size: usize) -> *mut Opaque;
    fn shim_liblo_encode(value: *const Opaque, out: *mut c_char, room: usize, n: u64) -> usize;
    fn shim_liblo_free(value: *mut Opaque);
}

/// Reads a message and all its arguments `n` times; their sum. `None` when liblo does not know one of its types.
#[must_use]
pub fn decode(message: &[u8], n: u64) -> Option<u64> {
    let mut sum = 0;
    // SAFETY: the pointer and the length are those of one slice, which liblo copies and does not change; `sum`
    // outlives the call.
    let read = unsafe { shim_liblo_decode(message.as_ptr().cast(), message.len(), n, &mut sum) };
    read.then_some(sum)
}

/// A message or a bundle in liblo's own form.
#[derive(Debug)]
pub struct Value(NonNull<Opaque>);

impl Value {
    /// Reads a packet. `None` when it is a message with a type that liblo does not know.
    #[must_use]
    pub fn new(packet: &[u8]) -> Option<Self> {
        // SAFETY: the pointer and the length are those of one slice, of which nothing is kept.
        NonNull::new(unsafe { shim_liblo_new(packet.as_ptr().cast(), packet.len()) }).map(Self)
    }

    /// Writes the value to `out` `n` times; how many bytes it has.
    #[must_use]
    pub fn encode(&self, out: &mut [u8], n: u64) -> Option<usize> {
        // SAFETY: the value is alive, and the shim refuses when `out` has not the room.
        let size =
            unsafe { shim_liblo_encode(self.0.as_ptr(), out.as_mut_ptr().cast(), out.len(), n) };
        (size > 0).then_some(size)
    }
}

impl Drop for Value {
    fn drop(&mut self) {
        // SAFETY: the value was made by `shim_liblo_new` and is freed once.
        unsafe { shim_liblo_free(self.0.as_ptr()) }
    }
}
