//! Numbers, shares and times as people of each language write them.

use fluent_bundle::FluentValue;
use jiff::Timestamp;
use jiff::civil::Date;

use super::words::Words;
use crate::poll::kyiv;

/// A share is shown to the hundredth from so many answers on: with fewer, its second digit would say
/// nothing.
const HUNDREDTHS_FROM: u64 = 10_000;

impl Words {
    /// A count with its thousands apart.
    pub(super) fn count(&self, count: u64) -> String {
        let separator = self.language.pick("\u{a0}", ",");
        let digits = count.to_string();
        let mut text = String::with_capacity(digits.len() * 2);
        for (at, digit) in digits.chars().enumerate() {
            if at > 0 && (digits.len() - at).is_multiple_of(3) {
                text.push_str(separator);
            }
            text.push(digit);
        }
        text
    }

    /// What part of `total` a count is, in per cent; rounded half up. Of nothing there are no parts.
    pub(super) fn share(&self, count: u64, total: u64) -> Option<String> {
        let digits = if total >= HUNDREDTHS_FROM { 2 } else { 1 };
        let scaled = rounded(count, total, 100 * 10_u128.pow(digits))?;
        let unit = 10_u128.pow(digits);
        let point = self.language.pick(",", ".");
        let space = self.language.pick("\u{a0}", "");
        let width = digits as usize;
        Some(format!("{}{point}{:0width$}{space}%", scaled / unit, scaled % unit))
    }

    /// A day, as `8 березня 2023 р.` or `8 March 2023`.
    pub(super) fn date(&self, date: Date) -> String {
        let month = self.say(&format!("month-{}", date.month()));
        let (day, year) = (date.day().to_string(), date.year().to_string());
        let parts = [("day", day.into()), ("month", month.into()), ("year", year.into())];
        self.with("date", parts)
    }

    /// A moment on the clocks in Kyiv, to the minute.
    pub(super) fn moment(&self, at: Timestamp) -> Moment {
        let local = at.to_zoned_datetime(kyiv());
        let time = local.strftime("%H:%M").to_string();
        let parts = [("date", self.date(local.date()).into()), ("time", time.into())];
        Moment { machine: at.to_string(), text: self.with("moment", parts) }
    }

    /// How long it is until then, in the two largest units that matter.
    pub(super) fn remaining(&self, now: Timestamp, until: Timestamp) -> String {
        let minutes = now.duration_until(until).as_secs().max(0) / 60;
        let (days, hours, minutes) = (minutes / 1_440, minutes / 60 % 24, minutes % 60);
        let unit = |name: &str, count: i64| self.with(name, [("count", count.into())]);
        let parts = match (days, hours, minutes) {
            (0, 0, 0) => return self.say("less-than-a-minute"),
            (0, 0, minutes) => [Some(unit("minutes", minutes)), None],
            (0, hours, 0) => [Some(unit("hours", hours)), None],
            (0, hours, minutes) => [Some(unit("hours", hours)), Some(unit("minutes", minutes))],
            (days, 0, _) => [Some(unit("days", days)), None],
            (days, hours, _) if days < 3 => [Some(unit("days", days)), Some(unit("hours", hours))],
            (days, ..) => [Some(unit("days", days)), None],
        };
        parts.into_iter().flatten().collect::<Vec<_>>().join(" ")
    }

    /// A message about so many of something: `count` chooses its form, `number` is what is read.
    pub(super) fn counted(&self, name: &str, count: u64) -> String {
        let number: FluentValue<'_> = self.count(count).into();
        self.with(name, [("count", count.into()), ("number", number)])
    }
}

/// A moment, for machines and for people.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Moment {
    pub(super) machine: String,
    pub(super) text: String,
}

/// `count / total * scale`, rounded half up.
fn rounded(count: u64, total: u64, scale: u128) -> Option<u128> {
    let (count, total) = (u128::from(count), u128::from(total));
    (count * scale * 2 + total).checked_div(total * 2)
}

/// A share of a thousand parts, for the length of a bar.
pub(super) fn thousandths(count: u64, total: u64) -> u32 {
    let parts = rounded(count, total, 1_000).unwrap_or_default();
    u32::try_from(parts.min(1_000)).expect("a thousand at most")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::publish::Language;

    const UK: Words = Words::new(Language::Ukrainian);
    const EN: Words = Words::new(Language::English);

    #[test]
    fn counts_and_shares_are_in_the_form_of_the_language() {
        for (count, uk, en) in [
            (0, "0", "0"),
            (999, "999", "999"),
            (1_000, "1\u{a0}000", "1,000"),
            (2_138_838, "2\u{a0}138\u{a0}838", "2,138,838"),
        ] {
            assert_eq!((UK.count(count), EN.count(count)), (uk.to_owned(), en.to_owned()));
        }
        assert_eq!(UK.share(703_347, 2_138_838).unwrap(), "32,88\u{a0}%");
        assert_eq!(EN.share(703_347, 2_138_838).unwrap(), "32.88%");
        assert_eq!(EN.share(1, 3).unwrap(), "33.3%");
        assert_eq!(EN.share(2, 3).unwrap(), "66.7%");
        assert_eq!(EN.share(5, 5).unwrap(), "100.0%");
        assert_eq!(EN.share(0, 0), None);
        assert_eq!((thousandths(1, 3), thousandths(7, 7), thousandths(0, 0)), (333, 1_000, 0));
        let most = (1 << 53) - 1;
        assert_eq!(EN.share(most, most).unwrap(), "100.00%");
    }

    #[test]
    fn moments_are_those_on_the_clocks_in_kyiv() {
        let at: Timestamp = "2023-03-08T18:05:59Z".parse().unwrap();
        assert_eq!(UK.moment(at).text, "8\u{a0}березня 2023\u{a0}р., 20:05");
        assert_eq!(EN.moment(at).text, "8\u{a0}March 2023, 20:05");
        assert_eq!(EN.moment(at).machine, "2023-03-08T18:05:59Z");
        // In summer an hour more.
        let at: Timestamp = "2023-07-08T22:30:00Z".parse().unwrap();
        assert_eq!(EN.moment(at).text, "9\u{a0}July 2023, 01:30");
    }

    #[test]
    fn remaining_time_has_the_plurals_of_the_language() {
        let now: Timestamp = "2026-01-01T00:00:00Z".parse().unwrap();
        let left = |words: Words, minutes: i64| {
            words.remaining(now, now + jiff::SignedDuration::from_mins(minutes))
        };
        for (minutes, uk, en) in [
            (-5, "менше хвилини", "less than a minute"),
            (1, "1\u{a0}хвилина", "1\u{a0}minute"),
            (22, "22\u{a0}хвилини", "22\u{a0}minutes"),
            (60, "1\u{a0}година", "1\u{a0}hour"),
            (145, "2\u{a0}години 25\u{a0}хвилин", "2\u{a0}hours 25\u{a0}minutes"),
            (1_440, "1\u{a0}день", "1\u{a0}day"),
            (2 * 1_440 + 660, "2\u{a0}дні 11\u{a0}годин", "2\u{a0}days 11\u{a0}hours"),
            (59 * 1_440 + 90, "59\u{a0}днів", "59\u{a0}days"),
        ] {
            assert_eq!((left(UK, minutes), left(EN, minutes)), (uk.to_owned(), en.to_owned()));
        }
    }
}
