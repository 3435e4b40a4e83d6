//! What can be done with an order file and no engine: check, hash, sign.

use std::io::{self, Read};
use std::path::{Path, PathBuf};

use serde_json::json;

use crate::cli::staff::answer::{Answer, Failure, finish};
use crate::cli::staff::read_bounded;
use crate::cli::staff::text::{clean, fields, in_kyiv};
use crate::cli::{Exit, answer};
use crate::ground::limits;
use crate::keys::files::{self, Unread};
use crate::poll::{Floors, Order, Profile, Profiles, Rules, order_schema};
use crate::staff::body_key;

/// Arguments of `holos order check`.
#[derive(clap::Args)]
pub(super) struct CheckArgs {
    /// The order: TOML or JSON; - reads standard input
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// The engine's k, where it is higher than by default: `publication.minimum_answers` is no less
    #[arg(long, value_name = "N", default_value_t = limits::K_MIN)]
    k: u64,
    /// The engine's floor of ballots between two releases
    #[arg(long, value_name = "N", default_value_t = Floors::default().ballots_apart)]
    ballots_apart: u64,
    /// The engine's floor of people whom a poll asks
    #[arg(long, value_name = "N", default_value_t = Floors::default().eligible_population)]
    eligible_population: u64,
    /// A procedure of the engine besides resolution-90: its file in TOML, as the engine's
    /// configuration names it; may stand more than once
    #[arg(long, value_name = "FILE")]
    profile_file: Vec<PathBuf>,
    /// Print the findings as one JSON object
    #[arg(long)]
    json: bool,
}

/// Arguments of `holos order hash`.
#[derive(clap::Args)]
pub(super) struct HashArgs {
    /// The order: TOML or JSON; - reads standard input
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// Print one JSON object
    #[arg(long)]
    json: bool,
}

/// Arguments of `holos order sign`.
#[derive(clap::Args)]
pub(super) struct SignArgs {
    /// The order: TOML or JSON; - reads standard input
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// The body's Ed25519 private key in PEM (PKCS #8), readable by you only
    #[arg(long, value_name = "PEM")]
    key: PathBuf,
    /// The key's id, as it is registered
    #[arg(long, value_name = "ID")]
    key_id: String,
    /// Print one JSON object
    #[arg(long)]
    json: bool,
}

/// Checks a file. Exit codes: 0 it keeps every rule, 2 it cannot be read, 3 there is none, 5 a rule
/// is broken.
pub(super) fn check(args: &CheckArgs) -> anyhow::Result<Exit> {
    let order = match read(&args.file) {
        Ok(order) => order,
        Err(failure) => return finish(Err(failure), args.json),
    };
    let name = args.file.display();
    let (reference, hash) = (order.reference.clone(), order.hash().to_string());
    let profiles = match profiles(&args.profile_file) {
        Ok(profiles) => profiles,
        Err(failure) => return finish(Err(failure), args.json),
    };
    let CheckArgs { k, ballots_apart, eligible_population, .. } = *args;
    let floors = Floors { k, ballots_apart, eligible_population };
    match order.check(&Rules { floors, profiles: &profiles }) {
        Err(violations) => {
            let object = json!({ "valid": false, "violations": violations.iter().map(|held| {
                json!({ "field": held.field, "rule": held.rule })
            }).collect::<Vec<_>>() });
            let lines = violations
                .iter()
                .map(|held| format!("{}: {}\n", clean(&held.field), clean(&held.rule)));
            Answer::new(&object, lines.collect::<String>()).print(args.json)?;
            eprintln!("holos: {name}: {} broken", count(violations.len(), "rule"));
            Ok(Exit::Refused)
        }
        Ok(checked) => {
            let (profile, period) = (checked.profile(), checked.period());
            let [opens, closes] = [&period.opens_at, &period.closes_at];
            let procedure = format!("{}, version {}", profile.name, profile.version);
            let told = |at: &crate::poll::ZonedTime| format!("{at} = {}", in_kyiv(at.instant()));
            let text = fields([
                ("order", format!("{reference}: keeps every rule")),
                ("opens", told(opens)),
                ("closes", told(closes)),
                ("procedure", procedure),
                ("procedure hash", profile.hash().to_string()),
                ("order hash", hash.clone()),
                ("test", if checked.order().test { "yes".into() } else { String::new() }),
            ]);
            let object = json!({
                "valid": true,
                "violations": [],
                "reference": reference,
                "opens_at": opens.to_string(),
                "closes_at": closes.to_string(),
                "profile": {
                    "name": profile.name,
                    "version": profile.version,
                    "hash": profile.hash().to_string(),
                },
                "order_hash": hash,
                "test": checked.order().test,
            });
            Answer::new(&object, text).print(args.json)?;
            Ok(Exit::Ok)
        }
    }
}

