//! Bad order files, each with its exact message, in both formats; and the schema beside them.

use serde_json::{Value, json};

use super::*;

/// Whether a bad order is bad by its shape, so that the schema refuses it too.
#[derive(Clone, Copy, PartialEq)]
enum Shape {
    Bad,
    Good,
}
use Shape::{Bad, Good};

fn sample() -> Value {
    serde_json::to_value(Order::from_toml(ORDER).unwrap()).unwrap()
}

/// The sample with another value at this place.
fn with(place: &str, value: Value) -> Value {
    let mut order = sample();
    let (parent, name) = place.rsplit_once('/').unwrap();
    match order.pointer_mut(parent).unwrap() {
        Value::Object(members) => drop(members.insert(name.to_owned(), value)),
        Value::Array(values) => values[name.parse::<usize>().unwrap()] = value,
        _ => panic!("{place} is no place"),
    }
    order
}

fn option(id: &str) -> Value {
    json!({ "id": id, "label": { "uk": "Так", "en": "Yes" } })
}

fn options(count: usize) -> Value {
    (0..count).map(|n| option(&format!("o{n}"))).collect()
}

/// Files that can be read and break a rule: the place, what stands there, the message, in which the
/// rule of names is written short.
fn broken_rules() -> Vec<(&'static str, Value, &'static str, Shape)> {
    [
        broken_heading(),
        broken_times_and_questions(),
        broken_participants(),
        broken_floors_and_publication(),
    ]
    .concat()
}

fn broken_heading() -> Vec<(&'static str, Value, &'static str, Shape)> {
    let long = |count| Value::from("ї".repeat(count));
    vec![
        ("/reference", json!(""), "reference: must hold 1 to 64 characters", Bad),
        ("/reference", long(65), "reference: must hold 1 to 64 characters", Bad),
        ("/reference", json!("1\n2"), "reference: must not hold control characters", Good),
        ("/profile", json!(""), "profile: {name_64}", Bad),
        ("/profile", json!("Resolution 90"), "profile: {name_64}", Bad),
        ("/profile", json!("other"), "profile: must name a profile of this engine", Good),
        ("/initiator/code", json!("1234567"), "initiator.code: must hold 8 digits", Bad),
        ("/initiator/code", json!("1234567a"), "initiator.code: must hold 8 digits", Bad),
        ("/initiator/name", long(301), "initiator.name: must hold 1 to 300 characters", Bad),
        ("/legal_ground", json!("  "), "legal_ground: must hold 1 to 1000 characters", Bad),
        ("/legal_ground", long(1001), "legal_ground: must hold 1 to 1000 characters", Bad),
        ("/contact", json!(""), "contact: must hold 1 to 300 characters", Bad),
        ("/contact", long(301), "contact: must hold 1 to 300 characters", Bad),
        (
            "/opens_at",
            json!("2026-12-01T09:00:00+02:00"),
            "opens_at: must name its zone in brackets, as [Europe/Kyiv]",
            Bad,
        ),
        (
            "/opens_at",
            json!("tomorrow[Europe/Kyiv]"),
            "opens_at: must be a local time with its zone, as \
             2026-12-01T09:00:00+02:00[Europe/Kyiv]",
            Bad,
        ),
        (
            "/opens_at",
            json!("2026-12-01T09:00:00+03:00[Europe/Kyiv]"),
            "opens_at: must have the offset that its zone has at that time",
            Good,
        ),
        (
            "/closes_at",
            json!("2027-03-28T03:30[Europe/Kyiv]"),
            "closes_at: must exist: clocks skip this local time",
            Good,
        ),
        (
            "/closes_at",
            json!("2027-10-31T03:30[Europe/Kyiv]"),
            "closes_at: must state its offset: this local time comes twice",
            Good,
        ),
        (
            "/closes_at",
            json!("2026-12-32T09:00[Europe/Kyiv]"),
            "closes_at: must be a date and a time of day that exist",
            Good,
        ),
        (
            "/closes_at",
            json!("2026-12-08T09:00[Europe/Nowhere]"),
            "closes_at: must name a zone of the IANA time zone database",
            Good,
        ),
    ]
}

