//! How long a frame may be.

/// The longest frame a framing reads or writes unless told otherwise: 1 MiB.
///
/// The unit is bytes of the packet, without length prefix, END or escapes. A longer frame is a
/// fault (SLIP) or the end of the stream (length prefix), and is refused when sending. Worst-case
/// memory use of a connection is proportional to it: a peer can make us hold one unfinished frame
/// of this size, and twice that over SLIP where every byte may be escaped. `usize::MAX` stands for
/// no limit and is not for peers that are not trusted.
pub const DEFAULT_MAX_FRAME: usize = 1024 * 1024;
