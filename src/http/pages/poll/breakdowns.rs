//! Breakdown tables as people read them: strata in rows, and the regions on a map of tiles.
//!
//! A number that is hidden stands nowhere on the page, also not as the length or the shade of
//! anything: only that it is hidden.

use super::super::forms::thousandths;
use super::super::map;
use super::super::words::Words;
use crate::poll::Breakdown;
use crate::publish::{BreakdownTable, NOT_STATED, PublicPoll, QuestionTotals, Statement};

/// One breakdown of one question.
pub(super) struct Section {
    /// For addresses within the page.
    pub(super) id: String,
    pub(super) title: String,
    /// Why there is no table.
    pub(super) withheld: Option<String>,
    /// Whether a number of it is hidden.
    pub(super) hides: bool,
    /// What a hidden number means.
    pub(super) hidden_said: String,
    /// Options that are left out because hardly anybody chose them.
    pub(super) left_out: Option<String>,
    pub(super) options: Vec<String>,
    pub(super) rows: Vec<Row>,
    pub(super) maps: Vec<Map>,
}

pub(super) struct Row {
    pub(super) name: String,
    pub(super) answers: Option<String>,
    pub(super) cells: Vec<Option<Cell>>,
}

pub(super) struct Cell {
    pub(super) count: String,
    /// Of the answers in its stratum, where that number is shown.
    pub(super) share: Option<String>,
}

/// The regions' shares of one option.
pub(super) struct Map {
    pub(super) option: String,
    /// What it shows, in words.
    pub(super) said: String,
    pub(super) tiles: Vec<Tile>,
}

pub(super) struct Tile {
    pub(super) x: u32,
    pub(super) y: u32,
    pub(super) short: String,
    pub(super) name: String,
    /// The share; `None`: hidden.
    pub(super) share: Option<String>,
    /// Which fifth of the scale, 1 to 5; 0: hidden.
    pub(super) fifth: u32,
}

/// The breakdowns of the release in force.
pub(super) fn sections(words: Words, poll: &PublicPoll) -> Vec<Section> {
    let Some(publication) = poll.in_force() else { return Vec::new() };
    let statement = &publication.statement;
    let tables = statement.breakdowns.iter();
    tables.filter_map(|table| section(words, statement, table)).collect()
}

fn section(words: Words, statement: &Statement, table: &BreakdownTable) -> Option<Section> {
    let question = statement.questions.iter().find(|held| held.id == table.question)?;
    let label = |id: &str| {
        let option = question.options.iter().find(|option| option.id == id);
        option.map_or_else(String::new, |option| option.label.of(words.language).to_owned())
    };
    let options: Vec<_> = table.options.iter().map(|row| label(&row.id)).collect();
    let rows: Vec<_> = (0..table.strata.len()).map(|at| row(words, table, at)).collect();
    let hides =
        rows.iter().any(|row| row.answers.is_none() || row.cells.iter().any(Option::is_none));
    let maps = match table.by {
        Breakdown::Region if !table.withheld => {
            (0..options.len()).filter_map(|at| map(words, table, at, &options[at])).collect()
        }
        Breakdown::Region | Breakdown::AgeBand | Breakdown::Group => Vec::new(),
    };
    let k = statement.bounds.k;
    Some(Section {
        id: format!("{}-{}", table.by.name(), table.question),
        title: words.say(match table.by {
            Breakdown::Region => "by-region",
            Breakdown::AgeBand => "by-age",
            Breakdown::Group => "by-group",
        }),
        withheld: table.withheld.then(|| words.counted("table-withheld", k)),
        hides,
        hidden_said: words.counted("hidden-said", k),
        left_out: left_out(words, question, table, k),
        options,
        rows,
        maps,
    })
}

fn left_out(
    words: Words,
    question: &QuestionTotals,
    table: &BreakdownTable,
    k: u64,
) -> Option<String> {
    let is_there = |id: &String| table.options.iter().any(|row| row.id == *id);
    let left = question.options.iter().filter(|option| !is_there(&option.id)).count();
    (left > 0 && !table.withheld).then(|| words.counted("left-out", k))
}

fn row(words: Words, table: &BreakdownTable, at: usize) -> Row {
    let stratum = &table.strata[at];
    let cell = |count: u64| Cell {
        count: words.count(count),
        share: stratum.answers.and_then(|answers| words.share(count, answers)),
    };
    let cells = table.options.iter().map(|row| row.counts.get(at).copied().flatten());
    Row {
        name: stratum_name(words, table.by, &stratum.id),
        answers: stratum.answers.map(|answers| words.count(answers)),
        cells: cells.map(|count| count.map(cell)).collect(),
    }
}

fn stratum_name(words: Words, by: Breakdown, id: &str) -> String {
    match by {
        _ if id == NOT_STATED => words.say("not-stated"),
        Breakdown::Region => map::name(words, id),
        Breakdown::AgeBand => {
            let from = |band: &str| words.with("age-from", [("from", band.to_owned().into())]);
            let years = |band: String| words.with("age-band", [("band", band.into())]);
            id.strip_suffix('+').map_or_else(|| years(id.replace('-', "–")), from)
        }
        Breakdown::Group => id.to_owned(),
    }
}

/// The map of one option; one that shows no share says nothing.
fn map(words: Words, table: &BreakdownTable, at: usize, option: &str) -> Option<Map> {
    let counts = &table.options[at].counts;
    let mut shown: Vec<(u32, String)> = Vec::new();
    let mut tiles = Vec::new();
    for (stratum, count) in table.strata.iter().zip(counts) {
        let Some((x, y)) = map::place(&stratum.id) else { continue };
        let both = count.zip(stratum.answers);
        let share = both.and_then(|(count, answers)| words.share(count, answers));
        let parts = both.filter(|_| share.is_some());
        let parts = parts.map(|(count, answers)| thousandths(count, answers));
        let name = map::name(words, &stratum.id);
        if let Some(parts) = parts {
            shown.push((parts, name.clone()));
        }
        tiles.push(Tile {
            x,
            y,
            short: map::short_name(words, &stratum.id),
            name,
            share,
            fifth: parts.map_or(0, |parts| (parts / 200).min(4) + 1),
        });
    }
    let said = said(words, &shown, tiles.len())?;
    Some(Map { option: option.to_owned(), said, tiles })
}

/// The map in words: from where to where its shares go, and how many it hides.
fn said(words: Words, shown: &[(u32, String)], regions: usize) -> Option<String> {
    let (least, low) = shown.iter().min_by_key(|(parts, _)| *parts)?;
    let (most, high) = shown.iter().max_by_key(|(parts, _)| *parts)?;
    let share = |parts: u32| words.share(u64::from(parts), 1_000).unwrap_or_default();
    let parts = [
        ("least", share(*least).into()),
        ("low", low.as_str().into()),
        ("most", share(*most).into()),
        ("high", high.as_str().into()),
        ("hidden", (regions - shown.len()).into()),
    ];
    Some(words.with("map-said", parts))
}
