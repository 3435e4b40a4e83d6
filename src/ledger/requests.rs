//! What the ledger's callers and threads ask of each other.

use std::sync::Arc;
use std::sync::mpsc::Sender;

use tokio::sync::oneshot;

use super::epoch::Epoch;
use super::shared::Queued;
use crate::authenticate::IssuerKeyId;
use crate::deidentify::{AnonymousBallot, Tag};
use crate::keys::{KeyError, Rekeyed, SealKey};
use crate::outcome::Outcome;
use crate::poll::{Poll, PollId};
use crate::service::faults::Point;
use crate::store::{GroupId, Sums, Writes};

/// What the writer is asked to do, in the order of the queue.
pub(super) enum Command {
    /// Decide on ballots.
    Ballots(Submission),
    /// Write rows.
    Put { point: Point, writes: Writes, done: oneshot::Sender<()> },
    /// Write a poll that is opened, suspended or resumed, and take its ballots from here on, or not.
    Gate { poll: Box<Poll>, done: oneshot::Sender<()> },
    /// Write a revocation and refuse ballots under this key from here on.
    Revoke { issuer_key: IssuerKeyId, writes: Writes, done: oneshot::Sender<()> },
    /// Forget the tags of a group that was taken out: these people may be counted again.
    Forget { group: GroupId, tags: Vec<Tag>, done: Sender<()> },
    /// Forget a poll that is being erased.
    Drop { poll: PollId, done: oneshot::Sender<()> },
    /// Say whether a tag is known.
    Find(Question),
    /// Begin the next epoch; ballots of these polls are refused from here on.
    Switch { key: Arc<SealKey>, closing: Vec<PollId>, done: Sender<Epoch> },
    /// Write a fold.
    Fold { writes: Writes, done: Sender<()> },
    /// End the thread.
    Stop,
}

/// Whether a tag is known.
pub(super) struct Question {
    pub(super) poll: PollId,
    pub(super) tag: Tag,
    /// Its place in the bounded queue, as a ballot's.
    pub(super) queued: Queued,
    pub(super) known: oneshot::Sender<bool>,
}

/// Ballots of one poll that came together and are answered together.
pub(super) struct Submission {
    pub(super) poll: PollId,
    pub(super) ballots: Vec<AnonymousBallot>,
    /// Their place in the bounded queue, given back when they are answered or dropped.
    pub(super) queued: Queued,
    pub(super) answer: oneshot::Sender<Vec<Outcome>>,
}

/// Whether a group of a closed poll can be taken out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Parting {
    /// It has sums of its own, and what a correction would let be subtracted is a crowd.
    Apart,
    /// It has none: they were merged with others' at the close, or there never were any.
    NotApart,
    /// The difference between two releases would be the sums of too few.
    TooFew,
}

/// Why the folder should work.
pub(super) enum FoldRequest {
    /// The epoch holds enough ballots.
    Full,
    /// Fold what waits, whatever its size; answered when it is done.
    Now { done: oneshot::Sender<()> },
    /// Freeze the tally of a poll whose phase is `closing` on disk.
    Close { poll: Poll, done: oneshot::Sender<Sums> },
    /// Say whether a group of a closed poll can be told apart, and may be: `least` is the number of
    /// ballots from which on sums may be seen.
    Weigh { group: GroupId, least: u64, done: oneshot::Sender<Parting> },
    /// Take a group out whose excision is on disk; answers whether there was anything of it.
    Excise { group: GroupId, done: oneshot::Sender<bool> },
    /// Let go of a poll's sums and publications; it is written as it is given.
    Expire { poll: Poll, done: oneshot::Sender<()> },
    /// Replace the root key and destroy the keys of these polls.
    Rekey { erased: Vec<PollId>, done: oneshot::Sender<Result<Rekeyed, KeyError>> },
    /// End the thread.
    Stop,
}
