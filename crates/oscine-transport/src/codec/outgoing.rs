//! What can be sent.

use bytes::Bytes;
use oscine_codec::Packet;

use crate::codec::sealed::PacketBytes;

/// What sinks of packets take: a [`Packet`], a [`&Packet`](Packet), or [`Bytes`].
///
/// Bytes are those of one packet, without the marks of a framing, and the caller knows that they
/// are: they are not checked.
pub trait Outgoing: PacketBytes {}

impl Outgoing for Packet {}
impl Outgoing for &Packet {}
impl Outgoing for Bytes {}
