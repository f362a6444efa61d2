//! Packets inside a message, checked and hidden.

use alloc::borrow::Cow;
use alloc::sync::Arc;
use alloc::vec::Vec;
use core::fmt;

use bytes::Bytes;

use crate::limits::Limits;
use crate::options::DecodeOptions;
use crate::owned::message::Message;
use crate::transform::envelope_builder::{Check, EnvelopeBuilder};
use crate::transform::envelope_error::{OpenError, Stage, WrapError};
use crate::view::packet_ref::PacketRef;

/// The address of an envelope, and its type tags without the comma.
const ADDRESS: &str = "/packet";
const TAGS: &[u8] = b"sbsbsb";

/// What two ends agreed to do to every packet: a checksum, a signature, a cipher, each if they want it.
///
/// A packet travels inside the message `/packet` `,sbsbsb`:
///
/// | argument | is | without that stage |
/// | --- | --- | --- |
/// | `s` `b` | name and value of the checksum, over the clear packet | both empty |
/// | `s` `b` | name and value of the signature, over the clear packet | both empty |
/// | `s` `b` | name of the cipher, and the encrypted packet | empty name, clear packet |
///
/// Opening decrypts, then checks the signature, then the checksum. The names have to be those that were agreed, all
/// three: they are not negotiated, so nobody on the way can take a stage out. What is not wrapped is refused.
///
/// The algorithms are the caller's, as closures. Comparing in constant time is *their* business, see
/// [`EnvelopeBuilder::signature`]; and so is to refuse a packet that comes a second time. Signature and checksum
/// travel unencrypted: whoever hides packets with few possible contents wants a cipher that authenticates (an AEAD)
/// and no checksum.
///
/// Cloning counts a reference.
///
/// # Examples
///
/// The sum and the mask stand for real algorithms:
///
/// ```
/// use oscine_codec::Message;
/// use oscine_codec::transform::{Envelope, OpenError};
///
/// let sum = |clear: &[u8]| [clear.iter().fold(0_u8, |sum, byte| sum.wrapping_add(*byte))];
/// let mask = |bytes: &[u8]| Some(bytes.iter().map(|byte| byte ^ 0x55).collect::<Vec<u8>>());
/// let envelope = Envelope::builder()
///     .checksum("sum8", sum, move |clear, received| received == sum(clear))
///     .cipher("mask", mask, mask)
///     .build()?;
///
/// let message = Message::new("/door/open", 1)?;
/// let sent = envelope.wrap(message.as_bytes())?;
/// assert_eq!(envelope.open(&sent)?, message.bytes());
/// assert_eq!(envelope.open(message.as_bytes()), Err(OpenError::NotWrapped));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone)]
pub struct Envelope {
    // Invariant: no name is empty or holds a NUL; `checked` sees to that.
    stages: Arc<EnvelopeBuilder>,
}

impl Envelope {
    /// Starts an envelope without stages.
    pub fn builder() -> EnvelopeBuilder {
        EnvelopeBuilder::default()
    }

    /// Puts a packet into a message. For packets on their way out.
    ///
    /// The bytes are not looked at, so that they need not be a packet.
    ///
    /// # Errors
    ///
    /// [`WrapError`] when a closure gives nothing, or the result is too large for a message.
    pub fn wrap(&self, packet: &[u8]) -> Result<Bytes, WrapError> {
        let stages = &*self.stages;
        let make = |check: &Option<Check>, stage| match check {
            Some(check) => (check.make)(packet).ok_or(WrapError::Failed { stage }),
            None => Ok(Vec::new()),
        };
        let checksum = make(&stages.checksum, Stage::Checksum)?;
        let signature = make(&stages.signature, Stage::Signature)?;
        let data = match &stages.cipher {
            Some(cipher) => {
                let data = (cipher.encrypt)(packet);
                Cow::Owned(data.ok_or(WrapError::Failed { stage: Stage::Cipher })?)
            }
            None => Cow::Borrowed(packet),
        };
        let name = |stage| stages.name(stage).unwrap_or_default();
        let args = (
            (name(Stage::Checksum), &checksum[..]),
            (name(Stage::Signature), &signature[..]),
            (name(Stage::Cipher), &data[..]),
        );
        Message::new(ADDRESS, args)
            .map(|message| message.bytes().clone())
            .map_err(WrapError::Encode)
    }

    /// Takes a packet out of its message, if all that was agreed holds. For packets on their way in.
    ///
    /// What comes out is not decoded: without stages it may be anything. No closure runs before all names are right.
    ///
    /// # Errors
    ///
    /// [`OpenError`] when it is not wrapped, is wrapped in another way, or one of the stages refuses it.
    pub fn open(&self, packet: &[u8]) -> Result<Bytes, OpenError> {
        let stages = &*self.stages;
        let [checksum, signature, data] = wrapped(packet)?;
        let checksum = self.value(Stage::Checksum, checksum)?;
        let signature = self.value(Stage::Signature, signature)?;
        let data = self.value(Stage::Cipher, data)?;
        let clear = match &stages.cipher {
            Some(cipher) => {
                let clear = (cipher.decrypt)(data);
                Bytes::from(clear.ok_or(OpenError::Failed { stage: Stage::Cipher })?)
            }
            None => Bytes::copy_from_slice(data),
        };
        let checks = [
            (&stages.signature, signature, Stage::Signature),
            (&stages.checksum, checksum, Stage::Checksum),
        ];
        for (check, value, stage) in checks {
            if check.as_ref().is_some_and(|check| !(check.verify)(&clear, value)) {
                return Err(OpenError::Failed { stage });
            }
        }
        Ok(clear)
    }

    /// The value of a stage, if its name is as agreed.
    fn value<'a>(&self, stage: Stage, (found, value): Named<'a>) -> Result<&'a [u8], OpenError> {
        let agreed = self.stages.name(stage);
        let expected = agreed.unwrap_or_default();
        if found != expected {
            let found = found.chars().take(32).collect();
            return Err(OpenError::Name { stage, expected: expected.into(), found });
        }
        if agreed.is_none() && stage != Stage::Cipher && !value.is_empty() {
            return Err(OpenError::Surplus { stage, length: value.len() });
        }
        Ok(value)
    }
}

impl EnvelopeBuilder {
    /// Gives the envelope.
    ///
    /// # Errors
    ///
    /// [`WrapError::Name`] when the name of a stage is empty or holds a NUL.
    pub fn build(self) -> Result<Envelope, WrapError> {
        Ok(Envelope { stages: self.checked()? })
    }
}

impl fmt::Debug for Envelope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.stages.print("Envelope", f)
    }
}

/// A name and a value.
type Named<'a> = (&'a str, &'a [u8]);

/// What is in an envelope: checksum, signature, data.
fn wrapped(packet: &[u8]) -> Result<[Named<'_>; 3], OpenError> {
    // An envelope is larger than what it holds, and that has a limit of its own when it is decoded.
    let options = DecodeOptions::new().limits(Limits::new().packet_size(usize::MAX));
    let message = match PacketRef::decode_with(packet, &options) {
        Ok(PacketRef::Message(message)) => message,
        Ok(PacketRef::Bundle(_)) => return Err(OpenError::NotWrapped),
        Err(error) => return Err(OpenError::Decode(error)),
    };
    // A symbol reads as text too, so the type tags are compared first.
    let args = message.args();
    if message.address() != ADDRESS || args.type_tags().as_bytes() != TAGS {
        return Err(OpenError::NotWrapped);
    }
    let (checksum, signature, data) = args.parse().map_err(|_| OpenError::NotWrapped)?;
    Ok([checksum, signature, data])
}
