//! Asks before a verb does what cannot be taken back.

use std::io::{self, BufRead, IsTerminal, Write};

use super::answer::Failure;
use crate::cli::Exit;

/// The flag of verbs that ask.
#[derive(clap::Args, Clone, Copy, Default)]
pub(super) struct Sure {
    /// Do not ask; for scripts
    #[arg(long)]
    pub(super) yes: bool,
}

/// Returns when `--yes` was given, or `name` was typed at a terminal.
///
/// # Errors
/// [`Exit::Usage`] where nobody can be asked, [`Exit::Refused`] when something else was typed.
pub(super) fn confirm(sure: Sure, act: &str, name: &str) -> Result<(), Failure> {
    if sure.yes {
        return Ok(());
    }
    let stdin = io::stdin();
    if !stdin.is_terminal() {
        let told = format!("this will {act}; nobody can be asked here, so --yes is needed");
        return Err(Failure::Told(Exit::Usage, told));
    }
    let mut err = io::stderr().lock();
    ask(&mut stdin.lock(), &mut err, act, name)
}

fn ask(
    input: &mut impl BufRead,
    output: &mut impl Write,
    act: &str,
    name: &str,
) -> Result<(), Failure> {
    let mut typed = String::new();
    let asked = write!(output, "This will {act}.\nType {name} to go on: ")
        .and_then(|()| output.flush())
        .and_then(|()| input.read_line(&mut typed));
    match asked {
        Ok(_) if typed.trim() == name => Ok(()),
        Ok(_) => Err(Failure::Told(Exit::Refused, "nothing was done".to_owned())),
        Err(error) => Err(Failure::Told(Exit::Failed, format!("asking: {}", error.kind()))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_name_itself_goes_on() {
        let ask = |typed: &str| {
            let mut shown = Vec::new();
            let asked = ask(&mut typed.as_bytes(), &mut shown, "end poll p", "p").is_ok();
            assert_eq!(
                String::from_utf8(shown).unwrap(),
                "This will end poll p.\nType p to go on: "
            );
            asked
        };
        assert!(ask("p\n") && ask(" p \n") && ask("p"));
        assert!(!ask("") && !ask("\n") && !ask("y\n") && !ask("P\n"));
    }

    #[test]
    fn with_yes_nobody_is_asked() {
        assert!(confirm(Sure { yes: true }, "end poll p", "p").is_ok());
    }
}
