//! Every verb against a staff listener that notes what it is asked and answers what it is told to.

mod fake;
mod verbs;

use clap::Parser;

use self::fake::Fake;
use crate::cli::{Cli, Exit, output, run};

/// Runs a command line against the engine; what it printed, and how it ended.
fn holos(fake: &Fake, line: &[&str]) -> (Exit, String) {
    let address = fake.address.to_string();
    let token = fake.token_file();
    let connection = ["--server", &address, "--token-file", token.to_str().unwrap()];
    let words = [&["holos"], line, &connection].concat();
    let cli = Cli::try_parse_from(words).unwrap_or_else(|error| panic!("{line:?}: {error}"));
    output::said::take();
    let exit = run(cli.verb).unwrap();
    (exit, output::said::take())
}
