use super::super::tests::order;
use super::super::{Profiles, Rules};
use super::*;

fn instant(text: &str) -> Result<String, &'static str> {
    ZonedTime::parse(text).map(|time| time.instant().to_string())
}

#[test]
fn a_zoned_time_is_read_with_or_without_seconds_and_offset() {
    for (text, expected) in [
        ("2026-12-01T09:00:00+02:00[Europe/Kyiv]", "2026-12-01T09:00:00+02:00[Europe/Kyiv]"),
        ("2026-12-01T09:00:30[Europe/Kyiv]", "2026-12-01T09:00:30+02:00[Europe/Kyiv]"),
        ("2026-12-01T09:00+02:00[Europe/Kyiv]", "2026-12-01T09:00:00+02:00[Europe/Kyiv]"),
        ("2026-07-01T09:00[Europe/Kyiv]", "2026-07-01T09:00:00+03:00[Europe/Kyiv]"),
        (
            "2026-07-01T09:00[America/Argentina/Ushuaia]",
            "2026-07-01T09:00:00-03:00[America/Argentina/Ushuaia]",
        ),
        ("2026-07-01T09:00[UTC]", "2026-07-01T09:00:00+00:00[UTC]"),
    ] {
        let time = ZonedTime::parse(text).unwrap();
        assert_eq!(time.to_string(), expected);
        assert_eq!(ZonedTime::parse(&time.to_string()), Ok(time.clone()), "canonical");
        assert_eq!(ZonedTime::reread(text), Ok(time.clone()));
    }
}

#[test]
fn a_local_time_that_clocks_skip_is_refused() {
    for day in ["2026-03-29", "2027-03-28"] {
        for time in ["03:00", "03:30", "03:59:59"] {
            assert_eq!(instant(&format!("{day}T{time}[Europe/Kyiv]")), Err(SKIPPED));
        }
        assert_eq!(instant(&format!("{day}T03:30+02:00[Europe/Kyiv]")), Err(SKIPPED));
        assert_eq!(instant(&format!("{day}T03:30+03:00[Europe/Kyiv]")), Err(SKIPPED));
        let turn = Ok(format!("{day}T01:00:00Z"));
        assert_eq!(instant(&format!("{day}T04:00[Europe/Kyiv]")), turn);
        assert_eq!(
            instant(&format!("{day}T02:59:59[Europe/Kyiv]")),
            Ok(format!("{day}T00:59:59Z"))
        );
    }
}

#[test]
fn a_local_time_that_comes_twice_needs_its_offset() {
    for day in ["2026-10-25", "2027-10-31"] {
        for time in ["03:00", "03:30", "03:59:59"] {
            assert_eq!(instant(&format!("{day}T{time}[Europe/Kyiv]")), Err(TWICE));
        }
        let at = |offset| instant(&format!("{day}T03:30{offset}[Europe/Kyiv]"));
        assert_eq!(at("+03:00"), Ok(format!("{day}T00:30:00Z")));
        assert_eq!(at("+02:00"), Ok(format!("{day}T01:30:00Z")));
        assert_eq!(at("+01:00"), Err(OTHER_OFFSET));
        assert_eq!(instant(&format!("{day}T04:00[Europe/Kyiv]")), Ok(format!("{day}T02:00:00Z")));
        assert_eq!(
            instant(&format!("{day}T02:59:59[Europe/Kyiv]")),
            Ok(format!("{}T23:59:59Z", &day.replace("-25", "-24").replace("-31", "-30")))
        );
    }
}

