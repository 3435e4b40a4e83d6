//! The walk-through page, typed: every command as it stands there, one after the other in one
//! shell, with the built command on the PATH; and what the page shows is what the commands answer.
//!
//! Ids, hashes and times differ from run to run and count as equal; `...` on the page stands for
//! anything. The page's ports are moved to free ones.

use std::io::{BufRead, BufReader, Write};
use std::net::{Ipv4Addr, TcpListener};
use std::path::Path;
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;

const PAGE: &str = include_str!("../../deploy/docs/walk-through.md");
/// The port of the ingest listener that the page names; the other three follow.
const PAGE_PORT: u16 = 18_140;
/// No command takes as long, however busy the machine is.
const PATIENCE: Duration = Duration::from_secs(120);
/// Printed after each command, before its exit code.
const END: &str = "@@ the command ended with ";

/// A command of the page and what is shown below it.
#[derive(Debug, PartialEq, Eq)]
struct Step {
    typed: String,
    shown: Vec<String>,
}

/// The commands in the page's blocks of `console`.
fn steps(page: &str) -> Vec<Step> {
    let mut steps: Vec<Step> = Vec::new();
    let mut within = false;
    for line in page.lines() {
        if line.starts_with("```") {
            within = line == "```console";
        } else if !within {
            continue;
        } else if let Some(typed) = line.strip_prefix("$ ") {
            steps.push(Step { typed: typed.to_owned(), shown: Vec::new() });
        } else {
            let step = steps.last_mut().expect("a block begins with a command");
            match line.strip_prefix("> ") {
                Some(more) if step.shown.is_empty() => step.typed += &format!("\n{more}"),
                _ => step.shown.push(line.to_owned()),
            }
        }
    }
    steps
}

/// The text with ids, hashes, keys, dates and times replaced, numbers of the log's entries too, and
/// runs of spaces made one. How many entries there are depends on how fast somebody types: each fold
/// is one.
fn plain(line: &str) -> String {
    const SHAPES: [&str; 6] = [
        "xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx",
        "dddd-dd-dd",
        "dd.dd.dddd",
        "dd:dd:dd",
        "+dd:dd",
        "MCowBQYDK2VwAyEA",
    ];
    let (mut out, mut rest) = (String::new(), line.trim_end());
    let number = rest.trim_start_matches(|c: char| c.is_ascii_digit());
    if number.len() < rest.len() && begins(number.trim_start(), "dddd-dd-dd") {
        out.push('#');
        rest = number;
    }
    while let Some(first) = rest.chars().next() {
        if let Some(shape) = SHAPES.iter().find(|shape| begins(rest, shape)) {
            out.push('#');
            rest = &rest[shape.len()..];
            // Parts of a second, and the rest of a key.
            let tail = if shape.starts_with('M') { is_base64 } else { is_fraction };
            rest = if shape.starts_with('M') || *shape == "dd:dd:dd" {
                rest.trim_start_matches(tail)
            } else {
                rest
            };
            continue;
        }
        if !out.ends_with(char::is_alphanumeric) {
            // A hash, or a number and the hash of what has it.
            let number = rest.trim_start_matches(|c: char| c.is_ascii_digit());
            let hash = number.strip_prefix(':').unwrap_or(rest);
            let after = hash.trim_start_matches(is_hex);
            if hash.len() - after.len() >= 7 {
                out.push('#');
                rest = after;
                continue;
            }
        }
        if !(first == ' ' && out.ends_with(' ')) {
            out.push(first);
        }
        rest = &rest[first.len_utf8()..];
    }
    out
}

/// Whether the text begins with this shape: `d` is a digit, `x` a hexadecimal one.
fn begins(text: &str, shape: &str) -> bool {
    let mut chars = text.chars();
    shape.chars().all(|wanted| {
        chars.next().is_some_and(|is| match wanted {
            'd' => is.is_ascii_digit(),
            'x' => is_hex(is),
            _ => is == wanted,
        })
    })
}

