//! A release's place in the public log, and a copy of the log.
//!
//! Everything rests on the key that was given: the log's key is the publisher's, and the log's name
//! is the one in its checkpoint.

use std::path::Path;

use ed25519_dalek::VerifyingKey;

use super::release::Release;
use super::report::Report;
use crate::publog::{PublicEntry, Said};
use holos_tlog::proof::Proof;
use holos_tlog::{
    Checkpoint, OfflineError, VerifierKey, named_by, verify_consistency_in, verify_folder,
    verify_proof,
};

/// Checks that the release is in the log, by a proof that stands alone.
pub(super) fn check_proof(text: &[u8], release: &Release, key: &VerifyingKey, report: &mut Report) {
    let named = Proof::parse(text)
        .map_err(OfflineError::from)
        .and_then(|proof| named_by(proof.checkpoint.as_bytes(), key));
    let entry = entry_of(release);
    let checked = named.and_then(|named| Ok((verify_proof(text, &entry, &named)?, named)));
    match checked {
        Ok((place, named)) => {
            report.holds(
                "proof",
                format!(
                    "the release is entry {} of the {} in the public log {}, under the same key",
                    place.index,
                    place.size,
                    named.name()
                ),
            );
            report.open(
                "that everybody is shown the same log: compare the proof's checkpoint, and the \
                 name in it, with those of others",
            );
        }
        Err(error) => report.fails("proof", error.to_string()),
    }
}

fn entry_of(release: &Release) -> Vec<u8> {
    let statement = &release.statement;
    PublicEntry::release(statement.poll, statement.release, &release.hash.to_hex()).canonical_json()
}

/// A copy of a log that holds.
pub(super) struct Copy<'a> {
    folder: &'a Path,
    checkpoint: &'a [u8],
    key: VerifierKey,
    entries: Vec<Vec<u8>>,
}

impl<'a> Copy<'a> {
    /// Computes the log anew from its entries.
    pub(super) fn check(
        folder: &'a Path,
        checkpoint: &'a [u8],
        key: &VerifyingKey,
        report: &mut Report,
    ) -> Option<Self> {
        let checked =
            named_by(checkpoint, key).and_then(|key| Ok((verify_folder(folder, &key)?, key)));
        match checked {
            Ok((verified, key)) => {
                let (name, size) = (key.name(), verified.size);
                report.holds(
                    "log",
                    format!(
                        "{name}: its {size} entries make the root in its signed checkpoint, and \
                         every tile is of this tree"
                    ),
                );
                report.open(
                    "that everybody is shown the same log: compare this checkpoint with those of \
                     others, and keep it for the next check (--earlier)",
                );
                Some(Self { folder, checkpoint, key, entries: verified.entries })
            }
            Err(error) => {
                report.fails("log", error.to_string());
                None
            }
        }
    }

    /// Checks that the copy begins with the log that this checkpoint is of.
    pub(super) fn continues(&self, old: &[u8], check: &'static str, report: &mut Report) {
        match self.size_then(old) {
            Ok(size) => report.holds(
                check,
                format!("the copy only adds to the log that it is of, which had {size} entries"),
            ),
            Err(error) => report.fails(check, error.to_string()),
        }
    }

    /// The same for the checkpoint of a proof, which may be newer than the copy.
    pub(super) fn continues_proof(&self, text: &[u8], report: &mut Report) {
        // What is wrong with the proof itself is said already.
        let Ok(proof) = Proof::parse(text) else { return };
        match self.size_then(proof.checkpoint.as_bytes()) {
            Err(OfflineError::Order) => {
                report.open("that the proof is of this log: its checkpoint is newer than the copy");
            }
            _ => self.continues(proof.checkpoint.as_bytes(), "proof: checkpoint", report),
        }
    }

    fn size_then(&self, old: &[u8]) -> Result<u64, OfflineError> {
        verify_consistency_in(old, self.checkpoint, self.folder, &self.key)?;
        Ok(Checkpoint::open(old, &self.key)?.size)
    }

    /// Looks for a release, the definition that it names, and what came after it.
    pub(super) fn holds(&self, release: &Release, report: &mut Report) {
        let statement = &release.statement;
        let entry = entry_of(release);
        let place = self.entries.iter().position(|held| *held == entry);
        match place {
            Some(place) => {
                report.holds(
                    "log: release",
                    format!("release {} is entry {place}", statement.release),
                );
            }
            None => report.fails("log: release", "the log has no such release with such a file"),
        }
        let said = self.said_of(release);
        let defined: Vec<_> = said
            .iter()
            .filter_map(|(at, said)| match said {
                Said::Definition { hash } => Some((*at, hash)),
                Said::Release { .. } | Said::Erasure { .. } => None,
            })
            .collect();
        let holds = match defined.as_slice() {
            [(at, hash)] => {
                **hash == statement.definition_hash && place.is_none_or(|place| *at < place)
            }
            _ => false,
        };
        report.check(
            "log: definition",
            holds,
            "the definition that it names was logged before it, and no other of the poll",
            "the definition that it names was not logged before it, or another one of the poll was",
        );
        self.follows(release, &said, report);
        let numbers: Vec<u32> = said
            .iter()
            .filter_map(|(_, said)| match said {
                Said::Release { release, .. } => Some(*release),
                Said::Definition { .. } | Said::Erasure { .. } => None,
            })
            .collect();
        let in_order = (1..).zip(&numbers).all(|(expected, number)| expected == *number);
        report.check(
            "log: releases",
            in_order,
            format!("the poll's {} are there once each, in their order", numbers.len()),
            "the poll's releases are not there once each, in their order",
        );
        let last = numbers.last().copied().unwrap_or_default();
        if last > statement.release {
            report.note(format!(
                "this is release {} of {last}: a later one takes its place",
                statement.release
            ));
        } else if place.is_some() {
            report.note("no later release of the poll is in this copy");
        }
        for (_, said) in &said {
            if let Said::Erasure { at, .. } = said {
                report.note(format!("the poll was erased at {at}: nothing tells who took part"));
            }
        }
    }

    /// Whether the releases that it names are those of the log.
    fn follows(&self, release: &Release, said: &[(usize, Said)], report: &mut Report) {
        let statement = &release.statement;
        let logged = |number: u32| {
            said.iter().find_map(|(_, said)| match said {
                Said::Release { release, hash } if *release == number => Some(hash),
                _ => None,
            })
        };
        let before = statement.release.checked_sub(1).and_then(logged);
        let corrected = statement.correction.as_ref();
        let holds = statement.previous.as_ref() == before
            && corrected.is_none_or(|held| logged(held.release) == Some(&held.hash));
        report.check(
            "log: chain",
            holds,
            "the releases that it follows and corrects are those in the log",
            "it names another file as the release before it, or as the one it corrects",
        );
        let unread = |entry: &&Vec<u8>| PublicEntry::read(entry).is_none();
        let unread = self.entries.iter().filter(unread).count();
        if unread > 0 {
            report.open(format!("what {unread} entries say: they are of another form"));
        }
    }

    /// What the log says of the release's poll, each with its place.
    fn said_of(&self, release: &Release) -> Vec<(usize, Said)> {
        let entries = self.entries.iter().enumerate();
        entries
            .filter_map(|(at, bytes)| {
                let entry = PublicEntry::read(bytes)?;
                (entry.poll == release.statement.poll).then_some((at, entry.said))
            })
            .collect()
    }
}
