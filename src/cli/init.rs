//! `holos init`: a configuration for a new engine, with every key and secret that it names.
//!
//! Who vouches for voters and who signs staff's tokens is for the operator to say: their keys are
//! somebody else's, so the file shows these tables as comments.

use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use anyhow::{Context, ensure};

use super::trial::folder::{new_folder, random_text, write};
use super::{Exit, answer};

/// The sample that every configuration begins as.
const SAMPLE: &str = include_str!("../../deploy/holos.toml");

const CONFIG: &str = "holos.toml";
const DATA: &str = "data";
/// Apart from the data: a copy of those must not hold the key that opens them.
const WRAPPING: &str = "wrapping";
const WRAPPING_KEY: &str = "wrapping/wrapping.key";
const STAFF_TOKEN: &str = "staff.token";

/// Arguments of `holos init`.
#[derive(clap::Args)]
pub(super) struct Args {
    /// A folder that does not exist or is empty
    #[arg(long, value_name = "DIR")]
    dir: PathBuf,
}

/// Makes the folder and says what is in it.
pub(super) fn run(args: &Args) -> anyhow::Result<Exit> {
    let dir = &args.dir;
    if !is_free(dir)? {
        eprintln!("holos: {}: is there and not empty; nothing was changed", dir.display());
        return Ok(Exit::Refused);
    }
    let configuration = configuration()?;
    for folder in ["", DATA, WRAPPING] {
        if folder.is_empty() && dir.exists() {
            make_private(dir)?;
        } else {
            new_folder(&dir.join(folder))?;
        }
    }
    write(&dir.join(WRAPPING_KEY), &random_text())?;
    write(&dir.join(STAFF_TOKEN), &random_text())?;
    // Last: a folder with a configuration is complete.
    write(&dir.join(CONFIG), &configuration)?;
    answer(&made(dir))?;
    Ok(Exit::Ok)
}

/// Whether the folder is not there, or empty.
fn is_free(dir: &Path) -> anyhow::Result<bool> {
    match fs::read_dir(dir) {
        Ok(mut entries) => Ok(entries.next().is_none()),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(true),
        Err(error) if error.kind() == ErrorKind::NotADirectory => Ok(false),
        Err(error) => Err(error).with_context(|| format!("reading {}", dir.display())),
    }
}

fn make_private(dir: &Path) -> anyhow::Result<()> {
    use std::os::unix::fs::PermissionsExt;
    let private = fs::Permissions::from_mode(0o700);
    fs::set_permissions(dir, private).with_context(|| format!("making {} private", dir.display()))
}

fn made(dir: &Path) -> String {
    let dir = dir.display();
    format!(
        "\
made in {dir}
  {CONFIG}             the configuration: every setting with its meaning
  {DATA}/                  for the store, the keys and the logs
  {WRAPPING_KEY}  the key that wraps all others; keep it on another device than {DATA}/
  {STAFF_TOKEN}            the bootstrap token, which registers the first staff

it takes no ballots until {CONFIG} names an issuer of voters, and no staff beyond the bootstrap
token until it names an issuer of staff: [[issuers]] and [[staff.issuers]] there

next
  holos config check --config {dir}/{CONFIG}
  holos serve --config {dir}/{CONFIG}
"
    )
}

/// The sample with paths in the folder, and without what an operator must bring.
fn configuration() -> anyhow::Result<String> {
    let mut text = SAMPLE.to_owned();
    for (from, to) in [
        ("data_dir = \"/var/lib/holos\"", format!("data_dir = \"{DATA}\"")),
        (
            "wrapping_key_file = \"/var/lib/holos-wrapping/wrapping.key\"",
            format!("wrapping_key_file = \"{WRAPPING_KEY}\""),
        ),
        ("token_file = \"/etc/holos/staff.token\"", format!("token_file = \"{STAFF_TOKEN}\"")),
        (
            "# Sample configuration of `holos serve`.",
            "# Configuration of `holos serve`.".to_owned(),
        ),
    ] {
        ensure!(text.matches(from).count() == 1, "the sample has {from:?} not once");
        text = text.replace(from, &to);
    }
    Ok(without(&text, &["[[staff.issuers]]", "[[issuers]]", "[publication.publisher]"]))
}

/// The text with these tables as comments, each up to the next empty line.
fn without(text: &str, tables: &[&str]) -> String {
    let mut within = false;
    let mut out = String::with_capacity(text.len() + 256);
    for line in text.lines() {
        within = (within && !line.is_empty()) || tables.contains(&line);
        if within && !line.starts_with('#') {
            out.push_str("# ");
        }
        out.push_str(line);
        out.push('\n');
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::process::config::Config;

    #[test]
    fn a_new_configuration_has_every_setting_of_the_sample() {
        let text = configuration().unwrap();
        let config = Config::parse(&text, Path::new("/e")).unwrap();
        assert_eq!(config.data_dir, Path::new("/e/data"));
        assert_eq!(config.wrapping_key_file(), Path::new("/e/wrapping/wrapping.key"));
        assert!(config.issuers.is_empty() && config.staff.issuers.is_empty());
        assert!(config.publication.publisher.is_none());
        // What is a comment there stands here as one, too, and reads once it is none.
        let names = |text: &str| -> Vec<String> {
            let named = text.lines().filter_map(|line| line.split_once(" = "));
            named.map(|(name, _)| name.trim_start_matches("# ").to_owned()).collect()
        };
        assert_eq!(names(&text), names(SAMPLE));
        let shown = ["[[staff.issuers]]", "[[issuers]]", "[publication.publisher]"];
        for table in shown {
            assert!(text.contains(&format!("# {table}")), "{table}");
        }
    }
}
