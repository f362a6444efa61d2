//! How a socket for unix datagrams is made.

use std::{io, os::unix::net, path::Path, sync::Arc};

use oscine_codec::DecodeOptions;
use tokio::net::UnixDatagram;

use crate::hook::chain::Hooks;
use crate::hook::contract::Hook;
use crate::stats::counters::Counters;
use crate::unix::datagrams::Datagrams;
use crate::unix::file::SocketFile;

impl Datagrams {
    /// Binds a socket to a path with the default options; see [`DatagramsBuilder`].
    ///
    /// # Errors
    ///
    /// As for [`DatagramsBuilder::bind`].
    ///
    /// # Panics
    ///
    /// Outside of a tokio runtime.
    pub fn bind(path: impl AsRef<Path>) -> io::Result<Self> {
        Self::builder().bind(path)
    }

    /// Makes a socket without a path with the default options; see [`DatagramsBuilder`].
    ///
    /// # Errors
    ///
    /// If the system has no socket left.
    ///
    /// # Panics
    ///
    /// Outside of a tokio runtime.
    pub fn unbound() -> io::Result<Self> {
        Self::builder().unbound()
    }

    /// Begins to set options.
    pub fn builder() -> DatagramsBuilder {
        DatagramsBuilder {
            decode: DecodeOptions::default(),
            hooks: Hooks::default(),
            counters: Arc::default(),
            max_datagram: DEFAULT_MAX_DATAGRAM,
        }
    }
}

/// The options of a socket for unix datagrams.
#[derive(Debug, Clone)]
#[must_use = "a builder does nothing until it is bound"]
pub struct DatagramsBuilder {
    decode: DecodeOptions,
    hooks: Hooks,
    counters: Arc<Counters>,
    max_datagram: usize,
}

impl DatagramsBuilder {
    /// Sets how packets are decoded: [`DecodeOptions::default`] by default.
    pub fn decode_options(mut self, options: DecodeOptions) -> Self {
        self.decode = options;
        self
    }

    /// Adds a [hook](crate::hook): none by default.
    pub fn hook(mut self, hook: impl Hook + 'static) -> Self {
        self.hooks.push(hook);
        self
    }

    /// Sets the counters to count in: its own by default.
    pub fn counters(mut self, counters: Arc<Counters>) -> Self {
        self.counters = counters;
        self
    }

    /// Sets the longest datagram in bytes, both ways: 65,536 by default, 16 MiB at most.
    ///
    /// A longer one that arrives is counted and reported as a bad packet, never delivered short.
    /// The socket keeps one buffer of this size. The system has a limit of its own for what is sent
    /// (`net.core.wmem_default` on Linux, usually 208 KiB).
    pub fn max_datagram(mut self, bytes: usize) -> Self {
        self.max_datagram = bytes.min(GREATEST_MAX_DATAGRAM);
        self
    }

    /// Binds the socket to a path, at which it makes a file.
    ///
    /// # Errors
    ///
    /// If there is something at the path already ([`io::ErrorKind::AddrInUse`]), even if it is the
    /// socket of a program that has ended without removing it; if the folder cannot be written to;
    /// if the path is longer than the system takes, which is about 100 bytes.
    ///
    /// # Panics
    ///
    /// Outside of a tokio runtime.
    pub fn bind(self, path: impl AsRef<Path>) -> io::Result<Datagrams> {
        let path = path.as_ref();
        let socket = UnixDatagram::bind(path)?;
        let file = SocketFile::adopt(path)?;
        Ok(self.make(socket, Some(file)))
    }

    /// Makes a socket without a path.
    ///
    /// It can send, but those who receive cannot reply.
    ///
    /// # Errors
    ///
    /// If the system has no socket left.
    ///
    /// # Panics
    ///
    /// Outside of a tokio runtime.
    pub fn unbound(self) -> io::Result<Datagrams> {
        Ok(self.make(UnixDatagram::unbound()?, None))
    }

    /// Takes over a socket. Its file, if it has one, stays when it is dropped.
    ///
    /// # Errors
    ///
    /// If the system refuses to make it non-blocking.
    ///
    /// # Panics
    ///
    /// Outside of a tokio runtime.
    pub fn wrap(self, socket: net::UnixDatagram) -> io::Result<Datagrams> {
        socket.set_nonblocking(true)?;
        Ok(self.make(UnixDatagram::from_std(socket)?, None))
    }

    fn make(self, socket: UnixDatagram, file: Option<SocketFile>) -> Datagrams {
        Datagrams::new(socket, file, self.decode, self.hooks, self.counters, self.max_datagram)
    }
}

/// The round figure next to the longest datagram over UDP, so that a packet that goes over one goes
/// over the other.
const DEFAULT_MAX_DATAGRAM: usize = 65_536;

/// Far more than systems allow; it bounds the buffer.
const GREATEST_MAX_DATAGRAM: usize = 16 * 1024 * 1024;
