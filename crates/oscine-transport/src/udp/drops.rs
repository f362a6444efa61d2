//! What the system has dropped because a receive buffer was full.

use std::sync::{Mutex, PoisonError};

use tokio::net::UdpSocket;

/// How much of the system's own counter has been taken over.
#[derive(Debug)]
pub(super) struct Drops {
    /// The system's counter when it was last read. It is 32 bits wide and begins again behind them.
    seen: Mutex<u32>,
}

impl Drops {
    /// Begins with what the socket drops from now on.
    pub(super) fn new(socket: &UdpSocket) -> Self {
        Self { seen: Mutex::new(imp::read(socket).unwrap_or(0)) }
    }

    /// How many datagrams were dropped since the last call.
    pub(super) fn take(&self, socket: &UdpSocket) -> u64 {
        // Locked before the counter is read, so that two readers do not see it run backwards.
        let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(now) = imp::read(socket) else { return 0 };
        let fresh = now.wrapping_sub(*seen);
        *seen = now;
        fresh.into()
    }
}

/// One question when it is asked for, where `SO_RXQ_OVFL` would put the same number on every
/// datagram.
#[cfg(target_os = "linux")]
mod imp {
    use nix::sys::socket::{GetSockOpt, sockopt::GetStruct};
    use tokio::net::UdpSocket;

    /// `SO_MEMINFO` of Linux: the memory of a socket in nine numbers.
    #[derive(Clone, Copy)]
    struct MemInfo;

    nix::getsockopt_impl!(
        MemInfo,
        libc::SOL_SOCKET,
        libc::SO_MEMINFO,
        [u32; 9],
        GetStruct<[u32; 9]>
    );

    pub(super) fn read(socket: &UdpSocket) -> Option<u32> {
        // Linux before 4.12 does not know the option.
        MemInfo.get(socket).ok()?.get(DROPS).copied()
    }

    /// `SK_MEMINFO_DROPS`.
    const DROPS: usize = 8;
}

#[cfg(not(target_os = "linux"))]
mod imp {
    use tokio::net::UdpSocket;

    pub(super) fn read(_: &UdpSocket) -> Option<u32> {
        None
    }
}
