//! An order for the tests of this vocabulary, and round trips of what is stored and filed.

use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;
use proptest::sample::subsequence;

use super::*;

/// An order that passes its check, with every condition and every breakdown.
pub(super) const ORDER: &str = r#"
reference = "1/2026"
profile = "resolution-90"
opens_at = "2026-12-01T09:00:00+02:00[Europe/Kyiv]"
closes_at = "2026-12-08T09:00[Europe/Kyiv]"
contact = "poll@example.org"
retention_years = 3
legal_ground = "ground"
community = "national"
breakdowns = ["region", "age-band"]
notice_version = 3

[initiator]
code = "12345678"
name = "Body"

[title]
uk = "Назва"
en = "Title"

[participants]
subject_space = "citizens"
eligible_population = 50000

[participants.eligibility]
minimum_age = 14
regions = ["UA-77", "UA80000000000126643"]
citizenships = ["UA"]
groups = ["pupils"]

[publication]
mode = "at-close"
minimum_answers = 10

[notice]
data_location = { uk = "Київ", en = "Kyiv" }
contents = { uk = "псевдонім", en = "a pseudonym" }
purpose = { uk = "опитування", en = "a poll" }
legal_ground = { uk = "згода", en = "consent" }
recipients = { uk = "нікому", en = "nobody" }
transfer_abroad = { uk = "ні", en = "none" }
retention = { uk = "30 днів", en = "30 days" }
responsible_person = { name = { uk = "Особа", en = "Person" }, contact = "a@example.org" }

[notice.controller]
code = "12345678"
name = { uk = "Орган", en = "Body" }
address = { uk = "Київ", en = "Kyiv" }
phone = "+380 (44) 000-00-00"

[[questions]]
id = "q"
text = { uk = "Так?", en = "Yes?" }
options = [
    { id = "yes", label = { uk = "Так", en = "Yes" } },
    { id = "no", label = { uk = "Ні", en = "No" } },
    { id = "unsure", label = { uk = "Не знаю", en = "I do not know" } },
]
"#;

/// The check of an order by the profiles that ship, with the least k.
pub(super) fn check(order: Order) -> Result<CheckedOrder, Vec<Violation>> {
    order.check(&Rules { floors: Floors::default(), profiles: &Profiles::builtin() })
}

/// [`ORDER`], read.
pub(super) fn order() -> Order {
    Order::from_toml(ORDER).unwrap()
}

pub(super) const POLL: PollId = PollId::from_bytes([5; 16]);

/// The definition by [`order`] after this change.
pub(super) fn definition(change: impl FnOnce(&mut Order)) -> Definition {
    let mut order = order();
    change(&mut order);
    Definition::new(POLL, check(order).unwrap())
}

/// The definition by [`order`] for everybody whom its profile admits.
pub(super) fn open_to_all() -> Definition {
    definition(|order| {
        order.participants.eligibility = Eligibility::default();
        order.participants.eligible_population = None;
    })
}

/// Claims, none but what `change` sets.
pub(super) fn claims(change: impl FnOnce(&mut Claims)) -> Claims {
    let mut claims = Claims::default();
    change(&mut claims);
    claims
}

fn text() -> impl Strategy<Value = LocalizedText> {
    // Quotes, backslashes and what TOML and JSON must escape or not.
    let words = || "[а-яїєґ a-z0-9\"'\\\\\u{2028}№=#\\[\\]]{0,30}[а-я]";
    (words(), words()).prop_map(|(uk, en)| LocalizedText { uk, en })
}

fn eligibility() -> impl Strategy<Value = Eligibility> {
    let places = ["UA-05", "UA-77", "UA73040190010054219", "UA80000000000126643"];
    let regions = places.map(|code| Region::parse(code).unwrap()).to_vec();
    let countries = ["UA", "PL", "MD"].map(|code| Country::parse(code).unwrap()).to_vec();
    let groups = ["a", "b-2", "c"].map(str::to_owned).to_vec();
    let parts = (
        option::of(14..=120_u8),
        subsequence(regions, 0..=4),
        subsequence(countries, 0..=3),
        subsequence(groups, 0..=3),
    );
    parts.prop_map(|(minimum_age, regions, citizenships, groups)| Eligibility {
        minimum_age,
        regions,
        citizenships,
        groups,
    })
}

