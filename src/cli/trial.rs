//! `holos trial`: an engine to try things out on, and ballots of made-up voters for it.
//!
//! The engine is the one of `holos serve`. What is made up is who vouches for people: a test issuer
//! of voters and a test issuer of staff, whose keys lie in the trial's folder. Registers nobody and
//! files nothing itself: that is what there is to try.

mod ballots;
pub(super) mod folder;
mod people;
pub(super) mod ports;

use std::fs;
use std::path::{Path, PathBuf};

use super::{Exit, answer, serve};
use crate::process::server::Addresses;
use folder::Folder;
use ports::Ports;

/// Said at every start of an engine that trusts a test issuer.
pub(super) const NO_REAL_POLL: &str =
    "this is a trial, no real poll: the keys of its voters and its staff lie in a folder";

/// Arguments of `holos trial`.
#[derive(clap::Args)]
#[command(args_conflicts_with_subcommands = true, subcommand_negates_reqs = true)]
pub(super) struct Args {
    #[command(subcommand)]
    verb: Option<Verb>,
    #[command(flatten)]
    start: StartArgs,
}

#[derive(clap::Subcommand)]
enum Verb {
    /// Cast ballots of made-up voters, each with a token of the trial's issuer
    Ballots(ballots::BallotsArgs),
}

#[derive(clap::Args)]
struct StartArgs {
    /// The trial's folder: made where there is none, gone on with where there is one
    #[arg(long, value_name = "DIR", required = true)]
    dir: Option<PathBuf>,
    #[command(flatten)]
    ports: Ports,
}

/// Runs the verb.
pub(super) fn run(args: &Args) -> anyhow::Result<Exit> {
    match (&args.verb, &args.start) {
        (Some(Verb::Ballots(args)), _) => ballots::cast(args),
        (None, StartArgs { dir: Some(dir), ports }) => start(dir, *ports),
        // The command line needs one of the two.
        (None, StartArgs { dir: None, .. }) => Ok(Exit::Usage),
    }
}

/// Makes the folder where there is none, and runs its engine until a signal.
fn start(dir: &Path, ports: Ports) -> anyhow::Result<Exit> {
    let folder = if fs::exists(dir)? {
        let folder = Folder::open(dir)?;
        folder.move_to(ports)?;
        folder
    } else {
        // Before the folder is made: who is told that a port is taken can say the same again.
        ports::check(&ports.listen()?)?;
        Folder::create(dir, ports)?
    };
    if !folder.file(people::ENTRIES).exists() {
        people::write(&folder)?;
    }
    people::write_tokens(&folder)?;
    let config = folder.config()?;
    ports::check(&config.listen)?;
    serve::until_stopped(config, |addresses| answer(&welcome(dir, addresses)))
}

/// What there is, and what to type next.
fn welcome(dir: &Path, addresses: &Addresses) -> String {
    let Addresses { ingest, staff, public, admin } = addresses;
    let (dir, hours) = (dir.display(), people::TOKEN_HOURS);
    let (entries, order) = (people::ENTRIES, people::ORDER);
    let everybody: Vec<_> = people::subjects().collect();
    let everybody = everybody.join(" ");
    format!(
        "\
{NO_REAL_POLL}

ballots  {ingest}
staff    {staff}
public   http://{public}
admin    http://{admin}

in {dir}
  holos.toml      the engine's configuration
  {entries}/*.toml   six people's entries of the staff register, one of each role and one more
  *.token         by which they sign in; new ones at every start, good for {hours} h
  {order}      an order of a poll that opens at once

type next, in another terminal
  export HOLOS_CONFIG={dir}/holos.toml
  for who in {everybody}; do holos staff register --file {dir}/{entries}/$who.toml; done
  HOLOS_TOKEN_FILE={dir}/olena.token holos staff whoami

the whole way of a poll: deploy/docs/walk-through.md
the engine is ready; Ctrl-C stops it
"
    )
}
