//! What a client can send.

use oscine_codec::{Address, Bundle, EncodeError, Message, Packet, ToArgs};

/// What a client can send: `(address, arguments)`, an address alone for a message without arguments, a [`Message`], a
/// [`Bundle`] or a [`Packet`].
///
/// # Examples
///
/// ```
/// use oscine::{IntoPacket, Message};
///
/// assert_eq!("/xremote".into_packet()?, ("/xremote", ()).into_packet()?);
/// assert_eq!(("/gain", (1, 0.5_f32)).into_packet()?, Message::new("/gain", (1, 0.5_f32))?.into());
/// # Ok::<(), oscine::EncodeError>(())
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` is nothing that a client can send",
    label = "not a packet",
    note = "a packet is `(\"/address\", arguments)`, `\"/address\"` alone, or a `Message`, `Bundle` or `Packet`; several \
            arguments are a tuple of their own: `(\"/add\", (2, 3))`"
)]
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

macro_rules! addresses {
    ($($type:ty)+) => {$(
        impl IntoPacket for $type {
            fn into_packet(self) -> Result<Packet, EncodeError> {
                (self, ()).into_packet()
            }
        }
    )+};
}

addresses!(&str String &String Address &Address);

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
