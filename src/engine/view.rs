//! The engine as the public sees it: the gate before every public way out.
//!
//! It knows public polls and the public log, and nothing that could cast, ask or act.

use std::sync::Arc;

use ed25519_dalek::pkcs8::EncodePublicKey;
use jiff::Timestamp;
use tokio::sync::watch;

use super::EngineError;
use super::board::Board;
use crate::count::ledger::Ledger;
use crate::ground::clock::Clock;
use crate::keys::KeyStore;
use crate::poll::PollId;
use crate::publish::{PublicPoll, Publication, ResultsState};
use crate::publog::{PublicLog, PublicLogError, StaticFile};

/// What everybody may read.
pub struct PublicView {
    board: Arc<Board>,
    ledger: Arc<Ledger>,
    public_log: Arc<PublicLog>,
    keys: Arc<KeyStore>,
    clock: Clock,
}

impl PublicView {
    pub(super) fn new(
        board: Arc<Board>,
        ledger: Arc<Ledger>,
        public_log: Arc<PublicLog>,
        keys: Arc<KeyStore>,
        clock: Clock,
    ) -> Self {
        Self { board, ledger, public_log, keys, clock }
    }

    /// A poll, if it is public.
    pub fn poll(&self, id: PollId) -> Option<Arc<PublicPoll>> {
        self.board.get(id)?.public.clone()
    }

    /// All public polls, newest first.
    pub fn polls(&self) -> Vec<Arc<PublicPoll>> {
        self.board.public()
    }

    /// What may be said of a poll's results.
    pub fn results(&self, id: PollId) -> ResultsState {
        self.poll(id).map_or(ResultsState::Unknown, |poll| poll.results.clone())
    }

    /// Changes whenever a poll's results do.
    pub fn watch_results(&self) -> watch::Receiver<u64> {
        self.board.watch_results()
    }

    /// Changes whenever a poll does.
    pub fn watch_polls(&self) -> watch::Receiver<u64> {
        self.board.watch_polls()
    }

    /// The engine's time.
    pub fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// Ballots that wait for the ledger: reads give way to them.
    pub fn queued(&self) -> usize {
        self.ledger.queued()
    }

    /// The place of a release in the public log, as anybody can check it (C2SP tlog-proof). Waits for
    /// a log that is being written.
    ///
    /// # Errors
    ///
    /// The log cannot be read.
    pub fn proof_of(&self, publication: &Publication) -> Result<String, EngineError> {
        let entry = publication.public_entry().canonical_json();
        let prove = || {
            // Served only after it stands there.
            let index = self.public_log.find(&entry).ok_or(PublicLogError::NotThere)?;
            self.public_log.prove(index)
        };
        Ok(tokio::task::block_in_place(prove)?)
    }

    /// A file of the public log, by its path below it. Waits for the disk.
    pub fn log_file(&self, path: &str) -> Option<StaticFile> {
        self.public_log.file(path)
    }

    /// The public log's checkpoint.
    pub fn log_checkpoint(&self) -> String {
        self.public_log.checkpoint()
    }

    /// The key that the public log is signed with: its name, id and key.
    pub fn log_vkey(&self) -> String {
        self.public_log.vkey()
    }

    /// The key that publications are signed with: Ed25519, PEM SPKI.
    pub fn publication_key_pem(&self) -> String {
        publication_key_pem(&self.keys)
    }
}

pub(super) fn publication_key_pem(keys: &KeyStore) -> String {
    let key = keys.signing_key().verifying_key();
    key.to_public_key_pem(Default::default()).expect("an Ed25519 key encodes")
}
