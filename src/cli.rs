//! The command line: what an operator, an organiser or a journalist types.
//!
//! Standard output carries the answer, standard error carries messages and progress. Nothing here
//! decides about a ballot: every verb calls the library and turns its answer into text or JSON and
//! an exit code.
#![allow(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "this is the one place whose job is to print"
)]

use std::path::PathBuf;

use clap::{Parser, Subcommand};

use crate::ground::faults;

mod completions;
mod config;
mod demo;
mod exit;
mod fsck;
mod init;
mod issuer;
mod memory;
mod metrics;
mod output;
mod serve;
mod staff;
mod start_files;
mod trial;
mod verify;

pub use exit::Exit;
pub(crate) use output::answer;

const AFTER_HELP: &str = "\
Examples:
  holos demo                                   the whole way of a national poll, on this machine
  holos trial --dir trial                      an engine to try things out on
  holos init --dir engine                      a configuration for a new engine
  holos config check --config holos.toml       what is wrong with a configuration
  holos serve --config holos.toml              the engine
  holos order check order.toml                 what is wrong with an order, before it is filed
  holos poll list --phase open                 the polls that count ballots now
  holos fsck --data /var/lib/holos             recount and check everything that is stored
  holos verify results.json --key holos.pem    check a publication offline

Exit codes: 0 ok, 1 failed, 2 usage or configuration, 3 not found, 4 verification failed, \
5 refused by a rule, 75 try again later";

/// What `--version` says. Whoever installs a binary of the tests must be able to see it.
const VERSION: &str = match faults::COMPILED_IN {
    true => concat!(env!("CARGO_PKG_VERSION"), " with fault points, for tests only"),
    false => env!("CARGO_PKG_VERSION"),
};

/// Counts people's answers and keeps none of the people.
#[derive(Parser)]
#[command(name = "holos", version = VERSION, about, after_help = AFTER_HELP, subcommand_required = true)]
struct Cli {
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Subcommand)]
enum Verb {
    /// Make a configuration with the keys and secrets that it names, for a new engine
    Init(init::Args),
    /// Run the engine: four listeners, until SIGTERM or SIGINT
    Serve(serve::Args),
    /// Run an engine to try things out on, with people, an order and voters; no real poll
    Trial(trial::Args),
    /// Count the poll of 8 March 2023 on this machine, with real clients over gRPC
    Demo(DemoArgs),
    /// Audit a data folder: recount from what is stored and check every invariant
    Fsck(FsckArgs),
    /// Check a publication, its place in the public log, and a copy of the log, offline
    Verify(verify::Args),
    /// Check, sign, file, correct, return and approve orders
    Order(staff::Order),
    /// Run polls: schedule, suspend, extend, end; and see what may be seen of them
    Poll(staff::Poll),
    /// Work with the staff register, bodies' keys, and who may do what
    Staff(staff::Staff),
    /// See, confirm or decline what needs two people
    Proposal(staff::Proposal),
    /// Read the audit log, copy it, and check a copy offline
    Audit(staff::Audit),
    /// Keep the register of incidents
    Incident(staff::Incident),
    /// Keep the register of requests and their terms
    Request(staff::Request),
    /// Propose to erase a closed poll now, by a court order or an authority's demand
    Erase(staff::EraseArgs),
    /// Work with the keys that wrap all others
    Keys(staff::KeysArgs),
    /// Work with issuers: try one out, revoke a key, take out what came under it
    Issuer(issuer::Args),
    /// Work with configuration files
    Config(config::Args),
    /// List the metrics that the admin listener serves
    Metrics(metrics::Args),
    /// Print a completion script for a shell
    Completions(completions::Args),
}

/// Arguments of `holos demo`.
#[derive(clap::Args, Clone, Debug)]
pub struct DemoArgs {
    /// Ballots to cast: a proportional sample of the poll [default: all 2,138,838]
    #[arg(long, value_name = "N")]
    pub ballots: Option<u64>,
    /// Seed of the order of ballots, the voters and the repeats; the same seed replays the same run
    #[arg(long, value_name = "SEED", default_value_t = 1)]
    pub seed: u64,
    /// Keep the engine's data in this folder, which must not exist or be empty [default: a
    /// temporary folder]
    #[arg(long, value_name = "DIR")]
    pub data: Option<PathBuf>,
    /// Give every ballot its own signed token instead of trusting the connection
    #[arg(long)]
    pub signed: bool,
    /// Print one JSON object instead of a table
    #[arg(long)]
    pub json: bool,
}

/// Arguments of `holos fsck`.
#[derive(clap::Args, Clone, Debug)]
pub struct FsckArgs {
    /// The engine's data folder; no engine may be using it
    #[arg(long, value_name = "DIR", required_unless_present = "config")]
    pub data: Option<PathBuf>,
    /// The key folder, where it is not DIR/keys
    #[arg(long, value_name = "DIR")]
    pub keys: Option<PathBuf>,
    /// The wrapping key file [default: DIR/wrapping.key]
    #[arg(long, value_name = "FILE")]
    pub wrapping_key: Option<PathBuf>,
    /// The engine's configuration, which says where data and wrapping key are; the only way where
    /// the key is in the environment or in a token
    #[arg(long, value_name = "FILE", conflicts_with_all = ["data", "wrapping_key"])]
    pub config: Option<PathBuf>,
    /// Print one JSON object instead of lines
    #[arg(long)]
    pub json: bool,
}

/// Parses the command line, runs the verb, reports a failure on standard error.
pub fn main() -> Exit {
    // clap prints help and usage errors itself and exits with 0 or 2.
    let cli = Cli::parse();
    run(cli.verb).unwrap_or_else(|error| {
        eprintln!("holos: {error:#}");
        Exit::Failed
    })
}

fn run(verb: Verb) -> anyhow::Result<Exit> {
    match verb {
        Verb::Init(args) => init::run(&args),
        Verb::Serve(args) => serve::run(&args),
        Verb::Trial(args) => trial::run(&args),
        Verb::Demo(args) => demo::run(args),
        Verb::Fsck(args) => fsck::run(args),
        Verb::Verify(args) => verify::run(&args),
        Verb::Order(args) => staff::order(args),
        Verb::Poll(args) => staff::poll(args),
        Verb::Staff(args) => staff::staff(args),
        Verb::Proposal(args) => staff::proposal(args),
        Verb::Audit(args) => staff::audit(args),
        Verb::Incident(args) => staff::incident(args),
        Verb::Request(args) => staff::request(args),
        Verb::Erase(args) => staff::erase(args),
        Verb::Keys(args) => staff::keys(args),
        Verb::Issuer(args) => issuer::run(args),
        Verb::Config(args) => config::run(&args),
        Verb::Metrics(args) => metrics::run(&args),
        Verb::Completions(args) => completions::run(&args),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory;

    #[test]
    fn the_command_line_is_consistent() {
        Cli::command().debug_assert();
    }
}
