//! The dataset passport of a poll: the elements that Resolution No. 835 asks for, in Ukrainian.
//!
//! The order of the elements is the Resolution's; after them come those that the national portal
//! shows beside them.

use jiff::Timestamp;
use serde_json::{Value, json};

use super::csv::{finish, guard, write, writer};
use super::names::{landing_url, release_url, results_csv_url, results_csvw_url};
use super::publisher::Publisher;
use super::{Dataset, json_bytes, words};
use crate::poll::kyiv;

/// The passport, each element with a name that stays.
pub fn passport_json(dataset: &Dataset<'_>, publisher: &Publisher) -> Vec<u8> {
    let element = |element: &Element| -> Value {
        json!({ "id": element.id, "name": element.name, "value": element.value })
    };
    let elements: Vec<Value> = elements(dataset, publisher).iter().map(element).collect();
    json_bytes(&json!({ "language": "uk", "elements": elements }))
}

/// The passport as a table of two columns.
pub fn passport_csv(dataset: &Dataset<'_>, publisher: &Publisher) -> Vec<u8> {
    let mut table = writer(&["елемент", "значення"]);
    for element in elements(dataset, publisher) {
        write(&mut table, &[element.name, &guard(&element.value)]);
    }
    finish(table)
}

struct Element {
    id: &'static str,
    name: &'static str,
    value: String,
}

fn elements(dataset: &Dataset<'_>, publisher: &Publisher) -> Vec<Element> {
    let latest = dataset.latest().statement;
    let (poll, release) = (latest.poll, latest.release);
    let files = [release_url(publisher, poll, release), results_csv_url(publisher, poll, release)];
    let contact = format!("{}, {}", publisher.contact_name, publisher.contact_email);
    let values = [
        poll.to_string(),
        words::title(latest).uk,
        words::description(dataset).uk,
        "українська, англійська".to_owned(),
        FORMATS.to_owned(),
        "немає".to_owned(),
        local(dataset.first().statement.published_at),
        local(latest.published_at),
        local(latest.as_of),
        words::frequency(dataset).to_owned(),
        words::keyword_line(),
        files.join(", "),
        results_csvw_url(publisher, poll, release),
        words::purpose(latest),
        contact,
        release.to_string(),
        publisher.name.uk.clone(),
        publisher.code.clone(),
        publisher.territory.clone().unwrap_or_default(),
        landing_url(publisher, poll),
        format!("{}, {}", publisher.licence.spdx(), publisher.licence.url()),
        words::source(latest, publisher).uk,
    ];
    let named = NAMES.into_iter().zip(values);
    named.map(|((id, name), value)| Element { id, name, value }).collect()
}

/// Formats of the files, as the portal lists them.
pub(super) const FORMATS: &str = "JSON, CSV";

/// The elements, each with a name for machines.
const NAMES: [(&str, &str); 22] = [
    ("identifier", "ідентифікаційний номер набору даних"),
    ("title", "найменування набору даних"),
    ("description", "стислий опис змісту набору даних"),
    ("language", "відомості про мову інформації, яка міститься у наборі даних"),
    ("format", "формат (формати), в якому доступний набір даних"),
    ("compressFormat", "формат стиснення набору даних"),
    ("issued", "дата і час першого оприлюднення набору даних"),
    ("modified", "дата і час внесення останніх змін до набору даних"),
    ("asOf", "дата актуальності даних у наборі даних"),
    ("accrualPeriodicity", "періодичність оновлення набору даних"),
    ("keyword", "ключові слова, які відображають основний зміст набору даних"),
    ("downloadURL", "гіперпосилання на набір даних"),
    ("conformsTo", "гіперпосилання на структуру набору даних"),
    ("purpose", "підстава та призначення збору інформації, що міститься в наборі даних"),
    ("contactPoint", "відомості про відповідальну особу та адреса її електронної пошти"),
    ("version", "версія набору даних"),
    ("publisher", "розпорядник інформації"),
    ("publisherIdentifier", "код ЄДРПОУ розпорядника"),
    ("spatial", "код території за КАТОТТГ"),
    ("landingPage", "сторінка набору даних"),
    ("license", "ліцензія"),
    ("source", "посилання на джерело"),
];

/// A moment as people in Ukraine read it, with its distance from UTC.
fn local(at: Timestamp) -> String {
    at.to_zoned_datetime(kyiv()).strftime("%Y-%m-%dT%H:%M:%S%:z").to_string()
}