fn profiles(files: &[PathBuf]) -> Result<Profiles, Failure> {
    let mut profiles = Profiles::builtin();
    for file in files {
        let told = |what: String| {
            Failure::Told(Exit::Usage, format!("{}: {}", file.display(), clean(&what)))
        };
        let bytes = read_bounded(file, limits::INPUT_FILE_BYTES_MAX)?;
        let text = String::from_utf8(bytes).map_err(|_| told("not text".to_owned()))?;
        let taken = Profile::from_toml(&text).and_then(|profile| profiles.with(profile));
        profiles = taken.map_err(|error| told(error.to_string()))?;
    }
    Ok(profiles)
}

/// Prints the JSON Schema.
pub(super) fn schema() -> anyhow::Result<Exit> {
    answer(&format!("{}\n", serde_json::to_string_pretty(&order_schema())?))?;
    Ok(Exit::Ok)
}

/// Prints the hash that an approval names.
pub(super) fn hash(args: &HashArgs) -> anyhow::Result<Exit> {
    let made = read(&args.file).map(|order| {
        let hash = order.hash().to_string();
        Answer::new(&json!({ "order_hash": hash }), format!("{hash}\n"))
    });
    finish(made, args.json)
}

/// Signs what the engine will read, not the file: comments and spaces do not count.
pub(super) fn sign(args: &SignArgs) -> anyhow::Result<Exit> {
    finish(signed(args), args.json)
}

fn signed(args: &SignArgs) -> Result<Answer, Failure> {
    let order = read(&args.file)?;
    let usage = |message: String| Failure::Told(Exit::Usage, message);
    let at = args.key.display();
    let key = files::read_private(&args.key, limits::KEY_FILE_BYTES_MAX);
    let key = key.map_err(|unread| match unread {
        Unread::Io(error) => usage(format!("{at}: cannot be read: {}", error.kind())),
        Unread::Exposed { mode } => {
            usage(format!("{at}: others may read this key (mode {mode:03o}): chmod 600"))
        }
    })?;
    let key = key.ok_or_else(|| Failure::Told(Exit::NotFound, format!("{at}: no such file")))?;
    let pem = str::from_utf8(&key).unwrap_or_default();
    let jws = body_key::sign_detached(pem, &args.key_id, &order.canonical_json())
        .map_err(|error| usage(format!("--key, --key-id: {error}")))?;
    let object = json!({ "jws": jws, "order_hash": order.hash().to_string() });
    Ok(Answer::new(&object, format!("{jws}\n")))
}

/// Reads an order: as JSON or TOML by the file's name, else by its first character.
///
/// # Errors
/// [`Exit::NotFound`] without a file, [`Exit::Usage`] for one that is no order.
pub(super) fn read(file: &Path) -> Result<Order, Failure> {
    let usage = |message: String| Failure::Told(Exit::Usage, message);
    let at = file.display();
    let bytes = if file == Path::new("-") {
        let mut bytes = Vec::new();
        let read = io::stdin().lock().take(limits::INPUT_FILE_BYTES_MAX).read_to_end(&mut bytes);
        read.map_err(|error| usage(format!("standard input: {}", error.kind())))?;
        bytes
    } else {
        read_bounded(file, limits::INPUT_FILE_BYTES_MAX)?
    };
    let text = String::from_utf8(bytes).map_err(|_| usage(format!("{at}: not text in UTF-8")))?;
    let text = text.strip_prefix('\u{feff}').unwrap_or(&text);
    let is_json = match file.extension().and_then(|extension| extension.to_str()) {
        Some("json") => true,
        Some("toml") => false,
        _ => text.trim_start().starts_with('{'),
    };
    if is_json {
        Order::from_json(text).map_err(|error| usage(format!("{at}: {error}")))
    } else {
        let read = Order::from_toml(text);
        read.map_err(|error| usage(format!("{at}: {}", error.to_string().trim_end())))
    }
}

fn count(number: usize, noun: &str) -> String {
    if number == 1 { format!("{number} {noun}") } else { format!("{number} {noun}s") }
}
