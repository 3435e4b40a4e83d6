//! `holos config check`: what is wrong with a configuration, before a start finds out.

use std::path::{Path, PathBuf};

use serde_json::json;

use super::{Exit, answer, start_files};
use crate::process::config::{Config, ConfigError, Finding};

/// Arguments of `holos config`.
#[derive(clap::Args)]
pub(super) struct Args {
    #[command(subcommand)]
    verb: Verb,
}

#[derive(clap::Subcommand)]
enum Verb {
    /// Check a file: its keys, its values, and the files it names, read as a start reads them. Run it
    /// as the engine's user. Exit code 0 or 2
    Check(CheckArgs),
}

#[derive(clap::Args)]
struct CheckArgs {
    /// The configuration file
    #[arg(long, value_name = "FILE", env = "HOLOS_CONFIG")]
    config: PathBuf,
    /// Print the configuration as it holds, defaults included; secrets' files are named, never shown
    #[arg(long)]
    print: bool,
    /// Print the findings as one JSON object
    #[arg(long, conflicts_with = "print")]
    json: bool,
}

/// Runs the verb.
pub(super) fn run(args: &Args) -> anyhow::Result<Exit> {
    match &args.verb {
        Verb::Check(args) => check(args),
    }
}

/// Reads a configuration for a verb that needs it; says on standard error what is wrong.
pub(super) fn load(path: &Path) -> Result<Config, Exit> {
    Config::load(path).map_err(|error| {
        eprintln!("holos: {error}");
        exit_of(&error)
    })
}

fn check(args: &CheckArgs) -> anyhow::Result<Exit> {
    let loaded = Config::load(&args.config);
    let findings = match &loaded {
        Ok(config) => start_files::check(config),
        Err(ConfigError::Rules(findings)) => findings.clone(),
        Err(error) => vec![Finding { field: "file".to_owned(), rule: error.to_string() }],
    };
    if args.json {
        let list: Vec<_> = findings
            .iter()
            .map(|finding| json!({ "field": finding.field, "rule": finding.rule }))
            .collect();
        answer(&format!("{}\n", json!({ "valid": findings.is_empty(), "findings": list })))?;
    } else {
        for finding in &findings {
            eprintln!("{finding}");
        }
        match &loaded {
            Ok(config) if args.print => answer(&config.to_toml())?,
            Ok(_) if findings.is_empty() => answer("the configuration is valid\n")?,
            _ => {}
        }
    }
    Ok(match &loaded {
        Err(error) => exit_of(error),
        Ok(_) if findings.is_empty() => Exit::Ok,
        Ok(_) => Exit::Usage,
    })
}

fn exit_of(error: &ConfigError) -> Exit {
    match error {
        ConfigError::NotFound { .. } => Exit::NotFound,
        ConfigError::Unreadable { .. } => Exit::Failed,
        ConfigError::Syntax { .. } | ConfigError::Rules(_) => Exit::Usage,
    }
}
