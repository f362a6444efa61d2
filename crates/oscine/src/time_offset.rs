//! How far two clocks are apart.

use std::fmt;
use std::ops::{Add, Neg, Sub};
use std::time::Duration;

use oscine_codec::TimeTag;

/// How far this side's clock is ahead of a sender's: added to the time tags that come in, subtracted from those
/// that go out, never applied to [`TimeTag::IMMEDIATE`] nor to zero, which is no time.
///
/// Signed, in steps of 2⁻³² seconds, about 68 years either way. Sums stop at the ends of that. Default zero.
///
/// # Examples
///
/// ```
/// use std::time::Duration;
/// use oscine::{TimeOffset, TimeTag};
///
/// let offset = TimeOffset::ahead(Duration::from_secs(2));
/// let theirs = TimeTag::from_unix(1_600_000_000, 0);
/// let ours = TimeTag::from_unix(1_600_000_002, 0);
/// assert_eq!(offset.incoming(theirs), ours);
/// assert_eq!(offset.outgoing(ours), theirs);
/// assert_eq!(offset.incoming(TimeTag::IMMEDIATE), TimeTag::IMMEDIATE);
/// assert_eq!(TimeOffset::between(theirs, ours), offset);
/// assert_eq!((-offset).to_string(), "-2s");
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct TimeOffset(i64);

impl TimeOffset {
    /// The clocks agree.
    pub const ZERO: Self = Self(0);

    /// So many steps of 2⁻³² seconds.
    #[must_use]
    pub const fn from_steps(steps: i64) -> Self {
        Self(steps)
    }

    /// This side's clock is ahead: incoming time tags become so much later. At most some 68 years.
    #[must_use]
    pub fn ahead(by: Duration) -> Self {
        let steps = TimeTag(0).checked_add(by).map_or(u64::MAX, |tag| tag.0);
        Self(i64::try_from(steps).unwrap_or(i64::MAX))
    }

    /// This side's clock is behind: incoming time tags become so much earlier. At most some 68 years.
    #[must_use]
    pub fn behind(by: Duration) -> Self {
        -Self::ahead(by)
    }

    /// From what one clock says to what another says at the same time, the shorter way round the eras.
    #[must_use]
    pub const fn between(theirs: TimeTag, ours: TimeTag) -> Self {
        Self(ours.steps_since(theirs))
    }

    /// How many steps of 2⁻³² seconds it is.
    #[must_use]
    pub const fn steps(self) -> i64 {
        self.0
    }

    /// How many steps more this is than another, the shorter way round the eras: what a clock has gained.
    pub(crate) const fn steps_past(self, other: Self) -> i64 {
        self.0.wrapping_sub(other.0)
    }

    /// How far the clocks are apart, whichever is ahead.
    #[must_use]
    pub const fn abs(self) -> Duration {
        TimeTag(self.0.unsigned_abs()).saturating_since(TimeTag(0))
    }

    /// A sender's time tag as one of this side.
    #[must_use]
    pub const fn incoming(self, tag: TimeTag) -> TimeTag {
        shifted(tag, self.0)
    }

    /// A time tag of this side as the receiver's.
    #[must_use]
    pub const fn outgoing(self, tag: TimeTag) -> TimeTag {
        shifted(tag, self.0.wrapping_neg())
    }
}

const fn shifted(tag: TimeTag, steps: i64) -> TimeTag {
    if steps == 0 || tag.0 <= TimeTag::IMMEDIATE.0 {
        return tag;
    }
    match tag.0.wrapping_add_signed(steps) {
        // What was a time stays one.
        0 | 1 => TimeTag(2),
        bits => TimeTag(bits),
    }
}

impl Add for TimeOffset {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        Self(self.0.saturating_add(other.0))
    }
}

impl Sub for TimeOffset {
    type Output = Self;

    fn sub(self, other: Self) -> Self {
        Self(self.0.saturating_sub(other.0))
    }
}

impl Neg for TimeOffset {
    type Output = Self;

    fn neg(self) -> Self {
        Self(self.0.saturating_neg())
    }
}

/// With its sign: `+1.5s`, `-20µs`, `+0ns`.
impl fmt::Display for TimeOffset {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}{:?}", if self.0 < 0 { '-' } else { '+' }, self.abs())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn out_is_the_way_back_and_the_extremes_hold() {
        let extremes = [i64::MIN + 1, -(5 << 32), -1, 0, 1, 1 << 40, i64::MAX];
        for steps in extremes {
            let offset = TimeOffset::from_steps(steps);
            for tag in [5, 1 << 40, 1 << 63, u64::MAX - 7].map(TimeTag) {
                let there = offset.incoming(tag);
                assert!(there.0 > 1, "{offset:?} {tag:?}");
                assert!(TimeOffset::from_steps(there.steps_since(tag)) == offset || there.0 == 2);
                if there.0 != 2 {
                    assert_eq!(offset.outgoing(there), tag, "{offset:?}");
                }
            }
            for none in [TimeTag(0), TimeTag::IMMEDIATE] {
                assert_eq!((offset.incoming(none), offset.outgoing(none)), (none, none));
            }
        }
        assert_eq!(TimeOffset::ahead(Duration::MAX).steps(), i64::MAX);
        assert_eq!(TimeOffset::behind(Duration::MAX).steps(), -i64::MAX);
        let sum = TimeOffset::ahead(Duration::MAX) + TimeOffset::ahead(Duration::MAX);
        assert_eq!(sum.steps(), i64::MAX);
        assert_eq!(TimeOffset::from_steps(1).incoming(TimeTag(u64::MAX)), TimeTag(2));
    }
}
