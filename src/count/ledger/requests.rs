//! What the ledger's callers and threads ask of each other.

use std::sync::Arc;
use std::sync::mpsc::Sender;

use bytes::Bytes;
use tokio::sync::oneshot;

use super::epoch::Epoch;
use super::shared::Queued;
use crate::count::deidentify::AnonymousBallot;
use crate::ground::faults::Point;
use crate::keys::{KeyError, Rekeyed, SealKey};
use crate::outcome::Outcome;
use crate::poll::{IssuerKeyId, Poll, PollId};
use crate::store::Writes;
use crate::tally::{Cut, CutRules, GroupId, Standing, Sums, Tag};

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

/// Which ballots are shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shown {
    /// None.
    Nothing,
    /// Those of the cut that waits.
    Cut,
    /// All of the closed poll.
    Tally,
}

/// What is shown of a poll.
pub struct Showing {
    /// The poll as it is afterwards.
    pub poll: Poll,
    /// The publication's number and file; `None` where only the initiator may see the totals.
    pub publication: Option<(u32, Bytes)>,
    /// Which ballots it shows.
    pub shown: Shown,
    /// Excisions that are done with it.
    pub excised: Vec<GroupId>,
}

/// Why the folder should work.
pub(super) enum FoldRequest {
    /// The epoch holds enough ballots.
    Full,
    /// Fold what waits, whatever its size; answered when it is done.
    Now { done: oneshot::Sender<()> },
    /// Freeze the tally of a poll whose phase is `closing` on disk.
    Close { poll: Poll, done: oneshot::Sender<Sums> },
    /// Say whether a group of a closed poll has sums of its own.
    StandsApart { group: GroupId, done: oneshot::Sender<bool> },
    /// Take cuts of this poll from now on, by these rules; until it closes.
    Follow { poll: PollId, rules: CutRules },
    /// Say which cut may be shown.
    Ready { poll: PollId, done: oneshot::Sender<Option<Cut>> },
    /// Say how a poll's totals lie to what was shown of it.
    Standing { poll: PollId, done: oneshot::Sender<Standing> },
    /// Write what is shown of a poll, with the mark of the ballots that it shows.
    Show { showing: Showing, done: oneshot::Sender<()> },
    /// Take a group out whose excision is on disk; answers whether there was anything of it.
    Excise { group: GroupId, done: oneshot::Sender<bool> },
    /// Let go of a poll's sums and publications; it is written as it is given.
    Expire { poll: Poll, done: oneshot::Sender<()> },
    /// Replace the root key and destroy the keys of these polls.
    Rekey { erased: Vec<PollId>, done: oneshot::Sender<Result<Rekeyed, KeyError>> },
    /// End the thread.
    Stop,
}
