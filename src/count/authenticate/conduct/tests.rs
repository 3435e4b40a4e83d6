use std::time::Duration;

use governor::clock::FakeRelativeClock;

use super::*;

#[test]
fn a_connection_is_barred_past_the_burst_and_until_all_is_forgotten() {
    let mut record = Record::<FakeRelativeClock>::default();
    assert_eq!(record.standing(), Standing::Good);
    record.note(0, 1);
    assert_eq!(record.standing(), Standing::Suspect);
    record.note(0, 31);
    assert_eq!(record.standing(), Standing::Suspect, "32 bad ones are within the burst");
    record.note(0, 1);
    assert_eq!(record.standing(), Standing::Barred, "and the next is one too many");
    record.clock.advance(Duration::from_secs(15));
    assert_eq!(record.standing(), Standing::Barred, "half a minute has not passed");
    record.clock.advance(Duration::from_secs(2));
    assert_eq!(record.standing(), Standing::Good);
    record.note(0, 32);
    assert_eq!(record.standing(), Standing::Suspect, "with the whole burst again");
}

#[test]
fn a_flood_in_one_call_bars_at_once() {
    let conduct = Conduct::new();
    conduct.note(1, 0);
    assert_eq!(conduct.standing(), Standing::Good);
    conduct.note(0, 1_000);
    assert_eq!(conduct.standing(), Standing::Barred);
    assert_eq!(Conduct::new().standing(), Standing::Good, "another one does not notice");
}

#[test]
fn a_few_bad_signatures_among_many_good_ones_only_make_suspect() {
    let mut record = Record::<FakeRelativeClock>::default();
    for _ in 0..1_000 {
        record.note(950, 50);
        assert_eq!(record.standing(), Standing::Suspect, "and are checked apart");
    }
    record.clock.advance(Duration::from_secs(17));
    assert_eq!(record.standing(), Standing::Good);
    for _ in 0..2 {
        record.note(400, 600);
    }
    assert_eq!(record.standing(), Standing::Barred, "more than one of sixteen");
}

#[test]
fn good_signatures_earn_no_more_than_their_bound() {
    let mut record = Record::<FakeRelativeClock>::default();
    record.note(10_000_000, 0);
    record.note(0, 64 + 32);
    assert_eq!(record.standing(), Standing::Suspect, "the forgiven and a burst");
    record.note(15, 1);
    assert_eq!(record.standing(), Standing::Barred, "fifteen good ones earn nothing");
}

#[test]
fn a_connections_rate_admits_what_fits_and_no_more() {
    let bounded = Conduct::with_rate(NonZeroU32::new(100));
    assert_eq!(bounded.admits(60), 60);
    let rest = bounded.admits(1_000);
    assert!((40..60).contains(&rest), "{rest}");
    assert_eq!(Conduct::with_rate(None).admits(1_000_000), 1_000_000);
}
