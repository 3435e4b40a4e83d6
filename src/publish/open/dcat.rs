//! The catalogue of all polls with releases: DCAT-AP 3 in JSON-LD.
//!
//! One dataset a poll, with the files of its latest release; every release is a version of it, as
//! one takes the place of another. Nothing remote is needed to read it: the context is inside.

use jiff::Timestamp;
use serde_json::{Value, json};

use super::names::{
    RESULTS_CSV, catalogue_url, landing_url, latest_url, proof_url, release_url, results_csv_url,
    results_csvw_url,
};
use super::publisher::Publisher;
use super::{Dataset, ReleaseFacts, csv, json_bytes, words};
use crate::poll::LocalizedText;
use crate::publish::statement::{ReleaseKind, Statement};

/// Where the controlled lists of the European Union are.
const AUTHORITY: &str = "http://publications.europa.eu/resource/authority";

/// The catalogue, last changed at this moment.
pub fn dcat(datasets: &[Dataset<'_>], publisher: &Publisher, modified: Timestamp) -> Vec<u8> {
    let name = &publisher.name;
    let title = words::text(
        format!("Результати електронних опитувань: {}", name.uk),
        format!("Results of e-polls: {}", name.en),
    );
    let description = words::text(
        "Знеособлені підсумки електронних опитувань, оприлюднені у формі відкритих даних.",
        "Depersonalised totals of e-polls, published as open data.",
    );
    let mut catalogue = json!({
        "@context": context(),
        "@id": format!("{}#catalog", catalogue_url(publisher)),
        "@type": "dcat:Catalog",
        "dct:title": both(&title),
        "dct:description": both(&description),
        "dct:publisher": agent(publisher),
        "dct:language": languages(),
        "dct:license": licence(publisher),
        "dct:spatial": place(publisher),
        "dct:modified": moment(modified),
        "dcat:themeTaxonomy": typed(&format!("{AUTHORITY}/data-theme"), "skos:ConceptScheme", [
            ("dct:title", json!({ "@value": "Data theme", "@language": "en" })),
        ]),
        "foaf:homepage": typed(&publisher.base_url, "foaf:Document", []),
        "dcat:dataset": datasets.iter().map(|each| dataset(each, publisher)).collect::<Vec<_>>(),
    });
    if let Some(issued) = datasets.iter().map(|each| each.first().statement.published_at).min() {
        catalogue["dct:issued"] = moment(issued);
    }
    json_bytes(&catalogue)
}

fn context() -> Value {
    json!({
        "adms": "http://www.w3.org/ns/adms#",
        "dcat": "http://www.w3.org/ns/dcat#",
        "dcatap": "http://data.europa.eu/r5r/",
        "dct": "http://purl.org/dc/terms/",
        "foaf": "http://xmlns.com/foaf/0.1/",
        "rdfs": "http://www.w3.org/2000/01/rdf-schema#",
        "skos": "http://www.w3.org/2004/02/skos/core#",
        "spdx": "http://spdx.org/rdf/terms#",
        "vcard": "http://www.w3.org/2006/vcard/ns#",
        "xsd": "http://www.w3.org/2001/XMLSchema#",
    })
}

fn dataset(dataset: &Dataset<'_>, publisher: &Publisher) -> Value {
    let latest = dataset.latest().statement;
    let poll = latest.poll;
    let versions = dataset.releases.iter().map(|each| version(dataset, each, publisher));
    let keywords = words::keywords().map(|keyword| both(&keyword)).into_iter();
    let keywords = keywords.flat_map(|pair| pair.as_array().cloned().unwrap_or_default());
    json!({
        "@id": format!("{}#dataset", landing_url(publisher, poll)),
        "@type": "dcat:Dataset",
        "dct:identifier": poll.to_string(),
        "dct:title": both(&words::title(latest)),
        "dct:description": both(&words::description(dataset)),
        "dct:publisher": reference(&publisher_id(publisher)),
        "dct:creator": {
            "@type": "foaf:Agent",
            "foaf:name": latest.initiator.name,
            "dct:identifier": latest.initiator.code,
        },
        "dct:provenance": {
            "@type": "dct:ProvenanceStatement",
            "rdfs:label": { "@value": words::purpose(latest), "@language": "uk" },
        },
        "dcat:contactPoint": {
            "@type": "vcard:Kind",
            "vcard:fn": publisher.contact_name,
            "vcard:hasEmail": { "@id": format!("mailto:{}", publisher.contact_email) },
        },
        "dcat:theme": theme(),
        "dcat:keyword": keywords.collect::<Vec<_>>(),
        "dct:language": languages(),
        "dct:spatial": place(publisher),
        "dct:temporal": {
            "@type": "dct:PeriodOfTime",
            "dcat:startDate": moment(latest.opened_at),
            "dcat:endDate": moment(latest.closed_at.unwrap_or(dataset.closes_at)),
        },
        "dct:accrualPeriodicity": frequency(dataset),
        "dct:accessRights": typed(
            &authority("access-right", "PUBLIC"),
            "dct:RightsStatement",
            [],
        ),
        "dct:issued": moment(dataset.first().statement.published_at),
        "dct:modified": moment(latest.published_at),
        "dcat:landingPage": typed(&landing_url(publisher, poll), "foaf:Document", []),
        "foaf:page": typed(&latest_url(publisher, poll), "foaf:Document", []),
        "dcat:version": latest.release.to_string(),
        "adms:versionNotes": both(&words::note(latest)),
        "dcat:hasVersion": versions.collect::<Vec<_>>(),
        "dcat:distribution": files(dataset, &dataset.latest(), publisher, described),
    })
}

/// A release: what it is, which it takes the place of, and its files.
fn version(dataset: &Dataset<'_>, release: &ReleaseFacts<'_>, publisher: &Publisher) -> Value {
    let statement = release.statement;
    let poll = statement.poll;
    let title = words::title(statement);
    let number = statement.release;
    let title = words::text(
        format!("{}, випуск {number}", title.uk),
        format!("{}, release {number}", title.en),
    );
    let mut version = json!({
        "@id": version_id(publisher, statement, number),
        "@type": "dcat:Dataset",
        "dct:title": both(&title),
        "dct:description": both(&words::note(statement)),
        "dct:publisher": reference(&publisher_id(publisher)),
        "dct:issued": moment(statement.published_at),
        "dct:temporal": {
            "@type": "dct:PeriodOfTime",
            "dcat:startDate": moment(statement.opened_at),
            "dcat:endDate": moment(statement.as_of),
        },
        "dct:relation": { "@id": proof_url(publisher, poll, number) },
        "dcat:version": number.to_string(),
        "dcat:distribution": if number == dataset.latest().statement.release {
            files(dataset, release, publisher, named)
        } else {
            files(dataset, release, publisher, fetchable)
        },
    });
    if number > 1 {
        version["dcat:previousVersion"] =
            json!({ "@id": version_id(publisher, statement, number - 1) });
    }
    version
}

fn version_id(publisher: &Publisher, statement: &Statement, release: u32) -> String {
    format!("{}#dataset", release_url(publisher, statement.poll, release))
}

/// The files of a release, each written in this way.
fn files(
    dataset: &Dataset<'_>,
    release: &ReleaseFacts<'_>,
    publisher: &Publisher,
    write: fn(&File<'_>) -> Value,
) -> Value {
    let statement = release.statement;
    let (poll, number) = (statement.poll, statement.release);
    let table = csv(statement);
    let status = status(dataset, statement);
    let signed = File {
        url: release_url(publisher, poll, number),
        title: words::text("Підписаний файл, JSON", "Signed file, JSON"),
        media_type: "application/json",
        file_type: "JSON",
        bytes: release.bytes,
        hash: release.hash,
        standard: "https://www.rfc-editor.org/rfc/rfc8785",
        status,
        statement,
        publisher,
    };
    let tidy = File {
        url: results_csv_url(publisher, poll, number),
        title: words::text(format!("Таблиця {RESULTS_CSV}"), format!("Table {RESULTS_CSV}")),
        media_type: "text/csv",
        file_type: "CSV",
        bytes: table.len(),
        hash: &blake3::hash(&table).to_hex(),
        standard: &results_csvw_url(publisher, poll, number),
        ..signed
    };
    json!([write(&signed), write(&tidy)])
}

/// One file of a release.
struct File<'a> {
    url: String,
    title: LocalizedText,
    media_type: &'a str,
    file_type: &'a str,
    bytes: usize,
    hash: &'a str,
    standard: &'a str,
    status: &'a str,
    statement: &'a Statement,
    publisher: &'a Publisher,
}

impl File<'_> {
    fn id(&self) -> String {
        format!("{}#distribution", self.url)
    }
}

