//! Messages whose arguments come one by one.

use alloc::string::String;
use alloc::vec::Vec;

use bytes::Bytes;

use crate::encode::collect::Collect;
use crate::encode::measure::{Sizes, check_address, check_size};
use crate::encode::sink::sealed::Sink;
use crate::encode::to_args::ToArgs;
use crate::error::encode::EncodeError;
use crate::owned::message::Message;

/// A message whose arguments come one by one, or whose number is not known when the program is compiled.
///
/// An error is kept until [`build`](Self::build).
///
/// # Examples
///
/// ```
/// use oscine_codec::Message;
///
/// let mut builder = Message::builder("/levels").arg("meter");
/// builder = builder.open_array();
/// for level in [0.5_f32, 0.25] {
///     builder = builder.arg(level);
/// }
/// let message = builder.close_array().build()?;
/// assert_eq!(message.to_string(), r#"/levels ,s[ff] "meter" [0.5 0.25]"#);
/// # Ok::<(), oscine_codec::EncodeError>(())
/// ```
#[derive(Debug, Clone)]
#[must_use = "a builder does nothing until it is built"]
pub struct MessageBuilder {
    address: String,
    collected: Collect,
    error: Option<EncodeError>,
}

impl MessageBuilder {
    pub(crate) fn new(address: String) -> Self {
        Self::from_parts(address, Collect::default())
    }

    pub(crate) const fn from_parts(address: String, collected: Collect) -> Self {
        Self { address, collected, error: None }
    }

    pub(crate) const fn collected_mut(&mut self) -> &mut Collect {
        &mut self.collected
    }

    /// Appends one argument, or the arguments of a tuple.
    pub fn arg(self, arg: impl ToArgs) -> Self {
        self.with(|collected| arg.to_args(collected))
    }

    /// Opens an array: what follows goes into it until [`close_array`](Self::close_array).
    pub fn open_array(self) -> Self {
        self.with(Sink::open)
    }

    /// Closes the array that was opened last.
    pub fn close_array(self) -> Self {
        self.with(Sink::close)
    }

    /// The message.
    ///
    /// # Errors
    ///
    /// The first [`EncodeError`] of all that was done.
    pub fn build(self) -> Result<Message, EncodeError> {
        if let Some(error) = self.error {
            return Err(error);
        }
        check_address(&self.address)?;
        let Collect { tags, data, depth } = self.collected;
        if depth > 0 {
            return Err(EncodeError::UnbalancedArray);
        }
        let address = self.address.into_bytes();
        let sizes = Sizes { address: address.len(), tags: Some(tags.len()), data: data.len() };
        check_size(sizes.total())?;
        let mut bytes = Vec::with_capacity(sizes.total());
        bytes.extend(address);
        bytes.resize(sizes.tags_at(), 0);
        bytes.push(b',');
        bytes.extend(tags);
        bytes.resize(sizes.data_at(), 0);
        bytes.extend(data);
        Ok(Message::from_checked(Bytes::from(bytes), sizes.shape()))
    }

    fn with(mut self, step: impl FnOnce(&mut Collect) -> Result<(), EncodeError>) -> Self {
        if self.error.is_none() {
            self.error = step(&mut self.collected).err();
        }
        self
    }
}
