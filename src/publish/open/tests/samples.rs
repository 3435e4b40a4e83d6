//! Releases of three polls: one that ended with two breakdowns, one that goes on, one withdrawn.

use jiff::Timestamp;

use crate::poll::{
    AGE_BANDS, Body, Breakdown, CloseReason, LocalizedText, PollId, Region, WithheldReason,
};
use crate::publish::open::{Dataset, Licence, Publisher, ReleaseFacts};
use crate::publish::statement::{
    Bounds, BreakdownTable, Correction, CorrectionReason, NOT_STATED, OptionRow, OptionTotal,
    QuestionTotals, ReleaseKind, Statement, StratumTotal,
};

/// A release with its file, as far as open data sees it.
pub(super) struct Release {
    pub(super) statement: Statement,
    pub(super) file: Vec<u8>,
    pub(super) hash: String,
}

impl Release {
    pub(super) fn new(statement: Statement) -> Self {
        let file = serde_json_canonicalizer::to_vec(&statement).unwrap();
        let hash = blake3::hash(&file).to_hex().to_string();
        Self { statement, file, hash }
    }

    pub(super) fn facts(&self) -> ReleaseFacts<'_> {
        ReleaseFacts { statement: &self.statement, hash: &self.hash, bytes: self.file.len() }
    }
}

/// The samples: a name and the releases of its poll.
pub(super) fn samples() -> [(&'static str, Vec<Release>); 3] {
    [("final", vec![Release::new(closed())]), ("live", live()), ("withdrawal", withdrawn())]
}

pub(super) fn facts(releases: &[Release]) -> Vec<ReleaseFacts<'_>> {
    releases.iter().map(Release::facts).collect()
}

