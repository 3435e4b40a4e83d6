use super::super::tests::{ORDER, check, order};
use super::super::{Country, Party, Region};
use super::*;

mod files;

/// The violations of the sample order after a change, as text.
fn violations(change: impl FnOnce(&mut Order)) -> Vec<String> {
    let mut order = order();
    change(&mut order);
    check(order).err().unwrap_or_default().iter().map(ToString::to_string).collect()
}

#[test]
fn the_sample_passes_and_a_field_that_does_not_exist_is_refused() {
    assert_eq!(violations(|_| ()), Vec::<String>::new());
    for place in ["[participants]", "[participants.eligibility]", "[notice]"] {
        let bad = ORDER.replace(place, &format!("{place}\nsomething = 1"));
        assert!(Order::from_toml(&bad).is_err(), "{place}");
    }
    assert!(Order::from_toml(&ORDER.replace("UA-77", "UA-78")).is_err());
    assert!(Order::from_toml(&ORDER.replace("age-band", "citizenship")).is_err());
    assert!(Order::from_toml(&ORDER.replace("minimum_age = 14", "minimum_age = 256")).is_err());
}

#[test]
fn conditions_have_bounds() {
    let field = "participants.eligibility";
    for (age, good) in [(0, false), (14, true), (120, true), (121, false), (255, false)] {
        let found = violations(|order| order.participants.eligibility.minimum_age = Some(age));
        let expected = format!("{field}.minimum_age: must be 1 to 120");
        assert_eq!(found, if good { vec![] } else { vec![expected] });
    }
    let found = violations(|order| order.participants.eligibility.minimum_age = Some(13));
    assert_eq!(found, [format!("{field}.minimum_age: must be at least 14 (resolution-90)")]);
    let places = |n: usize| {
        let code = |n| Region::parse(&format!("UA7304{n:03}0000012345")).unwrap();
        (0..n).map(code).collect::<Vec<_>>()
    };
    assert!(violations(|o| o.participants.eligibility.regions = places(64)).is_empty());
    let found = violations(|o| o.participants.eligibility.regions = places(65));
    assert_eq!(found, [format!("{field}.regions: must hold at most 64")]);
    let country = |n: u8| {
        let letters = [b'A' + n / 26, b'A' + n % 26];
        Country::parse(str::from_utf8(&letters).unwrap()).unwrap()
    };
    let countries = |n| (0..n).map(country).collect::<Vec<_>>();
    assert!(violations(|o| o.participants.eligibility.citizenships = countries(16)).is_empty());
    let found = violations(|o| o.participants.eligibility.citizenships = countries(17));
    assert_eq!(found, [format!("{field}.citizenships: must hold at most 16")]);
    let groups = |n| (0..n).map(|n| format!("g{n}")).collect::<Vec<_>>();
    assert!(violations(|o| o.participants.eligibility.groups = groups(32)).is_empty());
    let found = violations(|o| o.participants.eligibility.groups = groups(33));
    assert_eq!(found, [format!("{field}.groups: must hold at most 32")]);
    for bad in ["", "Pupils", "учні", &"g".repeat(65)] {
        let groups = vec!["a".to_owned(), bad.to_owned()];
        let found = violations(|o| o.participants.eligibility.groups = groups);
        let rule = "must hold 1 to 64 characters of [a-z0-9-]";
        assert_eq!(found, [format!("{field}.groups[1]: {rule}")]);
    }
}

#[test]
fn nothing_is_listed_twice() {
    fn twice<T: Clone>(list: &mut Vec<T>) {
        let first = list[0].clone();
        list.push(first);
    }
    let field = "participants.eligibility";
    let rule = "must not hold the same twice";
    let found = violations(|o| twice(&mut o.participants.eligibility.regions));
    assert_eq!(found, [format!("{field}.regions: {rule}")]);
    let found = violations(|o| twice(&mut o.participants.eligibility.citizenships));
    assert_eq!(found, [format!("{field}.citizenships: {rule}")]);
    let found = violations(|o| twice(&mut o.participants.eligibility.groups));
    assert_eq!(found, [format!("{field}.groups: {rule}")]);
    let found = violations(|o| o.breakdowns = vec![Breakdown::Region; 2]);
    assert_eq!(found, [format!("breakdowns: {rule}")]);
    let found = violations(|o| o.breakdowns = vec![Breakdown::Region; 4]);
    assert_eq!(found, ["breakdowns: must hold at most 3"]);
}

#[test]
fn every_text_of_the_notice_has_1_to_2000_characters() {
    type Text = fn(&mut Notice) -> &mut LocalizedText;
    let texts: [(&str, Text); 10] = [
        ("controller.name", |n| &mut n.controller.name),
        ("controller.address", |n| &mut n.controller.address),
        ("data_location", |n| &mut n.data_location),
        ("contents", |n| &mut n.contents),
        ("purpose", |n| &mut n.purpose),
        ("legal_ground", |n| &mut n.legal_ground),
        ("recipients", |n| &mut n.recipients),
        ("transfer_abroad", |n| &mut n.transfer_abroad),
        ("retention", |n| &mut n.retention),
        ("responsible_person.name", |n| &mut n.responsible_person.name),
    ];
    let rule = "must hold 1 to 2000 characters";
    for (name, text) in texts {
        assert!(violations(|o| text(&mut o.notice).uk = "ї".repeat(2000)).is_empty());
        for bad in [String::new(), " ".to_owned(), "ї".repeat(2001)] {
            let found = violations(|o| text(&mut o.notice).uk = bad);
            assert_eq!(found, [format!("notice.{name}.uk: {rule}")]);
        }
        let found = violations(|o| text(&mut o.notice).en.clear());
        assert_eq!(found, [format!("notice.{name}.en: {rule}")]);
    }
    let found = violations(|o| o.notice.responsible_person.contact.clear());
    assert_eq!(found, [format!("notice.responsible_person.contact: {rule}")]);
}

