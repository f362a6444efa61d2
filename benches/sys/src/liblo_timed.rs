//! liblo's schedule, by way of the shim.
#![expect(unsafe_code, reason = "calls of C++; pointers come from slices, with their lengths")]

use core::ptr::NonNull;

/// The shim's own; only ever behind a pointer.
#[repr(C)]
struct Opaque {
    _private: [u8; 0],
}

unsafe extern "C" {
    fn shim_liblo_timed_new(port: *mut u16) -> *mut Opaque;
    fn shim_liblo_timed_run(server: *mut Opaque, n: usize, lateness: *mut f64) -> bool;
    fn shim_liblo_timed_free(server: *mut Opaque);
}

/// A `lo_server` with the method `/late`, which has no arguments and notes how late it is.
#[derive(Debug)]
pub struct Timed {
    server: NonNull<Opaque>,
    port: u16,
}

impl Timed {
    /// Makes one on a free UDP port. `None` if that cannot be arranged.
    #[must_use]
    pub fn new() -> Option<Self> {
        let mut port = 0;
        // SAFETY: `port` outlives the call.
        let server = NonNull::new(unsafe { shim_liblo_timed_new(&mut port) })?;
        Some(Self { server, port })
    }

    /// The UDP port.
    #[must_use]
    pub const fn port(&self) -> u16 {
        self.port
    }

    /// Receives, and runs what is due, until so many messages have run; how many microseconds after its time tag each
    /// of them did, negative if before. False if they do not come.
    #[must_use]
    pub fn run(&mut self, lateness: &mut [f64]) -> bool {
        // SAFETY: the server was made by the shim and is not freed yet; the pointer and the length are those of one
        // slice, of which the shim writes no more, and only during the call.
        unsafe { shim_liblo_timed_run(self.server.as_ptr(), lateness.len(), lateness.as_mut_ptr()) }
    }
}

impl Drop for Timed {
    fn drop(&mut self) {
        // SAFETY: the server was made by the shim and is freed once.
        unsafe { shim_liblo_timed_free(self.server.as_ptr()) }
    }
}
