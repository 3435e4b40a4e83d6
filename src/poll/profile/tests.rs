use super::*;

const FILE: &str = include_str!("../profiles/resolution-90.toml");

fn resolution_90() -> Profile {
    Profile::from_toml(FILE).unwrap()
}

#[test]
fn resolution_90_holds_the_rules_of_the_act() {
    let profiles = Profiles::builtin();
    assert_eq!(
        profiles.iter().map(|profile| &profile.name[..]).collect::<Vec<_>>(),
        ["resolution-90"]
    );
    let profile = profiles.get("resolution-90").unwrap();
    assert_eq!(profile.minimum_age, Some(14));
    assert_eq!(profile.questions, Range { min: 1, max: 1 });
    assert_eq!(profile.options, Range { min: 2, max: 10 });
    assert_eq!((profile.choices_max, profile.change_allowed), (1, false));
    assert_eq!(profile.early_end, CloseReason::EARLY);
    assert!(profile.initiator_consent && profile.total_always_shown);
    assert_eq!((profile.results_retention_years, profile.audit_retention_years), (3, 3));
    assert!(profiles.get("other").is_none());
}

/// Polls that were held carry this hash: a change of the file is a new version, and a new line
/// here.
#[test]
fn the_hash_of_the_profile_that_ships_is_pinned_to_its_version() {
    let profile = resolution_90();
    let pinned = "5611d26c061862347cfe02ac3068ae963187a1087571cc3e5a61092d928f98f1";
    assert_eq!((profile.version, profile.hash().to_string().as_str()), (2, pinned));
    let json = serde_json::to_string(&profile.hash()).unwrap();
    assert_eq!(serde_json::from_str::<ProfileHash>(&json).unwrap(), profile.hash());
}

#[test]
fn every_field_is_part_of_the_hash() {
    let changes: [fn(&mut Profile); 10] = [
        |p| p.name.push('a'),
        |p| p.version = 3,
        |p| p.source.en.push('.'),
        |p| p.minimum_age = None,
        |p| p.options.max = 9,
        |p| p.early_end.truncate(2),
        |p| p.initiator_consent = false,
        |p| p.publication_modes.reverse(),
        |p| p.results_retention_years = 2,
        |p| p.rules.uk.push('.'),
    ];
    let mut hashes = vec![resolution_90().hash()];
    for change in changes {
        let mut profile = resolution_90();
        change(&mut profile);
        assert_eq!(profile.check(), []);
        assert!(!hashes.contains(&profile.hash()));
        hashes.push(profile.hash());
    }
}

/// A line of the file, what stands in its place, and what is said of it.
const BROKEN: [(&str, &str, &str); 19] = [
    (
        "name = \"resolution-90\"",
        "name = \"R 90\"",
        "name: must hold 1 to 64 characters of [a-z0-9-]",
    ),
    ("version = 2", "version = 0", "version: must be at least 1"),
    ("minimum_age = 14", "minimum_age = 0", "minimum_age: must be 1 to 120"),
    ("minimum_age = 14", "minimum_age = 121", "minimum_age: must be 1 to 120"),
    (
        "{ min = 1, max = 1 }",
        "{ min = 1, max = 2 }",
        "questions: must lie within 1 to 1, min not above max",
    ),
    (
        "{ min = 1, max = 1 }",
        "{ min = 0, max = 1 }",
        "questions: must lie within 1 to 1, min not above max",
    ),
    (
        "{ min = 2, max = 10 }",
        "{ min = 1, max = 10 }",
        "options: must lie within 2 to 10, min not above max",
    ),
    (
        "{ min = 2, max = 10 }",
        "{ min = 2, max = 11 }",
        "options: must lie within 2 to 10, min not above max",
    ),
    (
        "{ min = 2, max = 10 }",
        "{ min = 5, max = 4 }",
        "options: must lie within 2 to 10, min not above max",
    ),
    ("choices_max = 1", "choices_max = 2", "choices_max: must be 1: the engine counts one choice"),
    (
        "change_allowed = false",
        "change_allowed = true",
        "change_allowed: must be false: the engine cannot find an answer again",
    ),
    (
        "\"TECHNICAL_ERROR\"",
        "\"AS_PLANNED\"",
        "early_end: must not hold AS_PLANNED: that is no early end",
    ),
    ("\"TECHNICAL_ERROR\"", "\"RELEVANCE_LOST\"", "early_end: must not hold the same twice"),
    ("[\"at-close\", \"live\", \"never\"]", "[]", "publication_modes: must hold at least 1"),
    (
        "[\"at-close\", \"live\", \"never\"]",
        "[\"never\", \"never\"]",
        "publication_modes: must not hold the same twice",
    ),
    (
        "total_always_shown = true",
        "total_always_shown = false",
        "total_always_shown: must be true: the engine always shows the total",
    ),
    (
        "results_retention_years = 3",
        "results_retention_years = 0",
        "results_retention_years: must be 1 to 10",
    ),
    (
        "audit_retention_years = 3",
        "audit_retention_years = 11",
        "audit_retention_years: must be 1 to 10",
    ),
    (
        "en = \"Resolution of",
        "en = \"\\u0007Resolution of",
        "source.en: must not hold control characters",
    ),
];

#[test]
fn what_breaks_a_rule_or_asks_too_much_of_the_engine_is_refused_by_field() {
    let long = format!("name = \"{}\"", "a".repeat(65));
    let too_long = "name: must hold 1 to 64 characters of [a-z0-9-]";
    let named = [("name = \"resolution-90\"", &*long, too_long)];
    for (line, bad, expected) in BROKEN.into_iter().chain(named) {
        assert_eq!(FILE.matches(line).count(), 1, "{line}");
        let error = Profile::from_toml(&FILE.replace(line, bad)).unwrap_err();
        assert_eq!(error.to_string(), expected, "{bad}");
    }
    let empty = FILE.replace("[rules]\nuk = \"", "[rules]\nuk = \" \" # \"");
    let error = Profile::from_toml(&empty).unwrap_err().to_string();
    assert_eq!(error, "rules.uk: must hold 1 to 2000 characters");
}

#[test]
fn a_field_that_is_unknown_or_missing_is_refused() {
    for (line, bad, expected) in [
        ("version = 2", "version = 2\nquorum = 5", "unknown field `quorum`"),
        ("{ min = 1, max = 1 }", "{ min = 1, max = 1, step = 1 }", "unknown field `step`"),
        ("version = 2\n", "", "missing field `version`"),
        ("initiator_consent = true\n", "", "missing field `initiator_consent`"),
        ("\"never\"]", "\"sometimes\"]", "unknown variant `sometimes`"),
        ("version = 2", "version = -1", "invalid value: integer `-1`"),
    ] {
        assert!(FILE.contains(line), "{line}");
        let error = Profile::from_toml(&FILE.replace(line, bad)).unwrap_err();
        assert!(matches!(error, ProfileError::File(_)));
        assert!(error.to_string().contains(expected), "{error}");
    }
}

#[test]
fn profiles_have_one_name_each_and_keep_the_rules() {
    let mut other = resolution_90();
    other.name = "another".to_owned();
    let profiles = Profiles::builtin().with(other.clone()).unwrap();
    let names: Vec<_> = profiles.iter().map(|profile| profile.name.as_str()).collect();
    assert_eq!(names, ["another", "resolution-90"]);
    let twice = profiles.clone().with(other.clone()).unwrap_err();
    assert_eq!(twice.to_string(), "name: there is a profile of this name");
    other.name = "third".to_owned();
    other.choices_max = 0;
    assert!(matches!(profiles.with(other), Err(ProfileError::Rules(_))));
}
