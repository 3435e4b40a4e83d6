use super::samples::{publisher, text};
use crate::publish::open::{
    Licence, Publisher, landing_url, proof_url, release_url, results_csv_url, results_csvw_url,
};

const FACTS: &str = r#"
    base_url = "https://polls.example.gov.ua"
    name = { uk = "Міністерство", en = "Ministry" }
    code = "43220851"
    contact_name = "Відділ"
    contact_email = "opendata@example.gov.ua"
"#;

#[test]
fn a_configuration_names_the_publisher_and_may_leave_licence_and_territory_out() {
    let read: Publisher = toml::from_str(FACTS).unwrap();
    assert_eq!(read.check(), []);
    assert_eq!((read.licence, read.territory), (Licence::CcBy4, None));
    let more = format!("{FACTS}licence = \"CC0-1.0\"\nterritory = \"UA05000000000010236\"\n");
    let read: Publisher = toml::from_str(&more).unwrap();
    assert_eq!((read.check(), read.licence), (vec![], Licence::Cc0));
    assert!(toml::from_str::<Publisher>(&format!("{FACTS}phone = \"1\"")).is_err());
}

#[test]
fn each_fact_is_checked_and_named() {
    let fields = |change: &dyn Fn(&mut Publisher)| -> Vec<&str> {
        let mut publisher = publisher();
        change(&mut publisher);
        publisher.check().into_iter().map(|(field, _)| field).collect()
    };
    assert_eq!(fields(&|_| ()), [""; 0]);
    let bad_urls = [
        "",
        "https://",
        "http://a.ua",
        "https://a.ua/",
        "https://a.ua?x",
        "https://a.ua#x",
        "https://u@a.ua",
        "https://a b",
        "https:///a",
        "https://a//b",
        "https://опитування.укр",
    ];
    for bad in bad_urls {
        assert_eq!(fields(&|each| each.base_url = bad.to_owned()), ["base_url"], "{bad}");
    }
    for good in ["https://a.ua", "https://a.ua:8443", "https://a.ua/e-polls"] {
        assert_eq!(fields(&|each| each.base_url = good.to_owned()), [""; 0], "{good}");
    }
    assert_eq!(fields(&|each| each.name = text(" ", "a\nb")), ["name.uk", "name.en"]);
    assert_eq!(fields(&|each| each.code = "4322085".to_owned()), ["code"]);
    assert_eq!(fields(&|each| each.contact_name.clear()), ["contact_name"]);
    for bad in ["", "a", "@a.ua", "a@", "a@b", "a@b..ua", "a b@c.ua", "a@b@c.ua", "a?x=1@b.ua"] {
        assert_eq!(fields(&|each| each.contact_email = bad.to_owned()), ["contact_email"], "{bad}");
    }
    for bad in ["UA-05", "UA99000000000010236", "05"] {
        assert_eq!(fields(&|each| each.territory = Some(bad.to_owned())), ["territory"], "{bad}");
    }
}

#[test]
fn addresses_are_what_they_were() {
    let publisher = publisher();
    let poll = "019a9c10-0000-7000-8000-000000000001".parse().unwrap();
    let base = "https://polls.example.gov.ua";
    let release = format!("{base}/api/v1/polls/{poll}/releases/7");
    assert_eq!(landing_url(&publisher, poll), format!("{base}/polls/{poll}"));
    assert_eq!(release_url(&publisher, poll, 7), release);
    assert_eq!(results_csv_url(&publisher, poll, 7), format!("{release}/results.csv"));
    let described = format!("{release}/results.csv-metadata.json");
    assert_eq!(results_csvw_url(&publisher, poll, 7), described);
    assert_eq!(proof_url(&publisher, poll, 7), format!("{release}/proof"));
}
