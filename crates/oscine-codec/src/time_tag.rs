//! Points in time, as OSC writes them.

use core::fmt;
use core::time::Duration;

use crate::calendar::Civil;

/// Seconds between the NTP epoch (1900) and the Unix epoch (1970).
const UNIX_EPOCH: i128 = 2_208_988_800;
const NANOS: u128 = 1_000_000_000;

/// A point in time: an NTP time stamp of 64 bits, 32 for seconds since 1900 and 32 for the fraction (OSC 1.0,
/// "OSC Time Tags"; RFC 5905).
///
/// The value is exact: 2⁻³² seconds, about 233 picoseconds a step. Nothing here computes with floats. Order is
/// that of the unsigned numbers, so [`IMMEDIATE`](Self::IMMEDIATE) is below every real time.
///
/// The seconds wrap in February 2036. A time tag alone does not say in which era of 2³² seconds it lies:
/// conversions to Unix time take the era nearest to a time that the caller gives.
///
/// # Examples
///
/// ```
/// use core::time::Duration;
/// use oscine_codec::TimeTag;
///
/// let tag = TimeTag::from_unix(1_600_000_000, 250_000_000);
/// assert_eq!(tag.to_string(), "2020-09-13T12:26:40.25Z");
/// assert_eq!(format!("{tag:x}"), "e3088e8040000000");
/// assert_eq!(tag.to_unix(), (1_600_000_000, 250_000_000));
/// assert_eq!(tag + Duration::from_millis(750), TimeTag::from_unix(1_600_000_001, 0));
/// assert!(TimeTag::IMMEDIATE < tag);
/// ```
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
#[expect(clippy::exhaustive_structs, reason = "it is its 64 bits and nothing else")]
pub struct TimeTag(pub u64);

impl TimeTag {
    /// "Now": 63 zero bits and a one. Zero itself is an ordinary time in the past.
    pub const IMMEDIATE: Self = Self(1);

    /// The time tag of `seconds` and `nanos` since the Unix epoch, to the nearest step.
    ///
    /// The era is lost: only the lower 32 bits of the NTP seconds are kept. Nanoseconds above 999,999,999 carry
    /// into the seconds.
    #[must_use]
    pub const fn from_unix(seconds: i64, nanos: u32) -> Self {
        let fraction = nanos_to_steps(nanos as u128) as i128;
        Self::wrapped(((seconds as i128 + UNIX_EPOCH) << 32) + fraction)
    }

    /// Seconds and nanoseconds since the Unix epoch, to the nearest nanosecond, without a time to compare with:
    /// the top bit set is 1968 to 2036, clear is 2036 to 2104 (RFC 4330, section 3).
    #[must_use]
    pub const fn to_unix(self) -> (i64, u32) {
        let era = if self.0 >> 63 == 1 { 0 } else { 1_i128 << 64 };
        split_unix(self.0 as i128 + era)
    }

    /// Seconds and nanoseconds since the Unix epoch, in the era that lies nearest to `near`, a Unix time in
    /// seconds.
    #[must_use]
    pub const fn to_unix_near(self, near: i64) -> (i64, u32) {
        let near = (near as i128 + UNIX_EPOCH) << 32;
        let distance = Self(self.0).steps_since(Self::wrapped(near)) as i128;
        split_unix(near + distance)
    }

    /// Whether this is [`IMMEDIATE`](Self::IMMEDIATE).
    #[must_use]
    pub const fn is_immediate(self) -> bool {
        self.0 == Self::IMMEDIATE.0
    }

    /// How long after `earlier` this is, to the nearest nanosecond; zero when it is not after it.
    ///
    /// Plain unsigned numbers, like the order: the wrap of 2036 is not looked through.
    #[must_use]
    #[expect(clippy::cast_possible_truncation, reason = "2^32 seconds, and a remainder")]
    pub const fn saturating_since(self, earlier: Self) -> Duration {
        let nanos = (self.0.saturating_sub(earlier.0) as u128 * NANOS + (1 << 31)) >> 32;
        Duration::new((nanos / NANOS) as u64, (nanos % NANOS) as u32)
    }

    /// How many steps of 2⁻³² seconds this is after `other`, the shorter way round the eras.
    #[must_use]
    pub const fn steps_since(self, other: Self) -> i64 {
        self.0.wrapping_sub(other.0) as i64
    }

