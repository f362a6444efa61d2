//! Messages into a buffer of a fixed size.

use crate::encode::to_args::ToArgs;
use crate::encode::{fill, measure};
use crate::error::encode::EncodeError;
use crate::owned::message::Message;

impl Message {
    /// Writes a message to the start of `out`, and says how many bytes it takes. Allocates nothing.
    ///
    /// # Examples
    ///
    /// ```
    /// use oscine_codec::{EncodeError, Message, PacketRef};
    ///
    /// let mut out = [0; 64];
    /// let size = Message::encode_to_slice("/xy", (0.25_f32, 0.75_f32), &mut out)?;
    /// assert!(PacketRef::decode(&out[..size]).is_ok());
    ///
    /// let full = Message::encode_to_slice("/xy", (0.25_f32, 0.75_f32), &mut [0; 15]);
    /// assert_eq!(full, Err(EncodeError::NoRoom { needed: 16, available: 15 }));
    /// # Ok::<(), EncodeError>(())
    /// ```
    ///
    /// # Errors
    ///
    /// As [`new`](Self::new), and [`EncodeError::NoRoom`] when `out` is too short. `out` is then as it was (unless
    /// `args` breaks the promise of [`ToArg`](crate::ToArg) and describes itself otherwise the second time).
    pub fn encode_to_slice(
        address: impl AsRef<str>,
        args: impl ToArgs,
        out: &mut [u8],
    ) -> Result<usize, EncodeError> {
        let address = address.as_ref();
        let sizes = measure::message(address, &args)?;
        let (needed, available) = (sizes.total(), out.len());
        let room = out.get_mut(..needed).ok_or(EncodeError::NoRoom { needed, available })?;
        room.fill(0);
        fill::message(address, &args, &sizes, room)?;
        Ok(needed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_error_leaves_the_slice_as_it_was() {
        let args = (1, "text", [2.5_f32]);
        let message = Message::new("/address", args).unwrap();
        let size = message.as_bytes().len();
        for room in 0..size {
            let mut out = [0xaa; 64];
            let full = Message::encode_to_slice("/address", args, &mut out[..room]);
            assert_eq!(full, Err(EncodeError::NoRoom { needed: size, available: room }));
            assert_eq!(out, [0xaa; 64]);
        }
        let mut out = [0xaa; 64];
        assert!(Message::encode_to_slice("/a", "nul\0", &mut out).is_err());
        assert_eq!(out, [0xaa; 64]);
        assert_eq!(Message::encode_to_slice("/address", args, &mut out), Ok(size));
        assert_eq!(&out[..size], message.as_bytes());
        assert!(out[size..].iter().all(|&byte| byte == 0xaa));
    }
}