fn broken_times_and_questions() -> Vec<(&'static str, Value, &'static str, Shape)> {
    let long = |count| Value::from("ї".repeat(count));
    vec![
        (
            "/closes_at",
            json!("2026-12-01T09:00[Europe/Kyiv]"),
            "closes_at: must be later than opens_at",
            Good,
        ),
        (
            "/closes_at",
            json!("2026-12-01T09:05[Europe/Kyiv]"),
            "closes_at: must be at least 10 minutes after opens_at",
            Good,
        ),
        (
            "/closes_at",
            json!("2028-12-01T09:00[Europe/Kyiv]"),
            "closes_at: must be at most 366 days after opens_at",
            Good,
        ),
        ("/retention_years", json!(0), "retention_years: must be at least 1", Bad),
        ("/retention_years", json!(4), "retention_years: must be at most 3 (resolution-90)", Good),
        ("/title/uk", json!(""), "title.uk: must hold 1 to 500 characters", Bad),
        ("/title/en", long(501), "title.en: must hold 1 to 500 characters", Bad),
        ("/title/en", json!("a\u{7}"), "title.en: must not hold control characters", Good),
        ("/questions", json!([]), "questions: must hold exactly 1 (resolution-90)", Bad),
        ("/questions/0/id", json!("Q"), "questions[0].id: {name_32}", Bad),
        ("/questions/0/id", long(33), "questions[0].id: {name_32}", Bad),
        (
            "/questions/0/text/uk",
            long(501),
            "questions[0].text.uk: must hold 1 to 500 characters",
            Bad,
        ),
        (
            "/questions/0/options",
            options(1),
            "questions[0].options: must hold 2 to 10 (resolution-90)",
            Bad,
        ),
        (
            "/questions/0/options",
            options(11),
            "questions[0].options: must hold 2 to 10 (resolution-90)",
            Bad,
        ),
        ("/questions/0/options/1/id", json!(""), "questions[0].options[1].id: {name_32}", Bad),
        (
            "/questions/0/options/1",
            option("yes"),
            "questions[0].options[1].id: must be unique in the question",
            Good,
        ),
        (
            "/questions/0/options/2/label/en",
            json!(" "),
            "questions[0].options[2].label.en: must hold 1 to 500 characters",
            Bad,
        ),
    ]
}

fn broken_participants() -> Vec<(&'static str, Value, &'static str, Shape)> {
    vec![
        ("/community", json!("Київ"), "community: {name_64}", Bad),
        ("/participants/subject_space", json!(""), "participants.subject_space: {name_64}", Bad),
        (
            "/participants/eligibility/minimum_age",
            json!(0),
            "participants.eligibility.minimum_age: must be 1 to 120",
            Bad,
        ),
        (
            "/participants/eligibility/minimum_age",
            json!(121),
            "participants.eligibility.minimum_age: must be 1 to 120",
            Bad,
        ),
        (
            "/participants/eligibility/minimum_age",
            json!(13),
            "participants.eligibility.minimum_age: must be at least 14 (resolution-90)",
            Good,
        ),
        (
            "/participants/eligibility/regions",
            json!(["UA-05", "UA-05"]),
            "participants.eligibility.regions: must not hold the same twice",
            Bad,
        ),
        (
            "/participants/eligibility/groups",
            json!(["a b"]),
            "participants.eligibility.groups[0]: {name_64}",
            Bad,
        ),
        (
            "/breakdowns",
            json!(["region", "region"]),
            "breakdowns: must not hold the same twice",
            Bad,
        ),
        (
            "/breakdowns",
            json!(["group"]),
            "breakdowns[0]: group: must have two groups or more in participants.eligibility",
            Good,
        ),
        (
            "/participants/eligible_population",
            json!(999),
            "participants.eligible_population: must be at least 1000",
            Good,
        ),
    ]
}

