//! The ledger: each person once, and no link left behind.
//!
//! Three facts drive it. RocksDB pays per key, so a round of ballots is one record. A round of one
//! ballot, as it comes at night, puts a tag and a choice side by side, so that record is sealed
//! under a key that lives for one epoch. An LSM store never promises that deleted bytes are gone,
//! so what must vanish is encrypted, and the key is destroyed.
//!
//! It does not know what a cell means, and it shows sums of frozen tallies only.
//!
//! | part | what it does |
//! |---|---|
//! | [`writer`] | one thread: who was first, step 1 |
//! | [`folder`] | one thread: steps 2 to 7; its head states the order of writes |
//! | [`fold`] | the rules of a fold, pure |
//! | [`index`] | tags in memory |
//! | [`recover`] | step 11 |

mod custody;
mod epoch;
mod fold;
mod folder;
mod index;
mod recover;
mod requests;
mod shared;
mod writer;

use std::collections::{BTreeMap, HashMap};
use std::sync::mpsc::{Sender, channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;

use tokio::sync::{oneshot, watch};

pub use custody::RekeyError;
pub use fold::FoldRules;

use crate::audit::{Actor, AuditError, AuditLog, Event};
use crate::count::deidentify::AnonymousBallot;
use crate::ground::clock::Clock;
use crate::ground::faults::{Faults, Point};
use crate::ground::random;
use crate::keys::{KeyError, KeyStore, SealKey, Secret, Slots, SlotsError};
use crate::outcome::{Outcome, Rejection};
use crate::poll::{Phase, Poll, PollId, Revocation};
use crate::store::{DataFolder, OpenError, Register, Store, StoreError, Writes};
use crate::tally::{Cut, Sums};
use crate::tally::{CutRules, Standing};

use folder::{Decided, Folder};
use recover::Recovered;
use requests::{Command, FoldRequest, Submission};
pub use requests::{Showing, Shown};
use shared::Shared;
use writer::Writer;

/// Why the ledger does not open, or stops.
#[derive(Debug, thiserror::Error)]
pub enum LedgerError {
    /// The database does not open.
    #[error(transparent)]
    Open(#[from] OpenError),
    /// The database failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The key store failed.
    #[error(transparent)]
    Keys(#[from] KeyError),
    /// The epoch keys cannot be read or written.
    #[error(transparent)]
    Slots(#[from] SlotsError),
    /// The audit log cannot be read or written.
    #[error(transparent)]
    Audit(#[from] AuditError),
    /// The database and the epoch keys belong to different times.
    #[error(
        "the store was rolled back or its epoch keys are lost: the key of its next epoch is not there"
    )]
    RolledBack,
    /// Records that contradict each other.
    #[error("the store contradicts itself: {0}")]
    Inconsistent(&'static str),
    /// RocksDB reports background errors.
    #[error("the database reports background errors")]
    Background,
    /// The other thread is gone.
    #[error("the ledger has stopped")]
    Stopped,
}

/// The ledger has stopped; what was asked may or may not have happened.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the ledger has stopped")]
pub struct Stopped;

/// Frozen tallies, by poll.
type Tallies = Arc<Mutex<HashMap<PollId, Sums>>>;

/// What the ledger works with.
pub struct Parts {
    /// The locked data folder.
    pub folder: Arc<DataFolder>,
    /// The polls' keys, and what wraps the epoch keys.
    pub keys: Arc<KeyStore>,
    /// The private log of decisions.
    pub audit: Arc<AuditLog>,
    /// The clock.
    pub clock: Clock,
    /// The operator's bounds.
    pub rules: FoldRules,
    /// Armed by crash tests only.
    pub faults: Faults,
}

/// The open ledger. Dropping it ends its threads after what they are doing.
pub struct Ledger {
    store: Arc<Store>,
    writer: Sender<Command>,
    folder: Sender<FoldRequest>,
    tallies: Tallies,
    shared: Arc<Shared>,
    threads: Vec<JoinHandle<()>>,
    // Held for its lock: no second process while the threads run.
    _folder: Arc<DataFolder>,
}

impl Ledger {
    /// Opens or makes the ledger and brings it to where it can serve; the polls come with it.
    ///
    /// # Errors
    ///
    /// Anything that does not fit together; nothing is answered then.
    pub fn open(parts: Parts) -> Result<(Self, Vec<Poll>), LedgerError> {
        let (store, mut slots, epoch_keys) = open_store(&parts)?;
        store.make_durable()?;
        slots.rewrite_all()?;
        let polls = store.polls()?;
        let recovered = recover::recover(&store, &parts.keys, epoch_keys, &polls)?;
        slots.erase_unreadable()?;

        let shared = Arc::new(Shared::new(parts.folder.corrupt_mark()));
        let tallies = Arc::new(Mutex::new(recovered.frozen(&polls)));
        let Recovered { folded_through, folded, carried, cuts, current, next, unfinished, .. } =
            recovered;
        let mut folder = Folder {
            store: Arc::clone(&store),
            keys: parts.keys,
            slots,
            audit: parts.audit,
            clock: parts.clock,
            rules: parts.rules,
            folded_through,
            folded,
            carried,
            live: live(&polls),
            cuts,
            data_keys: recovered.data_keys,
            tallies: Arc::clone(&tallies),
            shared: Arc::clone(&shared),
        };
        folder.shared.set_folded_ballots(folder.totals());
        if unfinished {
            folder.finish(Vec::new())?;
        }
        let epoch = match next {
            None => current,
            Some(next) => {
                let key = Arc::clone(&next.key);
                folder.fold(current, &key, &Decided::default(), |writes| {
                    Ok(store.write(Point::Fold, writes)?)
                })?;
                next
            }
        };
        shared.set_epoch_ballots(epoch.ballots);

        let (to_writer, commands) = channel();
        let (to_folder, requests) = channel();
        let writer = Writer {
            store: Arc::clone(&store),
            polls: recovered.states,
            revoked: store.revocations()?.iter().map(Revocation::id).collect(),
            epoch,
            fold_ballots: parts.rules.ballots,
            fold_asked: false,
            folder: to_folder.clone(),
            shared: Arc::clone(&shared),
        };
        let writer_queue = to_writer.clone();
        let threads = vec![
            spawn("holos-writer", move || writer.run(&commands)),
            spawn("holos-folder", move || folder.run(&requests, &writer_queue)),
        ];
        let ledger = Self {
            store,
            writer: to_writer,
            folder: to_folder,
            tallies,
            shared,
            threads,
            _folder: parts.folder,
        };
        Ok((ledger, polls))
    }

    /// Decides on ballots of one poll; the answer comes when the decision is on disk.
    pub async fn commit(&self, poll: PollId, ballots: Vec<AnonymousBallot>) -> Vec<Outcome> {
        let count = ballots.len();
        let Some(queued) = self.shared.enqueue(count) else {
            return vec![Outcome::Refused(Rejection::Overloaded); count];
        };
        let (answer, decided) = oneshot::channel();
        let submission = Submission { poll, ballots, queued, answer };
        let unknown = || vec![Outcome::Unknown; count];
        if self.writer.send(Command::Ballots(submission)).is_err() {
            return unknown();
        }
        decided.await.unwrap_or_else(|_| unknown())
    }

    /// Writes a poll's record.
    ///
    /// # Errors
    ///
    /// The ledger has stopped.
    pub async fn put_poll(&self, poll: &Poll) -> Result<(), Stopped> {
        let point = if poll.phase == Phase::Closing { Point::Closing } else { Point::PollWrite };
        let mut writes = Writes::new();
        writes.poll(poll);
        self.put(point, writes).await
    }

    /// Writes a poll that was opened, suspended or resumed; from the answer on its ballots are
    /// counted, or refused, as its phase says. The keys of an opened one are durable before this
    /// call.
    ///
    /// # Errors
    ///
    /// The ledger has stopped.
    pub async fn gate_poll(&self, poll: Poll) -> Result<(), Stopped> {
        let poll = Box::new(poll);
        self.ask(|done| Command::Gate { poll, done }).await
    }

    /// Writes a poll whose results have expired, and drops its sums and publications with it.
    ///
    /// # Errors
    ///
    /// The ledger has stopped.
    pub async fn expire_poll(&self, poll: Poll) -> Result<(), Stopped> {
        self.ask_folder(|done| FoldRequest::Expire { poll, done }).await
    }

    /// Ballots of a poll as of the last fold; for `publish/` only.
    pub(crate) fn folded_ballots(&self, poll: PollId) -> u64 {
        self.shared.folded_ballots(poll)
    }

    /// Freezes the tally of a poll whose phase is `closing` on disk.
    ///
    /// # Errors
    ///
    /// The ledger has stopped.
    pub async fn close_poll(&self, poll: Poll) -> Result<Sums, Stopped> {
        self.ask_folder(|done| FoldRequest::Close { poll, done }).await
    }

    /// Stops the ledger for a failure beside it: nothing is acknowledged any more.
    pub fn stop(&self, reason: &str) {
        self.shared.stop(reason);
    }

    /// Folds what waits, whatever its size; groups below k are carried as ever.
    ///
    /// # Errors
    ///
    /// The ledger has stopped.
    pub async fn fold(&self) -> Result<(), Stopped> {
        self.ask_folder(|done| FoldRequest::Now { done }).await
    }

    /// Takes cuts of a live poll from now on.
    ///
    /// # Errors
    ///
    /// The ledger has stopped.
    pub fn follow(&self, poll: PollId, rules: CutRules) -> Result<(), Stopped> {
        self.folder.send(FoldRequest::Follow { poll, rules }).map_err(|_| Stopped)
    }

    /// The cut of a live poll that may be shown now; for `publish/` only.
    ///
    /// # Errors
    ///
    /// The ledger has stopped.
    pub(crate) async fn ready(&self, poll: PollId) -> Result<Option<Cut>, Stopped> {
        self.ask_folder(|done| FoldRequest::Ready { poll, done }).await
    }

    /// How a poll's totals lie to what was shown of it.
    ///
    /// # Errors
    ///
    /// The ledger has stopped.
    pub async fn standing(&self, poll: PollId) -> Result<Standing, Stopped> {
        self.ask_folder(|done| FoldRequest::Standing { poll, done }).await
    }

    /// Writes what is shown of a poll and the poll's phase after it, together with the mark of the
    /// ballots that it shows; excisions that it takes into account are done with it.
    ///
    /// # Errors
    ///
    /// The ledger has stopped.
    pub async fn show(&self, showing: Showing) -> Result<(), Stopped> {
        self.ask_folder(|done| FoldRequest::Show { showing, done }).await
    }

    /// The publications of a poll, oldest first: number and file.
    ///
    /// # Errors
    ///
    /// When the database fails.
    pub fn publications(&self, poll: PollId) -> Result<Vec<(u32, Vec<u8>)>, StoreError> {
        self.store.publications_of(poll)
    }

    /// The frozen tally of a closed poll; for `publish/` only.
    pub(crate) fn tally(&self, poll: PollId) -> Option<Sums> {
        self.tallies.lock().unwrap_or_else(PoisonError::into_inner).get(&poll).cloned()
    }

    /// Folds since the start of the process.
    pub fn folds(&self) -> u64 {
        self.shared.folds()
    }

    /// Ballots that wait for the writer.
    pub fn queued(&self) -> usize {
        self.shared.queued()
    }

    /// Tells when the ledger has stopped for good, and why.
    pub fn failure(&self) -> watch::Receiver<Option<String>> {
        self.shared.failure()
    }

    /// Writes an entry of a register.
    ///
    /// # Errors
    ///
    /// The ledger has stopped.
    pub async fn put_register(
        &self,
        register: Register,
        number: u64,
        json: &[u8],
    ) -> Result<(), Stopped> {
        let mut writes = Writes::new();
        writes.register(register, number, json);
        self.put(Point::Register, writes).await
    }

    /// Writes a poll and the revision of its order that it now has, together.
    ///
    /// # Errors
    ///
    /// The ledger has stopped.
    pub async fn put_order(&self, poll: &Poll, revision: &[u8]) -> Result<(), Stopped> {
        let mut writes = Writes::new();
        writes.revision(poll.id(), poll.revision, revision);
        writes.poll(poll);
        self.put(Point::PollWrite, writes).await
    }

    /// The entries of a register by number, as JSON.
    ///
    /// # Errors
    ///
    /// When the database fails.
    pub fn register(&self, register: Register) -> Result<Vec<(u64, Vec<u8>)>, StoreError> {
        self.store.register(register)
    }

    /// The revisions of a poll's order, oldest first, as JSON.
    ///
    /// # Errors
    ///
    /// When the database fails.
    pub fn revisions(&self, poll: PollId) -> Result<Vec<(u32, Vec<u8>)>, StoreError> {
        self.store.revisions(poll)
    }

    async fn put(&self, point: Point, writes: Writes) -> Result<(), Stopped> {
        self.ask(|done| Command::Put { point, writes, done }).await
    }

    async fn ask_folder<T>(
        &self,
        request: impl FnOnce(oneshot::Sender<T>) -> FoldRequest,
    ) -> Result<T, Stopped> {
        let (done, answer) = oneshot::channel();
        self.folder.send(request(done)).map_err(|_| Stopped)?;
        answer.await.map_err(|_| Stopped)
    }

    async fn ask<T>(
        &self,
        command: impl FnOnce(oneshot::Sender<T>) -> Command,
    ) -> Result<T, Stopped> {
        let (done, answer) = oneshot::channel();
        self.writer.send(command(done)).map_err(|_| Stopped)?;
        answer.await.map_err(|_| Stopped)
    }
}

impl Drop for Ledger {
    fn drop(&mut self) {
        // The folder first: a fold under way needs the writer to finish.
        let _stopped = self.folder.send(FoldRequest::Stop);
        let _joined = self.threads.pop().map(JoinHandle::join);
        let _stopped = self.writer.send(Command::Stop);
        let _joined = self.threads.pop().map(JoinHandle::join);
    }
}

/// The polls of which cuts are taken.
fn live(polls: &[Poll]) -> BTreeMap<PollId, CutRules> {
    let open = |poll: &&Poll| matches!(poll.phase, Phase::Open | Phase::Suspended);
    let rules = |poll: &Poll| Some((poll.id(), CutRules::of(poll)?));
    polls.iter().filter(open).filter_map(rules).collect()
}

fn spawn(name: &str, work: impl FnOnce() + Send + 'static) -> JoinHandle<()> {
    std::thread::Builder::new()
        .name(name.to_owned())
        .spawn(work)
        .expect("the process starts with few threads, well below any limit")
}

type OpenedStore = (Arc<Store>, Slots, Vec<(u64, Secret<32>)>);

/// K(1) is durable before the store exists, and the audit log knows of the store only after it
/// does. So an empty database is new exactly when the slots hold nothing but K(1) and the log is
/// empty; else somebody emptied it.
fn open_store(parts: &Parts) -> Result<OpenedStore, LedgerError> {
    let path = parts.keys.slots_path();
    let faults = parts.faults.clone();
    let database = parts.folder.database();
    let log_is_empty = parts.audit.entries() == 0;
    let new_store = log_is_empty && !database.join("CURRENT").exists();
    let (slots, epoch_keys) = if new_store && !path.exists() {
        create_slots(parts)?
    } else {
        let opened = Slots::open(&path, parts.keys.wrapping(), faults.clone())?;
        // A crash inside the making of the slots leaves them without a key.
        if new_store && opened.1.is_empty() { create_slots(parts)? } else { opened }
    };
    let first = match epoch_keys.as_slice() {
        [(1, key)] if log_is_empty => Some(first_rows(key)),
        _ => None,
    };
    let store = Store::open(&database, first, faults)?;
    if log_is_empty {
        parts.audit.append(parts.clock.now(), &Actor::engine(), Event::StoreCreated)?;
    }
    Ok((Arc::new(store), slots, epoch_keys))
}

fn create_slots(parts: &Parts) -> Result<(Slots, Vec<(u64, Secret<32>)>), LedgerError> {
    let key = Secret::new(random::bytes());
    let (path, wrapping) = (parts.keys.slots_path(), parts.keys.wrapping());
    let slots = Slots::create(&path, wrapping, 1, &key, parts.faults.clone())?;
    Ok((slots, vec![(1, key)]))
}

fn first_rows(key: &Secret<32>) -> Writes {
    let mut writes = Writes::new();
    writes.progress(0);
    writes.ring(&SealKey::new(key), std::iter::empty(), std::iter::empty());
    writes
}
