//! One message to be run.

use std::time::Duration;

use oscine_codec::{ArgReader, MessageRef, TimeTag};

use crate::handler::call::{Call, Context};
use crate::handler::registered::Registered;

/// One message to be run, and its circumstances.
#[derive(Debug)]
pub(crate) struct Job<'a> {
    pub(crate) message: MessageRef<'a>,
    /// The latest of those of the bundles around it.
    pub(crate) time_tag: TimeTag,
    pub(crate) lateness: Duration,
    pub(crate) context: Context<'a>,
}

impl<'a> Job<'a> {
    /// A call that is not aimed at a handler yet.
    #[inline]
    pub(crate) fn call(&self) -> Call<'a> {
        let all_args = self.message.args();
        Call {
            context: self.context,
            message: self.message,
            all_args,
            args: ArgReader::exact(all_args),
            registered: Registered::default(),
            time_tag: self.time_tag,
            lateness: self.lateness,
        }
    }
}
