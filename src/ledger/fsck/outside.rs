//! What has left the ledger, or stands beside it: publications and the audit log.

use std::collections::{BTreeMap, BTreeSet};

use ed25519_dalek::VerifyingKey;

use super::{Auditor, Check, FsckError};
use crate::log;
use crate::poll::{Poll, PollId};
use crate::publish;
use crate::store::Sums;

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

    /// A poll's releases in their order: numbered without a gap, each correction naming the one
    /// before it, the last one stating what is stored.
    fn releases(
        &mut self,
        poll: &Poll,
        releases: &[(u32, Vec<u8>)],
        excising: &BTreeSet<PollId>,
        key: &VerifyingKey,
    ) {
        let id = Some(poll.id());
        // A correction may leave too few answers to publish: the releases before it stay.
        let may_have = poll.is_published() || poll.withheld_reason.is_some();
        if poll.is_published() && releases.is_empty() {
            self.found(Check::Publications, id, "a published poll without its publication");
        }
        if !may_have && !releases.is_empty() {
            self.found(Check::Publications, id, "a publication of a poll that is not published");
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
            let corrects = statement.correction.as_ref().map(|correction| correction.hash.clone());
            if *release != statement.release
                || usize::try_from(*release) != Ok(at + 1)
                || corrects != previous
            {
                self.found(Check::Publications, id, "the releases do not follow each other");
            }
            let is_last = at + 1 == releases.len();
            // Until an excision is finished by a correction, the release before it stands.
            let rules = is_last && poll.is_published() && !excising.contains(&poll.id());
            self.statement(poll, &statement, rules);
            previous = Some(blake3::hash(file).to_hex().to_string());
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
        if statement.total != recounted.ballots || stated != recounted.cells[own] {
            self.found(
                Check::Publications,
                id,
                "the publication states other totals than are stored",
            );
        }
    }

    pub(super) fn audit_log(&mut self) {
        let key = self.keys.signing_key().verifying_key();
        let head = match self.keys.audit_head() {
            Ok(head) => head,
            Err(error) => return self.found(Check::AuditLog, None, error.to_string()),
        };
        match log::verify_file(&self.logs.join(log::FILE_NAME), head.as_ref(), &key) {
            Err(error) => self.found(Check::AuditLog, None, error.to_string()),
            Ok(summary) => {
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
