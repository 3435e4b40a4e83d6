//! `holos audit verify`: is an exported log whole, with nothing but the file, the engine's public
//! key and, best, a head that was noted earlier.

use std::fs::File;
use std::io::{BufReader, ErrorKind};
use std::path::PathBuf;

use ed25519_dalek::VerifyingKey;
use ed25519_dalek::pkcs8::DecodePublicKey;
use serde_json::json;

use crate::audit::{self, ExportFlaw, Known, Verified};
use crate::cli::Exit;
use crate::cli::staff::answer::{Answer, Failure, finish};
use crate::cli::staff::text::in_kyiv;
use crate::ground::limits;
use crate::keys::AuditHead;

/// Arguments of `holos audit verify`.
#[derive(clap::Args)]
pub(super) struct VerifyArgs {
    /// The export
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// The engine's Ed25519 public key in PEM, from `holos audit head`. Get it on another way than
    /// the export, or the check says only that both came from one place
    #[arg(long, value_name = "PEM")]
    key: PathBuf,
    /// A head noted earlier, as `holos audit head` prints it: finds a log that was cut short or
    /// written anew since
    #[arg(long, value_name = "SEQ:HASH", value_parser = parse_head)]
    head: Option<AuditHead>,
    /// Print one JSON object
    #[arg(long)]
    json: bool,
}

fn parse_head(text: &str) -> Result<AuditHead, &'static str> {
    const RULE: &str = "needs SEQ:HASH, a number and 64 hexadecimal digits";
    let (sequence, hash) = text.split_once(':').ok_or(RULE)?;
    let sequence = sequence.parse().map_err(|_| RULE)?;
    let hash = blake3::Hash::from_hex(hash).map_err(|_| RULE)?;
    Ok(AuditHead { sequence, hash: *hash.as_bytes() })
}

/// Checks the export. Exit codes: 0 it is whole, 2 the key is no key, 3 a file is missing, 4 it is
/// not whole.
pub(super) fn verify(args: &VerifyArgs) -> anyhow::Result<Exit> {
    let flaw = match check(args) {
        Ok(Ok(verified)) => return finish(Ok(report(args, &verified)), args.json),
        Ok(Err(flaw)) => flaw,
        Err(failure) => return finish(Err(failure), args.json),
    };
    if let ExportFlaw::File(error) = &flaw {
        let told = format!("{}: cannot be read: {}", args.file.display(), error.kind());
        return finish(Err(Failure::Told(Exit::Failed, told)), args.json);
    }
    let told = flaw.to_string();
    if args.json {
        Answer::new(&json!({ "valid": false, "error": told }), "").print(true)?;
    }
    eprintln!("holos: {}: {told}", args.file.display());
    Ok(Exit::VerificationFailed)
}

fn check(args: &VerifyArgs) -> Result<Result<Verified, ExportFlaw>, Failure> {
    let pem = crate::cli::staff::read_bounded(&args.key, limits::KEY_FILE_BYTES_MAX as u64)?;
    let key = str::from_utf8(&pem).ok().and_then(|pem| VerifyingKey::from_public_key_pem(pem).ok());
    let key = key.ok_or_else(|| {
        let told = format!("{}: not an Ed25519 public key in PEM", args.key.display());
        Failure::Told(Exit::Usage, told)
    })?;
    let file = File::open(&args.file).map_err(|error| {
        let at = args.file.display();
        match error.kind() {
            ErrorKind::NotFound => Failure::Told(Exit::NotFound, format!("{at}: no such file")),
            kind => Failure::Told(Exit::Failed, format!("{at}: cannot be opened: {kind}")),
        }
    })?;
    Ok(audit::verify_export(BufReader::new(file), &key, args.head.as_ref()))
}

fn report(args: &VerifyArgs, verified: &Verified) -> Answer {
    let Verified { entries, first, last, exported_at, known } = verified;
    let last = last.map(|head| (head.sequence, blake3::Hash::from_bytes(head.hash).to_hex()));
    let mut text = format!("the log is whole: {entries} entries");
    if let (Some(first), Some((sequence, _))) = (first, &last) {
        text.push_str(&format!(", numbers {first} to {sequence}"));
    }
    text.push_str(&format!(
        "\n- each entry is signed by the key given, and its text is as it was signed\n- each one \
         names the hash of the one before it: none is missing, added, doubled or moved\n- the \
         export ends where the engine said at {} that its log ended\n",
        in_kyiv(*exported_at)
    ));
    if let Some(first) = first.filter(|first| *first > 0) {
        text.push_str(&format!(
            "- entries 0 to {} expired: a signed entry of the log says so\n",
            first - 1
        ));
    }
    let (told, known) = match known {
        Known::NotGiven => (
            "- not checked, for no earlier head was given: that the log was not cut short or \
             written anew by whoever holds the engine's key",
            "not_given",
        ),
        Known::Holds => ("- the head that was noted earlier is in this log", "holds"),
        Known::Expired => (
            "- not checked: the entry of the head that was noted earlier has expired since",
            "expired",
        ),
    };
    text.push_str(told);
    text.push('\n');
    if let Some((sequence, hash)) = &last {
        text.push_str(&format!("note for the next time: --head {sequence}:{hash}\n"));
    }
    let view = json!({
        "valid": true,
        "file": args.file.display().to_string(),
        "entries": entries,
        "first": first,
        "last": last.map(|(sequence, hash)| json!({ "seq": sequence, "hash": hash.as_str() })),
        "exported_at": exported_at,
        "known_head": known,
    });
    Answer::new(&view, text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_head_is_a_number_and_a_hash() {
        let hash = "ab".repeat(32);
        let head = parse_head(&format!("7:{hash}")).unwrap();
        assert_eq!((head.sequence, head.hash), (7, [0xab; 32]));
        for bad in ["", "7", "7:", &format!(":{hash}"), &format!("-1:{hash}"), "7:abcd"] {
            assert!(parse_head(bad).is_err(), "{bad}");
        }
    }
}
