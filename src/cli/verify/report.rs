//! What was checked, in words for people or as one JSON object for programs.

use serde::Serialize;
use serde_json::json;

use super::release::Release;
use crate::cli::staff::clean;
use crate::publish::{ReleaseKind, Statement};

/// One thing that was looked at.
#[derive(Debug, Serialize)]
pub(super) struct Check {
    pub(super) check: &'static str,
    pub(super) holds: bool,
    pub(super) detail: String,
}

/// All that was found.
#[derive(Default)]
pub(super) struct Report {
    /// The release, if there is one and its signature holds.
    stated: Option<(Statement, String)>,
    checks: Vec<Check>,
    notes: Vec<String>,
    not_checked: Vec<String>,
}

impl Report {
    /// Which release this is about.
    pub(super) fn of(&mut self, release: &Release) {
        self.stated = Some((release.statement.clone(), release.hash.to_hex().to_string()));
    }

    pub(super) fn holds(&mut self, check: &'static str, detail: impl Into<String>) {
        self.checks.push(Check { check, holds: true, detail: detail.into() });
    }

    pub(super) fn fails(&mut self, check: &'static str, detail: impl Into<String>) {
        // It may say what a file says that nobody has signed.
        self.checks.push(Check { check, holds: false, detail: clean(&detail.into()) });
    }

    /// Either of the two.
    pub(super) fn check(
        &mut self,
        check: &'static str,
        holds: bool,
        detail: impl Into<String>,
        flaw: impl Into<String>,
    ) {
        let detail = if holds { detail.into() } else { flaw.into() };
        self.checks.push(Check { check, holds, detail });
    }

    /// Something that is neither right nor wrong.
    pub(super) fn note(&mut self, text: impl Into<String>) {
        self.notes.push(text.into());
    }

    /// Something that was not looked at.
    pub(super) fn open(&mut self, text: impl Into<String>) {
        self.not_checked.push(text.into());
    }

    /// The first thing that does not hold.
    pub(super) fn first_flaw(&self) -> Option<String> {
        let flaw = self.checks.iter().find(|check| !check.holds)?;
        Some(format!("{}: {}", flaw.check, flaw.detail))
    }

    /// One JSON object, in one line.
    pub(super) fn json(&self) -> String {
        let flaw = self.first_flaw();
        let mut object = json!({
            "valid": flaw.is_none(),
            "checks": self.checks,
            "notes": self.notes,
            "not_checked": self.not_checked,
        });
        if let Some(flaw) = flaw {
            object["error"] = flaw.into();
        }
        if let Some((statement, hash)) = &self.stated {
            object["poll"] = json!(statement.poll);
            object["release"] = json!(statement.release);
            object["kind"] = json!(statement.kind);
            object["total"] = json!(statement.total);
            object["hash"] = json!(hash);
        }
        format!("{object}\n")
    }

    /// Lines for people.
    pub(super) fn text(&self) -> String {
        let mut text = String::new();
        let verdict = match (self.first_flaw(), &self.stated) {
            (Some(_), _) => "something does NOT hold",
            (None, Some(_)) => "the publication holds",
            (None, None) => "the public log holds",
        };
        text.push_str(verdict);
        text.push('\n');
        if let Some((statement, hash)) = &self.stated {
            text.push_str(&stated(statement, hash));
        }
        text.push_str("checked:\n");
        for Check { check, holds, detail } in &self.checks {
            let word = if *holds { "ok   " } else { "FAILS" };
            text.push_str(&format!("  {word} {check}: {detail}\n"));
        }
        for note in &self.notes {
            text.push_str(&format!("  note  {note}\n"));
        }
        if !self.not_checked.is_empty() {
            text.push_str("not checked:\n");
        }
        for open in &self.not_checked {
            text.push_str(&format!("  - {open}\n"));
        }
        text
    }
}

fn stated(statement: &Statement, hash: &str) -> String {
    let Statement { poll, release, as_of, published_at, .. } = statement;
    let kind = match statement.kind {
        ReleaseKind::Live => "live: the poll goes on",
        ReleaseKind::Final => "final",
        ReleaseKind::Withdrawal => "a withdrawal: there are no totals any more",
    };
    let mut text = format!("poll {poll}: {}\n", clean(&statement.title.uk));
    text.push_str(&format!("release {release}, {kind}; hash {hash}\n"));
    text.push_str(&format!("totals as of {as_of}, published at {published_at}\n"));
    if let Some(correction) = &statement.correction {
        text.push_str(&format!(
            "release {release} takes the place of release {} (hash {}): ballots under a revoked \
             issuer key were taken out\n",
            correction.release, correction.hash
        ));
    }
    if let Some(reason) = statement.withheld_reason {
        text.push_str(&format!("nothing is published now: {}\n", reason.reason()));
    }
    for question in &statement.questions {
        text.push_str(&format!("{}\n", clean(&question.text.uk)));
        for option in &question.options {
            text.push_str(&format!("{:>12}  {}\n", option.count, clean(&option.label.uk)));
        }
    }
    if let Some(total) = statement.total {
        text.push_str(&format!("{total:>12}  answers in all\n"));
    }
    text
}
