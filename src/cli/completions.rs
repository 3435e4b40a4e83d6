//! `holos completions`: what a shell needs to complete our verbs and flags.

use clap::CommandFactory;
use clap_complete::Shell;

use super::{Cli, Exit, answer};

const EXAMPLES: &str = "\
Examples:
  holos completions bash > /etc/bash_completion.d/holos
  holos completions zsh > \"${fpath[1]}/_holos\"
  holos completions fish > ~/.config/fish/completions/holos.fish";

/// Arguments of `holos completions`.
#[derive(clap::Args)]
#[command(before_help = EXAMPLES)]
pub(super) struct Args {
    /// The shell
    #[arg(value_name = "SHELL")]
    shell: Known,
}

/// The shells that we have looked at.
#[derive(Clone, Copy, clap::ValueEnum)]
enum Known {
    Bash,
    Zsh,
    Fish,
}

/// Prints the script.
pub(super) fn run(args: &Args) -> anyhow::Result<Exit> {
    let shell = match args.shell {
        Known::Bash => Shell::Bash,
        Known::Zsh => Shell::Zsh,
        Known::Fish => Shell::Fish,
    };
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut Cli::command(), "holos", &mut script);
    answer(&String::from_utf8_lossy(&script))?;
    Ok(Exit::Ok)
}
