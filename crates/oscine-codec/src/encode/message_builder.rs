//! Messages whose arguments come one by one.

use alloc::string::String;
use alloc::vec::Vec;

use bytes::Bytes;

use crate::encode::as_tags::AsTags;
use crate::encode::build_options::BuildOptions;
use crate::encode::collect::Collect;
use crate::encode::measure::{Sizes, check_size};
use crate::encode::sink::sealed::Sink;
use crate::encode::to_arg::ToArg;
use crate::encode::to_args::ToArgs;
use crate::error::encode::EncodeError;
use crate::owned::message::Message;
use crate::tag_set::TagSet;
use crate::tolerances::Tolerances;

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
    options: BuildOptions,
    error: Option<EncodeError>,
}

impl MessageBuilder {
    pub(crate) fn new(address: String) -> Self {
        Self::from_parts(address, Collect::default())
    }

    pub(crate) fn from_parts(address: String, collected: Collect) -> Self {
        Self { address, collected, options: BuildOptions::default(), error: None }
    }

    pub(crate) const fn collected_mut(&mut self) -> &mut Collect {
        &mut self.collected
    }

    /// Appends one argument, or the arguments of a tuple.
    pub fn arg(self, arg: impl ToArgs) -> Self {
        self.with(|collected| arg.to_args(collected))
    }

    /// Appends one argument as type `tag`, whatever its own.
    ///
    /// Numbers and truth values are converted: a float loses its fraction, and any becomes the nearest that the type
    /// has, if it is within its range. `c` and `r` also take an integer, the number that they are; `s` and `S`
    /// take each other. All else has to be of the type already.
    ///
    /// # Examples
    ///
    /// ```
    /// use oscine_codec::{EncodeError, Message};
    ///
    /// let message = Message::builder("/a").arg_as('h', 5).arg_as('f', 440.0).build()?;
    /// assert_eq!(message.to_string(), "/a ,hf 5 440.0");
    /// let error = Message::builder("/a").arg_as('i', 3_000_000_000_i64).build();
    /// assert_eq!(error, Err(EncodeError::OutOfRange { tag: 'i' }));
    /// # Ok::<(), EncodeError>(())
    /// ```
    ///
    /// An error ([`EncodeError::OutOfRange`], [`WrongType`](EncodeError::WrongType),
    /// [`UnknownTag`](EncodeError::UnknownTag)) is kept until [`build`](Self::build).
    pub fn arg_as(self, tag: char, value: impl ToArg) -> Self {
        let mut bytes = [0; 4];
        let tags = tag.encode_utf8(&mut bytes);
        self.with(|collected| write_as(tags, &value, collected))
    }

    /// Appends arguments as the types of a tag string, with or without its comma; brackets stand for arrays.
    ///
    /// Each is converted as by [`arg_as`](Self::arg_as). Every tag but a bracket takes a value, `T`, `F`, `N` and `I`
    /// too.
    ///
    /// # Examples
    ///
    /// ```
    /// use oscine_codec::{EncodeError, Message};
    ///
    /// let message = Message::builder("/a").args_as("if[dd]", (1, 2, [3, 4])).build()?;
    /// assert_eq!(message.to_string(), "/a ,if[dd] 1 2.0 [3.0 4.0]");
    /// let error = Message::builder("/a").args_as("if", 1).build();
    /// assert_eq!(error, Err(EncodeError::MissingValue { tag: 'f' }));
    /// # Ok::<(), EncodeError>(())
    /// ```
    ///
    /// An error (those of [`arg_as`](Self::arg_as), [`EncodeError::MissingValue`],
    /// [`SurplusValue`](EncodeError::SurplusValue), [`UnbalancedArray`](EncodeError::UnbalancedArray)) is kept until
    /// [`build`](Self::build).
    pub fn args_as(self, tags: &str, values: impl ToArgs) -> Self {
        let tags = tags.strip_prefix(',').unwrap_or(tags);
        self.with(|collected| write_as(tags, &values, collected))
    }

    /// Lets the address be any that is not empty and does not begin with `#`; liblo's `#reply` is let through.
    /// Default off: an address begins with a slash, and most receivers refuse any other.
    pub const fn any_address(mut self) -> Self {
        self.options.any_address = true;
        self
    }

    /// Refuses arguments of other types than these; `[` and `]` stand for arrays. Default: all are written.
    pub const fn only_tags(mut self, tags: TagSet) -> Self {
        self.options.only_tags = Some(tags);
        self
    }

    /// Refuses characters beyond ASCII, in the address, in text, and as an argument of type `c`. OSC 1.0 knows no
    /// others. Default off: all current software reads UTF-8.
    pub const fn ascii_only(mut self) -> Self {
        self.options.ascii_only = true;
        self
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
        self.options.check(&self.address, &self.collected)?;
        let Collect { tags, data, depth, .. } = self.collected;
        if depth > 0 {
            return Err(EncodeError::UnbalancedArray);
        }
        let slash = self.address.starts_with('/');
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
        let mut shape = sizes.shape();
        shape.used.set(Tolerances::ANY_ADDRESS, !slash);
        Ok(Message::from_checked(Bytes::from(bytes), shape))
    }

    fn with(mut self, step: impl FnOnce(&mut Collect) -> Result<(), EncodeError>) -> Self {
        if self.error.is_none() {
            self.error = step(&mut self.collected).err();
        }
        self
    }
}

fn write_as<A: ToArgs + ?Sized>(
    tags: &str,
    values: &A,
    collected: &mut Collect,
) -> Result<(), EncodeError> {
    if let Some(tag) = tags.chars().find(|tag| !tag.is_ascii()) {
        return Err(EncodeError::UnknownTag { tag });
    }
    let mut sink = AsTags::new(tags.as_bytes(), collected)?;
    values.to_args(&mut sink)?;
    sink.finish()
}
