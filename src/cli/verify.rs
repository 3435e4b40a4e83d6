//! `holos verify`: checks a release, its place in the public log, and the log itself; offline, with
//! nothing but files and the engine's public key.
//!
//! It says in words what it checked, and what it did not: a file that holds is not yet one that
//! everybody sees, or the last word.

mod log;
mod release;
mod report;

use std::fs::File;
use std::io::{ErrorKind, Read};
use std::path::{Path, PathBuf};

use anyhow::{Context, anyhow};
use ed25519_dalek::VerifyingKey;
use ed25519_dalek::pkcs8::DecodePublicKey;

use super::{Exit, answer};
use crate::ground::limits;
use holos_tlog::offline::CHECKPOINT;
use log::Copy;
use release::Release;
use report::Report;

const EXAMPLES: &str = "\
Examples:
  holos verify results.json --key holos.pem
  holos verify 2.json --key holos.pem --previous 1.json --definition definition.json
  holos verify 2.json --key holos.pem --proof 2.proof
  holos verify 2.json --key holos.pem --log copy-of-the-log --earlier checkpoint-of-last-week
  holos verify --log copy-of-the-log --key holos.pem";

/// Arguments of `holos verify`.
#[derive(clap::Args)]
#[command(before_help = EXAMPLES)]
pub(super) struct Args {
    /// The publication, as downloaded from /api/v1/polls/ID/results or /api/v1/polls/ID/releases/N
    #[arg(value_name = "FILE", required_unless_present = "log")]
    file: Option<PathBuf>,
    /// The publisher's Ed25519 public key in PEM, as downloaded from /api/v1/keys/publication. Get
    /// it on another way than the publication, or the check says only that both came from one place
    #[arg(long, value_name = "KEY")]
    key: PathBuf,
    /// The release's place in the public log, as downloaded from /api/v1/polls/ID/releases/N/proof
    #[arg(long, value_name = "FILE", requires = "file")]
    proof: Option<PathBuf>,
    /// A copy of the whole public log, as downloaded from below /api/v1/log: it is computed anew
    #[arg(long, value_name = "DIR")]
    log: Option<PathBuf>,
    /// A checkpoint of the log from before: the copy must continue it
    #[arg(long, value_name = "CHECKPOINT", requires = "log")]
    earlier: Option<PathBuf>,
    /// The release before this one
    #[arg(long, value_name = "FILE", requires = "file")]
    previous: Option<PathBuf>,
    /// The poll's definition, as downloaded from /api/v1/polls/ID/definition
    #[arg(long, value_name = "FILE", requires = "file")]
    definition: Option<PathBuf>,
    /// Print one JSON object
    #[arg(long)]
    json: bool,
}

/// Checks what was given. Exit codes: 0 all of it holds, 2 the key is no key, 3 a file is missing, 4
/// something does not hold.
pub(super) fn run(args: &Args) -> anyhow::Result<Exit> {
    let given = match Given::read(args) {
        Ok(given) => given,
        Err(Stop::Missing(path)) => {
            eprintln!("holos: {}: no such file", path.display());
            return Ok(Exit::NotFound);
        }
        Err(Stop::NoKey) => {
            eprintln!("holos: {}: not an Ed25519 public key in PEM", args.key.display());
            return Ok(Exit::Usage);
        }
        Err(Stop::Failed(error)) => return Err(error),
    };
    let report = check(&given);
    answer(&if args.json { report.json() } else { report.text() })?;
    let Some(flaw) = report.first_flaw() else { return Ok(Exit::Ok) };
    let of = args.file.as_deref().or(args.log.as_deref()).unwrap_or(Path::new("log"));
    eprintln!("holos: {}: {flaw}", of.display());
    Ok(Exit::VerificationFailed)
}

/// All that was given, as bytes.
struct Given {
    key: VerifyingKey,
    file: Option<Vec<u8>>,
    proof: Option<Vec<u8>>,
    previous: Option<Vec<u8>>,
    definition: Option<Vec<u8>>,
    /// The folder, and the checkpoint in it.
    log: Option<(PathBuf, Vec<u8>)>,
    earlier: Option<Vec<u8>>,
}

/// Why nothing was checked.
enum Stop {
    Missing(PathBuf),
    NoKey,
    Failed(anyhow::Error),
}

