use super::super::tests::{check, claims, definition, open_to_all, orders};
use super::super::{
    AGE_BANDS, Breakdown, Crowd, Eligibility, Floors, Profiles, QuestionOption, Region, Rules,
};
use super::*;
use proptest::option;
use proptest::prelude::*;
use proptest::sample::subsequence;
use std::collections::HashSet;

fn answer(option: &str) -> Vec<Answer> {
    vec![Answer { question_id: String::new(), option_ids: vec![option.to_owned()] }]
}

fn person(region: &str, birth_year: i16) -> Claims {
    claims(|claims| {
        claims.region = Region::parse(region);
        claims.birth_year = Some(birth_year);
    })
}

#[test]
fn a_poll_needs_the_claims_of_its_conditions_and_of_its_breakdowns() {
    let plain = definition(|order| {
        order.participants.eligibility = Eligibility::default();
        order.breakdowns.clear();
    });
    let age = Needs { age: true, ..Needs::default() };
    assert_eq!(*plain.needs(), age, "the profile asks everybody's age");
    let needs = open_to_all().needs().clone();
    assert_eq!(needs, Needs { age: true, region: true, ..Needs::default() });
    let needs = definition(|order| order.breakdowns.clear()).needs().clone();
    let groups = vec!["pupils".to_owned()];
    assert_eq!(needs, Needs { age: true, region: true, citizenship: true, groups });
}

#[test]
fn the_own_cells_come_first_and_breakdowns_behind_them() {
    let definition = open_to_all();
    let layout = definition.layout();
    assert!(layout.questions().eq(std::iter::once(0..3)));
    assert_eq!(layout.own(), 0..3);
    assert_eq!(layout.breakdown(0, Breakdown::Region), Some(3..84));
    assert_eq!(layout.breakdown(0, Breakdown::AgeBand), Some(84..108));
    assert_eq!(layout.len(), 108);
    let cells = definition.cells(&answer("no"), &person("UA-07", 2000), false, 2026).unwrap();
    assert_eq!(cells[..], [1, 3 + 27 + 1, 84 + 8 + 2]);
    let plain = self::definition(|order| order.breakdowns.clear());
    assert_eq!((plain.layout().len(), plain.layout().breakdown(0, Breakdown::Region)), (3, None));
}

#[test]
fn who_declines_or_lacks_the_claim_is_counted_in_the_question_alone() {
    let definition = open_to_all();
    let cells = |claims: &Claims, decline| {
        definition.cells(&answer("yes"), claims, decline, 2026).unwrap().to_vec()
    };
    assert_eq!(cells(&person("UA-07", 2000), true), [0]);
    assert_eq!(cells(&Claims::default(), false), [0]);
    assert_eq!(cells(&person("", 2000), false), [0, 84 + 2]);
    assert_eq!(cells(&person("UA-07", 2020), false), [0, 4], "no band below 14");
}

#[test]
fn the_largest_poll_has_cells_in_place_and_for_every_ballot() {
    let definition = definition(|order| {
        let options = &mut order.questions[0].options;
        let template = options[0].clone();
        *options =
            (0..10).map(|n| QuestionOption { id: format!("o{n}"), ..template.clone() }).collect();
    });
    assert_eq!(definition.layout().len(), 10 * (1 + 27 + 8));
    let last = definition.cells(&answer("o9"), &person("UA-77", 1900), false, 2026).unwrap();
    assert_eq!(last[..], [9, 10 + 10 * 27 - 1, 10 + 10 * 27 + 10 * 8 - 1]);
    assert!(!last.spilled());
}

#[test]
fn a_ballot_that_breaks_a_rule_has_no_cells() {
    let definition = open_to_all();
    let refused = |answers: &[Answer]| {
        definition.cells(answers, &Claims::default(), false, 2026).unwrap_err()
    };
    let named = |question: &str, options: &[&str]| Answer {
        question_id: question.to_owned(),
        option_ids: options.iter().map(|id| (*id).to_owned()).collect(),
    };
    assert_eq!(refused(&[]), Rejection::AnswerMissing);
    assert_eq!(refused(&[named("q", &["yes"]), named("", &["no"])]), Rejection::AnswerRepeated);
    assert_eq!(refused(&[named("other", &["yes"])]), Rejection::QuestionUnknown);
    assert_eq!(refused(&[named("q", &["maybe"])]), Rejection::OptionUnknown);
    assert_eq!(refused(&[named("q", &[])]), Rejection::OptionsTooFew);
    assert_eq!(refused(&[named("q", &["yes", "no"])]), Rejection::OptionsTooMany);
}