#[test]
fn both_parties_of_the_notice_are_checked() {
    let rule = "must hold 3 to 32 characters of [0-9+() -]";
    for phone in ["102", &"0".repeat(32)] {
        assert!(violations(|o| o.notice.controller.phone = phone.to_owned()).is_empty());
    }
    for phone in ["", "10", &"0".repeat(33), "+380 44 x", "044.000", "\u{0661}\u{0662}\u{0663}"] {
        let found = violations(|o| o.notice.controller.phone = phone.to_owned());
        assert_eq!(found, [format!("notice.controller.phone: {rule}")]);
    }
    let found = violations(|o| {
        o.notice.processor = Some(Party { code: "1".to_owned(), ..o.notice.controller.clone() });
    });
    assert_eq!(found, ["notice.processor.code: must hold 8 digits"]);
}

const MOST: u64 = (1 << 53) - 1;

#[test]
fn an_order_asks_for_as_large_a_crowd_as_the_operator_does_or_a_larger_one() {
    type Ask = fn(&mut Order, u64);
    let fields: [(&str, u64, Ask); 4] = [
        ("publication.minimum_answers", 10, |o, n| o.publication.minimum_answers = n),
        ("publication.k", 10, |o, n| o.publication.k = Some(n)),
        ("publication.ballots_apart", 100, |o, n| o.publication.ballots_apart = Some(n)),
        ("participants.eligible_population", 1_000, |o, n| {
            o.participants.eligible_population = Some(n);
        }),
    ];
    for (field, floor, ask) in fields {
        for good in [floor, MOST] {
            assert_eq!(violations(|o| ask(o, good)), Vec::<String>::new(), "{field} {good}");
        }
        for bad in [0, floor - 1] {
            let rule = format!("{field}: must be at least {floor}");
            assert_eq!(violations(|o| ask(o, bad)), [rule]);
        }
        let rule = format!("{field}: must be at most {MOST}");
        assert_eq!(violations(|o| ask(o, MOST + 1)), [rule]);
    }
    let floors = Floors { k: 25, ballots_apart: 40, eligible_population: 60_000 };
    let rules = Rules { floors, profiles: &Profiles::builtin() };
    let found = order().check(&rules).err().unwrap();
    let found: Vec<_> = found.iter().map(ToString::to_string).collect();
    let population = "participants.eligible_population: must be at least 60000";
    assert_eq!(found, [population, "publication.minimum_answers: must be at least 25"]);
}

#[test]
fn how_many_are_eligible_is_stated_where_the_order_narrows_who_is() {
    type Change = fn(&mut Eligibility);
    let cases: [(Change, bool); 5] = [
        (|_| (), false),
        (|asked| asked.minimum_age = Some(60), false),
        (|asked| asked.regions = vec![Region::parse("UA-30").unwrap()], true),
        (|asked| asked.citizenships = vec![Country::parse("UA").unwrap()], true),
        (|asked| asked.groups = vec!["pupils".to_owned()], true),
    ];
    for (change, is_needed) in cases {
        let found = violations(|order| {
            order.participants.eligible_population = None;
            order.participants.eligibility = Eligibility::default();
            change(&mut order.participants.eligibility);
        });
        let rule = "participants.eligible_population: must be stated where an age over 60, \
                    regions, citizenships or groups are asked for";
        assert_eq!(found, if is_needed { vec![rule] } else { vec![] });
    }
}

#[test]
fn a_breakdown_by_group_needs_two_groups() {
    for (groups, good) in [(vec![], false), (vec!["a"], false), (vec!["a", "b"], true)] {
        let found = violations(|order| {
            order.breakdowns = vec![Breakdown::AgeBand, Breakdown::Group];
            let groups = groups.iter().map(|group| (*group).to_owned()).collect();
            order.participants.eligibility.groups = groups;
        });
        let rule = "breakdowns[1]: group: must have two groups or more in participants.eligibility";
        assert_eq!(found, if good { vec![] } else { vec![rule] });
    }
}

#[test]
fn live_releases_have_a_least_and_a_most_distance_and_are_a_thousand_at_most() {
    let live = |closes_at: &str, minutes: Option<u32>| {
        violations(|order| {
            order.closes_at = format!("{closes_at}[Europe/Kyiv]");
            order.publication.mode = PublicationMode::Live;
            order.publication.release_minutes = minutes;
        })
    };
    let evening = "2026-12-01T19:00";
    for good in [None, Some(5), Some(10_080)] {
        assert_eq!(live(evening, good), Vec::<String>::new(), "{good:?}");
    }
    for bad in [0, 4, 10_081, u32::MAX] {
        let found = live(evening, Some(bad));
        assert_eq!(found, ["publication.release_minutes: must be 5 to 10080"], "{bad}");
    }
    let many = "publication.release_minutes: must leave at most 1000 releases in the period";
    // Five thousand minutes after the opening, and five more.
    assert_eq!(live("2026-12-04T20:20", Some(5)), Vec::<String>::new());
    assert_eq!(live("2026-12-04T20:25", Some(5)), [many]);
    // An hour, when nothing is said.
    assert_eq!(live("2027-01-12T01:00", None), Vec::<String>::new());
    assert_eq!(live("2027-01-12T02:00", None), [many]);
    for mode in [PublicationMode::AtClose, PublicationMode::Never] {
        let found = violations(|order| {
            order.publication.mode = mode;
            order.publication.release_minutes = Some(60);
        });
        let rule = "publication.release_minutes: must be left out unless the mode is live";
        assert_eq!(found, [rule]);
    }
}