fn broken_floors_and_publication() -> Vec<(&'static str, Value, &'static str, Shape)> {
    let long = |count| Value::from("ї".repeat(count));
    vec![
        (
            "/participants/eligible_population",
            json!(9_007_199_254_740_992_u64),
            "participants.eligible_population: must be at most 9007199254740991",
            Bad,
        ),
        ("/publication/k", json!(9), "publication.k: must be at least 10", Good),
        ("/publication/k", json!(0), "publication.k: must be at least 10", Bad),
        (
            "/publication/ballots_apart",
            json!(99),
            "publication.ballots_apart: must be at least 100",
            Good,
        ),
        (
            "/publication/release_minutes",
            json!(60),
            "publication.release_minutes: must be left out unless the mode is live",
            Good,
        ),
        (
            "/publication/minimum_answers",
            json!(9),
            "publication.minimum_answers: must be at least 10",
            Good,
        ),
        (
            "/publication/minimum_answers",
            json!(9_007_199_254_740_992_u64),
            "publication.minimum_answers: must be at most 9007199254740991",
            Bad,
        ),
        ("/notice/controller/code", json!(""), "notice.controller.code: must hold 8 digits", Bad),
        (
            "/notice/controller/phone",
            json!("call us"),
            "notice.controller.phone: must hold 3 to 32 characters of [0-9+() -]",
            Bad,
        ),
        (
            "/notice/purpose/uk",
            long(2001),
            "notice.purpose.uk: must hold 1 to 2000 characters",
            Bad,
        ),
        (
            "/notice/responsible_person/contact",
            json!(""),
            "notice.responsible_person.contact: must hold 1 to 2000 characters",
            Bad,
        ),
        ("/notice_version", json!(0), "notice_version: must be at least 1", Bad),
    ]
}

fn expected(message: &str) -> String {
    let name = |most: u8| format!("must hold 1 to {most} characters of [a-z0-9-]");
    message.replace("{name_64}", &name(64)).replace("{name_32}", &name(32))
}

fn messages(order: Order) -> Vec<String> {
    check(order).err().unwrap_or_default().iter().map(ToString::to_string).collect()
}

#[test]
fn a_file_that_breaks_a_rule_is_told_the_field_and_the_rule() {
    let rows = broken_rules();
    assert!(rows.len() >= 40);
    for (place, value, message, _) in rows {
        let bad = with(place, value);
        let read = Order::from_json(&bad.to_string()).unwrap();
        assert_eq!(messages(read), [expected(message)], "{place}");
        let read = Order::from_toml(&toml::to_string(&bad).unwrap()).unwrap();
        assert_eq!(messages(read), [expected(message)], "{place}");
    }
}

/// Files that cannot be read: the place, what stands there, what both readers say.
fn unreadable() -> Vec<(&'static str, Value, &'static str)> {
    vec![
        ("/something", json!(1), "unknown field `something`, expected one of `reference`"),
        ("/initiator/phone", json!("1"), "unknown field `phone`, expected `code` or `name`"),
        ("/questions/0/multiple", json!(true), "unknown field `multiple`, expected one of `id`"),
        ("/publication/live", json!(true), "unknown field `live`, expected one of `mode`"),
        ("/participants/age", json!(1), "unknown field `age`, expected one of `subject_space`"),
        ("/notice/seal", json!("x"), "unknown field `seal`, expected one of `controller`"),
        ("/publication/mode", json!("soon"), "unknown variant `soon`, expected one of `never`"),
        (
            "/breakdowns",
            json!(["citizenship"]),
            "unknown variant `citizenship`, expected one of `region`",
        ),
        (
            "/participants/eligibility/regions",
            json!(["UA-78"]),
            "not an ISO 3166-2:UA or KATOTTG code",
        ),
        (
            "/participants/eligibility/citizenships",
            json!(["ua"]),
            "not an ISO 3166-1 alpha-2 code in capitals",
        ),
        ("/reference", json!(5), "invalid type: integer `5`, expected a string"),
        ("/test", json!("yes"), "invalid type: string \"yes\", expected a boolean"),
        ("/retention_years", json!(256), "invalid value: integer `256`, expected u8"),
        ("/notice_version", json!(-1), "invalid value: integer `-1`, expected u32"),
        ("/questions", json!("q"), "invalid type: string \"q\", expected a sequence"),
    ]
}

