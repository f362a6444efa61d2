//! One message to be run.

use std::time::Duration;

use oscine_codec::{MessageRef, TimeTag};

use crate::handler::call::{Call, Context};

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
        Call::new(self.message, self.time_tag, self.lateness, self.context)
    }
}