fn party() -> impl Strategy<Value = Party> {
    ("[0-9]{8}", text(), text(), "[0-9+() -]{3,32}")
        .prop_map(|(code, name, address, phone)| Party { code, name, address, phone })
}

fn notice() -> impl Strategy<Value = Notice> {
    (party(), option::of(party()), vec(text(), 8)).prop_map(|(controller, processor, texts)| {
        let mut texts = texts.into_iter();
        let mut next = || texts.next().unwrap();
        let contact = "a@example.org".to_owned();
        Notice {
            controller,
            processor,
            data_location: next(),
            contents: next(),
            purpose: next(),
            legal_ground: next(),
            recipients: next(),
            transfer_abroad: next(),
            retention: next(),
            responsible_person: ResponsiblePerson { name: next(), contact },
        }
    })
}

/// Orders that pass their check.
pub(super) fn orders() -> impl Strategy<Value = Order> {
    let question = (text(), vec(text(), 2..=10), any::<bool>());
    let flags = (any::<bool>(), any::<bool>(), 1..=3_u8);
    let breakdowns = subsequence(Breakdown::ALL.to_vec(), 0..=3);
    (question, eligibility(), breakdowns, notice(), text(), 1..u32::MAX, flags).prop_map(
        |(
            (asked, labels, shuffle),
            eligibility,
            mut breakdowns,
            notice,
            title,
            notice_version,
            flags,
        )| {
            breakdowns.retain(|by| *by != Breakdown::Group || eligibility.groups.len() > 1);
            let (test, consent, retention_years) = flags;
            let options = labels.into_iter().enumerate();
            let options =
                options.map(|(n, label)| QuestionOption { id: format!("o{n}"), label }).collect();
            let base = order();
            let question =
                Question { id: "q".to_owned(), text: asked, options, shuffle_options: shuffle };
            Order {
                title,
                questions: vec![question],
                test,
                retention_years,
                publication: PublicationRules { consent, ..base.publication },
                participants: Participants { eligibility, ..base.participants },
                breakdowns,
                notice,
                notice_version,
                ..base
            }
        },
    )
}

proptest! {
    #[test]
    fn an_order_comes_back_from_its_file(order in orders()) {
        let text = toml::to_string(&order).unwrap();
        prop_assert_eq!(&Order::from_toml(&text).unwrap(), &order);
        let text = serde_json::to_string(&order).unwrap();
        prop_assert_eq!(&Order::from_json(&text).unwrap(), &order);
        prop_assert!(check(order).is_ok());
    }

    #[test]
    fn a_definition_comes_back_from_its_canonical_json(order in orders(), id: [u8; 16]) {
        let definition = Definition::new(PollId::from_bytes(id), check(order).unwrap());
        let json = definition.canonical_json();
        let read: Definition = serde_json::from_slice(&json).unwrap();
        prop_assert_eq!(&read, &definition);
        prop_assert_eq!(read.canonical_json(), json);
        prop_assert_eq!(read.hash(), definition.hash());
    }
}

#[test]
fn what_an_order_leaves_out_is_not_in_its_definition() {
    let plain = definition(|order| {
        order.participants.eligibility = Eligibility::default();
        order.participants.eligible_population = None;
        order.breakdowns.clear();
    });
    let json = String::from_utf8(plain.canonical_json()).unwrap();
    let absent = ["eligibility", "eligible_population", "breakdowns", "processor", "shuffle"];
    let of_publication = ["release_minutes", "early_end\":\"", "test", "\"consent\":"];
    for name in absent.into_iter().chain(of_publication) {
        assert!(!json.contains(name), "{name}");
    }
    assert_ne!(plain.hash(), definition(|_| ()).hash(), "conditions are part of what is frozen");
}
