//! What has left the ledger, or stands beside it: publications and the audit log.

use std::collections::{BTreeMap, BTreeSet};

use ed25519_dalek::VerifyingKey;

use super::{Auditor, Check, FsckError};
use crate::audit;
use crate::poll::{Phase, Poll, PollId};
use crate::publish::{self, ReleaseKind};
use crate::publog::{self, PublicEntry};
use crate::tally::Sums;

impl Auditor {
    pub(super) fn publications(&mut self) -> Result<(), FsckError> {
        let key = self.keys.signing_key().verifying_key();
        let mut files: BTreeMap<PollId, Vec<(u32, Vec<u8>)>> = BTreeMap::new();
        for (poll, release, file) in self.store.publications()? {
            files.entry(poll).or_default().push((release, file));
        }
        let excising = self.store.excisions()?.into_iter().map(|group| group.poll).collect();
        let polls: Vec<Poll> = self.polls.values().cloned().collect();
        for poll in polls {
            let releases = files.remove(&poll.id()).unwrap_or_default();
            self.releases(&poll, &releases, &excising, &key);
        }
        for poll in files.into_keys() {
            self.found(
                Check::Publications,
                Some(poll),
                "a publication of a poll that the store does not know",
            );
        }
        Ok(())
    }

    /// A poll's releases in their order: numbered without a gap, each naming the one before it, the
    /// last one stating what is stored.
    fn releases(
        &mut self,
        poll: &Poll,
        releases: &[(u32, Vec<u8>)],
        excising: &BTreeSet<PollId>,
        key: &VerifyingKey,
    ) {
        let id = Some(poll.id());
        if poll.is_published() && releases.is_empty() {
            self.found(Check::Publications, id, "a published poll without its publication");
        }
        let has_opened = poll.opened_at.is_some() && poll.phase != Phase::Expired;
        if !has_opened && !releases.is_empty() {
            self.found(Check::Publications, id, "a publication of a poll that has none to show");
        }
        let mut previous = None;
        for (at, (release, file)) in releases.iter().enumerate() {
            let checked = match publish::verify(file, key) {
                Ok(checked) => checked,
                Err(error) => {
                    self.found(Check::Publications, id, error.to_string());
                    continue;
                }
            };
            let statement = checked.statement;
            if *release != statement.release
                || usize::try_from(*release) != Ok(at + 1)
                || statement.previous != previous
            {
                self.found(Check::Publications, id, "the releases do not follow each other");
            }
            let is_last = at + 1 == releases.len();
            if is_last && poll.is_published() && statement.kind != ReleaseKind::Final {
                self.found(
                    Check::Publications,
                    id,
                    "the last release of a published poll is not final",
                );
            }
            // Until an excision is finished by a correction, or while that is held back, the
            // release before it stands.
            let rules = is_last
                && poll.is_published()
                && !poll.is_held_back()
                && !excising.contains(&poll.id());
            self.statement(poll, &statement, rules);
            let hash = blake3::hash(file);
            self.logged.push((PublicEntry::release(poll.id(), *release, &hash.to_hex()), id));
            previous = Some(hash.to_hex().to_string());
        }
    }

    fn statement(&mut self, poll: &Poll, statement: &publish::Statement, rules: bool) {
        let id = Some(poll.id());
        if statement.poll != poll.id()
            || statement.definition_hash != poll.definition.hash().to_string()
        {
            self.found(Check::Publications, id, "the publication is of another definition");
        }
        if !rules {
            return;
        }
        let mut recounted = Sums::zero(poll.definition.layout().len());
        let of_poll = self.vectors.iter().filter(|(group, _)| group.poll == poll.id());
        for (_, sums) in of_poll {
            if sums.cells.len() == recounted.cells.len() {
                recounted.add(sums);
            }
        }
        let stated: Vec<u64> = statement
            .questions
            .iter()
            .flat_map(|question| question.options.iter().map(|option| option.count))
            .collect();
        let own = poll.definition.layout().own();
        if statement.total != Some(recounted.ballots) || stated != recounted.cells[own] {
            self.found(
                Check::Publications,
                id,
                "the publication states other totals than are stored",
            );
        }
    }

    /// The public log: its files hold together under the engine's key, they are what the audit log
    /// says, and nothing that must be there is missing. A crash may have come between a decision and
    /// its entry, or between that and its checkpoint; the restart goes on there.
    pub(super) fn public_log(&mut self) {
        let key = self.keys.signing_key().verifying_key();
        let folder = self.logs.join(publog::FOLDER);
        let nothing_yet = self.public_log_told.is_none()
            && self.logged.is_empty()
            && self.polls.values().all(|poll| poll.opened_at.is_none());
        if nothing_yet && !folder.exists() {
            // The very first start was cut off before it came to this log.
            return;
        }
        let entries = match holos_tlog::verify_folder_under(&folder, &key) {
            Ok(verified) => verified.entries,
            Err(error) => return self.found(Check::PublicLog, None, error.to_string()),
        };
        let agrees = self.public_log_told.is_none_or(|(size, root)| {
            let covered = u64::try_from(entries.len()).is_ok_and(|public| public <= size);
            let root = holos_tlog::Hash(*root.as_bytes());
            covered && holos_tlog::is_root_of(&folder, size, &root).unwrap_or(false)
        });
        if !agrees {
            self.found(Check::PublicLog, None, "the public log is not what the audit log says");
        }
        let held: BTreeSet<Vec<u8>> = entries.into_iter().collect();
        for poll in self.polls.values().filter(|poll| poll.opened_at.is_some()) {
            self.logged.push((PublicEntry::definition(poll), Some(poll.id())));
            self.logged.extend(PublicEntry::erasure(poll).map(|entry| (entry, Some(poll.id()))));
        }
        let mut missing = std::mem::take(&mut self.logged);
        missing.retain(|(entry, _)| !held.contains(&entry.canonical_json()));
        // One act is done at a time, so a crash cuts off one entry.
        if agrees && missing.len() == 1 {
            return;
        }
        for (_, poll) in missing {
            self.found(Check::PublicLog, poll, "something public is missing in the public log");
        }
    }

    pub(super) fn audit_log(&mut self) {
        let key = self.keys.signing_key().verifying_key();
        let head = match self.keys.audit_head() {
            Ok(head) => head,
            Err(error) => return self.found(Check::AuditLog, None, error.to_string()),
        };
        match audit::verify_file(&self.logs.join(audit::FILE_NAME), head.as_ref(), &key) {
            Err(error) => self.found(Check::AuditLog, None, error.to_string()),
            Ok(summary) => {
                self.public_log_told = summary.public_log;
                let known = summary.last_folded_epoch.unwrap_or(0);
                let unfinished = self.epoch_keys.contains_key(&self.folded_through);
                let lawful = known == self.folded_through
                    || (unfinished && known + 1 == self.folded_through);
                if !lawful {
                    self.found(
                        Check::AuditLog,
                        None,
                        "the log and the store disagree on the last folded epoch",
                    );
                }
            }
        }
    }
}
