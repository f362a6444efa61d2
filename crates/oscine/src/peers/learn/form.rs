//! How a peer writes what its clock says.

use oscine_codec::{Arg, TimeTag};

/// How a peer writes what its clock says. A time tag, `t`, is read in any case.
///
/// Numbers are `i`, `h`, `f` or `d`, and not negative. A float of 32 bits has 24 that count: seconds to the
/// millisecond for four hours.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
#[non_exhaustive]
pub enum ClockForm {
    /// As a time tag, and as nothing else (the default).
    #[default]
    TimeTag,
    /// As a number that counts from where the peer's time tags are zero: since it was switched on, say.
    Zero(ClockUnit),
    /// As a number that counts from 1970, while the time tags count from 1900 as they should.
    Unix(ClockUnit),
}

/// What a number counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ClockUnit {
    /// Seconds.
    Seconds,
    /// Milliseconds.
    Millis,
    /// Microseconds.
    Micros,
    /// Nanoseconds.
    Nanos,
}

impl ClockForm {
    /// The time that an argument tells, to the nearest step; none if it is not of this form.
    pub(crate) fn read(self, arg: Arg<'_>) -> Option<TimeTag> {
        let (unit, zero) = match (arg, self) {
            (Arg::Time(tag), _) => return Some(tag),
            (_, Self::TimeTag) => return None,
            (_, Self::Zero(unit)) => (unit, TimeTag(0)),
            (_, Self::Unix(unit)) => (unit, TimeTag::from_unix(0, 0)),
        };
        let steps = match arg {
            Arg::Int(number) => whole(number.into(), unit),
            Arg::Long(number) => whole(number, unit),
            Arg::Float(number) => fraction(number.into(), unit),
            Arg::Double(number) => fraction(number, unit),
            _ => None,
        }?;
        // From 1970 on the era may have changed.
        Some(TimeTag(zero.0.wrapping_add(u64::try_from(steps).ok()?)))
    }
}

impl ClockUnit {
    const fn per_second(self) -> u128 {
        match self {
            Self::Seconds => 1,
            Self::Millis => 1_000,
            Self::Micros => 1_000_000,
            Self::Nanos => 1_000_000_000,
        }
    }
}

/// A number of units in steps.
fn whole(number: i64, unit: ClockUnit) -> Option<u128> {
    Some(nearest(u128::from(u64::try_from(number).ok()?) << 32, unit.per_second()))
}

/// The same for a float, taken apart into whole numbers: no time is ever computed with floats.
fn fraction(number: f64, unit: ClockUnit) -> Option<u128> {
    let bits = number.to_bits();
    // More than all of this is more than an era, whatever the unit.
    if !number.is_finite() || bits >> 63 == 1 || number >= MOST {
        return None;
    }
    let exponent = i32::try_from(bits >> 52).ok()?;
    let mantissa = u128::from(bits & ((1 << 52) - 1));
    // Those below the least normal number come to no step.
    let mantissa = if exponent == 0 { 0 } else { mantissa | 1 << 52 };
    // The number is mantissa · 2^(exponent - 1075), and a second is 2^32 steps.
    let shift = exponent - 1075 + 32;
    let by = shift.unsigned_abs();
    if shift >= 0 {
        return Some(nearest(mantissa << by, unit.per_second()));
    }
    // A mantissa has 53 bits: with 90 fewer nothing is left.
    Some(if by > 90 { 0 } else { nearest(mantissa, unit.per_second() << by) })
}

/// A quotient, to the nearest.
const fn nearest(number: u128, by: u128) -> u128 {
    (number + by / 2) / by
}

/// 2^32 seconds in nanoseconds, and a little more.
const MOST: f64 = 4_611_686_018_427_387_904.0;

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const UNITS: [(ClockUnit, f64); 4] = [
        (ClockUnit::Seconds, 1.0),
        (ClockUnit::Millis, 1e3),
        (ClockUnit::Micros, 1e6),
        (ClockUnit::Nanos, 1e9),
    ];

    #[test]
    fn the_same_time_in_all_forms() {
        use ClockForm::{TimeTag as Tag, Unix, Zero};
        use ClockUnit::{Micros, Millis, Nanos, Seconds};
        let tag = TimeTag::from_unix(1_600_000_000, 500_000_000);
        let boot = TimeTag((90 << 32) | 1 << 31);
        let table = [
            (Tag, Arg::Time(tag), Some(tag)),
            (Tag, Arg::Long(90), None),
            (Tag, Arg::Nil, None),
            (Unix(Seconds), Arg::Time(tag), Some(tag)),
            (Unix(Seconds), Arg::Double(1_600_000_000.5), Some(tag)),
            (Unix(Millis), Arg::Long(1_600_000_000_500), Some(tag)),
            (Unix(Micros), Arg::Double(1_600_000_000_500_000.0), Some(tag)),
            (Unix(Nanos), Arg::Long(1_600_000_000_500_000_000), Some(tag)),
            (Unix(Seconds), Arg::Int(0), Some(TimeTag::from_unix(0, 0))),
            // Beyond 2036.
            (Unix(Seconds), Arg::Long(3_000_000_000), Some(TimeTag::from_unix(3_000_000_000, 0))),
            (Zero(Seconds), Arg::Float(90.5), Some(boot)),
            (Zero(Seconds), Arg::Double(90.5), Some(boot)),
            (Zero(Millis), Arg::Int(90_500), Some(boot)),
            (Zero(Millis), Arg::Float(90_500.0), Some(boot)),
            (Zero(Seconds), Arg::Int(0), Some(TimeTag(0))),
            (Zero(Seconds), Arg::Double(5e-324), Some(TimeTag(0))),
            (Zero(Seconds), Arg::Double(1.2e-10), Some(TimeTag(1))),
            (Zero(Seconds), Arg::Double(1.1e-10), Some(TimeTag(0))),
            (Zero(Seconds), Arg::Int(-1), None),
            (Zero(Seconds), Arg::Double(-0.5), None),
            (Zero(Seconds), Arg::Double(f64::NAN), None),
            (Zero(Seconds), Arg::Float(f32::INFINITY), None),
            (Zero(Seconds), Arg::Double(4_294_967_296.0), None),
            (Zero(Seconds), Arg::Long(i64::MAX), None),
            (Zero(Nanos), Arg::Bool(true), None),
        ];
        for (form, arg, right) in table {
            assert_eq!(form.read(arg), right, "{form:?} {arg:?}");
        }
    }

    proptest! {
        #[test]
        fn floats_are_read_as_the_numbers_they_are(
            bits in any::<u64>(),
            small in 0.0_f64..5e9,
            unit in prop::sample::select(UNITS.to_vec()),
        ) {
            let _ = ClockForm::Zero(unit.0).read(Arg::Double(f64::from_bits(bits)));
            let read = ClockForm::Zero(unit.0).read(Arg::Double(small)).map(|tag| tag.0 as f64);
            let seconds = small / unit.1;
            if seconds < 4_294_967_295.0 {
                // Dividing has rounded, and so has the number of steps.
                let off = (read.unwrap() - seconds * 4_294_967_296.0).abs();
                prop_assert!(off <= 0.5 + seconds * 2e-6, "{off}");
            }
        }

        #[test]
        fn whole_numbers_and_floats_agree(
            number in 0_i64..1 << 53,
            unit in prop::sample::select(UNITS.to_vec()),
        ) {
            for form in [ClockForm::Zero(unit.0), ClockForm::Unix(unit.0)] {
                let float = form.read(Arg::Double(number as f64));
                prop_assert_eq!(form.read(Arg::Long(number)), float);
            }
        }
    }
}
