//! liblo as a receiver from sockets, by way of the shim.
#![expect(unsafe_code, reason = "calls of C++, with a pointer that the shim made")]

use core::ffi::{CStr, c_char, c_int};
use core::ptr::NonNull;
use std::net::{TcpListener, UdpSocket};
use std::os::fd::AsRawFd;

/// The shim's own; only ever behind a pointer.
#[repr(C)]
struct Opaque {
    _private: [u8; 0],
}

unsafe extern "C" {
    fn shim_liblo_serve(fd: c_int, stream: bool, types: *const c_char) -> *mut Opaque;
    fn shim_liblo_receive(server: *mut Opaque, n: u64, sum: *mut u64) -> bool;
    fn shim_liblo_stop(server: *mut Opaque);
}

/// A `lo_server` with a method that reads the arguments of each message.
#[derive(Debug)]
pub struct Server(NonNull<Opaque>);

impl Server {
    /// Makes a server that reads from a duplicate of `socket`. The method takes arguments of these
    /// types: `if`, or `f` alone. `None` if that cannot be arranged.
    #[must_use]
    pub fn udp(socket: &UdpSocket, types: &CStr) -> Option<Self> {
        let fd = socket.as_raw_fd();
        // SAFETY: the socket is open during the call, and the shim keeps a duplicate; liblo copies
        // the types.
        NonNull::new(unsafe { shim_liblo_serve(fd, false, types.as_ptr()) }).map(Self)
    }

    /// Makes a server that accepts from a duplicate of `listener`; else as [`udp`](Self::udp).
    #[must_use]
    pub fn tcp(listener: &TcpListener, types: &CStr) -> Option<Self> {
        let fd = listener.as_raw_fd();
        // SAFETY: the socket is open during the call, and the shim keeps a duplicate; liblo copies
        // the types.
        NonNull::new(unsafe { shim_liblo_serve(fd, true, types.as_ptr()) }).map(Self)
    }

    /// Receives `n` messages `/synth/voice/1/freq`; the sum of the arguments of the last one.
    /// `None` if they do not arrive.
    #[must_use]
    pub fn receive(&mut self, n: u64) -> Option<u64> {
        let mut sum = 0;
        // SAFETY: the server was made by `shim_liblo_serve` and is not stopped yet; `sum` outlives
        // the call.
        let received = unsafe { shim_liblo_receive(self.0.as_ptr(), n, &mut sum) };
        received.then_some(sum)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // SAFETY: the server was made by `shim_liblo_serve` and is stopped once.
        unsafe { shim_liblo_stop(self.0.as_ptr()) }
    }
}
