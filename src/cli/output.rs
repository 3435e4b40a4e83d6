//! Standard output: where a command's answer goes, and nothing else.

use std::io::{self, ErrorKind};

/// Writes an answer to standard output.
///
/// # Errors
/// When standard output cannot be written, except that a reader who has seen enough (`| head`) is
/// no error.
pub(crate) fn answer(text: &str) -> anyhow::Result<()> {
    match put(text) {
        Err(error) if error.kind() == ErrorKind::BrokenPipe => Ok(()),
        other => Ok(other?),
    }
}

#[cfg(not(test))]
fn put(text: &str) -> io::Result<()> {
    use std::io::Write;
    let mut out = io::stdout().lock();
    out.write_all(text.as_bytes()).and_then(|()| out.flush())
}

#[cfg(test)]
fn put(text: &str) -> io::Result<()> {
    said::add(text);
    Ok(())
}

/// What the commands of one test have said.
#[cfg(test)]
pub(super) mod said {
    use std::cell::RefCell;

    thread_local! {
        static SAID: RefCell<String> = const { RefCell::new(String::new()) };
    }

    pub(super) fn add(text: &str) {
        SAID.with_borrow_mut(|said| said.push_str(text));
    }

    /// What was said on this thread since the last look.
    pub(in crate::cli) fn take() -> String {
        SAID.take()
    }
}
