//! A cursor over arguments.

use alloc::string::String;

use bytes::Bytes;

use crate::error::read::ReadError;
use crate::owned::share::share;
use crate::typed::from_arg::FromArg;
use crate::view::arg::Arg;
use crate::view::args::Args;

/// A cursor over arguments: what [`FromArgs`](crate::FromArgs) takes its parts from.
#[derive(Debug, Clone)]
pub struct ArgReader<'a> {
    args: Args<'a>,
    /// How many arguments were taken.
    index: usize,
    coerce: bool,
    /// What the arguments lie in, if it can be shared.
    source: Option<&'a Bytes>,
}

impl<'a> ArgReader<'a> {
    /// A cursor that takes arguments of exactly the type asked for.
    #[must_use]
    #[inline]
    pub const fn exact(args: Args<'a>) -> Self {
        Self { args, index: 0, coerce: false, source: None }
    }

    /// A cursor that lets numbers and truth values stand in for each other.
    #[must_use]
    #[inline]
    pub const fn coercing(args: Args<'a>) -> Self {
        Self { args, index: 0, coerce: true, source: None }
    }

    /// A cursor over the arguments of an array, with the same strictness.
    pub(crate) const fn inner(&self, args: Args<'a>) -> Self {
        Self { args, index: 0, coerce: self.coerce, source: self.source }
    }

    /// A cursor over arguments that lie in `source`: what is read as `Bytes` shares it.
    pub(crate) const fn sharing(mut self, source: &'a Bytes) -> Self {
        self.source = Some(source);
        self
    }

    /// A blob as `Bytes`: shared if that can be, copied if not.
    pub(crate) fn share(&self, blob: &[u8]) -> Bytes {
        match self.source {
            Some(source) => share(source, blob),
            None => Bytes::copy_from_slice(blob),
        }
    }

    /// Takes the next argument, whatever its type.
    #[inline]
    pub fn next_arg(&mut self) -> Option<Arg<'a>> {
        let arg = self.args.next()?;
        self.index += 1;
        Some(arg)
    }

    /// Takes the next argument if its type tag is `T`'s own.
    #[inline]
    pub(crate) fn take<T: FromArg<'a>>(&mut self) -> Option<T> {
        let value = <T as FromArg>::take(&mut self.args)?;
        self.index += 1;
        Some(value)
    }

    /// The type tag of the next argument.
    #[must_use]
    #[inline]
    pub fn next_tag(&self) -> Option<char> {
        self.args.type_tags().as_bytes().first().map(|&tag| char::from(tag))
    }

    /// The arguments that are left.
    #[must_use]
    #[inline]
    pub const fn remaining(&self) -> Args<'a> {
        self.args
    }

    /// How many arguments were taken.
    #[must_use]
    #[inline]
    pub const fn index(&self) -> usize {
        self.index
    }

    /// Whether numbers and truth values stand in for each other.
    #[must_use]
    #[inline]
    pub const fn is_coercing(&self) -> bool {
        self.coerce
    }

    /// Succeeds when no argument is left.
    ///
    /// # Errors
    ///
    /// [`ReadError::Surplus`] names the first that is.
    #[inline]
    pub fn finish(&self) -> Result<(), ReadError> {
        match self.next_tag() {
            None => Ok(()),
            Some(found) => Err(ReadError::Surplus { index: self.index, found }),
        }
    }

    /// The error for an argument that is not there, or of another type than `expected`.
    ///
    /// `found` is what was taken last.
    #[must_use]
    #[cold]
    pub fn mismatch(&self, expected: &'static str, found: Option<Arg<'_>>) -> ReadError {
        match found {
            None => ReadError::Missing { index: self.index, expected },
            Some(arg) => {
                let index = self.index.saturating_sub(1);
                ReadError::Type { index, expected, found: arg.tag() }
            }
        }
    }

    /// The error for the argument taken last, when it has the right type and a value that does not do.
    #[must_use]
    #[cold]
    pub fn bad_value(&self, reason: impl Into<String>) -> ReadError {
        ReadError::Value { index: self.index.saturating_sub(1), reason: reason.into() }
    }
}