#[test]
fn a_file_that_cannot_be_read_is_told_why() {
    for (place, value, message) in unreadable() {
        let bad = with(place, value);
        let error = Order::from_json(&bad.to_string()).unwrap_err().to_string();
        assert!(error.starts_with(message), "{error}");
        let error = Order::from_toml(&toml::to_string(&bad).unwrap()).unwrap_err();
        assert!(error.message().starts_with(message), "{error}");
    }
    for field in ["profile", "opens_at", "closes_at", "contact", "retention_years", "notice"] {
        let mut bad = sample();
        bad.as_object_mut().unwrap().remove(field);
        let message = format!("missing field `{field}`");
        let error = Order::from_json(&bad.to_string()).unwrap_err().to_string();
        assert!(error.starts_with(&message), "{error}");
        let error = Order::from_toml(&toml::to_string(&bad).unwrap()).unwrap_err();
        assert_eq!(error.message(), message);
    }
    let twice = r#"{"reference": "1", "reference": "2"}"#;
    let error = Order::from_json(twice).unwrap_err().to_string();
    assert!(error.starts_with("duplicate field `reference`"), "{error}");
    assert!(Order::from_toml("reference = \"1\"\nreference = \"2\"").is_err());
}

#[test]
fn an_order_with_many_faults_is_told_all_of_them_in_the_order_of_its_fields() {
    let mut order = Order::from_toml(ORDER).unwrap();
    order.notice_version = 0;
    order.profile = "other".to_owned();
    order.questions.clear();
    order.retention_years = 200;
    order.contact.clear();
    let expected = [
        "profile: must name a profile of this engine",
        "contact: must hold 1 to 300 characters",
        "notice_version: must be at least 1",
    ];
    assert_eq!(messages(order), expected, "what only the profile bounds is not guessed");
}

#[test]
fn a_profile_narrows_modes_and_the_message_names_it() {
    let builtin = Profiles::builtin();
    let mut profile = Profile::clone(builtin.get("resolution-90").unwrap());
    profile.name = "public".to_owned();
    profile.publication_modes = vec![PublicationMode::AtClose];
    profile.options.max = 2;
    let profiles = builtin.with(profile).unwrap();
    let mut order = Order::from_toml(ORDER).unwrap();
    order.profile = "public".to_owned();
    order.publication.mode = PublicationMode::Never;
    let found = order.check(&Rules { floors: Floors::default(), profiles: &profiles }).unwrap_err();
    let found: Vec<_> = found.iter().map(ToString::to_string).collect();
    let options = "questions[0].options: must hold exactly 2 (public)";
    assert_eq!(found, [options, "publication.mode: must be at-close (public)"]);
}

/// The schema as it is published.
const SCHEMA: &str = include_str!("../../../../deploy/order.schema.json");

#[test]
fn the_published_schema_is_that_of_this_program() {
    let schema = serde_json::to_string_pretty(&order_schema()).unwrap() + "\n";
    if std::env::var_os("HOLOS_WRITE_SCHEMA").is_some() {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/deploy/order.schema.json");
        std::fs::write(path, &schema).unwrap();
    }
    assert!(schema == SCHEMA, "set HOLOS_WRITE_SCHEMA to write it anew");
}

#[test]
fn the_schema_admits_good_orders_and_refuses_what_is_bad_by_shape() {
    let schema: Value = serde_json::from_str(SCHEMA).unwrap();
    assert_eq!(schema["$schema"], "https://json-schema.org/draft/2020-12/schema");
    let schema = jsonschema::draft202012::new(&schema).unwrap();
    assert!(schema.is_valid(&sample()));
    let demo = include_str!("../../../cli/demo/order.toml");
    assert!(schema.is_valid(&toml::from_str::<Value>(demo).unwrap()));
    for good in [
        with("/test", json!(true)),
        with("/publication/consent", json!(true)),
        with("/questions/0/shuffle_options", json!(true)),
        with("/questions/0/options", options(10)),
        with("/closes_at", json!("2026-12-08T09:00:30+02:00[Europe/Kyiv]")),
    ] {
        assert!(schema.is_valid(&good));
        assert!(messages(Order::from_json(&good.to_string()).unwrap()).is_empty());
    }
    for (place, value, _, shape) in broken_rules() {
        assert_eq!(schema.is_valid(&with(place, value)), shape == Good, "{place}");
    }
    for (place, value, _) in unreadable() {
        // Which digits are a region's is the codifier's to say.
        assert_eq!(schema.is_valid(&with(place, value)), place.ends_with("regions"), "{place}");
    }
    for field in ["profile", "opens_at", "questions", "publication"] {
        let mut bad = sample();
        bad.as_object_mut().unwrap().remove(field);
        assert!(!schema.is_valid(&bad), "{field}");
    }
}
