//! liblo's dispatching, by way of the shim.
#![expect(unsafe_code, reason = "calls of C++; pointers come from slices, with their lengths")]

use core::ffi::{CStr, c_char};
use core::ptr::NonNull;

/// The shim's own; only ever behind a pointer.
#[repr(C)]
struct Opaque {
    _private: [u8; 0],
}

unsafe extern "C" {
    fn shim_liblo_space_new() -> *mut Opaque;
    fn shim_liblo_space_add(space: *mut Opaque, path: *const c_char) -> bool;
    fn shim_liblo_space_dispatch(
        space: *mut Opaque,
        packet: *const c_char,
        size: usize,
        n: u64,
        sum: *mut u64,
    ) -> bool;
    fn shim_liblo_space_free(space: *mut Opaque);
}

/// A `lo_server` with methods of one float each, given packets by hand.
#[derive(Debug)]
pub struct Space(NonNull<Opaque>);

impl Space {
    /// Makes one without methods. `None` if that cannot be arranged.
    #[must_use]
    pub fn new() -> Option<Self> {
        // SAFETY: there is nothing to keep to.
        NonNull::new(unsafe { shim_liblo_space_new() }).map(Self)
    }

    /// Adds a method. False if it is refused.
    #[must_use]
    pub fn add(&mut self, path: &CStr) -> bool {
        // SAFETY: the space was made by the shim and is not freed yet; liblo copies the path.
        unsafe { shim_liblo_space_add(self.0.as_ptr(), path.as_ptr()) }
    }

    /// Dispatches a message `n` times; the sum of what its methods got the last time. `None` if it is refused.
    #[must_use]
    pub fn dispatch(&mut self, message: &[u8], n: u64) -> Option<u64> {
        let (packet, mut sum) = (message.as_ptr().cast(), 0);
        // SAFETY: the space was made by the shim and is not freed yet; the pointer and the length are those of one
        // slice, which liblo copies and does not change; `sum` outlives the call.
        let done = unsafe {
            shim_liblo_space_dispatch(self.0.as_ptr(), packet, message.len(), n, &mut sum)
        };
        done.then_some(sum)
    }
}

impl Drop for Space {
    fn drop(&mut self) {
        // SAFETY: the space was made by the shim and is freed once.
        unsafe { shim_liblo_space_free(self.0.as_ptr()) }
    }
}
