//! What the demo says at its end, to people and to machines, and whether everything holds.

use std::collections::BTreeMap;
use std::fmt::Write;

use hdrhistogram::Histogram;
use serde::Serialize;

use super::table::{bar, grouped, percent};
use crate::poll::LocalizedText;

/// Cells of the longest bar.
const BAR_WIDTH: usize = 32;

/// The result of a run; its JSON is what `--json` prints.
#[derive(Debug, Serialize)]
pub(super) struct Report {
    /// How voters were vouched for.
    pub(super) mode: Mode,
    /// The seed that replays the run.
    pub(super) seed: u64,
    /// The poll's identifier.
    pub(super) poll_id: String,
    /// The poll's title.
    pub(super) title: LocalizedText,
    /// Where the ministry's figures are from.
    pub(super) source: String,
    /// Ballots sent, each once.
    pub(super) sent: u64,
    /// Ballots that the client was told are counted.
    pub(super) counted: u64,
    /// Second ballots, which changed nothing.
    pub(super) already_counted: u64,
    /// Refused ballots by reason.
    pub(super) rejected: BTreeMap<String, u64>,
    /// Times a ballot was sent again because its outcome was unknown or the engine asked to wait.
    pub(super) retried: u64,
    /// The published total.
    pub(super) total: u64,
    /// What the total must be.
    pub(super) total_expected: u64,
    /// The whole poll's total, of which this may be a sample.
    pub(super) total_ministry: u64,
    /// The published totals.
    pub(super) options: Vec<OptionRow>,
    /// From the first send to the last answer.
    pub(super) seconds: f64,
    /// `counted` / `seconds`.
    pub(super) ballots_per_second: f64,
    /// Folds done before the poll was closed.
    pub(super) folds: u64,
    /// From sending a message of ballots to having its answer.
    pub(super) latency_ms: Latency,
    /// Ballots of one message, at most.
    pub(super) batch_ballots: u64,
    /// Messages in flight at a time, at most, over all streams.
    pub(super) batches_in_flight: u64,
    /// Seconds that making the credentials took, before the first send.
    pub(super) prepare_seconds: f64,
    /// BLAKE3 hash of the signed publication file.
    pub(super) publication_hash: String,
    /// What does not hold; empty in a good run.
    pub(super) mismatches: Vec<String>,
}

/// How voters were vouched for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Mode {
    /// By the connection of their backend.
    Vouched,
    /// Each by a signed token.
    Signed,
}

/// One option's row.
#[derive(Clone, Debug, Serialize)]
pub(super) struct OptionRow {
    /// The option's identifier.
    pub(super) id: String,
    /// What the voter reads, in English.
    pub(super) label: String,
    /// The published count.
    pub(super) count: u64,
    /// The ministry's figure, or its share in the sample.
    pub(super) expected: u64,
}

/// Percentiles in milliseconds.
#[derive(Clone, Copy, Debug, Serialize)]
pub(super) struct Latency {
    p50: f64,
    p90: f64,
    p99: f64,
    p999: f64,
    max: f64,
}

impl Latency {
    /// The percentiles of a histogram of nanoseconds.
    pub(super) fn of(histogram: &Histogram<u64>) -> Self {
        let ms = |nanoseconds: u64| round(nanoseconds as f64 / 1e6, 3);
        let at = |quantile| ms(histogram.value_at_quantile(quantile));
        Self {
            p50: at(0.5),
            p90: at(0.9),
            p99: at(0.99),
            p999: at(0.999),
            max: ms(histogram.max()),
        }
    }
}

/// `value` with so many digits after the point, for JSON that people read too.
pub(super) fn round(value: f64, digits: i32) -> f64 {
    let scale = 10_f64.powi(digits);
    (value * scale).round() / scale
}

impl Report {
    /// Whether every count is what it must be.
    pub(super) fn holds(&self) -> bool {
        self.mismatches.is_empty()
    }

    /// One JSON object, on one line.
    pub(super) fn to_json(&self) -> anyhow::Result<String> {
        Ok(serde_json::to_string(self)? + "\n")
    }

    /// A table with bars and the run's figures, for a terminal.
    pub(super) fn to_text(&self) -> String {
        let mut text = String::new();
        self.write_to(&mut text).expect("a String takes everything");
        text
    }

    fn write_to(&self, out: &mut String) -> std::fmt::Result {
        let sample = self.total_expected != self.total_ministry;
        writeln!(out, "\n{}\n{}\n", self.title.uk, self.title.en)?;
        self.write_table(out, if sample { "expected" } else { "ministry" })?;
        if sample {
            let (part, whole) = (grouped(self.total_expected), grouped(self.total_ministry));
            writeln!(
                out,
                "\nA sample: {part} of the ministry's {whole} answers, in their proportions."
            )?;
        }
        writeln!(out, "\nThe ministry's figures: {}.\n", self.source)?;
        self.write_figures(out)?;
        writeln!(out)?;
        for mismatch in &self.mismatches {
            writeln!(out, "WRONG: {mismatch}")?;
        }
        if self.holds() {
            writeln!(out, "Every count is the expected one; every ballot sent has its outcome.")?;
        }
        Ok(())
    }

