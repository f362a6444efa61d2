//! Arguments to and from types that know serde: the entry.

use serde::{Deserialize, Serialize};

use crate::encode::sink::ArgSink;
use crate::encode::to_args::ToArgs;
use crate::error::encode::EncodeError;
use crate::error::read::ReadError;
use crate::owned::message::Message;
use crate::serde_args::list::List;
use crate::serde_args::ser::Values;
use crate::typed::from_args::FromArgs;
use crate::typed::reader::ArgReader;
use crate::view::args::Args;

impl Message {
    /// Builds a message from an address and a value that knows serde: a struct or a tuple is the list of arguments,
    /// its fields by their place. See [`serde_args`](crate::serde_args).
    ///
    /// # Examples
    ///
    /// ```
    /// use oscine_codec::Message;
    /// use serde::{Deserialize, Serialize};
    ///
    /// #[derive(Debug, PartialEq, Serialize, Deserialize)]
    /// struct Note<'a> {
    ///     pitch: u8,
    ///     velocity: f32,
    ///     name: &'a str,
    ///     bends: Vec<f32>,
    /// }
    ///
    /// let note = Note { pitch: 60, velocity: 0.5, name: "c", bends: vec![0.0, 0.25] };
    /// let message = Message::from_serialize("/note", &note)?;
    /// assert_eq!(message.to_string(), r#"/note ,ifs[ff] 60 0.5 "c" [0.0 0.25]"#);
    /// assert_eq!(message.args().deserialize::<Note>(), Ok(note));
    /// # Ok::<(), oscine_codec::EncodeError>(())
    /// ```
    ///
    /// # Errors
    ///
    /// As [`new`](Self::new); [`EncodeError::OutOfRange`] for an integer that 64 bits with a sign cannot hold, and
    /// [`EncodeError::Unsupported`] for what the value itself says.
    pub fn from_serialize<T: Serialize + ?Sized>(
        address: impl AsRef<str>,
        value: &T,
    ) -> Result<Self, EncodeError> {
        Self::new(address, Serde(value))
    }
}

impl<'a> Args<'a> {
    /// Reads all arguments as a `T` that knows serde. See [`serde_args`](crate::serde_args).
    ///
    /// Each argument has to be of its field's type: an integer may be `i` or `h`, if it fits, but a float is no
    /// integer and `f` no `f64`.
    ///
    /// # Examples
    ///
    /// ```
    /// use oscine_codec::Message;
    ///
    /// let message = Message::new("/a", (300, "x"))?;
    /// let error = message.args().deserialize::<(u8, &str)>().unwrap_err();
    /// assert_eq!(error.to_string(), "argument 0: invalid value: integer `300`, expected u8");
    /// # Ok::<(), oscine_codec::EncodeError>(())
    /// ```
    ///
    /// # Errors
    ///
    /// [`ReadError`] says which argument is missing, surplus, of another type, or has a value that `T` refuses. In an
    /// array its place is that in the array.
    pub fn deserialize<T: Deserialize<'a>>(self) -> Result<T, ReadError> {
        read_all(ArgReader::exact(self))
    }

    /// Reads all arguments as a `T` that knows serde, and lets numbers and truth values stand in for each other.
    ///
    /// # Errors
    ///
    /// As [`deserialize`](Self::deserialize).
    pub fn deserialize_coercing<T: Deserialize<'a>>(self) -> Result<T, ReadError> {
        read_all(ArgReader::coercing(self))
    }
}

fn read_all<'a, T: Deserialize<'a>>(mut reader: ArgReader<'a>) -> Result<T, ReadError> {
    let Serde(value) = Serde::from_args(&mut reader)?;
    reader.finish()?;
    Ok(value)
}

/// A value that knows serde, wherever arguments are built or read.
///
/// # Examples
///
/// ```
/// use oscine_codec::{Message, Serde};
///
/// #[derive(Debug, PartialEq, serde::Serialize, serde::Deserialize)]
/// struct Point {
///     x: f32,
///     y: f32,
/// }
///
/// let message = Message::new("/move", ("ball", Serde(Point { x: 1.0, y: 2.0 })))?;
/// assert_eq!(message.to_string(), r#"/move ,sff "ball" 1.0 2.0"#);
/// let (what, Serde(to)) = message.args().parse::<(&str, Serde<Point>)>().expect("as it was built");
/// assert_eq!((what, to), ("ball", Point { x: 1.0, y: 2.0 }));
/// # Ok::<(), oscine_codec::EncodeError>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
#[expect(clippy::exhaustive_structs, reason = "a transparent wrapper")]
pub struct Serde<T>(pub T);

/// As the list of arguments that the value is.
impl<T: Serialize> ToArgs for Serde<T> {
    fn to_args<S: ArgSink>(&self, sink: &mut S) -> Result<(), EncodeError> {
        self.0.serialize(Values::outermost(sink))
    }
}

/// Takes as many arguments as `T` has fields.
impl<'a, T: Deserialize<'a>> FromArgs<'a> for Serde<T> {
    fn from_args(reader: &mut ArgReader<'a>) -> Result<Self, ReadError> {
        let index = reader.index();
        T::deserialize(List { reader }).map(Self).map_err(|fault| fault.at(index))
    }
}
