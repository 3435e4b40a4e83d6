//! What the columns of a release's table mean: CSVW metadata, beside the table.
//!
//! Its addresses of the table are relative, so that the two files can be checked where they were
//! saved. Titles are the header's own words, as a reader of CSVW compares them; what they mean is in
//! the descriptions.

use serde_json::{Value, json};

use super::csv::{COLUMNS, EXACT, HIDDEN};
use super::names::{RESULTS_CSV, landing_url, release_url};
use super::publisher::Publisher;
use super::{json_bytes, spelling, words};
use crate::poll::LocalizedText;
use crate::publish::statement::{ReleaseKind, Statement};

/// The description of a release's table.
pub fn csvw(statement: &Statement, publisher: &Publisher) -> Vec<u8> {
    let columns = COLUMNS.map(|name| column(name, statement));
    json_bytes(&json!({
        "@context": ["http://www.w3.org/ns/csvw", { "@language": "uk" }],
        "url": RESULTS_CSV,
        "dialect": { "encoding": "utf-8", "header": true, "delimiter": ",", "quoteChar": "\"" },
        "dc:title": both(&words::title(statement)),
        "dc:description": both(&table_description(statement)),
        "dc:identifier": release_url(publisher, statement.poll, statement.release),
        "dc:isPartOf": { "@id": landing_url(publisher, statement.poll) },
        "dc:publisher": {
            "schema:name": both(&publisher.name),
            "schema:identifier": publisher.code,
        },
        "dc:license": { "@id": publisher.licence.url() },
        "dc:rights": both(&words::source(statement, publisher)),
        "dc:modified": {
            "@value": statement.published_at.to_string(),
            "@type": "xsd:dateTime",
        },
        "dc:issued": {
            "@value": statement.published_at.to_string(),
            "@type": "xsd:dateTime",
        },
        "tableSchema": {
            "columns": columns,
            "primaryKey": ["poll", "release", "question", "option", "breakdown", "stratum"],
        },
    }))
}

fn table_description(statement: &Statement) -> LocalizedText {
    let note = words::note(statement);
    words::text(
        format!(
            "{} Один рядок — одна кількість відповідей. Перед текстом, який таблична програма \
             прийняла б за формулу, стоїть апостроф.",
            note.uk
        ),
        format!(
            "{} One row, one number of answers. An apostrophe stands before text that a spreadsheet \
             would take for a formula.",
            note.en
        ),
    )
}

fn column(name: &str, statement: &Statement) -> Value {
    let (datatype, required, uk, en) = match name {
        "poll" => (json!("string"), true, "Ідентифікатор опитування.", "The poll's identifier."),
        "release" => (
            json!("positiveInteger"),
            true,
            "Номер випуску результатів цього опитування.",
            "The number of the release of this poll.",
        ),
        "kind" => (
            one_of(&[ReleaseKind::Live, ReleaseKind::Final, ReleaseKind::Withdrawal].map(spelling)),
            true,
            "Вид випуску: проміжний, остаточний або відкликання.",
            "The kind of release: provisional, final, or a withdrawal.",
        ),
        "as_of" => (
            json!("dateTimeStamp"),
            true,
            "Момент, станом на який наведено підсумки.",
            "The moment whose totals these are.",
        ),
        "question" => (
            json!("string"),
            false,
            "Ідентифікатор питання; порожньо — усе опитування.",
            "The question's identifier; empty: the whole poll.",
        ),
        "option" => (
            json!("string"),
            false,
            "Ідентифікатор варіанта відповіді; порожньо — усі варіанти.",
            "The option's identifier; empty: all options.",
        ),
        "label_uk" | "label_en" => (json!("string"), true, LABEL_UK, LABEL_EN),
        "breakdown" => (
            json!("string"),
            false,
            "Ознака, за якою розподілено відповіді; порожньо — без розподілу.",
            "The fact by which answers are split; empty: not split.",
        ),
        "stratum" => (
            json!("string"),
            false,
            "Значення ознаки: код ISO 3166-2, вікова група тощо; not-stated — не вказано.",
            "The value of that fact: an ISO 3166-2 code, an age band, and so on; or not-stated.",
        ),
        "value" => (
            json!("nonNegativeInteger"),
            false,
            "Кількість відповідей; порожньо, якщо її приховано.",
            "Number of answers; empty where it is hidden.",
        ),
        "status" => return status(statement),
        _ => unreachable!("a test describes every column"),
    };
    described(name, &datatype, required, &words::text(uk, en))
}

fn status(statement: &Statement) -> Value {
    let k = statement.bounds.k;
    let description = words::text(
        format!(
            "exact — точна кількість; hidden — приховано: нуль, менше за {k}, або з неї можна \
             обчислити таку; ці випадки не розрізняються."
        ),
        format!(
            "exact: the exact number; hidden: zero, below {k}, or such a number could be computed \
             from it; these cannot be told apart."
        ),
    );
    described("status", &one_of(&[EXACT.to_owned(), HIDDEN.to_owned()]), true, &description)
}

fn described(name: &str, datatype: &Value, required: bool, text: &LocalizedText) -> Value {
    json!({
        "name": name,
        "titles": name,
        "datatype": datatype,
        "required": required,
        "dc:description": both(text),
    })
}

const LABEL_UK: &str = "Що рахує рядок, мовою з назви колонки: варіант; питання, якщо варіанта не \
                        вказано; опитування, якщо не вказано обох.";
const LABEL_EN: &str = "What the row counts, in the language of the column's name: the option; \
                        the question, without an option; the poll, without either.";

/// Text that is one of these words.
fn one_of(words: &[String]) -> Value {
    json!({ "base": "string", "format": words.join("|") })
}

/// A text in both languages.
fn both(text: &LocalizedText) -> Value {
    json!([
        { "@value": text.uk, "@language": "uk" },
        { "@value": text.en, "@language": "en" },
    ])
}
