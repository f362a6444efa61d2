//! Seconds since 1970 as a date and a time of day.

/// A date of the Gregorian calendar and a time of day, in UTC without leap seconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Civil {
    pub(crate) year: i64,
    /// 1 to 12.
    pub(crate) month: u8,
    /// 1 to 31.
    pub(crate) day: u8,
    pub(crate) hour: u8,
    pub(crate) minute: u8,
    pub(crate) second: u8,
}

impl Civil {
    /// The date and time of day `seconds` after the start of 1970.
    ///
    /// Counts days from the first of March of year 0, so that the leap day is the last of its year, in cycles of
    /// 400 years, which all have 146,097 days.
    #[expect(clippy::cast_possible_truncation, reason = "remainders, all far below 256")]
    #[expect(clippy::cast_sign_loss, reason = "Euclidean remainders are never negative")]
    pub(crate) const fn from_unix(seconds: i64) -> Self {
        const FROM_MARCH_0_TO_1970: i64 = 719_468;
        let second_of_day = seconds.rem_euclid(86_400);
        let days = seconds.div_euclid(86_400) + FROM_MARCH_0_TO_1970;
        let day_of_cycle = days.rem_euclid(146_097);
        let year_of_cycle = (day_of_cycle - day_of_cycle / 1_460 + day_of_cycle / 36_524
            - day_of_cycle / 146_096)
            / 365;
        let day_of_year =
            day_of_cycle - (365 * year_of_cycle + year_of_cycle / 4 - year_of_cycle / 100);
        // From March on, five months have 153 days: 31, 30, 31, 30, 31.
        let month_from_march = (5 * day_of_year + 2) / 153;
        let day = day_of_year - (153 * month_from_march + 2) / 5 + 1;
        let month = if month_from_march < 10 { month_from_march + 3 } else { month_from_march - 9 };
        let year = days.div_euclid(146_097) * 400 + year_of_cycle + (month <= 2) as i64;
        Self {
            year,
            month: month as u8,
            day: day as u8,
            hour: (second_of_day / 3_600) as u8,
            minute: (second_of_day / 60 % 60) as u8,
            second: (second_of_day % 60) as u8,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn known_dates() {
        let cases = [
            (0, (1970, 1, 1, 0, 0, 0)),
            (-1, (1969, 12, 31, 23, 59, 59)),
            (951_782_400, (2000, 2, 29, 0, 0, 0)),
            (951_868_800, (2000, 3, 1, 0, 0, 0)),
            (1_600_000_000, (2020, 9, 13, 12, 26, 40)),
            (2_085_978_496, (2036, 2, 7, 6, 28, 16)),
            (4_107_542_400, (2100, 3, 1, 0, 0, 0)),
            (4_107_542_399, (2100, 2, 28, 23, 59, 59)),
            (-2_208_988_800, (1900, 1, 1, 0, 0, 0)),
            (-62_167_219_200, (0, 1, 1, 0, 0, 0)),
        ];
        for (seconds, right) in cases {
            let Civil { year, month, day, hour, minute, second } = Civil::from_unix(seconds);
            assert_eq!((year, month, day, hour, minute, second), right, "{seconds}");
        }
    }

    /// The naive reference: one day after the other.
    #[test]
    fn days_follow_each_other() {
        let (mut year, mut month, mut day) = (1899, 12, 31);
        for days in -25_568..=50_000_i64 {
            let leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
            let length = match month {
                2 => 28 + u8::from(leap),
                4 | 6 | 9 | 11 => 30,
                _ => 31,
            };
            (year, month, day) = match (day == length, month) {
                (false, _) => (year, month, day + 1),
                (true, 12) => (year + 1, 1, 1),
                (true, _) => (year, month + 1, 1),
            };
            let civil = Civil::from_unix((days + 1) * 86_400);
            assert_eq!((civil.year, civil.month, civil.day), (year, month, day));
        }
    }

    #[test]
    fn extremes_do_not_overflow() {
        assert_eq!(Civil::from_unix(i64::MAX).month, 12);
        assert_eq!(Civil::from_unix(i64::MIN).month, 1);
    }
}
