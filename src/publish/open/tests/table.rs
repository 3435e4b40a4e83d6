//! The tidy table, read back by a reader of CSV.

use std::collections::BTreeMap;

use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;

use super::samples::{plain, samples};
use crate::poll::{Breakdown, Eligibility, LocalizedText};
use crate::publish::open::csv;
use crate::publish::open::csv::{COLUMNS, guard};
use crate::publish::statement::{
    BreakdownTable, OptionRow, OptionTotal, QuestionTotals, Statement, StratumTotal,
};

/// Question, option, breakdown, stratum.
type Key = [String; 4];
type Row = BTreeMap<&'static str, String>;

fn rows(table: &[u8]) -> Vec<Row> {
    let mut reader = ::csv::Reader::from_reader(table);
    assert_eq!(reader.headers().unwrap(), COLUMNS.as_slice());
    let row = |record: ::csv::StringRecord| {
        COLUMNS.into_iter().zip(record.iter().map(str::to_owned)).collect()
    };
    reader.records().map(|record| row(record.unwrap())).collect()
}

/// The numbers that a table states.
fn numbers(table: &[u8]) -> BTreeMap<Key, Option<u64>> {
    let rows = rows(table);
    let count = rows.len();
    let number = |row: Row| {
        let value = match row["status"].as_str() {
            "exact" => Some(row["value"].parse().unwrap()),
            "hidden" => {
                assert_eq!(row["value"], "");
                None
            }
            other => panic!("{other}"),
        };
        let key = ["question", "option", "breakdown", "stratum"].map(|name| bare(&row[name]));
        (key, value)
    };
    let numbers: BTreeMap<_, _> = rows.into_iter().map(number).collect();
    assert_eq!(numbers.len(), count, "two rows for one number");
    numbers
}

/// The numbers that a statement states, by another way than the writer's.
fn stated(statement: &Statement) -> BTreeMap<Key, Option<u64>> {
    let key = |question: &str, option: &str, by: &str, stratum: &str| {
        [question, option, by, stratum].map(str::to_owned)
    };
    let mut stated = BTreeMap::new();
    stated.extend(statement.total.map(|total| (key("", "", "", ""), Some(total))));
    for question in &statement.questions {
        for option in &question.options {
            stated.insert(key(&question.id, &option.id, "", ""), Some(option.count));
        }
    }
    for table in &statement.breakdowns {
        let by = match table.by {
            Breakdown::Region => "region",
            Breakdown::AgeBand => "age-band",
            Breakdown::Group => "group",
        };
        let question = statement.questions.iter().find(|each| each.id == table.question).unwrap();
        for stratum in &table.strata {
            stated.insert(key(&table.question, "", by, &stratum.id), stratum.answers);
            for option in &question.options {
                stated.insert(key(&table.question, &option.id, by, &stratum.id), None);
            }
        }
        for row in &table.options {
            for (stratum, count) in table.strata.iter().zip(&row.counts) {
                stated.insert(key(&table.question, &row.id, by, &stratum.id), *count);
            }
        }
    }
    stated
}

/// The text that [`guard`] was given, by the rule that the description states.
fn bare(text: &str) -> String {
    text.strip_prefix('\'').unwrap_or(text).to_owned()
}

#[test]
fn the_table_states_the_numbers_of_each_sample() {
    for (name, releases) in samples() {
        for release in releases {
            let statement = release.statement;
            assert_eq!(numbers(&csv(&statement)), stated(&statement), "{name}");
        }
    }
}

#[test]
fn an_option_that_the_table_lacks_has_hidden_cells_like_any_other() {
    let [(_, closed), ..] = samples();
    let numbers = numbers(&csv(&closed[0].statement));
    let none = numbers.iter().filter(|([_, option, by, _], _)| option == "none" && !by.is_empty());
    let none: Vec<_> = none.collect();
    assert_eq!(none.len(), 28 + 8);
    assert!(none.iter().all(|(_, value)| value.is_none()));
}

#[test]
fn a_withheld_table_is_a_table_of_hidden_cells() {
    let [(_, closed), ..] = samples();
    let mut statement = closed[0].statement.clone();
    for table in &mut statement.breakdowns {
        table.withheld = true;
        table.options.clear();
    }
    let all = numbers(&csv(&closed[0].statement));
    let withheld = numbers(&csv(&statement));
    assert!(all.keys().eq(withheld.keys()));
    let cells =
        withheld.iter().filter(|([_, option, by, _], _)| !option.is_empty() && !by.is_empty());
    assert!(cells.into_iter().all(|(_, value)| value.is_none()));
}

