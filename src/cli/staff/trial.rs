//! A staff issuer to try things out with: `holos staff test-issuer` and `test-token`.
//!
//! Its key lies in a folder, so it is worth what the folder is worth: never for a real poll.

use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use anyhow::{Context, bail};
use serde_json::json;

use crate::cli::{Exit, answer};
use crate::count::authenticate::mint::TestIssuer;
use crate::ground::clock::Clock;
use crate::ground::random;
use crate::keys::files;
use crate::staff::{StaffIssuerConfig, StaffKeyConfig};

/// The issuer's id: the `iss` of its tokens.
pub(in crate::cli) const ISSUER: &str = "test-staff";
/// Its key's id.
const KEY: &str = "test-1";
/// The audience of its tokens.
const AUDIENCE: &str = "holos-staff";
const SEED_FILE: &str = "staff-issuer.seed";
/// Its public key, in the folder.
pub(in crate::cli) const PUBLIC_FILE: &str = "staff-issuer.pub.pem";

/// Arguments of `holos staff test-issuer`.
#[derive(clap::Args)]
pub(super) struct TestIssuerArgs {
    /// A folder for the key pair; made where there is none
    #[arg(long, value_name = "DIR")]
    dir: PathBuf,
    /// Print one JSON object
    #[arg(long)]
    json: bool,
}

/// Arguments of `holos staff test-token`.
#[derive(clap::Args)]
pub(super) struct TestTokenArgs {
    /// The folder that `holos staff test-issuer` filled
    #[arg(long, value_name = "DIR")]
    dir: PathBuf,
    /// Who signs in: the `token_subject` of an entry of the staff register; 1 to 64 characters of
    /// [A-Za-z0-9._-]
    #[arg(long, value_name = "NAME", value_parser = subject)]
    subject: String,
    /// Hours for which it is good
    #[arg(long, value_name = "H", default_value_t = 8, value_parser = clap::value_parser!(i64).range(1..=12))]
    hours: i64,
    /// Print one JSON object
    #[arg(long)]
    json: bool,
}

/// It becomes a file's name.
fn subject(text: &str) -> Result<String, &'static str> {
    let part = |c: char| c.is_ascii_alphanumeric() || "._-".contains(c);
    let holds = (1..=64).contains(&text.len()) && text.chars().all(part) && !text.starts_with('.');
    holds.then(|| text.to_owned()).ok_or("needs 1 to 64 characters of [A-Za-z0-9._-], no . first")
}

/// Makes the key pair and prints what an engine's configuration needs.
pub(super) fn test_issuer(args: &TestIssuerArgs) -> anyhow::Result<Exit> {
    let folder = std::path::absolute(&args.dir)?;
    make(&folder)?;
    let public = folder.join(PUBLIC_FILE);
    let file = public.to_str().context("--dir: needs a path in UTF-8")?;
    // A JSON string is a TOML string.
    let snippet = format!(
        "[[staff.issuers]]\nid = \"{ISSUER}\"\naudience = \"{AUDIENCE}\"\nkeys = [{{ kid = \
         \"{KEY}\", public_key_file = {} }}]\n",
        json!(file)
    );
    if args.json {
        answer(&format!("{}\n", json!({ "public_key_file": file, "toml": snippet })))?;
    } else {
        answer(&snippet)?;
    }
    Ok(Exit::Ok)
}

/// Makes the key pair in a folder, which is made where there is none.
pub(in crate::cli) fn make(folder: &Path) -> anyhow::Result<()> {
    files::make_folder(folder).with_context(|| format!("making {}", folder.display()))?;
    let seed = blake3::Hash::from_bytes(random::bytes());
    // The secret first: it is what must not be there already.
    let secret = folder.join(SEED_FILE);
    files::write_new(&secret, format!("{}\n", seed.to_hex()).as_bytes())
        .with_context(|| format!("writing {}", secret.display()))?;
    replace(&folder.join(PUBLIC_FILE), &issuer(*seed.as_bytes()).public_key_pem())
}

/// The signer of staff tokens, from a seed.
pub(in crate::cli) fn issuer(seed: [u8; 32]) -> TestIssuer {
    TestIssuer::new(ISSUER, KEY, seed)
}