/// A file's name alone, where it is described elsewhere in the catalogue.
fn named(file: &File<'_>) -> Value {
    reference(&file.id())
}

/// What is needed to fetch and check a file.
fn fetchable(file: &File<'_>) -> Value {
    let media_type = format!("https://www.iana.org/assignments/media-types/{}", file.media_type);
    let file_type = authority("file-type", file.file_type);
    json!({
        "@id": file.id(),
        "@type": "dcat:Distribution",
        "dcat:accessURL": reference(&file.url),
        "dcat:downloadURL": reference(&file.url),
        "dcat:mediaType": typed(&media_type, "dct:MediaType", []),
        "dct:format": typed(&file_type, "dct:MediaTypeOrExtent", []),
        "dct:license": reference(file.publisher.licence.authority()),
        "dcat:byteSize": {
            "@value": file.bytes.to_string(),
            "@type": "xsd:nonNegativeInteger",
        },
        "spdx:checksum": {
            "@type": "spdx:Checksum",
            "spdx:algorithm": typed(
                "spdx:checksumAlgorithm_blake3",
                "spdx:ChecksumAlgorithm",
                [],
            ),
            "spdx:checksumValue": { "@value": file.hash, "@type": "xsd:hexBinary" },
        },
        "dct:conformsTo": typed(file.standard, "dct:Standard", []),
        "adms:status": concept("distribution-status", file.status),
    })
}

