//! Files that are read again when they change, and again when that did not work.
//!
//! Says when to read and what is worth a word in the log. Reads no file itself, and waits for
//! nothing.

use std::os::unix::fs::MetadataExt;
use std::path::Path;

/// What shows that a file was changed or replaced.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Stamp {
    place: (u64, u64),
    length: u64,
    modified: (i64, i64),
    // Also shows a changed mode, and a copy that keeps the time of modification.
    changed: (i64, i64),
}

impl Stamp {
    /// What the file is like now; `None` when it cannot be looked at.
    pub(crate) fn of(path: &Path) -> Option<Self> {
        let metadata = std::fs::metadata(path).ok()?;
        Some(Self {
            place: (metadata.dev(), metadata.ino()),
            length: metadata.len(),
            modified: (metadata.mtime(), metadata.mtime_nsec()),
            changed: (metadata.ctime(), metadata.ctime_nsec()),
        })
    }
}

/// Files that are followed, by what they are like: `S`.
pub(crate) struct Followed<S> {
    /// As they were when they were taken last.
    taken: S,
    /// As they were when they were refused last, and that was said.
    refused: Option<S>,
}

impl<S: PartialEq> Followed<S> {
    /// Follows files that were taken as they were then.
    pub(crate) fn new(taken: S) -> Self {
        Self { taken, refused: None }
    }

    /// Looks at the files as they are `now`, which is from before the reading: what changes
    /// meanwhile differs at the next look. Reads them unless they are as they were taken. A refusal
    /// is not remembered as taken: files that were caught half written, or out of reach for a
    /// moment, may be right at the next look without another change to see. The result is for the
    /// log: a refusal stands there once for files that are alike.
    pub(crate) fn look<E>(
        &mut self,
        now: S,
        read: impl FnOnce() -> Result<(), E>,
    ) -> Option<Result<(), E>> {
        if now == self.taken {
            return None;
        }
        match read() {
            Ok(()) => {
                (self.taken, self.refused) = (now, None);
                Some(Ok(()))
            }
            Err(_) if self.refused.as_ref() == Some(&now) => None,
            Err(error) => {
                self.refused = Some(now);
                Some(Err(error))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;
    use std::os::unix::fs::PermissionsExt;

    #[test]
    fn what_was_refused_is_read_again_until_it_serves_and_told_once() {
        let mut files = Followed::new(1);
        assert_eq!(files.look(1, || Err("read")), None, "nothing changed");
        assert_eq!(files.look(2, || Err("half")), Some(Err("half")));
        let mut reads = 0;
        for _ in 0..3 {
            let read = || {
                reads += 1;
                Err("half")
            };
            assert_eq!(files.look(2, read), None);
        }
        assert_eq!(reads, 3);
        assert_eq!(files.look(3, || Err("other")), Some(Err("other")));
        assert_eq!(files.look(3, || Ok::<(), &str>(())), Some(Ok(())), "with no change to see");
        assert_eq!(files.look(3, || Err("read")), None);
        assert_eq!(files.look(2, || Err("half")), Some(Err("half")), "told anew after a success");
    }

    #[test]
    fn a_stamp_shows_content_mode_and_place() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("file");
        assert_eq!(Stamp::of(&path), None);
        fs::write(&path, "one").unwrap();
        let one = Stamp::of(&path);
        assert_eq!(one, Stamp::of(&path));
        fs::write(folder.path().join("new"), "two").unwrap();
        fs::rename(folder.path().join("new"), &path).unwrap();
        let two = Stamp::of(&path);
        assert_ne!(one, two);
        let before = fs::metadata(&path).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).unwrap();
        let after = fs::metadata(&path).unwrap();
        let changed = |file: &fs::Metadata| (file.ctime(), file.ctime_nsec());
        assert_eq!(two == Stamp::of(&path), changed(&before) == changed(&after));
    }
}