#[test]
fn a_withdrawal_has_a_header_and_no_rows() {
    let [.., (_, withdrawn)] = samples();
    let table = csv(&withdrawn.last().unwrap().statement);
    assert_eq!(str::from_utf8(&table).unwrap(), format!("{}\r\n", COLUMNS.join(",")));
}

#[test]
fn text_of_the_organiser_is_never_a_formula() {
    for formula in ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "\n=1", " =1", "＝1", "'=1"] {
        assert_eq!(guard(formula), format!("'{formula}"));
    }
    for plain in ["Так", "a=1", "5", "", "18-24", "UA-05", "«=»"] {
        assert_eq!(guard(plain), plain);
    }
}

const LABEL: &str = "[=+@',\"\r\n\ta-cА-Яїґ -]{1,8}";

fn count() -> BoxedStrategy<u64> {
    prop_oneof![0_u64..200, Just((1_u64 << 53) - 1)].boxed()
}

fn breakdown(by: Breakdown, options: usize) -> impl Strategy<Value = BreakdownTable> {
    let groups = ["pupils", "=teachers"].map(str::to_owned).to_vec();
    let eligibility = Eligibility { groups, ..Eligibility::default() };
    let names: Vec<_> = by.strata(&eligibility).into_iter().map(str::to_owned).collect();
    let strata = names.len();
    let answers = vec(option::of(count()), strata);
    let rows = vec(option::of(vec(option::of(count()), strata)), options);
    (answers, rows).prop_map(move |(answers, rows)| BreakdownTable {
        question: String::new(),
        by,
        withheld: false,
        strata: names
            .iter()
            .zip(answers)
            .map(|(id, answers)| StratumTotal { id: id.clone(), answers })
            .collect(),
        options: rows
            .into_iter()
            .enumerate()
            .filter_map(|(at, counts)| Some(OptionRow { id: option_id(at), counts: counts? }))
            .collect(),
    })
}

fn option_id(at: usize) -> String {
    // One begins as a formula does; an order may name its options so.
    format!("{}{at}", if at == 1 { "-" } else { "o" })
}

fn question() -> impl Strategy<Value = (QuestionTotals, Vec<BreakdownTable>)> {
    vec((LABEL, LABEL, count()), 2..5).prop_flat_map(|options| {
        let tables = (
            breakdown(Breakdown::Region, options.len()),
            breakdown(Breakdown::AgeBand, options.len()),
            breakdown(Breakdown::Group, options.len()),
        );
        let option = |(at, (uk, en, count))| OptionTotal {
            id: option_id(at),
            label: LocalizedText { uk, en },
            count,
        };
        let options: Vec<_> = options.into_iter().enumerate().map(option).collect();
        let text = LocalizedText { uk: "=?".to_owned(), en: "?".to_owned() };
        let question = QuestionTotals { id: String::new(), text, options };
        (Just(question), tables)
            .prop_map(|(question, (one, two, three))| (question, vec![one, two, three]))
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn the_table_states_exactly_the_numbers_of_the_statement(questions in vec(question(), 1..3)) {
        let mut statement = plain(&[1, 1, 1, 1]);
        statement.questions.clear();
        for (at, (mut question, mut tables)) in questions.into_iter().enumerate() {
            question.id = format!("q{at}");
            for table in &mut tables {
                table.question = question.id.clone();
            }
            statement.questions.push(question);
            statement.breakdowns.extend(tables);
        }
        let table = csv(&statement);
        prop_assert_eq!(numbers(&table), stated(&statement));
        for row in rows(&table) {
            let question = statement.questions.iter().find(|each| each.id == row["question"]);
            let of_option = |question: &QuestionTotals| {
                let option = question.options.iter().find(|each| each.id == bare(&row["option"]));
                option.map(|option| option.label.clone())
            };
            let label = match question {
                None => statement.title.clone(),
                Some(question) => of_option(question).unwrap_or_else(|| question.text.clone()),
            };
            prop_assert_eq!([bare(&row["label_uk"]), bare(&row["label_en"])], [label.uk, label.en]);
            for cell in row.values() {
                let first = cell.trim_start().chars().next();
                prop_assert!(!cell.starts_with(['\t', '\r', '\n']));
                prop_assert!(!first.is_some_and(|first| "=+-@".contains(first)));
            }
        }
    }
}
