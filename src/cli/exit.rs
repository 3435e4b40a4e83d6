//! How a command ended: the exit codes that scripts may rely on.

use std::process::{ExitCode, Termination};

/// How a command ended; the exit codes that scripts may rely on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Exit {
    /// Done, and what was asked holds.
    Ok,
    /// Failed for a reason that no other code names.
    Failed,
    /// The command line or the configuration is wrong.
    Usage,
    /// A named thing does not exist.
    NotFound,
    /// A signature, a hash or an invariant does not hold.
    VerificationFailed,
    /// A rule forbids it.
    Refused,
    /// Not now; the same command may succeed later (EX_TEMPFAIL).
    Temporary,
}

impl Exit {
    /// The process's exit code.
    pub const fn code(self) -> u8 {
        match self {
            Self::Ok => 0,
            Self::Failed => 1,
            Self::Usage => 2,
            Self::NotFound => 3,
            Self::VerificationFailed => 4,
            Self::Refused => 5,
            Self::Temporary => 75,
        }
    }
}

impl Termination for Exit {
    fn report(self) -> ExitCode {
        ExitCode::from(self.code())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn exit_codes_are_distinct() {
        let all = [
            Exit::Ok,
            Exit::Failed,
            Exit::Usage,
            Exit::NotFound,
            Exit::VerificationFailed,
            Exit::Refused,
            Exit::Temporary,
        ];
        let mut codes: Vec<u8> = all.iter().map(|exit| exit.code()).collect();
        codes.dedup();
        assert_eq!(codes, [0, 1, 2, 3, 4, 5, 75]);
    }
}
