//! A release by itself, against the definition that it names, and against the release before it.

use ed25519_dalek::VerifyingKey;

use super::report::Report;
use crate::poll::{CloseReason, Crowd, Definition, EarlyEnd, PublicationMode};
use crate::publish::{
    self, Bounds, NOT_STATED, QuestionTotals, ReleaseKind, Statement, VerifyError,
};

/// A release whose file holds.
pub(super) struct Release {
    pub(super) statement: Statement,
    /// Of the file.
    pub(super) hash: blake3::Hash,
}

impl Release {
    /// Checks a file with nothing but itself.
    pub(super) fn check(file: &[u8], key: &VerifyingKey, report: &mut Report) -> Option<Self> {
        let statement = match publish::verify(file, key) {
            Ok(checked) => checked.statement,
            Err(error) => {
                report.fails(part(&error), error.to_string());
                return None;
            }
        };
        let release = Self { statement, hash: file_hash(file) };
        report.of(&release);
        report.holds("signature", "signed by the key given (Ed25519)");
        report.holds("form", "canonical JSON (RFC 8785) with what a release of its kind states");
        let Statement { questions, total, breakdowns, bounds, .. } = &release.statement;
        match total {
            Some(total) => {
                let all = questions.len();
                let what =
                    format!("the options of each question ({all}) add up to {total} answers");
                report.holds("totals", what);
            }
            None => report.holds("totals", "it is a withdrawal and states none"),
        }
        let shown = breakdowns.iter().filter(|table| !table.withheld).count();
        let k = bounds.k;
        let tables = match shown {
            0 => "there is no table by which anything hidden could be computed".to_owned(),
            _ => format!(
                "{shown}: none lets a hidden number be computed closer than k = {k}, or than its \
                 option has answers, from this release alone"
            ),
        };
        report.holds("tables", tables);
        Some(release)
    }

    /// Whether it is of this definition.
    pub(super) fn against_definition(&self, file: &[u8], report: &mut Report) {
        let definition: Definition = match serde_json::from_slice(file) {
            Ok(definition) => definition,
            Err(error) => return report.fails("definition", format!("not a definition: {error}")),
        };
        let statement = &self.statement;
        let canonical = definition.canonical_json() == without_line_end(file);
        let named = definition.hash().to_string() == statement.definition_hash;
        report.check(
            "definition",
            named && canonical,
            "its hash is the one that the release names",
            if named { "the file is not in canonical form" } else { "the release names another" },
        );
        let order = definition.order();
        let same = definition.poll == statement.poll
            && order.title == statement.title
            && order.initiator == statement.initiator
            && order.reference == statement.reference
            && order.legal_ground == statement.legal_ground;
        report.check(
            "definition: poll",
            same,
            "poll, title, initiator, reference and legal ground are those of the definition",
            "poll, title, initiator, reference or legal ground differ from the definition",
        );
        let Crowd { k, ballots_apart } = definition.crowd();
        let minimum_answers = order.publication.minimum_answers;
        report.check(
            "definition: bounds",
            statement.bounds == Bounds { k, ballots_apart, minimum_answers },
            format!("made by k = {k}, B = {ballots_apart}, at least {minimum_answers} answers"),
            "the release was made by other bounds than the definition's",
        );
        let rules = &order.publication;
        let early = statement.close_reason.is_some_and(|reason| reason != CloseReason::AsPlanned);
        let lawful = match statement.kind {
            ReleaseKind::Withdrawal => true,
            ReleaseKind::Live => !order.test && rules.mode == PublicationMode::Live,
            ReleaseKind::Final => {
                !order.test
                    && rules.mode != PublicationMode::Never
                    && !(early && rules.early_end == EarlyEnd::Withhold)
            }
        };
        report.check(
            "definition: publication",
            lawful,
            "the definition lets such a release be made",
            "the definition lets no such release be made",
        );
        let enough = statement.total.is_none_or(|total| total >= minimum_answers);
        report.check(
            "definition: minimum",
            enough,
            "there are as many answers as the definition asks at least",
            "there are fewer answers than the definition asks at least",
        );
        let is_withdrawal = statement.kind == ReleaseKind::Withdrawal;
        report.check(
            "definition: questions",
            is_withdrawal || asks(&definition, &statement.questions),
            if is_withdrawal { "a withdrawal has none" } else { "the same questions and options" },
            "questions or options differ from the definition",
        );
        report.check(
            "definition: tables",
            has_tables(&definition, statement),
            "the tables, and their columns, are those that the definition asks for",
            "the tables, or their columns, are not those that the definition asks for",
        );
    }

    /// Whether it follows this release, as far as files tell.
    pub(super) fn against_previous(&self, file: &[u8], key: &VerifyingKey, report: &mut Report) {
        let before = match publish::verify(file, key) {
            Ok(checked) => checked.statement,
            Err(error) => return report.fails("previous", format!("the file before: {error}")),
        };
        let statement = &self.statement;
        let hash = file_hash(file).to_hex().to_string();
        report.check(
            "previous",
            statement.previous.as_ref() == Some(&hash),
            format!("release {} is the one that it names by its hash", before.release),
            "it names another file as the release before it",
        );
        // After a withdrawal: the release that was withdrawn.
        let corrects = statement.correction.as_ref().is_none_or(|held| {
            (held.release == before.release && held.hash == hash)
                || before.kind == ReleaseKind::Withdrawal
                    && before.correction.as_ref() == Some(held)
        });
        let follows = statement.poll == before.poll
            && Some(statement.release) == before.release.checked_add(1)
            && statement.definition_hash == before.definition_hash
            && statement.bounds == before.bounds
            && statement.published_at >= before.published_at
            && corrects;
        report.check(
            "previous: chain",
            follows,
            "the same poll, definition and bounds, the next number, and not published earlier",
            "poll, definition, bounds, number, time or correction do not follow from it",
        );
        let (Some(total), Some(earlier)) = (statement.total, before.total) else {
            return report.note("one of the two is a withdrawal: there are no totals to compare");
        };
        let Some(apart) = apart(&before.questions, &statement.questions) else {
            return report.fails("previous: questions", "the two have other questions or options");
        };
        self.counts(&before.questions, report);
        self.distance(total.abs_diff(earlier), apart, report);
    }

