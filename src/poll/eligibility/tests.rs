use super::super::tests::claims;
use super::*;
use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;

fn place(code: &str) -> Region {
    Region::parse(code).unwrap()
}

fn adults() -> Eligibility {
    Eligibility { minimum_age: Some(18), ..Eligibility::default() }
}

#[test]
fn without_predicates_everybody_may_answer_and_no_claim_is_read() {
    let everybody = Eligibility::default();
    assert!(everybody.is_everybody() && everybody.admits(&Claims::default(), 2026));
    assert_eq!(everybody.needs(), Needs::default());
    assert!(!adults().is_everybody());
    assert_eq!(adults().needs(), Needs { age: true, ..Needs::default() });
}

#[test]
fn an_age_holds_by_its_predicate_or_from_the_year_after_its_birthday() {
    let over = |n| claims(|claims| claims.age_over = Some(n));
    assert!(!adults().admits(&over(17), 2026));
    assert!(adults().admits(&over(18), 2026));
    assert!(adults().admits(&over(21), 2026));
    let born = |year| claims(|claims| claims.birth_year = Some(year));
    assert!(adults().admits(&born(2007), 2026), "18 at the end of last year");
    assert!(!adults().admits(&born(2008), 2026), "the birthday may lie ahead");
    assert!(!adults().admits(&born(i16::MAX), i16::MIN), "no year overflows");
    let mut both = born(2008);
    both.age_over = Some(18);
    assert!(adults().admits(&both, 2026));
}

#[test]
fn a_missing_claim_does_not_hold() {
    let all = || Claims {
        age_over: Some(18),
        birth_year: None,
        region: Some(place("UA73040190010054219")),
        citizenship: Country::parse("UA"),
        groups: vec!["pupils".to_owned()],
    };
    let eligibility = Eligibility {
        minimum_age: Some(18),
        regions: vec![place("UA-05"), place("UA73040000000036528")],
        citizenships: vec![Country::parse("UA").unwrap()],
        groups: vec!["teachers".to_owned(), "pupils".to_owned()],
    };
    assert!(eligibility.admits(&all(), 2026));
    let without: [fn(&mut Claims); 4] = [
        |claims| claims.age_over = None,
        |claims| claims.region = None,
        |claims| claims.citizenship = None,
        |claims| claims.groups.clear(),
    ];
    for change in without {
        let mut claims = all();
        change(&mut claims);
        assert!(!eligibility.admits(&claims, 2026));
    }
}

const PLACES: [&str; 6] = [
    "UA-77",
    "UA73040000000036528",
    "UA73040190000012345",
    "UA73040190010054219",
    "UA80000000000093317",
    "UA80000000000126643",
];

/// Which of [`PLACES`] each of them contains, worked out by hand.
const CONTAINED: [&[usize]; 6] = [&[0, 1, 2, 3], &[1, 2, 3], &[2, 3], &[3], &[4, 5], &[5]];

fn one_of<T: Copy + std::fmt::Debug, const N: usize>(values: [T; N]) -> impl Strategy<Value = T> {
    (0..N).prop_map(move |n| values[n])
}

proptest! {
    #[test]
    fn admission_is_that_of_a_naive_oracle(
        minimum_age in option::of(1..=120_u8),
        regions in vec(0..PLACES.len(), 0..3),
        citizenships in vec(one_of(["UA", "PL", "DE"]), 0..3),
        groups in vec(one_of(["a", "b", "c"]), 0..3),
        age_over in option::of(1..=120_u8),
        birth_year in option::of(1900..=2030_i16),
        region in option::of(0..PLACES.len()),
        citizenship in option::of(one_of(["UA", "PL", "DE"])),
        belongs in vec(one_of(["a", "b", "c"]), 0..3),
        year in 1990..=2040_i16,
    ) {
        let text = |groups: &[&str]| groups.iter().map(|group| (*group).to_owned()).collect();
        let eligibility = Eligibility {
            minimum_age,
            regions: regions.iter().map(|n| place(PLACES[*n])).collect(),
            citizenships: citizenships.iter().map(|c| Country::parse(c).unwrap()).collect(),
            groups: text(&groups),
        };
        let claims = Claims {
            age_over,
            birth_year,
            region: region.map(|n| place(PLACES[n])),
            citizenship: citizenship.map(|c| Country::parse(c).unwrap()),
            groups: text(&belongs),
        };
        // Born on the last day of the year of birth, asked on the first day of this one.
        let youngest = birth_year.map(|born| year - born - 1);
        let of_age = match minimum_age {
            None => true,
            Some(n) => age_over.unwrap_or(0) >= n || youngest.unwrap_or(-1) >= i16::from(n),
        };
        let lives = regions.is_empty()
            || regions.iter().any(|n| region.is_some_and(|lives| CONTAINED[*n].contains(&lives)));
        let citizen = citizenships.is_empty()
            || citizenships.iter().any(|listed| citizenship == Some(*listed));
        let member = groups.is_empty() || groups.iter().any(|group| belongs.contains(group));
        prop_assert_eq!(eligibility.admits(&claims, year), of_age && lives && citizen && member);
    }
}

#[test]
fn needed_groups_stand_in_order_and_once_however_they_come_together() {
    let of = |groups: &[&str]| {
        let groups = groups.iter().map(|group| (*group).to_owned()).collect();
        Eligibility { groups, ..Eligibility::default() }.needs()
    };
    let mut needs = of(&["students", "a", "students"]);
    assert_eq!(needs.groups, ["a", "students"]);
    needs.add(&of(&["z", "b", "a"]));
    assert_eq!(needs.groups, ["a", "b", "students", "z"]);
    assert!(needs.groups.iter().all(|group| needs.has_group(group)) && !needs.has_group("c"));
}
