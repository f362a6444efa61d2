//! Checks a packet: the entry to decoding.

use bytes::Bytes;

use crate::decode::bundle::bundle;
use crate::decode::message::message;
use crate::decode::plain::plain_shape;
use crate::error::decode::{DecodeError, DecodeErrorKind};
use crate::options::DecodeOptions;
use crate::owned::bundle::Bundle;
use crate::owned::message::Message;
use crate::owned::packet::Packet;
use crate::read::leniency::Leniency;
use crate::tolerances::Tolerances;
use crate::view::bundle_ref::BundleRef;
use crate::view::message_ref::MessageRef;
use crate::view::packet_ref::PacketRef;
use crate::view::shape::MessageShape;

impl<'a> PacketRef<'a> {
    /// Checks that `bytes` is one packet and gives a view of it, with the default [`DecodeOptions`].
    ///
    /// Takes time linear in the number of bytes. Allocates nothing while bundles are nested no deeper than 32.
    ///
    /// # Examples
    ///
    /// ```
    /// use oscine_codec::PacketRef;
    ///
    /// let packet = PacketRef::decode(b"/oscillator/4/frequency\0,f\0\0\x43\xdc\0\0")?;
    /// let message = packet.message().expect("not a bundle");
    /// assert_eq!(message.address(), "/oscillator/4/frequency");
    /// assert_eq!(message.args().parse::<(f32,)>(), Ok((440.0,)));
    /// # Ok::<(), oscine_codec::DecodeError>(())
    /// ```
    ///
    /// # Errors
    ///
    /// [`DecodeError`] says what is wrong, and at which byte.
    #[inline]
    pub fn decode(bytes: &'a [u8]) -> Result<Self, DecodeError> {
        Self::decode_with(bytes, &DEFAULT)
    }

    /// Checks that `bytes` is one packet and gives a view of it.
    ///
    /// # Errors
    ///
    /// [`DecodeError`] says what is wrong, and at which byte.
    #[inline]
    pub fn decode_with(bytes: &'a [u8], options: &DecodeOptions) -> Result<Self, DecodeError> {
        let shape = plain_shape(bytes, options);
        if shape != MessageShape::NONE {
            return Ok(Self::Message(MessageRef::from_shape(bytes, shape)));
        }
        decode(bytes, options)
    }
}

/// Made once, and not for each packet.
static DEFAULT: DecodeOptions = DecodeOptions::new();

/// The long way: bundles, and messages that have something special about them.
fn decode<'a>(bytes: &'a [u8], options: &DecodeOptions) -> Result<PacketRef<'a>, DecodeError> {
    let size = bytes.len();
    // Element sizes are int32, and so a packet beyond 2 GiB cannot be forwarded in a bundle.
    let limit = options.limits.packet_size.min(i32::MAX as usize);
    if size > limit {
        return Err(DecodeError::new(DecodeErrorKind::PacketTooLarge { size, limit }, limit));
    }
    // "The size of an OSC packet is always a multiple of 4."
    if size % 4 != 0 && !options.tolerances.intersects(Tolerances::UNALIGNED) {
        let kind = DecodeErrorKind::UnalignedLength { length: size };
        return Err(DecodeError::new(kind, size));
    }
    let packet = match bytes.first() {
        None => return Err(DecodeError::new(DecodeErrorKind::Empty, 0)),
        Some(b'#') if !bytes.starts_with(b"#reply\0") => {
            PacketRef::Bundle(bundle(bytes, &mut Leniency::new(options))?)
        }
        Some(_) => PacketRef::Message(message(bytes, &mut Leniency::new(options))?),
    };
    if size % 4 == 0 { Ok(packet) } else { unaligned(packet, options) }
}

/// A packet whose length is not a multiple of 4 lacks padding, whatever it is that stands at its end.
#[cold]
fn unaligned<'a>(
    packet: PacketRef<'a>,
    options: &DecodeOptions,
) -> Result<PacketRef<'a>, DecodeError> {
    let bytes = packet.as_bytes();
    if packet.tolerances().intersects(Tolerances::UNALIGNED) {
        return Ok(packet);
    }
    if !options.tolerances.contains(Tolerances::MISSING_PADDING) {
        let kind = DecodeErrorKind::UnalignedLength { length: bytes.len() };
        return Err(DecodeError::new(kind, bytes.len()));
    }
    let used = packet.tolerances() | Tolerances::MISSING_PADDING;
    Ok(match packet {
        PacketRef::Message(_) => PacketRef::Message(MessageRef::from_checked(bytes, used)),
        PacketRef::Bundle(_) => PacketRef::Bundle(BundleRef::from_checked(bytes, used)),
    })
}

impl Packet {
    /// Checks that `bytes` is one packet and keeps it, with the default [`DecodeOptions`]. Copies nothing.
    ///
    /// # Errors
    ///
    /// [`DecodeError`] says what is wrong, and at which byte.
    #[inline]
    pub fn decode(bytes: impl Into<Bytes>) -> Result<Self, DecodeError> {
        Self::decode_with(bytes, &DEFAULT)
    }

    /// Checks that `bytes` is one packet and keeps it. Copies nothing.
    ///
    /// # Errors
    ///
    /// [`DecodeError`] says what is wrong, and at which byte.
    // A packet is moved on by whoever calls this. Moving it right after it was written stalls, and took
    // longer than the check, so it is to be written where it is wanted.
    #[inline(always)]
    pub fn decode_with(
        bytes: impl Into<Bytes>,
        options: &DecodeOptions,
    ) -> Result<Self, DecodeError> {
        let bytes = bytes.into();
        let shape = match PacketRef::decode_with(&bytes, options)? {
            PacketRef::Bundle(bundle) => {
                let used = bundle.tolerances();
                return Ok(Self::Bundle(Bundle::from_checked(bytes, used)));
            }
            PacketRef::Message(message) => message.shape(),
        };
        Ok(Self::Message(Message::from_checked(bytes, shape)))
    }
}
