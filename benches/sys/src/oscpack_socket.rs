//! oscpack as a receiver of datagrams, by way of the shim.
#![expect(unsafe_code, reason = "calls of C++, with a pointer that the shim made")]

use core::ffi::c_int;
use core::ptr::NonNull;
use std::net::UdpSocket;
use std::os::fd::AsRawFd;

/// The shim's own; only ever behind a pointer.
#[repr(C)]
struct Opaque {
    _private: [u8; 0],
}

unsafe extern "C" {
    fn shim_oscpack_listen(fd: c_int) -> *mut Opaque;
    fn shim_oscpack_receive(socket: *mut Opaque, n: u64, sum: *mut u64) -> bool;
    fn shim_oscpack_close(socket: *mut Opaque);
}

/// A `UdpListeningReceiveSocket` with a listener that reads the arguments of each message.
#[derive(Debug)]
pub struct Listening(NonNull<Opaque>);

impl Listening {
    /// Makes a listener that reads from a duplicate of `socket`. `None` if that cannot be arranged.
    #[must_use]
    pub fn new(socket: &UdpSocket) -> Option<Self> {
        // SAFETY: the socket is open during the call, and the shim keeps a duplicate.
        NonNull::new(unsafe { shim_oscpack_listen(socket.as_raw_fd()) }).map(Self)
    }

    /// Receives `n` messages `,if`; the sum of the arguments of the last one. `None` if one does
    /// not read.
    #[must_use]
    pub fn receive(&mut self, n: u64) -> Option<u64> {
        let mut sum = 0;
        // SAFETY: the socket was made by `shim_oscpack_listen` and is not closed yet; `sum`
        // outlives the call.
        let received = unsafe { shim_oscpack_receive(self.0.as_ptr(), n, &mut sum) };
        received.then_some(sum)
    }
}

impl Drop for Listening {
    fn drop(&mut self) {
        // SAFETY: the socket was made by `shim_oscpack_listen` and is closed once.
        unsafe { shim_oscpack_close(self.0.as_ptr()) }
    }
}
