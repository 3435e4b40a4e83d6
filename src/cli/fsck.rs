//! `holos fsck`: the independent auditor.

use std::path::PathBuf;

use anyhow::Context;
use serde_json::json;

use super::memory::keep_memory_private;
use super::{Exit, FsckArgs, answer, config};
use crate::fsck::{self, Check, Finding};
use crate::keys::KeySource;
use crate::process::config::WRAPPING_KEY_FILE;
use crate::store::{DataFolder, FolderError};

/// Audits a data folder. Exit codes: 0 all checks hold, 2 the configuration is wrong, 3 there is no
/// store or no such configuration, 4 a check does not hold, 75 an engine is using the folder, 1 it
/// cannot be read at all.
pub(super) fn run(args: FsckArgs) -> anyhow::Result<Exit> {
    keep_memory_private()?;
    let keys = args.keys.clone();
    let json = args.json;
    let (data, source) = match places(args) {
        Ok(places) => places,
        Err(exit) => return Ok(exit),
    };
    let folder = match DataFolder::open_existing(&data) {
        Ok(folder) => folder,
        Err(error) => {
            eprintln!("holos: {}: {error}", data.display());
            return Ok(match error {
                FolderError::InUse => Exit::Temporary,
                FolderError::Missing => Exit::NotFound,
                FolderError::MarkedCorrupt | FolderError::Io(_) => Exit::Failed,
            });
        }
    };
    let provider = source.provider().context("the wrapping key cannot be used")?;
    let findings = fsck::audit(&folder, keys.as_deref(), &*provider)
        .with_context(|| format!("{}: cannot be audited", data.display()))?;
    report(&findings, json)?;
    Ok(if findings.is_empty() { Exit::Ok } else { Exit::VerificationFailed })
}

/// The data folder, and where the key is that wraps its keys.
fn places(args: FsckArgs) -> Result<(PathBuf, KeySource), Exit> {
    if let Some(path) = args.config {
        let config = config::load(&path)?;
        let source = config.key_source();
        return Ok((config.data_dir, source));
    }
    let data = args.data.expect("the command line needs it where there is no --config");
    let file = args.wrapping_key.unwrap_or_else(|| data.join(WRAPPING_KEY_FILE));
    Ok((data, KeySource::File(file)))
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
