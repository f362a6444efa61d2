//! When a bundle is to run.

use std::time::{Duration, SystemTime};

use oscine_codec::TimeTag;

/// When a bundle is to run: a [`TimeTag`], a `SystemTime`, or a `Duration` from now.
pub trait IntoTimeTag {
    /// The time tag.
    fn into_time_tag(self) -> TimeTag;
}

impl IntoTimeTag for TimeTag {
    fn into_time_tag(self) -> TimeTag {
        self
    }
}

impl IntoTimeTag for SystemTime {
    fn into_time_tag(self) -> TimeTag {
        self.into()
    }
}

impl IntoTimeTag for Duration {
    fn into_time_tag(self) -> TimeTag {
        TimeTag::from(SystemTime::now()) + self
    }
}