proptest! {
    #[test]
    fn a_ballot_adds_one_own_cell_a_question_and_one_a_breakdown_that_knows_it(
        order in orders(),
        choice: prop::sample::Index,
        region in option::of(0..27_usize),
        birth_year in option::of(1900..=2030_i16),
        age_over in option::of(1..=120_u8),
        groups in subsequence(vec!["a", "b-2", "c", "d"], 0..=4),
        decline: bool,
    ) {
        let definition = Definition::new(PollId::from_bytes([1; 16]), check(order).unwrap());
        let (order, layout) = (definition.order(), definition.layout());
        let option = choice.index(order.questions[0].options.len());
        let claims = claims(|claims| {
            claims.region = region.and_then(|n| Region::parse(Region::ISO[n]));
            claims.birth_year = birth_year;
            claims.age_over = age_over;
            claims.groups = groups.iter().map(|group| (*group).to_owned()).collect();
        });
        let cells = definition.cells(&answer(&format!("o{option}")), &claims, decline, 2026);
        let cells = cells.unwrap();

        let distinct: HashSet<_> = cells.iter().collect();
        prop_assert_eq!(distinct.len(), cells.len(), "distinct");
        prop_assert!(cells.iter().all(|cell| usize::from(*cell) < layout.len()), "in the layout");
        let within = |range: &std::ops::Range<usize>| {
            cells.iter().filter(|cell| range.contains(&usize::from(**cell))).count()
        };
        for question in layout.questions() {
            prop_assert_eq!(within(&question), 1);
        }
        let mut expected = vec![option];
        for breakdown in &order.breakdowns {
            let range = layout.breakdown(0, *breakdown).unwrap();
            let stratum = match breakdown {
                Breakdown::Region => region,
                Breakdown::AgeBand => birth_year.filter(|born| 2026 - born >= 14).map(|born| {
                    let starts = [18, 25, 35, 45, 55, 65, 75];
                    starts.iter().filter(|start| 2026 - born >= **start).count()
                }),
                Breakdown::Group => {
                    let asked = &order.participants.eligibility.groups;
                    asked.iter().position(|group| claims.groups.contains(group))
                }
            };
            let known = stratum.filter(|_| !decline);
            prop_assert_eq!(within(&range), usize::from(known.is_some()));
            if let Some(stratum) = known {
                let cell = layout.breakdown_cell(0, option, *breakdown, stratum).unwrap();
                let strata = definition.strata(*breakdown).len();
                prop_assert_eq!(cell, range.start + option * strata + stratum);
                expected.push(cell);
            }
        }
        let cells: Vec<_> = cells.iter().map(|cell| usize::from(*cell)).collect();
        prop_assert_eq!(cells, expected);
    }

    #[test]
    fn the_cells_of_a_layout_are_numbered_without_gap_or_overlap(order in orders()) {
        let definition = Definition::new(PollId::from_bytes([1; 16]), check(order).unwrap());
        let layout = definition.layout();
        let mut all: Vec<_> = layout.own().collect();
        for breakdown in &definition.order().breakdowns {
            for option in layout.own() {
                for stratum in 0..definition.strata(*breakdown).len() {
                    all.push(layout.breakdown_cell(0, option, *breakdown, stratum).unwrap());
                }
            }
        }
        prop_assert_eq!(all, (0..layout.len()).collect::<Vec<_>>());
        prop_assert_eq!(definition.strata(Breakdown::AgeBand), AGE_BANDS);
    }
}

#[test]
fn the_profiles_age_holds_for_every_poll_and_an_order_may_ask_a_higher_one() {
    let age = |asked| {
        let change = |order: &mut Order| order.participants.eligibility.minimum_age = asked;
        let definition = definition(change);
        let (effective, order) = (definition.eligibility(), definition.order());
        assert_eq!(order.participants.eligibility.minimum_age, asked, "the order stays as filed");
        assert_eq!(effective.regions, order.participants.eligibility.regions);
        effective.minimum_age
    };
    assert_eq!([None, Some(14), Some(18)].map(age), [Some(14), Some(14), Some(18)]);

    let builtin = Profiles::builtin();
    let mut profile = Profile::clone(builtin.get("resolution-90").unwrap());
    profile.name = "any-age".to_owned();
    profile.minimum_age = None;
    let profiles = builtin.with(profile).unwrap();
    let mut order = open_to_all().order().clone();
    order.profile = "any-age".to_owned();
    order.breakdowns.clear();
    let order = order.check(&Rules { floors: Floors::default(), profiles: &profiles }).unwrap();
    let definition = Definition::new(PollId::from_bytes([1; 16]), order);
    assert!(definition.eligibility().is_everybody());
    assert_eq!(*definition.needs(), Needs::default());
}

