//! What can go wrong with an envelope.

use alloc::string::String;

use thiserror::Error;

use crate::error::decode::DecodeError;
use crate::error::encode::EncodeError;

/// One of the three things that an envelope may do to a packet.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Stage {
    /// A checksum, against accidents.
    Checksum,
    /// A signature, against strangers.
    Signature,
    /// A cipher, against readers.
    Cipher,
}

impl core::fmt::Display for Stage {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str(match self {
            Self::Checksum => "checksum",
            Self::Signature => "signature",
            Self::Cipher => "cipher",
        })
    }
}

/// Why a packet cannot be put into an envelope: the fault of this end. Nothing is to be sent.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum WrapError {
    /// A name is empty, which would mean that there is no such stage, or holds a NUL.
    #[error("{name:?} cannot be the name of a {stage}")]
    Name {
        /// Which stage has it.
        stage: Stage,
        /// The name.
        name: String,
    },
    /// The closure gave nothing.
    #[error("{stage} could not be made")]
    Failed {
        /// Whose closure.
        stage: Stage,
    },
    /// The envelope cannot be written: it is too large.
    #[error("envelope cannot be written")]
    Encode(#[source] EncodeError),
}

/// Why an envelope is refused: the fault of the peer. Nothing of its content is to be used.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum OpenError {
    /// The bytes are no packet at all.
    #[error("envelope cannot be read")]
    Decode(#[source] DecodeError),
    /// A packet, but not the message `/packet` with type tags `,sbsbsb`.
    #[error("packet is not in an envelope")]
    NotWrapped,
    /// A stage has another name than was agreed; empty stands for none.
    #[error("{stage} {found:?} found, {expected:?} expected")]
    Name {
        /// Which stage.
        stage: Stage,
        /// The name that was agreed.
        expected: String,
        /// The first 32 characters of what the peer says.
        found: String,
    },
    /// There are bytes for a stage that was not agreed.
    #[error("{length} bytes for a {stage}, none expected")]
    Surplus {
        /// Which stage.
        stage: Stage,
        /// How many bytes.
        length: usize,
    },
    /// The checksum or the signature is wrong, or the data cannot be decrypted.
    #[error("{stage} does not hold")]
    Failed {
        /// Which stage found it.
        stage: Stage,
    },
}