    fn write_table(&self, out: &mut String, expected: &str) -> std::fmt::Result {
        let label = self.options.iter().map(|row| row.label.chars().count()).max().unwrap_or(0);
        let most = self.options.iter().map(|row| row.count).max().unwrap_or(0);
        let head = format!("  {:label$}  {:BAR_WIDTH$}  {:>8}", "", "", "share");
        writeln!(out, "{head}  {:>11}  {expected:>11}", "counted")?;
        for row in &self.options {
            let (bar, share) = (bar(row.count, most, BAR_WIDTH), percent(row.count, self.total));
            let (count, figure) = (grouped(row.count), grouped(row.expected));
            let sign = sign(row.count == row.expected);
            let name = &row.label;
            writeln!(
                out,
                "  {name:label$}  {bar:BAR_WIDTH$}  {share:>8}  {count:>11}  {figure:>11} {sign}"
            )?;
        }
        let (total, figure) = (grouped(self.total), grouped(self.total_expected));
        let sign = sign(self.total == self.total_expected);
        let space = label + 2 + BAR_WIDTH + 2 + 8;
        writeln!(out, "  {:space$}  {total:>11}  {figure:>11} {sign}", "All answers")
    }

    fn write_figures(&self, out: &mut String) -> std::fmt::Result {
        let latency = self.latency_ms;
        let how = match self.mode {
            Mode::Vouched => "a backend's connection vouches for its voters",
            Mode::Signed => "each ballot with its own signed token, made beforehand",
        };
        writeln!(out, "  Mode       {how}")?;
        let per_second = format!("{:.0}", self.ballots_per_second).parse().unwrap_or_default();
        let (counted, speed) = (grouped(self.counted), grouped(per_second));
        writeln!(
            out,
            "  Speed      {speed} ballots/s: {counted} counted in {:.2} s",
            self.seconds
        )?;
        let (p50, p90, p99, p999, max) =
            (latency.p50, latency.p90, latency.p99, latency.p999, latency.max);
        let load = format!(
            "up to {} ballots a message, {} in flight",
            self.batch_ballots, self.batches_in_flight
        );
        writeln!(
            out,
            "  Latency    p50 {p50:.1}  p90 {p90:.1}  p99 {p99:.1}  p99.9 {p999:.1}  max {max:.1} ms ({load})"
        )?;
        writeln!(
            out,
            "  Repeated   {} second ballots: already counted",
            grouped(self.already_counted)
        )?;
        let reasons =
            self.rejected.iter().map(|(reason, count)| format!("{} {reason}", grouped(*count)));
        writeln!(out, "  Refused    {}", reasons.collect::<Vec<_>>().join(", "))?;
        if self.retried > 0 {
            writeln!(out, "  Retried    {} times a ballot was sent again", grouped(self.retried))?;
        }
        writeln!(
            out,
            "  Folds      {} on the way: nothing at rest joins those voters with choices",
            self.folds
        )?;
        writeln!(out, "  Signature  holds; publication {}", self.publication_hash)
    }
}

fn sign(equal: bool) -> char {
    if equal { '✓' } else { '✗' }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn report() -> Report {
        let row = |id: &str, count, expected| OptionRow {
            id: id.to_owned(),
            label: id.to_uppercase(),
            count,
            expected,
        };
        let mut histogram = Histogram::new(3).unwrap();
        histogram.record(2_500_000).unwrap();
        Report {
            mode: Mode::Vouched,
            seed: 1,
            poll_id: "0190".to_owned(),
            title: LocalizedText {
                uk: "Так чи ні?".to_owned(), en: "Yes or no?".to_owned()
            },
            source: "a test".to_owned(),
            sent: 13,
            counted: 10,
            already_counted: 1,
            rejected: BTreeMap::from([("TOKEN_EXPIRED".to_owned(), 2)]),
            retried: 0,
            total: 10,
            total_expected: 10,
            total_ministry: 10,
            options: vec![row("yes", 6, 6), row("no", 4, 4)],
            seconds: 0.5,
            ballots_per_second: 20.0,
            folds: 5,
            latency_ms: Latency::of(&histogram),
            batch_ballots: 1,
            batches_in_flight: 2,
            prepare_seconds: 0.1,
            publication_hash: "ab".to_owned(),
            mismatches: Vec::new(),
        }
    }

    #[test]
    fn machines_find_every_promised_field() {
        let json: serde_json::Value = serde_json::from_str(&report().to_json().unwrap()).unwrap();
        assert_eq!(json["mode"], "vouched");
        assert_eq!(json["rejected"]["TOKEN_EXPIRED"], 2);
        assert_eq!(json["options"][0]["id"], "yes");
        assert_eq!(
            (&json["options"][1]["count"], &json["options"][1]["expected"]),
            (&4.into(), &4.into())
        );
        for field in
            ["counted", "already_counted", "total", "seconds", "ballots_per_second", "folds"]
        {
            assert!(json[field].is_number(), "{field}");
        }
        for field in ["p50", "p90", "p99", "p999", "max"] {
            assert!(json["latency_ms"][field].is_number(), "{field}");
        }
    }

    #[test]
    fn people_see_the_figures_side_by_side() {
        let text = report().to_text();
        assert!(text.contains("60.00 %            6            6 ✓"), "{text}");
        assert!(text.contains("Every count is the expected one"), "{text}");
        assert!(!text.contains("A sample"), "{text}");
    }

    #[test]
    fn a_mismatch_is_said_and_the_run_does_not_hold() {
        let mut report = report();
        report.options[0].count = 5;
        report.mismatches.push("yes: 5 published, 6 expected".to_owned());
        let text = report.to_text();
        assert!(!report.holds());
        assert!(
            text.contains('✗') && text.contains("WRONG: yes: 5 published, 6 expected"),
            "{text}"
        );
        assert!(!text.contains("Every count is"), "{text}");
    }

    #[test]
    fn a_sample_says_that_it_is_one() {
        let report = Report { total_ministry: 1000, ..report() };
        assert!(report.to_text().contains("A sample: 10 of the ministry's 1,000 answers"));
    }
}
