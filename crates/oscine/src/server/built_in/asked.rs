//! What is asked of built-in methods.

use oscine_codec::{Arg, ArgReader, ArgSink, EncodeError, ReadError, TimeTag, ToArg};

use crate::handler::call::Call;
use crate::handler::from_call::FromCall;

/// The port that the answer is to go to; `None` for that of the question. It is the first argument, if that is a
/// number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Port(pub(crate) Option<u16>);

impl FromCall for Port {
    fn from_call(call: &mut Call<'_>) -> Result<Self, ReadError> {
        let args = call.args();
        if !matches!(args.next_tag(), Some('i' | 'h')) {
            return Ok(Self(None));
        }
        let number = match args.next_arg() {
            Some(Arg::Int(number)) => i64::from(number),
            Some(Arg::Long(number)) => number,
            other => return Err(args.mismatch("a port", other)),
        };
        match u16::try_from(number) {
            Ok(port @ 1..) => Ok(Self(Some(port))),
            _ => Err(args.bad_value(format!("{number} is no port"))),
        }
    }

    fn type_tags(tags: &mut String) {
        tags.push('i');
    }
}

/// What is to be sent back as it is. It is the last argument.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Echo {
    Int(i32),
    Long(i64),
    Time(TimeTag),
}

/// What [`Echo`] and an optional port before it are taken from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Question {
    pub(crate) port: Port,
    pub(crate) echo: Echo,
}

impl FromCall for Question {
    fn from_call(call: &mut Call<'_>) -> Result<Self, ReadError> {
        // A single number is what is to be sent back.
        let port = match call.args().remaining().count() {
            0 | 1 => Port(None),
            _ => Port::from_call(call)?,
        };
        Ok(Self { port, echo: Echo::read(call.args())? })
    }

    fn type_tags(tags: &mut String) {
        tags.push('t');
    }
}

impl Echo {
    fn read(args: &mut ArgReader<'_>) -> Result<Self, ReadError> {
        match args.next_arg() {
            Some(Arg::Int(number)) => Ok(Self::Int(number)),
            Some(Arg::Long(number)) => Ok(Self::Long(number)),
            Some(Arg::Time(time)) => Ok(Self::Time(time)),
            other => Err(args.mismatch("an int or a time tag", other)),
        }
    }
}

impl ToArg for Echo {
    fn to_arg<S: ArgSink>(&self, sink: &mut S) -> Result<(), EncodeError> {
        match self {
            Self::Int(number) => number.to_arg(sink),
            Self::Long(number) => number.to_arg(sink),
            Self::Time(time) => time.to_arg(sink),
        }
    }
}