impl Given {
    fn read(args: &Args) -> Result<Self, Stop> {
        let optional = |path: &Option<PathBuf>| path.as_deref().map(read).transpose();
        let key = read(&args.key)?;
        let key = std::str::from_utf8(&key).ok();
        let key = key.and_then(|pem| VerifyingKey::from_public_key_pem(pem).ok());
        let log = args.log.as_ref().map(|folder| {
            let checkpoint = read(&folder.join(CHECKPOINT))?;
            Ok((folder.clone(), checkpoint))
        });
        Ok(Self {
            key: key.ok_or(Stop::NoKey)?,
            file: optional(&args.file)?,
            proof: optional(&args.proof)?,
            previous: optional(&args.previous)?,
            definition: optional(&args.definition)?,
            log: log.transpose()?,
            earlier: optional(&args.earlier)?,
        })
    }
}

fn check(given: &Given) -> Report {
    let mut report = Report::default();
    let release = given.file.as_ref();
    let release = release.and_then(|file| Release::check(file, &given.key, &mut report));
    if let Some(release) = &release {
        check_release(given, release, &mut report);
    }
    if let Some((folder, checkpoint)) = &given.log
        && let Some(copy) = Copy::check(folder, checkpoint, &given.key, &mut report)
    {
        check_copy(given, &copy, release.as_ref(), &mut report);
    }
    if let Some(release) = &release {
        left_open(given, release, &mut report);
    }
    report
}

fn check_release(given: &Given, release: &Release, report: &mut Report) {
    if let Some(definition) = &given.definition {
        release.against_definition(definition, report);
    }
    if let Some(previous) = &given.previous {
        release.against_previous(previous, &given.key, report);
    }
    if let Some(proof) = &given.proof {
        log::check_proof(proof, release, &given.key, report);
    }
}

fn check_copy(given: &Given, copy: &Copy<'_>, release: Option<&Release>, report: &mut Report) {
    if let Some(earlier) = &given.earlier {
        copy.continues(earlier, "earlier checkpoint", report);
    }
    let Some(release) = release else { return };
    if let Some(proof) = &given.proof {
        copy.continues_proof(proof, report);
    }
    copy.holds(release, report);
}

/// Says what these files do not show.
fn left_open(given: &Given, release: &Release, report: &mut Report) {
    let number = release.statement.release;
    report.open("that the initiator had consented, where its procedure asks for that");
    report.open("that the key is the publisher's: have it from elsewhere than the release");
    report.open(
        "that every ballot was counted: no record of who answered what exists, so nobody can recount \
         from outside",
    );
    if given.definition.is_none() {
        report
            .open("that bounds, questions and options are those of the definition (--definition)");
    }
    if number > 1 && given.previous.is_none() {
        report.open(format!("how it differs from release {} (--previous)", number - 1));
    }
    if number > 1 && !release.statement.breakdowns.is_empty() {
        report.open(
            "what its tables and those of earlier releases tell together: the engine checks that \
             before it publishes",
        );
    }
    if given.proof.is_none() && given.log.is_none() {
        report
            .open("that everybody sees this release: its place in the public log (--proof, --log)");
    }
    if given.log.is_none() {
        report.open("whether a later release takes its place (--log)");
    }
}

fn read(path: &Path) -> Result<Vec<u8>, Stop> {
    let file = File::open(path).map_err(|error| match error.kind() {
        ErrorKind::NotFound => Stop::Missing(path.to_owned()),
        _ => {
            let what = format!("{}: cannot be opened", path.display());
            Stop::Failed(anyhow!(error).context(what))
        }
    })?;
    let mut bytes = Vec::new();
    file.take(limits::INPUT_FILE_BYTES_MAX + 1)
        .read_to_end(&mut bytes)
        .with_context(|| format!("{}: cannot be read", path.display()))
        .map_err(Stop::Failed)?;
    if bytes.len() as u64 > limits::INPUT_FILE_BYTES_MAX {
        let most = limits::INPUT_FILE_BYTES_MAX;
        return Err(Stop::Failed(anyhow!("{}: larger than {most} bytes", path.display())));
    }
    Ok(bytes)
}

#[cfg(test)]
mod tests;
