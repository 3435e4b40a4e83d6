//! Days as the law counts them: civil dates in Kyiv, calendar days and working days.
//!
//! Knows no holidays of its own: they change by law and are the operator's to list.

use jiff::civil::{Date, Weekday};
use jiff::tz::TimeZoneDatabase;
use jiff::{Span, Timestamp};

/// The date in Kyiv at this moment.
///
/// # Panics
/// Never: the zone is in the database that is built in.
pub fn date_in_kyiv(now: Timestamp) -> Date {
    let kyiv = TimeZoneDatabase::bundled().get("Europe/Kyiv").expect("the built-in zones hold it");
    kyiv.to_datetime(now).date()
}

/// The day that is this many calendar days later; the first one is not counted.
pub(super) fn calendar_days_after(day: Date, days: i32) -> Date {
    day.saturating_add(Span::new().days(days))
}

/// The day that is this many working days later: Monday to Friday, without the `holidays`. The
/// first one is not counted, whatever day it is.
pub(super) fn working_days_after(day: Date, days: u32, holidays: &[Date]) -> Date {
    let mut left = days;
    let mut day = day;
    while left > 0 && day < Date::MAX {
        day = calendar_days_after(day, 1);
        if is_working_day(day, holidays) {
            left -= 1;
        }
    }
    day
}

fn is_working_day(day: Date, holidays: &[Date]) -> bool {
    !matches!(day.weekday(), Weekday::Saturday | Weekday::Sunday) && !holidays.contains(&day)
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::date;

    #[test]
    fn the_day_turns_at_midnight_in_kyiv_in_winter_and_in_summer() {
        let day = |at: &str| date_in_kyiv(at.parse().unwrap()).to_string();
        assert_eq!(day("2026-01-15T21:59:59Z"), "2026-01-15");
        assert_eq!(day("2026-01-15T22:00:00Z"), "2026-01-16");
        assert_eq!(day("2026-07-15T20:59:59Z"), "2026-07-15");
        assert_eq!(day("2026-07-15T21:00:00Z"), "2026-07-16");
        assert_eq!(day("2026-12-31T22:00:00Z"), "2027-01-01");
    }

    #[test]
    fn calendar_days_run_over_the_ends_of_months_and_leap_years() {
        for (from, days, to) in [
            (date(2026, 1, 31), 30, date(2026, 3, 2)),
            (date(2028, 1, 31), 30, date(2028, 3, 1)),
            (date(2028, 2, 28), 1, date(2028, 2, 29)),
            (date(2100, 2, 28), 1, date(2100, 3, 1)),
            (date(2026, 12, 5), 30, date(2027, 1, 4)),
        ] {
            assert_eq!(calendar_days_after(from, days), to, "{from} + {days}");
        }
    }

    #[test]
    fn working_days_skip_weekends_and_the_holidays_given() {
        let holidays = [date(2026, 12, 25), date(2027, 1, 1), date(2026, 12, 27)];
        for (from, days, to, why) in [
            (date(2026, 11, 23), 5, date(2026, 11, 30), "a Monday"),
            (date(2026, 11, 27), 5, date(2026, 12, 4), "a Friday"),
            (date(2026, 11, 28), 5, date(2026, 12, 4), "a Saturday: the same as the Friday"),
            (date(2026, 11, 29), 5, date(2026, 12, 4), "a Sunday"),
            (date(2026, 12, 24), 1, date(2026, 12, 28), "Christmas on a Friday"),
            (date(2026, 12, 23), 5, date(2026, 12, 31), "a holiday on a Sunday moves nothing"),
            (date(2026, 12, 28), 4, date(2027, 1, 4), "over the new year"),
            (date(2028, 2, 28), 1, date(2028, 2, 29), "a leap day works"),
            (date(2026, 11, 23), 20, date(2026, 12, 21), "four weeks"),
            (date(2026, 11, 23), 0, date(2026, 11, 23), "none"),
        ] {
            assert_eq!(working_days_after(from, days, &holidays), to, "{why}");
        }
    }

    #[test]
    fn counting_ends_with_the_calendar() {
        assert_eq!(working_days_after(Date::MAX, 5, &[]), Date::MAX);
        assert_eq!(calendar_days_after(Date::MAX, 30), Date::MAX);
    }
}
