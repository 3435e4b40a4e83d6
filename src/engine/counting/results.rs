//! What of a poll's sums may be seen: every question about them is answered here, by
//! [`crate::publish`], and answers are statements, steps and decisions, never the sums themselves.

use jiff::Timestamp;

use super::Counting;
use crate::engine::EngineError;
use crate::poll::{Poll, WithheldReason};
use crate::publish::{
    Case, Decision, OwnResult, Statement, Turnout, decide, live, own_result, turnout,
};

impl Counting {
    /// What becomes of the totals of a closed poll. `agreed`: two people have decided that they are
    /// shown although they lie close to what was shown before.
    pub(in crate::engine) async fn judge(
        &self,
        poll: &Poll,
        agreed: bool,
        now: Timestamp,
    ) -> Result<Decision, EngineError> {
        let tally = self.ledger.tally(poll.id()).ok_or(EngineError::TallyMissing)?;
        let standing = self.ledger.standing(poll.id()).await?;
        let releases = self.board.releases(poll.id());
        let (tally, standing, releases) = (&tally, &standing, &releases);
        Ok(decide(&Case { poll, tally, standing, releases, agreed, now }))
    }

    /// The live release of an open poll, if it has a cut that may be shown now.
    pub(in crate::engine) async fn live(
        &self,
        poll: &Poll,
        now: Timestamp,
    ) -> Result<Option<Statement>, EngineError> {
        let Some(cut) = self.ledger.ready(poll.id()).await? else { return Ok(None) };
        let standing = self.ledger.standing(poll.id()).await?;
        Ok(live(poll, &cut, &standing, &self.board.releases(poll.id()), now))
    }

    /// The totals as the poll's initiator may see them; `None` of a poll without a tally.
    pub(in crate::engine) fn own_result(
        &self,
        poll: &Poll,
    ) -> Option<Result<OwnResult, WithheldReason>> {
        let tally = self.ledger.tally(poll.id())?;
        Some(own_result(poll, &tally, self.publication(poll.id()).as_deref()))
    }

    /// How many ballots a poll has, in coarse steps, as of the last fold.
    pub(in crate::engine) fn turnout(&self, poll: &Poll) -> Turnout {
        let least = poll.definition.order().publication.minimum_answers;
        turnout(self.ledger.folded_ballots(poll.id()), poll.definition.crowd(), least)
    }

    /// Whether the poll's publication states what is stored, or what is stored is held back.
    pub(in crate::engine) fn publication_is_right(&self, poll: &Poll) -> Result<bool, EngineError> {
        let tally = self.ledger.tally(poll.id()).ok_or(EngineError::TallyMissing)?;
        let states = self.publication(poll.id()).is_some_and(|held| held.states(&tally));
        Ok(states || poll.is_held_back())
    }
}
