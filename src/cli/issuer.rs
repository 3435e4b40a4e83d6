//! `holos issuer`: from an issuer's first token to the end of a stolen key.

mod trial;

use super::{Exit, staff};

/// Arguments of `holos issuer`.
#[derive(clap::Args)]
pub(super) struct Args {
    #[command(subcommand)]
    verb: Verb,
}

#[derive(clap::Subcommand)]
enum Verb {
    /// Make a test issuer, an engine that trusts it, a poll, a token and a ballot that is counted;
    /// keep it all in a folder to go on with
    Try(trial::TryArgs),
    /// Make a token of the test issuer in such a folder
    Token(trial::TokenArgs),
    /// Trust a key of an issuer no more, at once and for good
    Revoke(staff::RevokeArgs),
    /// Propose to take out of a poll everything that came under a revoked key
    Excise(staff::ExciseArgs),
    /// List the revoked keys
    Revocations(staff::RevocationsArgs),
}

/// Runs the verb.
pub(super) fn run(args: Args) -> anyhow::Result<Exit> {
    match args.verb {
        Verb::Try(args) => trial::try_out(&args),
        Verb::Token(args) => trial::token(&args),
        Verb::Revoke(args) => staff::revoke(args),
        Verb::Excise(args) => staff::excise(args),
        Verb::Revocations(args) => staff::revocations(&args),
    }
}
