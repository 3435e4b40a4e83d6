//! The calendar year in which a ballot is cast.
//!
//! Ages are counted in whole years from a year of birth; there is no other use of the calendar.

use jiff::Timestamp;
use jiff::tz::Offset;

/// The year in Kyiv: it turns at Kyiv midnight.
///
/// At the turn of the year Kyiv keeps its standard time, two hours ahead of UTC; the summer hour
/// never reaches a 31 December. So the year needs no time zone database, and a machine without one
/// counts the same.
pub fn year_in_kyiv(now: Timestamp) -> i16 {
    const STANDARD_TIME: Offset = Offset::constant(2);
    STANDARD_TIME.to_datetime(now).year()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_year_turns_at_midnight_in_kyiv() {
        let year = |at: &str| year_in_kyiv(at.parse().unwrap());
        assert_eq!(year("2026-12-31T21:59:59.999Z"), 2026);
        assert_eq!(year("2026-12-31T22:00:00Z"), 2027);
        assert_eq!(year("2026-06-30T22:30:00Z"), 2026);
    }

    #[test]
    fn it_is_the_year_of_the_time_zone_database() {
        let kyiv = jiff::tz::db().get("Europe/Kyiv").or_else(|_| jiff::tz::db().get("Europe/Kiev"));
        // Nothing to compare with where no database is installed.
        let Ok(kyiv) = kyiv else { return };
        let first: Timestamp = "2022-01-01T00:00:00Z".parse().unwrap();
        for hours in 0..24 * 365 * 12 {
            let now = first + jiff::SignedDuration::from_hours(hours);
            assert_eq!(year_in_kyiv(now), kyiv.to_datetime(now).year(), "{now}");
        }
    }
}
