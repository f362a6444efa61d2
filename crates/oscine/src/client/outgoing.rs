//! What a client can send.

use oscine_codec::{Bundle, EncodeError, Message, Packet, ToArgs};

/// What a client can send: `(address, arguments)`, a [`Message`], a [`Bundle`] or a [`Packet`].
pub trait IntoPacket {
    /// The packet.
    ///
    /// # Errors
    ///
    /// [`EncodeError`] when it cannot be written.
    fn into_packet(self) -> Result<Packet, EncodeError>;
}

impl<S: AsRef<str>, A: ToArgs> IntoPacket for (S, A) {
    fn into_packet(self) -> Result<Packet, EncodeError> {
        Message::new(self.0, self.1).map(Packet::from)
    }
}

macro_rules! packets {
    ($($type:ty)+) => {$(
        impl IntoPacket for $type {
            fn into_packet(self) -> Result<Packet, EncodeError> {
                Ok(self.into())
            }
        }
    )+};
}

packets!(Message Bundle Packet);

macro_rules! borrowed {
    ($($type:ty)+) => {$(
        impl IntoPacket for &$type {
            fn into_packet(self) -> Result<Packet, EncodeError> {
                Ok(self.clone().into())
            }
        }
    )+};
}

borrowed!(Message Bundle Packet);

impl<P: IntoPacket, E: Into<EncodeError>> IntoPacket for Result<P, E> {
    fn into_packet(self) -> Result<Packet, EncodeError> {
        self.map_err(Into::into)?.into_packet()
    }
}