#[test]
fn what_is_not_a_zoned_time_is_refused_by_its_rule() {
    for (text, rule) in [
        ("", NO_ZONE),
        ("2026-12-01T09:00:00+02:00", NO_ZONE),
        ("2026-12-01T07:00:00Z", NO_ZONE),
        ("2026-12-01T09:00:00+02:00[Europe/Kyiv", FORM),
        ("2026-12-01T09:00:00+02:00[Europe/Kyiv][u-ca=iso8601]", UNKNOWN_ZONE),
        ("2026-12-01T09:00[Europe/Atlantis]", UNKNOWN_ZONE),
        ("2026-12-01T09:00[europe/kyiv]", UNKNOWN_ZONE),
        ("2026-12-01T09:00[!Europe/Kyiv]", UNKNOWN_ZONE),
        ("2026-12-01T09:00[+02:00]", UNKNOWN_ZONE),
        ("2026-12-01T09:00[Etc/Unknown]", UNKNOWN_ZONE),
        ("2026-12-01T09:00[]", UNKNOWN_ZONE),
        ("2026-12-01T09:00:00+03:00[Europe/Kyiv]", OTHER_OFFSET),
        ("2026-12-01T09:00:00+02:01[Europe/Kyiv]", OTHER_OFFSET),
        ("2026-12-01T09:00:00-02:00[Europe/Kyiv]", OTHER_OFFSET),
        ("2026-12-01T09:00:00+99:00[Europe/Kyiv]", OTHER_OFFSET),
        ("2026-12-01T09:00:00+02:99[Europe/Kyiv]", FORM),
        ("2026-12-01T09:00:00+0200x[Europe/Kyiv]", FORM),
        ("2026-12-01T07:00:00Z[Europe/Kyiv]", FORM),
        ("2026-12-01T09:00:00.5+02:00[Europe/Kyiv]", FORM),
        ("2026-12-01T09:00:00.5[Europe/Kyiv]", FORM),
        ("2026-12-01 09:00[Europe/Kyiv]", FORM),
        ("2026-12-01t09:00[Europe/Kyiv]", FORM),
        ("2026-12-01[Europe/Kyiv]", FORM),
        (" 2026-12-01T09:00[Europe/Kyiv]", FORM),
        ("2026-12-01T09:00[Europe/Kyiv] ", FORM),
        ("2026-1२-01T0[Europe/Kyiv]", FORM),
        ("2026-13-01T09:00[Europe/Kyiv]", NO_DATE),
        ("2026-02-29T09:00[Europe/Kyiv]", NO_DATE),
        ("2026-12-01T24:00[Europe/Kyiv]", NO_DATE),
        ("2026-12-01T09:00:60[Europe/Kyiv]", NO_DATE),
        ("9999-12-31T23:00[America/New_York]", NO_DATE),
    ] {
        assert_eq!(instant(text), Err(rule), "{text}");
        if rule == OTHER_OFFSET || rule == SKIPPED {
            continue;
        }
        assert!(ZonedTime::reread(text).is_err(), "{text}");
    }
}

/// The rule that these times break together.
fn rule(opens_at: &str, closes_at: &str) -> Option<String> {
    let mut order = order();
    (order.opens_at, order.closes_at) = (opens_at.to_owned(), closes_at.to_owned());
    let found = order
        .check(&Rules { floors: crate::poll::Floors::default(), profiles: &Profiles::builtin() })
        .err()?;
    Some(found.iter().map(ToString::to_string).collect::<Vec<_>>().join("; "))
}

#[test]
fn a_poll_is_open_for_10_minutes_to_366_days() {
    let kyiv = |opens: &str, closes: &str| {
        rule(&format!("{opens}[Europe/Kyiv]"), &format!("{closes}[Europe/Kyiv]"))
    };
    let later = Some("closes_at: must be later than opens_at".to_owned());
    assert_eq!(kyiv("2026-12-01T09:00", "2026-12-01T09:00"), later);
    assert_eq!(kyiv("2026-12-01T09:00", "2026-12-01T08:59:59"), later);
    let least = Some("closes_at: must be at least 10 minutes after opens_at".to_owned());
    assert_eq!(kyiv("2026-12-01T09:00", "2026-12-01T09:09:59"), least);
    assert_eq!(kyiv("2026-12-01T09:00", "2026-12-01T09:10"), None);
    let most = Some("closes_at: must be at most 366 days after opens_at".to_owned());
    assert_eq!(kyiv("2026-12-01T09:00", "2027-12-02T09:00"), None);
    assert_eq!(kyiv("2026-12-01T09:00", "2027-12-02T09:00:01"), most);
}

#[test]
fn lengths_are_of_time_and_not_of_what_clocks_show() {
    let fold = "2026-10-25T03:55:00+03:00[Europe/Kyiv]";
    assert_eq!(rule(fold, "2026-10-25T03:05:00+02:00[Europe/Kyiv]"), None, "ten minutes later");
    let gap = "2026-03-29T02:55[Europe/Kyiv]";
    let least = "closes_at: must be at least 10 minutes after opens_at".to_owned();
    assert_eq!(rule(gap, "2026-03-29T04:04:59[Europe/Kyiv]"), Some(least));
    assert_eq!(rule("2026-12-01T09:00[Europe/Kyiv]", "2026-12-01T07:10[UTC]"), None, "two zones");
}

#[test]
fn both_times_are_named_when_both_are_wrong() {
    let found = rule("2026-12-01T09:00", "2026-12-01T09:00[Mars/Base]").unwrap();
    assert_eq!(found, format!("opens_at: {NO_ZONE}; closes_at: {UNKNOWN_ZONE}"));
}