    /// Whether this is later than `other`, the shorter way round the eras: a time of 2036 whose seconds are few is
    /// after one of 2035 whose seconds are many.
    ///
    /// [`IMMEDIATE`](Self::IMMEDIATE) is after no time, and neither is zero, which is nobody's time (RFC 5905,
    /// section 6: "unknown or unsynchronized").
    ///
    /// # Examples
    ///
    /// ```
    /// use oscine_codec::TimeTag;
    ///
    /// let (before, behind) = (TimeTag::from_unix(2_085_978_495, 0), TimeTag::from_unix(2_085_978_497, 0));
    /// assert!(behind.is_after(before));
    /// assert!(behind < before, "as plain numbers");
    /// assert!(before.is_after(TimeTag::IMMEDIATE));
    /// ```
    #[must_use]
    pub const fn is_after(self, other: Self) -> bool {
        match (self.0, other.0) {
            (0 | 1, 0 | 1) => self.0 > other.0,
            (0 | 1, _) => false,
            (_, 0 | 1) => true,
            _ => self.steps_since(other) > 0,
        }
    }

    /// How long after `earlier` this is, to the nearest nanosecond, the shorter way round the eras; zero when it is
    /// not [after](Self::is_after) it.
    #[must_use]
    pub const fn since(self, earlier: Self) -> Duration {
        let steps = if self.is_after(earlier) { self.0.wrapping_sub(earlier.0) } else { 0 };
        Self(steps).saturating_since(Self(0))
    }

    /// This much later, to the nearest step; `None` beyond the end of the era.
    #[must_use]
    pub const fn checked_add(self, duration: Duration) -> Option<Self> {
        match u64_of(duration_to_steps(duration)) {
            Some(steps) => match self.0.checked_add(steps) {
                Some(bits) => Some(Self(bits)),
                None => None,
            },
            None => None,
        }
    }

    /// This much earlier, to the nearest step; `None` before the start of the era.
    #[must_use]
    pub const fn checked_sub(self, duration: Duration) -> Option<Self> {
        match u64_of(duration_to_steps(duration)) {
            Some(steps) => match self.0.checked_sub(steps) {
                Some(bits) => Some(Self(bits)),
                None => None,
            },
            None => None,
        }
    }

    /// The lower 64 bits of a count of steps since 1900.
    #[expect(clippy::cast_possible_truncation, reason = "dropping the era is the point")]
    #[expect(clippy::cast_sign_loss, reason = "two's complement is what wrapping means")]
    const fn wrapped(steps: i128) -> Self {
        Self(steps as u64)
    }
}

impl core::ops::Add<Duration> for TimeTag {
    type Output = Self;

    /// This much later, to the nearest step. Wraps into the next era, as NTP time does.
    fn add(self, duration: Duration) -> Self {
        Self::wrapped(i128::from(self.0).wrapping_add_unsigned(duration_to_steps(duration)))
    }
}

impl core::ops::Sub<Duration> for TimeTag {
    type Output = Self;

    /// This much earlier, to the nearest step. Wraps into the era before, as NTP time does.
    fn sub(self, duration: Duration) -> Self {
        Self::wrapped(i128::from(self.0).wrapping_sub_unsigned(duration_to_steps(duration)))
    }
}

impl From<u64> for TimeTag {
    fn from(bits: u64) -> Self {
        Self(bits)
    }
}

impl From<TimeTag> for u64 {
    fn from(tag: TimeTag) -> Self {
        tag.0
    }
}

/// RFC 3339 in UTC, in the era of [`to_unix`](TimeTag::to_unix): `2020-09-13T12:26:40.25Z`, to the nearest
/// nanosecond, without the zeros at the end of the fraction. [`IMMEDIATE`](TimeTag::IMMEDIATE) is `immediate`.
///
/// For a person. What reads back, to the last bit, are the digits of `{:x}`.
impl fmt::Display for TimeTag {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.is_immediate() {
            return f.write_str("immediate");
        }
        let (seconds, nanos) = self.to_unix();
        let Civil { year, month, day, hour, minute, second } = Civil::from_unix(seconds);
        write!(f, "{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}")?;
        if nanos > 0 {
            let (mut fraction, mut digits) = (nanos, 9);
            while fraction % 10 == 0 {
                (fraction, digits) = (fraction / 10, digits - 1);
            }
            write!(f, ".{fraction:0digits$}")?;
        }
        f.write_str("Z")
    }
}

/// Sixteen hexadecimal digits, with `{:#x}` behind `0x`.
impl fmt::LowerHex for TimeTag {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if f.alternate() { "0x" } else { "" })?;
        write!(f, "{:016x}", self.0)
    }
}

impl fmt::Debug for TimeTag {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "TimeTag({self:x})")
    }
}

#[cfg(feature = "std")]
impl From<std::time::SystemTime> for TimeTag {
    /// The time tag nearest to a system time. The era is lost.
    fn from(time: std::time::SystemTime) -> Self {
        let epoch = Self::from_unix(0, 0);
        match time.duration_since(std::time::UNIX_EPOCH) {
            Ok(after) => epoch + after,
            Err(before) => epoch - before.duration(),
        }
    }
}

const fn nanos_to_steps(nanos: u128) -> u128 {
    ((nanos << 32) + NANOS / 2) / NANOS
}

