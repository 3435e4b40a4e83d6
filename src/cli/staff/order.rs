//! `holos order`: from a file to an approved order.

mod file;
mod remote;
mod show;

use std::path::PathBuf;

use super::engine::Engine;
use super::poll::{ListArgs, One};
use crate::cli::Exit;

const EXAMPLES: &str = "\
Examples:
  holos order check order.toml                           what is wrong with a file, offline
  holos order sign order.toml --key key.pem --key-id 2026-1 > order.jws
  holos order submit order.toml --jws order.jws
  holos order show ID                                    check your answers
  holos order return ID --reason \"title.en: differs from the Ukrainian text\"
  holos order approve ID --hash HASH";

/// Arguments of `holos order`.
#[derive(clap::Args)]
#[command(before_help = EXAMPLES)]
pub(crate) struct Order {
    #[command(subcommand)]
    verb: Verb,
}

#[derive(clap::Subcommand)]
enum Verb {
    /// Say what is wrong with an order file, offline
    Check(file::CheckArgs),
    /// Print the JSON Schema of order files
    Schema,
    /// Print an order's hash, offline
    Hash(file::HashArgs),
    /// Sign an order with a body's key, offline; prints the detached JWS
    Sign(file::SignArgs),
    /// File an order, or keep it as a draft
    Submit(SubmitArgs),
    /// Put a corrected order in the place of a draft, and file it
    Correct(CorrectArgs),
    /// Give an order back to its initiator, with reasons
    Return(ReturnArgs),
    /// Take an own order back; it becomes a draft
    Withdraw(One),
    /// Approve the order that you have read
    Approve(ApproveArgs),
    /// List orders; those on their way, unless --phase says otherwise
    List(ListArgs),
    /// Show every field of an order, the rules that will be frozen, and what they withhold
    Show(One),
    /// Show every revision of an order
    History(HistoryArgs),
    /// List the procedures that an order can name
    Profiles(ProfilesArgs),
}

/// An order and what comes with it.
#[derive(clap::Args)]
struct Filed {
    /// The order: TOML or JSON; - reads standard input
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// Keep it as a draft
    #[arg(long)]
    draft: bool,
    /// The initiator's detached JWS, from `holos order sign`
    #[arg(long, value_name = "FILE")]
    jws: Option<PathBuf>,
    /// A detached state signature, kept and served beside the order
    #[arg(long, value_name = "FILE.p7s")]
    state_signature: Option<PathBuf>,
}

#[derive(clap::Args)]
struct SubmitArgs {
    #[command(flatten)]
    engine: Engine,
    #[command(flatten)]
    filed: Filed,
}

#[derive(clap::Args)]
struct CorrectArgs {
    #[command(flatten)]
    one: One,
    #[command(flatten)]
    filed: Filed,
}

#[derive(clap::Args)]
struct ReturnArgs {
    #[command(flatten)]
    one: One,
    /// What is wrong, as "FIELD: WHAT", or without a field for the whole; may be repeated
    #[arg(long = "reason", value_name = "TEXT", required = true)]
    reasons: Vec<String>,
}

#[derive(clap::Args)]
struct ApproveArgs {
    #[command(flatten)]
    one: One,
    /// The hash of the order that you have read, from `holos order show`
    #[arg(long, value_name = "HASH")]
    hash: String,
}

#[derive(clap::Args)]
struct HistoryArgs {
    #[command(flatten)]
    one: One,
    /// Save each revision's text and signatures in this folder
    #[arg(long, value_name = "DIR")]
    save_signatures: Option<PathBuf>,
}

#[derive(clap::Args)]
struct ProfilesArgs {
    #[command(flatten)]
    engine: Engine,
}

/// Runs the verb.
pub(crate) fn order(args: Order) -> anyhow::Result<Exit> {
    match args.verb {
        Verb::Check(args) => file::check(&args),
        Verb::Schema => file::schema(),
        Verb::Hash(args) => file::hash(&args),
        Verb::Sign(args) => file::sign(&args),
        Verb::Submit(SubmitArgs { engine, filed }) => remote::submit(&engine, &filed),
        Verb::Correct(CorrectArgs { one, filed }) => remote::correct(one, &filed),
        Verb::Return(ReturnArgs { one, reasons }) => remote::give_back(one, &reasons),
        Verb::Withdraw(one) => remote::withdraw(one),
        Verb::Approve(ApproveArgs { one, hash }) => remote::approve(one, hash),
        Verb::List(args) => remote::list_orders(args),
        Verb::Show(one) => remote::show_order(one),
        Verb::History(HistoryArgs { one, save_signatures }) => {
            remote::history(one, save_signatures.as_deref())
        }
        Verb::Profiles(ProfilesArgs { engine }) => remote::profiles(&engine),
    }
}
