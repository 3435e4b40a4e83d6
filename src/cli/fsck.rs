//! `holos fsck`: the independent auditor.

use std::sync::Arc;

use anyhow::Context;
use serde_json::json;

use super::{Exit, FsckArgs, answer};
use crate::keys::WrappingKey;
use crate::ledger::fsck::{self, Check, Finding};
use crate::service::config::WRAPPING_KEY_FILE;
use crate::store::{DataFolder, FolderError};

/// Audits a data folder. Exit codes: 0 all checks hold, 3 there is no store, 4 a check does not
/// hold, 75 an engine is using the folder, 1 it cannot be read at all.
pub(super) fn run(args: FsckArgs) -> anyhow::Result<Exit> {
    let folder = match DataFolder::open_existing(&args.data) {
        Ok(folder) => folder,
        Err(error) => {
            eprintln!("holos: {}: {error}", args.data.display());
            return Ok(match error {
                FolderError::InUse => Exit::Temporary,
                FolderError::Missing => Exit::NotFound,
                FolderError::MarkedCorrupt | FolderError::Io(_) => Exit::Failed,
            });
        }
    };
    let wrapping = args.wrapping_key.unwrap_or_else(|| args.data.join(WRAPPING_KEY_FILE));
    let wrapping = WrappingKey::load(&wrapping)
        .with_context(|| format!("{}: the wrapping key cannot be used", wrapping.display()))?;
    let findings = fsck::audit(&folder, args.keys.as_deref(), &Arc::new(wrapping))
        .with_context(|| format!("{}: cannot be audited", args.data.display()))?;
    report(&findings, args.json)?;
    Ok(if findings.is_empty() { Exit::Ok } else { Exit::VerificationFailed })
}

fn report(findings: &[Finding], json: bool) -> anyhow::Result<()> {
    let held = |check: Check| findings.iter().all(|finding| finding.check != check);
    if json {
        let checks: serde_json::Map<_, _> = Check::ALL
            .iter()
            .map(|check| (name(*check), json!(if held(*check) { "ok" } else { "failed" })))
            .collect();
        let object = json!({ "ok": findings.is_empty(), "checks": checks, "findings": findings });
        return answer(&format!("{object}\n"));
    }
    let mut text = String::new();
    for check in Check::ALL {
        let mark = if held(check) { "ok    " } else { "FAILED" };
        text += &format!("{mark}  {}\n", name(check));
        for finding in findings.iter().filter(|finding| finding.check == check) {
            let poll = finding.poll.map(|poll| format!("poll {poll}: ")).unwrap_or_default();
            text += &format!("        {poll}{}\n", finding.what);
        }
    }
    answer(&text)
}

fn name(check: Check) -> String {
    let value = serde_json::to_value(check).expect("a unit variant serialises");
    value.as_str().expect("to its name").to_owned()
}
