//! `holos verify`: checks a publication offline, with nothing but the file and the engine's public
//! key.

use std::fs::File;
use std::io::{ErrorKind, Read};
use std::path::{Path, PathBuf};

use anyhow::{Context, bail};
use ed25519_dalek::VerifyingKey;
use ed25519_dalek::pkcs8::DecodePublicKey;
use serde_json::json;

use super::{Exit, answer};
use crate::publish;
use crate::service::limits;

/// Arguments of `holos verify`.
#[derive(clap::Args)]
pub(super) struct Args {
    /// The publication, as downloaded from /api/v1/polls/ID/results
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// The publisher's Ed25519 public key in PEM, as downloaded from /api/v1/keys/publication. Get
    /// it on another way than the publication, or the check says only that both came from one place
    #[arg(long, value_name = "KEY")]
    key: PathBuf,
    /// Print one JSON object
    #[arg(long)]
    json: bool,
}

/// Checks the publication. Exit codes: 0 it holds, 2 the key is no key, 3 a file is missing, 4 it
/// does not hold.
pub(super) fn run(args: &Args) -> anyhow::Result<Exit> {
    let (Some(file), Some(key)) = (read(&args.file)?, read(&args.key)?) else {
        return Ok(Exit::NotFound);
    };
    let key =
        std::str::from_utf8(&key).ok().and_then(|pem| VerifyingKey::from_public_key_pem(pem).ok());
    let Some(key) = key else {
        eprintln!("holos: {}: not an Ed25519 public key in PEM", args.key.display());
        return Ok(Exit::Usage);
    };
    match publish::verify(&file, &key) {
        Ok(checked) => {
            report(&checked, args.json)?;
            Ok(Exit::Ok)
        }
        Err(error) => {
            if args.json {
                answer(&format!("{}\n", json!({ "valid": false, "error": error.to_string() })))?;
            }
            eprintln!("holos: {}: {error}", args.file.display());
            Ok(Exit::VerificationFailed)
        }
    }
}

fn report(checked: &publish::Checked, json: bool) -> anyhow::Result<()> {
    if json {
        let poll = checked.poll.to_string();
        let text = json!({ "valid": true, "poll": poll, "total": checked.statement.total });
        return answer(&format!("{text}\n"));
    }
    let statement = &checked.statement;
    let mut text = String::from("the publication holds: signed by the key given, and it adds up\n");
    text.push_str(&format!("poll {}: {}\n", checked.poll, statement.title.uk));
    if let Some(correction) = &statement.correction {
        text.push_str(&format!(
            "release {} takes the place of release {} (hash {}): ballots under a revoked issuer \
             key were taken out\n",
            statement.release, correction.release, correction.hash
        ));
    }
    for question in &statement.questions {
        text.push_str(&format!("{}\n", question.text.uk));
        for option in &question.options {
            text.push_str(&format!("{:>12}  {}\n", option.count, option.label.uk));
        }
    }
    let total = statement.total.unwrap_or_default();
    text.push_str(&format!("{total:>12}  answers in all\n"));
    answer(&text)
}

/// The bytes of a file, or `None` with a message when there is none.
fn read(path: &Path) -> anyhow::Result<Option<Vec<u8>>> {
    let file = match File::open(path) {
        Ok(file) => file,
        Err(error) if error.kind() == ErrorKind::NotFound => {
            eprintln!("holos: {}: no such file", path.display());
            return Ok(None);
        }
        Err(error) => {
            return Err(error).with_context(|| format!("{}: cannot be opened", path.display()));
        }
    };
    let mut bytes = Vec::new();
    file.take(limits::INPUT_FILE_BYTES_MAX + 1)
        .read_to_end(&mut bytes)
        .with_context(|| format!("{}: cannot be read", path.display()))?;
    if bytes.len() as u64 > limits::INPUT_FILE_BYTES_MAX {
        bail!("{}: larger than {} bytes", path.display(), limits::INPUT_FILE_BYTES_MAX);
    }
    Ok(Some(bytes))
}