fn is_hex(c: char) -> bool {
    c.is_ascii_digit() || ('a'..='f').contains(&c)
}

fn is_fraction(c: char) -> bool {
    c.is_ascii_digit() || c == '.'
}

fn is_base64(c: char) -> bool {
    c.is_ascii_alphanumeric() || "+/=".contains(c)
}

/// Whether the lines are those that are shown: a line `...` stands for any lines, `...` in a line
/// for any text.
fn agree(shown: &[String], got: &[String]) -> bool {
    match shown.split_first() {
        None => got.is_empty(),
        Some((line, rest)) if line == "..." => {
            (0..=got.len()).any(|skipped| agree(rest, &got[skipped..]))
        }
        Some((line, rest)) => got.split_first().is_some_and(|(first, others)| {
            same(&plain(line), &plain(first)) && agree(rest, others)
        }),
    }
}

fn same(shown: &str, got: &str) -> bool {
    let mut parts = shown.split("...");
    let first = parts.next().expect("splitting gives at least one part");
    let Some(mut rest) = got.strip_prefix(first) else { return false };
    let mut parts = parts.peekable();
    if parts.peek().is_none() {
        return rest.is_empty();
    }
    while let Some(part) = parts.next() {
        if parts.peek().is_none() {
            return rest.ends_with(part);
        }
        match rest.find(part) {
            Some(at) => rest = &rest[at + part.len()..],
            None => return false,
        }
    }
    true
}

/// A shell in which somebody types.
struct Shell {
    /// Closing it ends the shell, and its jobs with it: also when a test fails.
    input: Option<ChildStdin>,
    said: Receiver<String>,
    shell: Child,
}

impl Shell {
    fn start(folder: &Path, port: u16) -> Self {
        let holos = Path::new(env!("CARGO_BIN_EXE_holos"));
        let path = format!("{}:/usr/local/bin:/usr/bin:/bin", holos.parent().unwrap().display());
        let mut command = Command::new("bash");
        command.args(["--noprofile", "--norc"]).current_dir(folder).env_clear();
        command.env("PATH", path).env("HOME", folder).env("LC_ALL", "C.UTF-8");
        command.env("HOLOS_TRIAL_PORT_BASE", port.to_string());
        let mut shell =
            command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().expect("bash is there");
        let (tell, said) = channel();
        let output = BufReader::new(shell.stdout.take().unwrap());
        std::thread::spawn(move || {
            for line in output.lines().map_while(Result::ok) {
                if tell.send(line).is_err() {
                    break;
                }
            }
        });
        let mut shell = Self { input: shell.stdin.take(), said, shell };
        shell.enter("exec 2>&1; trap 'kill $(jobs -p) 2> /dev/null' EXIT");
        shell
    }

    fn enter(&mut self, text: &str) {
        let input = self.input.as_mut().unwrap();
        writeln!(input, "{text}").unwrap();
        input.flush().unwrap();
    }

    /// Types a command; its exit code and what it said.
    fn run(&mut self, typed: &str) -> (i32, Vec<String>) {
        // It must not read what is typed after it.
        self.enter(&format!("{{ {typed}\n}} < /dev/null; printf '\\n{END}%s\\n' $?"));
        let mut got = Vec::new();
        loop {
            let line = self.line(typed, &got);
            if let Some(code) = line.strip_prefix(END) {
                // The empty line before the end is ours.
                if got.last().is_some_and(String::is_empty) {
                    got.pop();
                }
                return (code.parse().unwrap(), got);
            }
            got.push(line);
        }
    }

    fn line(&self, typed: &str, got: &[String]) -> String {
        self.said.recv_timeout(PATIENCE).unwrap_or_else(|why| panic!("$ {typed}: {why}: {got:#?}"))
    }
}

impl Drop for Shell {
    fn drop(&mut self) {
        self.input = None;
        let _ended = self.shell.wait();
    }
}

