//! What an envelope does, put together.

use alloc::boxed::Box;
use alloc::string::String;
use alloc::sync::Arc;
use alloc::vec::Vec;
use core::fmt;

use crate::transform::envelope_error::{Stage, WrapError};

/// Bytes made of bytes, or nothing.
pub(crate) type Make = Box<dyn Fn(&[u8]) -> Option<Vec<u8>> + Send + Sync>;
/// Whether the second bytes are right for the first.
pub(crate) type Verify = Box<dyn Fn(&[u8], &[u8]) -> bool + Send + Sync>;

/// The stages of an [`Envelope`](crate::transform::Envelope): each may be there once, and the last one given counts.
#[derive(Default)]
#[must_use = "a builder does nothing until it is built"]
pub struct EnvelopeBuilder {
    pub(crate) checksum: Option<Check>,
    pub(crate) signature: Option<Check>,
    pub(crate) cipher: Option<Cipher>,
}

/// A value beside the packet that says whether it is right.
pub(crate) struct Check {
    pub(crate) name: String,
    pub(crate) make: Make,
    pub(crate) verify: Verify,
}

/// A way to hide the packet.
pub(crate) struct Cipher {
    pub(crate) name: String,
    pub(crate) encrypt: Make,
    pub(crate) decrypt: Make,
}

impl EnvelopeBuilder {
    /// Adds a checksum of the clear packet. Default: none.
    ///
    /// `make` is told the clear bytes. `verify` is told the clear bytes and the checksum that came with them, of any
    /// length, and says whether it is right.
    pub fn checksum<B: Into<Vec<u8>>>(
        mut self,
        name: impl Into<String>,
        make: impl Fn(&[u8]) -> B + Send + Sync + 'static,
        verify: impl Fn(&[u8], &[u8]) -> bool + Send + Sync + 'static,
    ) -> Self {
        let make: Make = Box::new(move |clear| Some(make(clear).into()));
        self.checksum = Some(Check { name: name.into(), make, verify: Box::new(verify) });
        self
    }

    /// Adds a signature of the clear packet, or a keyed hash. Default: none.
    ///
    /// `sign` is told the clear bytes; `None` says that it cannot, and nothing is sent. `verify` is told the clear
    /// bytes and the signature that came with them, of any length, and says whether it is right.
    ///
    /// Comparing in constant time is `verify`'s business: the envelope compares no signatures. A `==` on the bytes of a
    /// keyed hash tells an attacker by its duration how much of a guess is right; the crates that make such hashes
    /// have a function that does not.
    pub fn signature<B: Into<Vec<u8>>>(
        mut self,
        name: impl Into<String>,
        sign: impl Fn(&[u8]) -> Option<B> + Send + Sync + 'static,
        verify: impl Fn(&[u8], &[u8]) -> bool + Send + Sync + 'static,
    ) -> Self {
        let make: Make = Box::new(move |clear| sign(clear).map(Into::into));
        self.signature = Some(Check { name: name.into(), make, verify: Box::new(verify) });
        self
    }

    /// Adds a cipher. Default: none, the packet is sent in clear.
    ///
    /// `encrypt` is told the clear bytes, and puts into its result all that `decrypt` needs, such as a nonce. `None` of
    /// `encrypt` says that it cannot, and nothing is sent; `None` of `decrypt`, that the packet is to be refused. What
    /// `decrypt` gives is taken whatever its size.
    pub fn cipher<E: Into<Vec<u8>>, D: Into<Vec<u8>>>(
        mut self,
        name: impl Into<String>,
        encrypt: impl Fn(&[u8]) -> Option<E> + Send + Sync + 'static,
        decrypt: impl Fn(&[u8]) -> Option<D> + Send + Sync + 'static,
    ) -> Self {
        self.cipher = Some(Cipher {
            name: name.into(),
            encrypt: Box::new(move |clear| encrypt(clear).map(Into::into)),
            decrypt: Box::new(move |data| decrypt(data).map(Into::into)),
        });
        self
    }

    /// Checks the names and gives the stages.
    pub(crate) fn checked(self) -> Result<Arc<Self>, WrapError> {
        for stage in [Stage::Checksum, Stage::Signature, Stage::Cipher] {
            if let Some(name) =
                self.name(stage).filter(|name| name.is_empty() || name.contains('\0'))
            {
                return Err(WrapError::Name { stage, name: name.into() });
            }
        }
        Ok(Arc::new(self))
    }

    /// The name of a stage, if it is there.
    pub(crate) fn name(&self, stage: Stage) -> Option<&str> {
        match stage {
            Stage::Checksum => self.checksum.as_ref().map(|check| &*check.name),
            Stage::Signature => self.signature.as_ref().map(|check| &*check.name),
            Stage::Cipher => self.cipher.as_ref().map(|cipher| &*cipher.name),
        }
    }

    /// Prints the names as those of a `what`: closures have nothing to show.
    pub(crate) fn print(&self, what: &str, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct(what)
            .field("checksum", &self.name(Stage::Checksum))
            .field("signature", &self.name(Stage::Signature))
            .field("cipher", &self.name(Stage::Cipher))
            .finish()
    }
}

impl fmt::Debug for EnvelopeBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.print("EnvelopeBuilder", f)
    }
}
