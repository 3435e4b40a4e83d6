//! Another program that reads the engine: started, listened to, and ended with the test.

use std::path::PathBuf;
use std::process::Stdio;
use std::time::Duration;

use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader, Lines};
use tokio::process::{Child, ChildStdin, ChildStdout, Command};

/// How long a program may take in all: the longest, a browser on a busy machine, needs ten minutes.
const TIME: Duration = Duration::from_secs(1_800);

/// Where `deploy/test.sh` installs what the tests need.
pub fn tools() -> PathBuf {
    let home = || PathBuf::from(std::env::var("HOME").unwrap()).join(".cache/holos/tools");
    std::env::var_os("HOLOS_TOOLS_DIR").map_or_else(home, PathBuf::from)
}

/// A path below the project.
pub fn project(path: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join(path)
}

/// A running program.
pub struct Program {
    child: Child,
    lines: Lines<BufReader<ChildStdout>>,
    input: ChildStdin,
    until: tokio::time::Instant,
}

impl Program {
    /// Starts it; what it says on standard error is shown.
    pub fn start(mut command: Command) -> Self {
        let name = format!("{:?}", command.as_std());
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).kill_on_drop(true);
        let started = command.spawn();
        let mut child = started.unwrap_or_else(|error| {
            panic!("{name}: {error}; deploy/test.sh installs what the tests need")
        });
        let lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let input = child.stdin.take().unwrap();
        Self { child, lines, input, until: tokio::time::Instant::now() + TIME }
    }

    /// Its next line; `None` when it has ended well.
    pub async fn line(&mut self) -> Option<String> {
        let next = tokio::time::timeout_at(self.until, self.lines.next_line()).await;
        let line = next.expect("the program takes too long").unwrap();
        if line.is_none() {
            let ended = self.child.wait().await.unwrap();
            assert!(ended.success(), "the program failed: {ended}");
        }
        line
    }

    pub async fn say(&mut self, line: &str) {
        self.input.write_all(format!("{line}\n").as_bytes()).await.unwrap();
    }

    /// Lets it run to its end, and shows what it says.
    pub async fn succeeds(mut self) {
        while let Some(line) = self.line().await {
            println!("{line}");
        }
    }
}
