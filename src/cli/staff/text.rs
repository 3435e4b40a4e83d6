//! Text for people: tables, labelled lists, times.
//!
//! What comes from an engine is shown without control characters: a title must not be able to move
//! the cursor of whoever reads it.

use comfy_table::{ContentArrangement, Table, presets};
use jiff::Timestamp;

/// Columns of a labelled list's labels.
const LABEL_WIDTH: usize = 22;

/// A table with a heading, or `none` where there are no rows.
pub(super) fn table<const N: usize>(heading: [&str; N], rows: Vec<[String; N]>) -> String {
    if rows.is_empty() {
        return "none\n".to_owned();
    }
    let mut table = Table::new();
    table.load_style(presets::NOTHING);
    // As wide as it is: a script that cuts columns must not see a terminal's width.
    table.set_content_arrangement(ContentArrangement::Disabled);
    table.set_header(heading);
    for row in rows {
        table.add_row(row.map(|cell| clean(&cell)));
    }
    // Each cell has a space on either side.
    let lines = table.lines();
    lines.map(|line| format!("{}\n", line.strip_prefix(' ').unwrap_or(&line).trim_end())).collect()
}

/// A labelled list, without the labels that have nothing behind them.
pub(super) fn fields<L: AsRef<str>>(list: impl IntoIterator<Item = (L, String)>) -> String {
    let mut text = String::new();
    for (label, value) in list {
        if value.is_empty() {
            continue;
        }
        let mut label = label.as_ref();
        for line in value.lines() {
            text.push_str(format!("{label:<LABEL_WIDTH$} {}", clean(line)).trim_end());
            text.push('\n');
            label = "";
        }
    }
    text
}

/// Without control characters.
pub(in crate::cli) fn clean(text: &str) -> String {
    text.chars().map(|c| if c.is_control() { '\u{fffd}' } else { c }).collect()
}

/// The first `most` characters, with a mark where there were more.
pub(super) fn short(text: &str, most: usize) -> String {
    let mut cut: String = text.chars().take(most).collect();
    if cut.len() < text.len() {
        cut.push('…');
    }
    cut
}

/// A time of the wire.
pub(super) fn instant(at: Option<&prost_types::Timestamp>) -> Option<Timestamp> {
    at.and_then(|at| Timestamp::new(at.seconds, at.nanos).ok())
}

/// A time for the wire.
pub(super) fn wire_time(at: Timestamp) -> prost_types::Timestamp {
    prost_types::Timestamp { seconds: at.as_second(), nanos: at.subsec_nanosecond() }
}

/// As people in Ukraine read it, with its offset: `2026-12-01 09:00:00 +02:00`.
pub(super) fn time(at: Option<&prost_types::Timestamp>) -> String {
    instant(at).map_or_else(String::new, in_kyiv)
}

/// The same, of a known time.
pub(super) fn in_kyiv(at: Timestamp) -> String {
    // The zones are in the binary.
    let kyiv = crate::poll::kyiv();
    at.to_zoned_datetime(kyiv).strftime("%Y-%m-%d %H:%M:%S %:z").to_string()
}

/// A time that somebody typed: RFC 3339, RFC 9557, or a day, which begins at midnight in Kyiv.
pub(super) fn typed_time(text: &str) -> Result<Timestamp, String> {
    let day = || {
        // The parser would also take the day of a time without a zone.
        let day = text.parse::<jiff::civil::Date>().ok().filter(|day| day.to_string() == text)?;
        Some(day.in_tz("Europe/Kyiv").ok()?.timestamp())
    };
    let zoned = || Some(text.parse::<jiff::ZonedDateTime>().ok()?.timestamp());
    let found = text.parse::<Timestamp>().ok().or_else(zoned).or_else(day);
    found.ok_or_else(|| "needs a time as 2026-12-01T09:00:00+02:00, or a day as 2026-12-01".into())
}

/// The name of an enum's value without the enum's own.
pub(super) fn bare<'a>(name: &'a str, prefix: &str) -> &'a str {
    name.strip_prefix(prefix).unwrap_or(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_shown_in_kyiv_and_typed_in_three_ways() {
        let at: Timestamp = "2026-12-01T07:00:00Z".parse().unwrap();
        assert_eq!(in_kyiv(at), "2026-12-01 09:00:00 +02:00");
        let summer = "2027-07-01T07:00:00Z".parse().unwrap();
        assert_eq!(in_kyiv(summer), "2027-07-01 10:00:00 +03:00");
        for same in ["2026-12-01T09:00:00+02:00", "2026-12-01T09:00[Europe/Kyiv]"] {
            assert_eq!(typed_time(same), Ok(at), "{same}");
        }
        assert_eq!(typed_time("2026-12-01").unwrap().to_string(), "2026-11-30T22:00:00Z");
        assert!(typed_time("2026-12-01T09:00").is_err(), "no zone");
        assert_eq!(instant(Some(&wire_time(at))), Some(at));
    }

    #[test]
    fn nothing_that_is_shown_moves_the_cursor() {
        let rows = vec![["\u{1b}[2Ja".to_owned(), "b\nc".to_owned()]];
        let shown = table(["ONE", "TWO"], rows);
        assert!(!shown.contains('\u{1b}'), "{shown:?}");
        assert_eq!(shown.lines().count(), 2, "{shown:?}");
        assert!(!fields([("a", "\u{9b}2J".to_owned())]).contains('\u{9b}'));
    }

    #[test]
    fn empty_fields_are_left_out_and_long_ones_stay_under_their_column() {
        let list = [("one", String::new()), ("two", "a\nb".to_owned())];
        let column = " ".repeat(LABEL_WIDTH);
        assert_eq!(fields(list), format!("{:<LABEL_WIDTH$} a\n{column} b\n", "two"));
        assert_eq!(table(["A"], Vec::new()), "none\n");
        assert_eq!(short("опитування", 4), "опит…");
    }
}