pub(super) fn dataset<'a>(releases: &'a [ReleaseFacts<'a>]) -> Dataset<'a> {
    Dataset { releases, community: "national", closes_at: at("2026-11-20T16:00:00Z") }
}

pub(super) fn publisher() -> Publisher {
    Publisher {
        base_url: "https://polls.example.gov.ua".to_owned(),
        name: text("Міністерство цифрової трансформації України", "Ministry of Digital Affairs"),
        code: "43220851".to_owned(),
        contact_name: "Відділ відкритих даних".to_owned(),
        contact_email: "opendata@example.gov.ua".to_owned(),
        licence: Licence::CcBy4,
        territory: None,
    }
}

pub(super) fn text(uk: &str, en: &str) -> LocalizedText {
    LocalizedText { uk: uk.to_owned(), en: en.to_owned() }
}

pub(super) fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

/// Two releases while the poll goes on.
fn live() -> Vec<Release> {
    let first = Statement {
        poll: poll(2),
        kind: ReleaseKind::Live,
        closed_at: None,
        close_reason: None,
        as_of: at("2026-11-12T12:00:00Z"),
        published_at: at("2026-11-12T18:00:00Z"),
        ..plain(&[1_204, 877, 131, 64])
    };
    let first = Release::new(first);
    let second = Statement {
        release: 2,
        previous: Some(first.hash.clone()),
        as_of: at("2026-11-13T12:00:00Z"),
        published_at: at("2026-11-13T18:00:00Z"),
        ..with_counts(first.statement.clone(), &[2_411, 1_690, 244, 97])
    };
    vec![first, Release::new(second)]
}

/// A final release, a correction of it, and the end of both.
fn withdrawn() -> Vec<Release> {
    let early = Some(CloseReason::TechnicalError);
    let first = plain(&[742, 518, 95, 43]);
    let first = Release::new(Statement { poll: poll(3), close_reason: early, ..first });
    let correction = Correction {
        release: 1,
        hash: first.hash.clone(),
        reason: CorrectionReason::IssuerKeyExcised,
    };
    let second = Release::new(Statement {
        release: 2,
        previous: Some(first.hash.clone()),
        correction: Some(correction.clone()),
        published_at: at("2026-12-01T10:00:00Z"),
        ..with_counts(first.statement.clone(), &[431, 316, 58, 29])
    });
    let third = Release::new(Statement {
        release: 3,
        kind: ReleaseKind::Withdrawal,
        previous: Some(second.hash.clone()),
        correction: Some(Correction { release: 2, hash: second.hash.clone(), ..correction }),
        withheld_reason: Some(WithheldReason::TooFewAnswers),
        published_at: at("2026-12-09T10:00:00Z"),
        total: None,
        questions: Vec::new(),
        ..first.statement.clone()
    });
    vec![first, second, third]
}

/// The counts of each option in each region, and in each age band; the last option has too few
/// answers to be in a table.
fn closed() -> Statement {
    let regions = |share: u64, spread: u64| -> Vec<u64> {
        (0..28).map(|region| share + (region * 37 + share) % spread).collect()
    };
    let (yes, no, other) = (regions(310, 401), regions(205, 211), regions(8, 53));
    let total = |counts: &[u64]| counts.iter().sum();
    let totals = [total(&yes), total(&no), total(&other), 6];
    let mut statement = plain(&totals);
    let by_region = by_region(&yes, &no, &other);
    statement.breakdowns = vec![by_region, by_age(&totals)];
    statement
}

/// Two counts of two regions hide each other. Where the third option is hidden the region's number
/// of answers is shown, elsewhere not: else the option that the table lacks could be computed.
fn by_region(yes: &[u64], no: &[u64], other: &[u64]) -> BreakdownTable {
    let names = Region::ISO.into_iter().chain([NOT_STATED]);
    let small = |region: usize| other[region] < 30;
    let block = |region: usize| region == 3 || region == 12;
    let strata = names.enumerate().map(|(region, id)| StratumTotal {
        id: id.to_owned(),
        answers: small(region).then(|| yes[region] + no[region] + other[region]),
    });
    let strata = strata.collect();
    let row = |id: &str, counts: &[u64], hidden: &dyn Fn(usize) -> bool| OptionRow {
        id: id.to_owned(),
        counts: shown(counts, hidden),
    };
    BreakdownTable {
        question: QUESTION.to_owned(),
        by: Breakdown::Region,
        withheld: false,
        strata,
        options: vec![row("yes", yes, &block), row("no", no, &block), row("other", other, &small)],
    }
}

/// Every band has its part of each option; nobody's age is unknown.
fn by_age(totals: &[u64; 4]) -> BreakdownTable {
    let weights = [1, 9, 21, 24, 19, 14, 9, 3];
    let hidden = |band: usize| band == 0 || band == 7;
    let row = |id: &str, total: u64| OptionRow {
        id: id.to_owned(),
        counts: shown(&weights.map(|weight| total * weight / 100), &hidden),
    };
    let stratum = |id: &&str| StratumTotal { id: (*id).to_owned(), answers: None };
    BreakdownTable {
        question: QUESTION.to_owned(),
        by: Breakdown::AgeBand,
        withheld: false,
        strata: AGE_BANDS.iter().map(stratum).collect(),
        options: vec![row("yes", totals[0]), row("no", totals[1]), row("other", totals[2])],
    }
}

fn shown(counts: &[u64], hidden: &dyn Fn(usize) -> bool) -> Vec<Option<u64>> {
    counts.iter().enumerate().map(|(at, count)| (!hidden(at)).then_some(*count)).collect()
}

const QUESTION: &str = "q1";

/// A final release with these counts and no breakdowns.
pub(super) fn plain(counts: &[u64; 4]) -> Statement {
    let statement = Statement {
        format: "holos-publication-2".to_owned(),
        poll: poll(1),
        release: 1,
        kind: ReleaseKind::Final,
        previous: None,
        definition_hash: blake3::hash(b"definition").to_hex().to_string(),
        title: text("Який день зробити вихідним?", "Which day shall be a holiday?"),
        initiator: Body {
            code: "00013480".to_owned(), name: "Міністерство культури".to_owned()
        },
        reference: "Н-17".to_owned(),
        legal_ground: "Постанова Кабінету Міністрів України від 7 лютого 2022 р. № 90".to_owned(),
        opened_at: at("2026-11-10T06:00:00Z"),
        closed_at: Some(at("2026-11-20T16:00:00Z")),
        close_reason: Some(CloseReason::AsPlanned),
        as_of: at("2026-11-20T16:00:00Z"),
        correction: None,
        withheld_reason: None,
        published_at: at("2026-11-21T07:30:00Z"),
        bounds: Bounds { k: 10, ballots_apart: 100, minimum_answers: 50 },
        total: None,
        questions: Vec::new(),
        breakdowns: Vec::new(),
    };
    with_counts(statement, counts)
}

fn with_counts(statement: Statement, counts: &[u64; 4]) -> Statement {
    let option = |id: &str, uk: &str, en: &str, count: u64| OptionTotal {
        id: id.to_owned(),
        label: text(uk, en),
        count,
    };
    let question = QuestionTotals {
        id: QUESTION.to_owned(),
        text: text("Чи потрібен вихідний?", "Is a holiday needed?"),
        options: vec![
            option("yes", "Так, потрібен", "Yes, it is", counts[0]),
            option("no", "Ні", "No", counts[1]),
            option("other", "=ІНШЕ(\"дата\"), інша", "-other, \"another\" day", counts[2]),
            option("none", "Байдуже", "No opinion", counts[3]),
        ],
    };
    Statement { total: Some(counts.iter().sum()), questions: vec![question], ..statement }
}

fn poll(last: u8) -> PollId {
    let mut bytes = *b"\x01\x9a\x9c\x10\x00\x00\x70\x00\x80\x00\x00\x00\x00\x00\x00\x00";
    bytes[15] = last;
    PollId::from_bytes(bytes)
}
