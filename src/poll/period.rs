//! Opening and closing: local times with their zone (RFC 9557), and the time between.
//!
//! What a person writes is what the clock on the wall shows. A local time that does not exist or
//! exists twice is refused rather than guessed: an hour of voting hangs on it. Nothing here waits
//! for a time to come.

use std::fmt;

use jiff::civil::DateTime;
use jiff::tz::{AmbiguousOffset, Offset, TimeZone};
use jiff::{SignedDuration, Timestamp, ZonedDateTime};

use super::calendar;
use super::violation::Violations;

/// Minutes from opening to closing, least: people must be able to learn of a poll that is open.
pub const PERIOD_MINUTES_MIN: i64 = 10;
/// Days from opening to closing, most, extensions included: a year in which keys and tags of a poll
/// are alive (L2).
pub const PERIOD_DAYS_MAX: i64 = 366;

/// What [`ZonedTime::parse`] reads, as a regular expression for the schema of orders.
pub(super) const ZONED_TIME_PATTERN: &str = concat!(
    r"^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}(:[0-9]{2})?([+-][0-9]{2}:[0-9]{2})?",
    r"\[[A-Za-z][A-Za-z0-9_+/-]*\]$"
);

const FORM: &str = "must be a local time with its zone, as 2026-12-01T09:00:00+02:00[Europe/Kyiv]";
const NO_ZONE: &str = "must name its zone in brackets, as [Europe/Kyiv]";
const UNKNOWN_ZONE: &str = "must name a zone of the IANA time zone database";
const NO_DATE: &str = "must be a date and a time of day that exist";
const SKIPPED: &str = "must exist: clocks skip this local time";
const TWICE: &str = "must state its offset: this local time comes twice";
const OTHER_OFFSET: &str = "must have the offset that its zone has at that time";

/// A local time in a zone: an instant, and what the clocks there show.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ZonedTime(ZonedDateTime);

impl fmt::Display for ZonedTime {
    /// Canonical RFC 9557: seconds, offset and zone.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.0, f)
    }
}

impl ZonedTime {
    /// Reads `2026-12-01T09:00:00+02:00[Europe/Kyiv]`; seconds and offset may be left out.
    ///
    /// # Errors
    ///
    /// The rule that the text breaks.
    pub fn parse(text: &str) -> Result<Self, &'static str> {
        let Written { local, offset, zone } = Written::read(text)?;
        let ambiguous = zone.to_ambiguous_timestamp(local);
        let held = match ambiguous.offset() {
            AmbiguousOffset::Unambiguous { offset } => offset,
            AmbiguousOffset::Gap { .. } => return Err(SKIPPED),
            AmbiguousOffset::Fold { before, after } => match offset {
                None => return Err(TWICE),
                Some(offset) if offset == after => after,
                Some(_) => before,
            },
        };
        if offset.is_some_and(|offset| offset != held) {
            return Err(OTHER_OFFSET);
        }
        Self::at(local, held, zone)
    }

    /// Reads again what [`ZonedTime::parse`] has accepted, perhaps under other rules of its zone: a
    /// country may give up its summer hour between an order and its poll. A stated offset fixes the
    /// instant; without one it is the clock on the wall that counts, and nothing is refused that
    /// was accepted.
    pub(super) fn reread(text: &str) -> Result<Self, &'static str> {
        let Written { local, offset, zone } = Written::read(text)?;
        if let Some(offset) = offset {
            return Self::at(local, offset, zone);
        }
        let instant = zone.to_ambiguous_timestamp(local).compatible().map_err(|_| NO_DATE)?;
        Ok(Self(instant.to_zoned_datetime(zone)))
    }

    fn at(local: DateTime, offset: Offset, zone: TimeZone) -> Result<Self, &'static str> {
        let instant = offset.to_timestamp(local).map_err(|_| NO_DATE)?;
        Ok(Self(instant.to_zoned_datetime(zone)))
    }

    /// The instant.
    pub fn instant(&self) -> Timestamp {
        self.0.timestamp()
    }
}

/// The parts of a zoned time as they are written.
struct Written {
    local: DateTime,
    offset: Option<Offset>,
    zone: TimeZone,
}