const fn duration_to_steps(duration: Duration) -> u128 {
    ((duration.as_secs() as u128) << 32) + nanos_to_steps(duration.subsec_nanos() as u128)
}

#[expect(clippy::cast_possible_truncation, reason = "checked in the line before")]
const fn u64_of(steps: u128) -> Option<u64> {
    if steps > u64::MAX as u128 { None } else { Some(steps as u64) }
}

/// Seconds and nanoseconds since the Unix epoch of a count of steps since 1900.
#[expect(clippy::cast_possible_truncation, reason = "the steps span three eras at the most")]
#[expect(clippy::cast_sign_loss, reason = "the low 32 bits are never negative")]
const fn split_unix(steps: i128) -> (i64, u32) {
    let nanos = ((steps & 0xffff_ffff) as u128 * NANOS + (1 << 31)) >> 32;
    let seconds = (steps >> 32) - UNIX_EPOCH;
    if nanos == NANOS { (seconds as i64 + 1, 0) } else { (seconds as i64, nanos as u32) }
}

#[cfg(test)]
mod tests {
    use alloc::format;
    use alloc::string::ToString;

    use super::*;

    #[test]
    fn people_read_dates() {
        let cases = [
            (TimeTag::IMMEDIATE.0, "immediate"),
            (0, "2036-02-07T06:28:16Z"),
            (2, "2036-02-07T06:28:16Z"),
            (u64::MAX, "2036-02-07T06:28:16Z"),
            (u64::MAX >> 1, "2104-02-26T09:42:24Z"),
            (1 << 63, "1968-01-20T03:14:08Z"),
            (0xe308_8e80_0000_0000, "2020-09-13T12:26:40Z"),
            (0xe308_8e80_0000_0004, "2020-09-13T12:26:40.000000001Z"),
            (0xe308_8e80_ffff_fffb, "2020-09-13T12:26:40.999999999Z"),
            (0xe308_8e80_8000_0000, "2020-09-13T12:26:40.5Z"),
        ];
        for (bits, right) in cases {
            assert_eq!(TimeTag(bits).to_string(), right, "{bits:016x}");
        }
        assert_eq!(
            format!("{:x} {:#x}", TimeTag(7), TimeTag(7)),
            "0000000000000007 0x0000000000000007"
        );
        assert_eq!(format!("{:?}", TimeTag::IMMEDIATE), "TimeTag(0000000000000001)");
    }

    #[test]
    fn every_nanosecond_survives_the_round_trip() {
        for nanos in (0..1_000_000_000).step_by(9_973).chain(999_999_000..1_000_000_000) {
            for seconds in [0, 1_600_000_000, 2_085_978_496, -1] {
                let near = TimeTag::from_unix(seconds, nanos).to_unix_near(seconds);
                assert_eq!(near, (seconds, nanos));
            }
        }
    }

    #[test]
    fn extremes_do_not_overflow() {
        for tag in [TimeTag(0), TimeTag::IMMEDIATE, TimeTag(u64::MAX)] {
            for near in [i64::MIN, 0, i64::MAX] {
                let _ = tag.to_unix_near(near);
            }
            let _ = tag.to_unix();
            let _ = tag + Duration::MAX;
            let _ = tag - Duration::MAX;
            assert_eq!(tag.checked_add(Duration::MAX), None);
        }
        assert_eq!(TimeTag::from_unix(i64::MAX, u32::MAX).0 >> 32, 0x83aa_7e83);
    }

    #[test]
    fn what_is_later_is_seen_through_the_wrap_of_2036() {
        let (last, first) = (TimeTag(u64::MAX), TimeTag(2));
        let half = TimeTag(1 << 63);
        let in_order = [
            (TimeTag(0), TimeTag::IMMEDIATE),
            (TimeTag::IMMEDIATE, first),
            (TimeTag::IMMEDIATE, half),
            (TimeTag(0), last),
            (last, first),
            (TimeTag(u64::MAX << 32), TimeTag(5 << 32)),
            (TimeTag(7), TimeTag(8)),
            (half, last),
        ];
        for (earlier, later) in in_order {
            assert!(later.is_after(earlier), "{later:?} {earlier:?}");
            assert!(!earlier.is_after(later), "{later:?} {earlier:?}");
            assert!(!later.is_after(later), "{later:?}");
            assert_eq!(earlier.since(later), Duration::ZERO);
        }
        assert_eq!(TimeTag(1 << 32).since(TimeTag(u64::MAX << 32)), Duration::from_secs(2));
        assert_eq!(TimeTag(1 << 63).since(TimeTag(1 << 32)), Duration::from_secs((1 << 31) - 1));
    }

    #[test]
    fn zero_is_not_immediate() {
        assert!(!TimeTag(0).is_immediate());
        assert!(TimeTag(0) < TimeTag::IMMEDIATE);
    }
}