    /// Counts fall only where ballots were taken out.
    fn counts(&self, before: &[QuestionTotals], report: &mut Report) {
        let fallen = pairs(before, &self.statement.questions).any(|(then, now)| now < then);
        let is_correction = self.statement.correction.is_some();
        report.check(
            "previous: counts",
            is_correction || !fallen,
            if fallen { "counts fall, and it is marked as a correction" } else { "no count falls" },
            "counts fall, and it is not marked as a correction",
        );
    }

    /// How many ballots lie between the two, as far as totals tell.
    fn distance(&self, difference: u64, apart: u64, report: &mut Report) {
        let least = self.statement.bounds.ballots_apart;
        let told = format!(
            "the totals differ by {difference}, so at least {apart} ballots are in one of the two \
             and not in the other; the rule asks for B = {least}"
        );
        // Without a correction ballots only came: their number is the difference.
        let exact = self.statement.correction.is_none();
        if apart >= least {
            report.holds("previous: apart", told);
        } else if exact && self.statement.kind == ReleaseKind::Live {
            report.fails("previous: apart", told);
        } else if apart == 0 {
            report.note(format!("{told}; the counts are the same"));
        } else {
            report.note(format!(
                "{told}: the totals alone do not tell whether more were exchanged; a final release \
                 or a correction may lie closer when two people decided so"
            ));
        }
    }
}

/// The hash that a log and a later release name a file by.
fn file_hash(file: &[u8]) -> blake3::Hash {
    blake3::hash(without_line_end(file))
}

/// An editor or a shell adds one.
fn without_line_end(file: &[u8]) -> &[u8] {
    file.strip_suffix(b"\n").unwrap_or(file)
}

/// What an error is about.
fn part(error: &VerifyError) -> &'static str {
    match error {
        VerifyError::Malformed(_) | VerifyError::NotCanonical | VerifyError::Format => "form",
        VerifyError::Kind(_) => "form",
        VerifyError::Algorithm | VerifyError::Signature => "signature",
        VerifyError::Sum { .. } => "totals",
        VerifyError::Table { .. } => "tables",
    }
}

fn asks(definition: &Definition, questions: &[QuestionTotals]) -> bool {
    let asked = &definition.order().questions;
    asked.len() == questions.len()
        && asked.iter().zip(questions).all(|(asked, held)| {
            let options = asked.options.iter().zip(&held.options);
            asked.id == held.id
                && asked.text == held.text
                && asked.options.len() == held.options.len()
                && options.into_iter().all(|(a, b)| a.id == b.id && a.label == b.label)
        })
}

fn has_tables(definition: &Definition, statement: &Statement) -> bool {
    let order = definition.order();
    let wanted: Vec<_> = match statement.kind {
        ReleaseKind::Live | ReleaseKind::Withdrawal => Vec::new(),
        ReleaseKind::Final => {
            let questions = order.questions.iter();
            let pairs = questions
                .flat_map(|asked| order.breakdowns.iter().map(|by| (asked.id.as_str(), *by)));
            pairs.collect()
        }
    };
    let tables = &statement.breakdowns;
    tables.len() == wanted.len()
        && wanted.iter().all(|(question, by)| {
            tables.iter().any(|table| table.question == *question && table.by == *by)
        })
        && tables.iter().filter(|table| !table.withheld).all(|table| {
            let ids: Vec<&str> = table.strata.iter().map(|stratum| stratum.id.as_str()).collect();
            let strata = definition.strata(table.by);
            ids == strata || ids.strip_suffix(&[NOT_STATED]) == Some(&strata)
        })
}

/// The counts of each option then and now.
fn pairs<'a>(
    before: &'a [QuestionTotals],
    after: &'a [QuestionTotals],
) -> impl Iterator<Item = (u64, u64)> + 'a {
    let options = before.iter().flat_map(|question| &question.options);
    let now = after.iter().flat_map(|question| &question.options);
    options.zip(now).map(|(then, now)| (then.count, now.count))
}

/// The least number of ballots that are in one and not in the other: of one question each such
/// ballot changes one count by one. `None`: these are other questions.
fn apart(before: &[QuestionTotals], after: &[QuestionTotals]) -> Option<u64> {
    let ids = |questions: &[QuestionTotals]| -> Vec<(String, Vec<String>)> {
        let ids = |question: &QuestionTotals| {
            question.options.iter().map(|option| option.id.clone()).collect()
        };
        questions.iter().map(|question| (question.id.clone(), ids(question))).collect()
    };
    if ids(before) != ids(after) {
        return None;
    }
    let changed = |(then, now): (&QuestionTotals, &QuestionTotals)| {
        let both = then.options.iter().zip(&now.options);
        both.map(|(then, now)| then.count.abs_diff(now.count)).sum::<u64>()
    };
    before.iter().zip(after).map(changed).max()
}