impl Written {
    /// One form only: jiff reads more of RFC 9557 than an order needs.
    fn read(text: &str) -> Result<Self, &'static str> {
        let (time, zone) = text.split_once('[').ok_or(NO_ZONE)?;
        let zone = zone.strip_suffix(']').ok_or(FORM)?;
        let (local, offset) = match time.len() {
            16 | 19 => (time, None),
            22 | 25 => {
                let (local, offset) = time.split_at_checked(time.len() - 6).ok_or(FORM)?;
                (local, Some(read_offset(offset)?))
            }
            _ => return Err(FORM),
        };
        let local = read_local(local)?;
        let zone = calendar::zone(zone).ok_or(UNKNOWN_ZONE)?;
        Ok(Self { local, offset, zone })
    }
}

/// Reads `2026-12-01T09:00`, with seconds or without.
fn read_local(text: &str) -> Result<DateTime, &'static str> {
    let punctuated = text.bytes().enumerate().all(|(at, byte)| match at {
        4 | 7 => byte == b'-',
        10 => byte == b'T',
        13 | 16 => byte == b':',
        _ => byte.is_ascii_digit(),
    });
    if !punctuated {
        return Err(FORM);
    }
    let year = text[..4].parse::<i16>().map_err(|_| FORM)?;
    let part = |at: usize| text[at..at + 2].parse::<i8>().map_err(|_| FORM);
    let second = if text.len() == 19 { part(17)? } else { 0 };
    DateTime::new(year, part(5)?, part(8)?, part(11)?, part(14)?, second, 0).map_err(|_| NO_DATE)
}

/// Reads `+02:00`.
fn read_offset(text: &str) -> Result<Offset, &'static str> {
    let sign = match text.as_bytes() {
        [b'+', ..] => 1,
        [b'-', ..] => -1,
        _ => return Err(FORM),
    };
    let digits = |at: usize| text.as_bytes()[at].is_ascii_digit();
    if !([1, 2, 4, 5].into_iter().all(digits) && text.as_bytes()[3] == b':') {
        return Err(FORM);
    }
    let part = |at: usize| text[at..at + 2].parse::<i32>().map_err(|_| FORM);
    let (hours, minutes) = (part(1)?, part(4)?);
    if minutes > 59 {
        return Err(FORM);
    }
    Offset::from_seconds(sign * (hours * 3_600 + minutes * 60)).map_err(|_| OTHER_OFFSET)
}

/// When a poll opens and closes, as its order says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Period {
    /// When it opens.
    pub opens_at: ZonedTime,
    /// When it closes; an extension moves the poll, never its order.
    pub closes_at: ZonedTime,
}

/// How the times of an order are read.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Reading {
    /// Filed now: every rule holds.
    Filed,
    /// Accepted before: see [`ZonedTime::reread`].
    Stored,
}

impl Violations {
    /// The period between two times of an order, if both can be read.
    pub(super) fn period(
        &mut self,
        opens_at: &str,
        closes_at: &str,
        reading: Reading,
    ) -> Option<Period> {
        let read = match reading {
            Reading::Filed => ZonedTime::parse,
            Reading::Stored => ZonedTime::reread,
        };
        let mut time = |field, text| read(text).map_err(|rule| self.add(field, rule)).ok();
        let (opens_at, closes_at) = (time("opens_at", opens_at), time("closes_at", closes_at));
        let period = Period { opens_at: opens_at?, closes_at: closes_at? };
        if reading == Reading::Filed {
            self.length_of(&period);
        }
        Some(period)
    }

    fn length_of(&mut self, period: &Period) {
        let length = period.opens_at.instant().duration_until(period.closes_at.instant());
        if length <= SignedDuration::ZERO {
            self.add("closes_at", "must be later than opens_at");
        } else if length < SignedDuration::from_mins(PERIOD_MINUTES_MIN) {
            let rule = format!("must be at least {PERIOD_MINUTES_MIN} minutes after opens_at");
            self.add("closes_at", rule);
        } else if length > SignedDuration::from_hours(24 * PERIOD_DAYS_MAX) {
            let rule = format!("must be at most {PERIOD_DAYS_MAX} days after opens_at");
            self.add("closes_at", rule);
        }
    }
}

#[cfg(test)]
mod tests;