/// Four ports in a row that are free, below those that systems give to connections.
fn free_ports() -> u16 {
    let start = u16::try_from(std::process::id() % 2_000).unwrap();
    (0..2_000)
        .map(|n| 20_000 + (start + n) % 2_000 * 4)
        .find(|base| {
            let bound: Vec<_> =
                (0..4).map(|at| TcpListener::bind((Ipv4Addr::LOCALHOST, base + at))).collect();
            bound.iter().all(Result::is_ok)
        })
        .expect("four free ports in a row")
}

#[test]
fn the_walk_through_can_be_typed_as_it_stands() {
    let port = free_ports();
    let mut page = PAGE.to_owned();
    for at in 0..4 {
        page = page.replace(&(PAGE_PORT + at).to_string(), &(port + at).to_string());
    }
    let steps = steps(&page);
    assert!(steps.len() > 50, "{} commands were found", steps.len());
    let folder = tempfile::tempdir().unwrap();
    let mut shell = Shell::start(folder.path(), port);
    for Step { typed, shown } in &steps {
        let (code, mut got) = shell.run(typed);
        if typed.ends_with('&') {
            // It goes on; what it says comes when it is ready.
            while !agree(shown, &got) {
                let line = shell.line(typed, &got);
                got.push(line);
            }
        }
        assert!(agree(shown, &got), "$ {typed}\nshown: {shown:#?}\nsaid: {got:#?}");
        // What a command could not do is said, and the page shows it.
        let refused = ["holos: ", "refused "];
        let refused = shown.iter().any(|line| refused.iter().any(|sign| line.starts_with(sign)));
        assert_eq!(code != 0, refused, "$ {typed}\nended with {code}: {got:#?}");
    }
}

#[test]
fn commands_are_found_in_console_blocks_only() {
    let page = "text\n```sh\n$ no\n```\n```console\n$ a \\\n> b\nout\n...\n$ c\n```\n$ no\n";
    let step = |typed: &str, shown: &[&str]| Step {
        typed: typed.to_owned(),
        shown: shown.iter().map(|line| (*line).to_owned()).collect(),
    };
    assert_eq!(steps(page), [step("a \\\nb", &["out", "..."]), step("c", &[])]);
}

#[test]
fn what_differs_from_run_to_run_counts_as_equal_and_nothing_else_does() {
    let agree = |shown: &str, got: &str| {
        let lines = |text: &str| text.lines().map(str::to_owned).collect::<Vec<_>>();
        agree(&lines(shown), &lines(got))
    };
    for (shown, got) in [
        ("poll  01a20300-d234-7e35-b890-9fc2fb559b92", "poll 01890a5d-ac96-774b-bcce-b302099a8057"),
        ("at 2026-11-22 13:25:14 +02:00", "at 2027-07-01 00:00:00 +03:00"),
        ("at 2026-11-22T11:25:52.334024062Z", "at 2026-12-01T11:25:52.1Z"),
        ("38:b4003a9b6cbf476747af", "39:0000000000000000000a"),
        ("7    2026-11-22 13:25:14  filed", "17   2026-11-22 13:25:14  filed"),
        ("MCowBQYDK2VwAyEAU0lGrLt5+mEyQ/A=", "MCowBQYDK2VwAyEAabc="),
        ("a\n...\nd", "a\nb\nc\nd"),
        ("a\n...", "a"),
        ("... bytes in all", "12 bytes in all"),
        ("act=erase_poll, propo...", "act=erase_poll, propo..."),
    ] {
        assert!(agree(shown, got), "{shown} {got}");
    }
    for (shown, got) in [
        ("120", "121"),
        ("a", "a\nb"),
        ("a\nb", "a"),
        ("a\n...\nd", "a\nb"),
        ("phase OPEN", "phase CLOSED"),
        ("... bytes in all", "12 bytes in all but one"),
        ("at 2026-11-22", "at noon"),
        ("7 ballots", "8 ballots"),
    ] {
        assert!(!agree(shown, got), "{shown} {got}");
    }
}