/// The same, with all that a person reads about it.
fn described(file: &File<'_>) -> Value {
    let mut node = fetchable(file);
    let moment = moment(file.statement.published_at);
    node["dct:title"] = both(&file.title);
    node["dct:description"] = both(&words::note(file.statement));
    node["dct:rights"] = json!({
        "@type": "dct:RightsStatement",
        "rdfs:label": both(&words::source(file.statement, file.publisher)),
    });
    node["dct:language"] = json!(LANGUAGES.map(|code| reference(&authority("language", code))));
    node["dct:issued"] = moment.clone();
    node["dct:modified"] = moment;
    node["dcatap:availability"] = concept("planned-availability", "STABLE");
    node
}

/// Whether a release still holds.
fn status(dataset: &Dataset<'_>, statement: &Statement) -> &'static str {
    let latest = dataset.latest().statement;
    if statement.release == latest.release {
        "COMPLETED"
    } else if latest.kind == ReleaseKind::Withdrawal {
        "WITHDRAWN"
    } else {
        "DEPRECATED"
    }
}

fn agent(publisher: &Publisher) -> Value {
    json!({
        "@id": publisher_id(publisher),
        "@type": "foaf:Agent",
        "foaf:name": both(&publisher.name),
        "dct:identifier": publisher.code,
    })
}

fn publisher_id(publisher: &Publisher) -> String {
    format!("{}#publisher", publisher.base_url)
}

fn theme() -> Value {
    let label = words::text("Уряд та громадський сектор", "Government and public sector");
    typed(
        &authority("data-theme", "GOVE"),
        "skos:Concept",
        [
            ("skos:prefLabel", both(&label)),
            ("skos:inScheme", json!({ "@id": format!("{AUTHORITY}/data-theme") })),
        ],
    )
}

fn frequency(dataset: &Dataset<'_>) -> Value {
    let code = if dataset.is_live() { "UPDATE_CONT" } else { "IRREG" };
    typed(&authority("frequency", code), "dct:Frequency", [])
}

fn licence(publisher: &Publisher) -> Value {
    typed(
        publisher.licence.authority(),
        "dct:LicenseDocument",
        [("skos:exactMatch", json!({ "@id": publisher.licence.url() }))],
    )
}

/// Of every text and every file.
const LANGUAGES: [&str; 2] = ["UKR", "ENG"];

fn languages() -> Value {
    json!(LANGUAGES.map(|code| typed(&authority("language", code), "dct:LinguisticSystem", [])))
}

/// The country; a smaller territory has a code and no address in the lists.
fn place(publisher: &Publisher) -> Value {
    match &publisher.territory {
        None => typed(&authority("country", "UKR"), "dct:Location", []),
        Some(code) => json!({ "@type": "dct:Location", "dct:identifier": code }),
    }
}

/// A member of one of the controlled lists.
fn authority(list: &str, code: &str) -> String {
    format!("{AUTHORITY}/{list}/{code}")
}

fn concept(list: &str, code: &str) -> Value {
    let label = json!({ "@value": code.to_lowercase(), "@language": "en" });
    typed(&authority(list, code), "skos:Concept", [("skos:prefLabel", label)])
}

fn reference(id: &str) -> Value {
    json!({ "@id": id })
}

fn typed<const N: usize>(id: &str, kind: &str, rest: [(&str, Value); N]) -> Value {
    let mut node = json!({ "@id": id, "@type": kind });
    for (property, value) in rest {
        node[property] = value;
    }
    node
}

fn moment(at: Timestamp) -> Value {
    json!({ "@value": at.to_string(), "@type": "xsd:dateTime" })
}

fn both(text: &LocalizedText) -> Value {
    json!([
        { "@value": text.uk, "@language": "uk" },
        { "@value": text.en, "@language": "en" },
    ])
}
