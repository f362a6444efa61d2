//! Messages of a fixed shape.

use alloc::vec;

use bytes::{Bytes, BytesMut};

use crate::encode::fill;
use crate::encode::measure::{self, Sizes, check_address};
use crate::encode::message_builder::MessageBuilder;
use crate::encode::to_args::ToArgs;
use crate::error::encode::EncodeError;
use crate::owned::message::Message;
use crate::tolerances::Tolerances;
use crate::view::shape::MessageShape;

impl Message {
    /// Builds a message from an address, or an address pattern, and arguments. One allocation.
    ///
    /// The type of an argument says its type tag: `440.0_f32` is `f`, and a bare `440.0` is `d`, which many devices do
    /// not know; a `Vec` is one argument, an array. [`ToArg`] has them all, [`Rest`] is for as many as a `Vec` holds.
    ///
    /// [`ToArg`]: crate::ToArg
    /// [`Rest`]: crate::Rest
    ///
    /// # Examples
    ///
    /// ```
    /// use oscine_codec::Message;
    ///
    /// let message = Message::new("/foo", (1000, -1, "hello", 1.234_f32, 5.678_f32))?;
    /// assert_eq!(message.as_bytes().len(), 40);
    /// # Ok::<(), oscine_codec::EncodeError>(())
    /// ```
    ///
    /// # Errors
    ///
    /// [`EncodeError`] when the address has no slash, text holds a NUL, arrays are too deep or it is too large.
    pub fn new(address: impl AsRef<str>, args: impl ToArgs) -> Result<Self, EncodeError> {
        let address = address.as_ref();
        let sizes = measure::message(address, &args)?;
        let mut bytes = vec![0; sizes.total()];
        fill::message(address, &args, &sizes, &mut bytes)?;
        Ok(Self::from_checked(Bytes::from(bytes), sizes.shape()))
    }

    /// Builds a message without a type tag string, for old devices that want none.
    ///
    /// A message *without arguments* is not that: it has the type tag string `,`. Use [`new`](Self::new) with `()`.
    ///
    /// # Errors
    ///
    /// [`EncodeError::Address`] when the address has no slash or holds a NUL.
    pub fn typeless(address: impl AsRef<str>) -> Result<Self, EncodeError> {
        let address = address.as_ref();
        check_address(address)?;
        let sizes = Sizes { address: address.len(), tags: None, data: 0 };
        measure::check_size(sizes.total())?;
        let mut bytes = vec![0; sizes.total()];
        fill::put(&mut bytes, address.as_bytes());
        Ok(Self::from_checked(Bytes::from(bytes), sizes.shape()))
    }

    /// Starts a message whose arguments come one by one.
    pub fn builder(address: impl Into<alloc::string::String>) -> MessageBuilder {
        MessageBuilder::new(address.into())
    }

    /// Appends a message to `out`. Allocates nothing when `out` has the room.
    ///
    /// # Examples
    ///
    /// ```
    /// use bytes::BytesMut;
    /// use oscine_codec::{Message, PacketRef};
    ///
    /// let mut out = BytesMut::with_capacity(1024);
    /// Message::encode_into("/xy", (0.25_f32, 0.75_f32), &mut out)?;
    /// assert_eq!(out.len(), 16);
    /// assert!(PacketRef::decode(&out).is_ok());
    /// # Ok::<(), oscine_codec::EncodeError>(())
    /// ```
    ///
    /// # Errors
    ///
    /// As [`new`](Self::new). `out` is then as it was.
    pub fn encode_into(
        address: impl AsRef<str>,
        args: impl ToArgs,
        out: &mut BytesMut,
    ) -> Result<(), EncodeError> {
        let address = address.as_ref();
        let sizes = measure::message(address, &args)?;
        let start = out.len();
        out.resize(start + sizes.total(), 0);
        let room = out.get_mut(start..).unwrap_or_default();
        fill::message(address, &args, &sizes, room).inspect_err(|_| out.truncate(start))
    }
}

impl Sizes {
    /// The shape of the message that was measured.
    pub(crate) fn shape(&self) -> MessageShape {
        let used = match self.tags {
            Some(_) => Tolerances::empty(),
            None => Tolerances::MISSING_TYPE_TAGS,
        };
        MessageShape::new(self.address, self.tags, self.data_at(), used)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::encode::sink::ArgSink;
    use crate::encode::to_arg::ToArg;

    #[test]
    fn an_error_leaves_the_buffer_as_it_was() {
        let mut out = BytesMut::from(&b"before"[..]);
        assert!(Message::encode_into("/a", (1, "nul\0"), &mut out).is_err());
        assert!(Message::encode_into("no slash", (), &mut out).is_err());
        assert_eq!(&out[..], b"before");
    }

    /// Describes itself as two arguments first and as one, or three, afterwards.
    struct Fickle(core::cell::Cell<usize>, usize);

    impl ToArg for Fickle {
        fn to_arg<S: ArgSink>(&self, sink: &mut S) -> Result<(), EncodeError> {
            let count = self.0.replace(self.1);
            (0..count).try_for_each(|_| 7.to_arg(sink))
        }
    }

    #[test]
    fn arguments_that_change_their_mind_are_an_error() {
        for second in [0, 1, 3, 50] {
            let mut out = BytesMut::new();
            let fickle = Fickle(core::cell::Cell::new(2), second);
            assert!(Message::encode_into("/a", fickle, &mut out).is_err(), "{second}");
            assert!(out.is_empty());
        }
    }
}