/// The stored definition after a change of its JSON, read again.
fn reread(change: impl FnOnce(&mut serde_json::Value)) -> Result<Definition, String> {
    let mut json = serde_json::to_value(definition(|_| ())).unwrap();
    change(&mut json);
    serde_json::from_value(json).map_err(|error| error.to_string())
}

#[test]
fn a_definition_holds_its_profile_whole_and_is_refused_with_another_hash_or_rule() {
    let definition = definition(|_| ());
    let json = serde_json::to_value(&definition).unwrap();
    let members: Vec<_> = json.as_object().unwrap().keys().map(String::as_str).collect();
    assert_eq!(members, ["crowd", "format", "order", "poll", "profile", "profile_hash"]);
    assert_eq!(json["profile_hash"], definition.profile().hash().to_string());

    let refused = |change: fn(&mut serde_json::Value)| reread(change).unwrap_err();
    let other_hash = "profile_hash: not the hash of the profile";
    assert_eq!(refused(|json| json["profile"]["version"] = 3.into()), other_hash);
    assert_eq!(refused(|json| json["profile_hash"] = "0".repeat(64).into()), other_hash);
    let upper = refused(|json| {
        let text = json["profile_hash"].as_str().unwrap().to_uppercase();
        json["profile_hash"] = text.into();
    });
    assert_eq!(upper, "not 64 hexadecimal digits in lower case");
    assert_eq!(
        refused(|json| json["profile"]["choices_max"] = 2.into()),
        "profile.choices_max: must be 1: the engine counts one choice"
    );
    assert_eq!(
        refused(|json| json["order"]["profile"] = "other".into()),
        "order: profile: must name a profile of this engine"
    );
    assert_eq!(
        refused(|json| json["order"]["retention_years"] = 4.into()),
        "order: retention_years: must be at most 3 (resolution-90)"
    );
    assert_eq!(
        refused(|json| json["format"] = "holos-definition-2".into()),
        "format: not holos-definition-3"
    );
}

#[test]
fn the_crowd_is_frozen_with_the_definition_and_never_what_the_order_does_not_ask() {
    let floors = Floors { k: 12, ballots_apart: 150, eligible_population: 1_000 };
    let by_floors = |change: fn(&mut Order)| {
        let mut order = open_to_all().order().clone();
        order.publication.minimum_answers = 50;
        change(&mut order);
        let rules = Rules { floors, profiles: &Profiles::builtin() };
        Definition::new(PollId::from_bytes([1; 16]), order.check(&rules).unwrap())
    };
    let silent = by_floors(|_| ());
    assert_eq!(silent.crowd(), Crowd { k: 12, ballots_apart: 150 });
    let asking = by_floors(|order| {
        order.publication.k = Some(20);
        order.publication.ballots_apart = Some(300);
    });
    assert_eq!(asking.crowd(), Crowd { k: 20, ballots_apart: 300 });
    assert_ne!(silent.hash(), asking.hash());
    let higher = by_floors(|order| order.publication.k = Some(12));
    assert_eq!(higher.crowd(), silent.crowd());
    // Floors that were raised or lowered since change nothing that is stored.
    let json = serde_json::to_value(&silent).unwrap();
    assert_eq!(json["crowd"], serde_json::json!({ "k": 12, "ballots_apart": 150 }));
    assert_eq!(serde_json::from_value::<Definition>(json).unwrap(), silent);

    let mut json = serde_json::to_value(&asking).unwrap();
    json["crowd"]["k"] = 19.into();
    let error = serde_json::from_value::<Definition>(json.clone()).unwrap_err().to_string();
    assert_eq!(error, "order: crowd.k: must be what the order asks");
    json["crowd"]["k"] = 20.into();
    json["crowd"]["ballots_apart"] = 299.into();
    let error = serde_json::from_value::<Definition>(json).unwrap_err().to_string();
    assert_eq!(error, "order: crowd.ballots_apart: must be what the order asks");
}

#[test]
fn a_stored_definition_is_read_again_under_other_rules_of_its_zone() {
    // As if the zone had had another offset when the order was filed.
    let read = reread(|json| {
        json["order"]["opens_at"] = "2026-12-01T09:00:00+03:00[Europe/Kyiv]".into();
        json["order"]["closes_at"] = "2027-03-28T03:30[Europe/Kyiv]".into();
    });
    let period = read.unwrap().period().clone();
    assert_eq!(period.opens_at.instant().to_string(), "2026-12-01T06:00:00Z");
    assert_eq!(period.closes_at.instant().to_string(), "2027-03-28T01:30:00Z");
}
