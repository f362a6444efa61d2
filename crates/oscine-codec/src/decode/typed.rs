//! Decoding and reading in one pass.

use crate::decode::plain::plain_head;
use crate::error::typed::TypedError;
use crate::options::DecodeOptions;
use crate::tolerances::Tolerances;
use crate::typed::from_args::FromArgs;
use crate::view::args::Args;
use crate::view::message_ref::MessageRef;
use crate::view::packet_ref::PacketRef;

impl<'a> MessageRef<'a> {
    /// Checks that `bytes` is one message and reads its arguments as `T`, each of exactly its type.
    ///
    /// The outcome is that of [`PacketRef::decode_with`] and [`Args::parse`]. Where every argument is what `T` wants
    /// it is found in one pass: for receivers that know what they expect, and expect a lot of it.
    ///
    /// # Examples
    ///
    /// ```
    /// use oscine_codec::{DecodeOptions, MessageRef};
    ///
    /// let bytes = b"/xy\0,ff\0\x3f\0\0\0\x3e\x80\0\0";
    /// let (message, (x, y)) = MessageRef::decode_as::<(f32, f32)>(bytes, &DecodeOptions::new())?;
    /// assert_eq!((message.address(), x, y), ("/xy", 0.5, 0.25));
    /// # Ok::<(), oscine_codec::TypedError>(())
    /// ```
    ///
    /// # Errors
    ///
    /// [`TypedError`]: the bytes are no packet, or a bundle, or a message with other arguments.
    #[inline]
    pub fn decode_as<T: FromArgs<'a>>(
        bytes: &'a [u8],
        options: &DecodeOptions,
    ) -> Result<(Self, T), TypedError> {
        match plain(bytes, options) {
            Some(read) => Ok(read),
            None => decode_then_read(bytes, options),
        }
    }
}

/// The message and its arguments, if there is nothing special about either and every argument is of its own type.
#[inline(always)]
fn plain<'a, T: FromArgs<'a>>(
    bytes: &'a [u8],
    options: &DecodeOptions,
) -> Option<(MessageRef<'a>, T)> {
    let (address, tags, data) = plain_head(bytes, options)?;
    let mut args = Args::new(tags, data);
    let value = T::take(&mut args)?;
    if !args.is_used_up() {
        return None;
    }
    let used = Tolerances::empty();
    Some((MessageRef::from_parts(bytes, address, Some(tags), data, used), value))
}

#[inline(never)]
fn decode_then_read<'a, T: FromArgs<'a>>(
    bytes: &'a [u8],
    options: &DecodeOptions,
) -> Result<(MessageRef<'a>, T), TypedError> {
    let packet = PacketRef::decode_with(bytes, options)?;
    let message = packet.message().ok_or(TypedError::Bundle)?;
    Ok((message, message.args().parse()?))
}

#[cfg(test)]
mod tests {
    use alloc::string::ToString;
    use alloc::vec::Vec;

    use super::*;
    use crate::encode::to_args::ToArgs;
    use crate::owned::message::Message;

    type Pair<'a> = (f32, &'a str);

    /// Both ways agree on `bytes`, and on everything that is like it but for one byte, or cut short.
    fn check(bytes: &[u8]) {
        let options = DecodeOptions::new();
        let agree = |bytes: &[u8]| {
            let two = decode_then_read::<(Pair<'_>, &[u8])>(bytes, &options);
            let one = MessageRef::decode_as::<(Pair<'_>, &[u8])>(bytes, &options);
            // By text, because a float may be NaN.
            let text = |read: Result<_, TypedError>| alloc::format!("{read:?}");
            assert_eq!(text(one), text(two), "{bytes:?}");
        };
        for place in 0..bytes.len() {
            agree(&bytes[..place]);
            for value in [0, 1, b',', b'f', b's', b'b', 0x7f, 0x80, 0xff] {
                let mut changed = bytes.to_vec();
                changed[place] = value;
                agree(&changed);
            }
        }
        agree(bytes);
    }

    fn bytes(args: impl ToArgs) -> Vec<u8> {
        Message::new("/a/b", args).unwrap().as_bytes().to_vec()
    }

    #[test]
    fn one_pass_is_like_two() {
        check(&bytes((1.5_f32, "text", *b"blob!")));
        check(&bytes((1.5_f32, "größe", *b"")));
        check(&bytes((1.5_f32, 2)));
        check(&bytes(()));
        check(b"#bundle\0\0\0\0\0\0\0\0\x01");
        let read = |bytes: &[u8]| {
            let options = DecodeOptions::new();
            MessageRef::decode_as::<f32>(bytes, &options).map(|(m, v)| (m.to_string(), v))
        };
        assert_eq!(read(&bytes(2.5_f32)), Ok(("/a/b ,f 2.5".into(), 2.5)));
        assert_eq!(read(b"#bundle\0\0\0\0\0\0\0\0\x01"), Err(TypedError::Bundle));
    }
}
