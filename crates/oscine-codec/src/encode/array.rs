//! Rust sequences as array arguments.

use alloc::vec::Vec;

use crate::encode::sink::ArgSink;
use crate::encode::to_arg::ToArg;
use crate::encode::to_args::ToArgs;
use crate::error::encode::EncodeError;

impl<T: ToArgs> ToArg for [T] {
    fn to_arg<S: ArgSink>(&self, sink: &mut S) -> Result<(), EncodeError> {
        sink.open()?;
        for item in self {
            item.to_args(sink)?;
        }
        sink.close()
    }
}

impl<T: ToArgs, const N: usize> ToArg for [T; N] {
    fn to_arg<S: ArgSink>(&self, sink: &mut S) -> Result<(), EncodeError> {
        self.as_slice().to_arg(sink)
    }
}

impl<T: ToArgs> ToArg for Vec<T> {
    fn to_arg<S: ArgSink>(&self, sink: &mut S) -> Result<(), EncodeError> {
        self.as_slice().to_arg(sink)
    }
}