/// The signer of such a folder; `None` where there is none.
pub(in crate::cli) fn issuer_in(folder: &Path) -> anyhow::Result<Option<TestIssuer>> {
    let seed_file = folder.join(SEED_FILE);
    let seed = match fs::read_to_string(&seed_file) {
        Ok(text) => zeroize::Zeroizing::new(text),
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
        Err(error) => bail!("{}: cannot be read: {}", seed_file.display(), error.kind()),
    };
    let seed = blake3::Hash::from_hex(seed.trim_end())
        .with_context(|| format!("{}: not 64 hexadecimal digits", seed_file.display()))?;
    Ok(Some(issuer(*seed.as_bytes())))
}

/// The `[[staff.issuers]]` by which an engine takes this issuer's tokens.
pub(in crate::cli) fn trusted(public_key_file: PathBuf) -> StaffIssuerConfig {
    StaffIssuerConfig {
        audience: AUDIENCE.to_owned(),
        keys: vec![StaffKeyConfig { kid: KEY.to_owned(), public_key_file }],
        ..StaffIssuerConfig::new(ISSUER)
    }
}

/// Writes a token into a file that only its owner reads; prints where, never what.
pub(super) fn test_token(args: &TestTokenArgs) -> anyhow::Result<Exit> {
    let Some(issuer) = issuer_in(&args.dir)? else {
        let missing = args.dir.join(SEED_FILE);
        eprintln!("holos: {}: no such file; see test-issuer", missing.display());
        return Ok(Exit::NotFound);
    };
    let path = write_token(&args.dir, &issuer, &args.subject, args.hours)?;
    eprintln!("holos: the token is in {}, good for {} h", path.display(), args.hours);
    if args.json {
        let file = path.display().to_string();
        answer(&format!("{}\n", json!({ "token_file": file, "hours": args.hours })))?;
    }
    Ok(Exit::Ok)
}

/// Writes a token into `SUBJECT.token` of a folder; where it is.
pub(in crate::cli) fn write_token(
    folder: &Path,
    issuer: &TestIssuer,
    subject: &str,
    hours: i64,
) -> anyhow::Result<PathBuf> {
    let token = zeroize::Zeroizing::new(mint(issuer, subject, hours));
    let path = folder.join(format!("{subject}.token"));
    replace(&path, &token)?;
    Ok(path)
}

/// A token of this issuer for a subject, from now on for these hours.
pub(in crate::cli) fn mint(issuer: &TestIssuer, subject: &str, hours: i64) -> String {
    let now = Clock::system().now().as_second();
    let header = json!({ "alg": "EdDSA", "kid": KEY, "typ": "JWT" }).to_string();
    let claims = json!({
        "iss": ISSUER,
        "aud": AUDIENCE,
        "sub": subject,
        "iat": now,
        "exp": now.saturating_add(hours * 3_600),
    });
    issuer.mint_raw(&header, &claims.to_string())
}

/// Only its owner reads it. It is replaced whole, never opened: its old mode would stay.
fn replace(path: &Path, text: &str) -> anyhow::Result<()> {
    let line = zeroize::Zeroizing::new(format!("{}\n", text.trim_end()));
    files::replace(path, line.as_bytes()).with_context(|| format!("writing {}", path.display()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::PermissionsExt;

    #[test]
    fn a_token_is_a_file_for_its_owner_only_and_the_key_is_never_replaced() {
        let home = tempfile::tempdir().unwrap();
        let dir = home.path().join("issuer");
        let issuer = TestIssuerArgs { dir: dir.clone(), json: false };
        assert_eq!(test_issuer(&issuer).unwrap(), Exit::Ok);
        assert!(test_issuer(&issuer).is_err(), "its tokens would be good no more");
        for _ in 0..2 {
            let (dir, subject) = (dir.clone(), "olena".to_owned());
            let args = TestTokenArgs { dir, subject, hours: 1, json: false };
            assert_eq!(test_token(&args).unwrap(), Exit::Ok);
        }
        for file in [SEED_FILE, "olena.token"] {
            let mode = fs::metadata(dir.join(file)).unwrap().permissions().mode();
            assert_eq!(mode & 0o777, 0o600, "{file}");
        }
        let token = fs::read_to_string(dir.join("olena.token")).unwrap();
        assert_eq!(token.trim_end().split('.').count(), 3);
        let nowhere = home.path().join("none");
        let args = TestTokenArgs { dir: nowhere, subject: "a".into(), hours: 1, json: false };
        assert_eq!(test_token(&args).unwrap(), Exit::NotFound);
    }

    #[test]
    fn a_subject_names_a_file_in_the_folder_and_no_other() {
        assert!(subject("olena.k-1_2").is_ok());
        for bad in ["", "../a", "a/b", ".a", "а", "a b"] {
            assert!(subject(bad).is_err(), "{bad}");
        }
    }
}
