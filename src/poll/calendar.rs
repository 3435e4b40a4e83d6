//! The calendar: the year in which a ballot is cast, and the zones in which people name times.
//!
//! Ages are counted in whole years from a year of birth, terms in calendar years in Kyiv.

use std::sync::LazyLock;

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::{Offset, TimeZone, TimeZoneDatabase};

/// The database that is part of the program, never the machine's: an order that passes its check
/// offline must pass it at every server of the same version.
static ZONES: LazyLock<TimeZoneDatabase> = LazyLock::new(TimeZoneDatabase::bundled);

/// The zone of this IANA name, in its exact spelling.
pub(super) fn zone(name: &str) -> Option<TimeZone> {
    ZONES.get(name).ok().filter(|zone| zone.iana_name() == Some(name))
}

/// The zone of Kyiv, in which the law counts its terms.
pub fn kyiv() -> TimeZone {
    zone("Europe/Kyiv").expect("a test finds it in the database of the program")
}

/// The same local time in Kyiv so many years later; 28 February for a 29th that is not there.
pub(super) fn years_later(at: Timestamp, years: u8) -> Option<Timestamp> {
    let later = at.to_zoned_datetime(kyiv()).checked_add(jiff::Span::new().years(i64::from(years)));
    later.ok().map(|later| later.timestamp())
}

/// The same local time in Kyiv so many years earlier; 28 February for a 29th that is not there.
pub fn years_earlier(at: Timestamp, years: u8) -> Option<Timestamp> {
    let earlier =
        at.to_zoned_datetime(kyiv()).checked_sub(jiff::Span::new().years(i64::from(years)));
    earlier.ok().map(|earlier| earlier.timestamp())
}

/// The date in Kyiv.
pub fn date_in_kyiv(at: Timestamp) -> Date {
    kyiv().to_datetime(at).date()
}

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
        let kyiv = kyiv();
        let first: Timestamp = "2022-01-01T00:00:00Z".parse().unwrap();
        for hours in 0..24 * 365 * 12 {
            let now = first + jiff::SignedDuration::from_hours(hours);
            assert_eq!(year_in_kyiv(now), kyiv.to_datetime(now).year(), "{now}");
        }
    }

    #[test]
    fn a_term_in_years_ends_at_the_same_local_time() {
        let later = |at: &str, years| years_later(at.parse().unwrap(), years).unwrap().to_string();
        assert_eq!(later("2026-12-08T22:00:00Z", 3), "2029-12-08T22:00:00Z");
        // The summer hour begins and ends on other days in other years.
        assert_eq!(later("2026-03-28T21:00:00Z", 3), "2029-03-28T20:00:00Z");
        assert_eq!(later("2028-02-29T10:00:00Z", 1), "2029-02-28T10:00:00Z");
        assert_eq!(date_in_kyiv("2026-12-31T22:00:00Z".parse().unwrap()).to_string(), "2027-01-01");
    }
}
