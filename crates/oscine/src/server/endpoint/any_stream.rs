//! Streams of bytes of any kind.

use tokio::io::{AsyncRead, AsyncWrite};

/// A stream of bytes of any kind.
pub(crate) type AnyStream = Box<dyn ByteStream>;

/// What reads and writes bytes.
pub(crate) trait ByteStream: AsyncRead + AsyncWrite + Unpin + Send {}

impl<S: AsyncRead + AsyncWrite + Unpin + Send> ByteStream for S {}
