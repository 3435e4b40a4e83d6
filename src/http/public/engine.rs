//! The engine, as the public sees it.

use std::sync::Arc;

use super::{About, Failed, Frozen, Published};
use crate::engine::Engine;
use crate::log::public::StaticFile;
use crate::poll::{Poll, PollId};
use crate::publish::{Publication, ResultsState};

impl Published for Engine {
    fn results(&self, poll: PollId) -> ResultsState {
        self.results(poll)
    }

    fn releases(&self, poll: PollId) -> Vec<Arc<Publication>> {
        self.releases(poll)
    }

    fn definition(&self, poll: PollId) -> Option<Frozen> {
        let poll = self.poll(poll).filter(|poll| poll.opened_at.is_some())?;
        let (json, hash) = (poll.definition.canonical_json(), poll.definition.hash());
        Some(Frozen { json, hash: hash.to_string() })
    }

    fn about(&self, poll: PollId) -> Option<About> {
        let poll = self.poll(poll).filter(Poll::is_public)?;
        let community = poll.definition.order().community.clone();
        Some(About { community, closes_at: poll.closes_at })
    }

    fn public_polls(&self) -> Vec<PollId> {
        let polls = self.polls();
        polls.iter().filter(|poll| poll.is_public()).map(Poll::id).collect()
    }

    fn version(&self) -> u64 {
        *self.watch_polls().borrow()
    }

    fn proof(&self, release: &Publication) -> Result<String, Failed> {
        self.proof_of(release).map_err(|error| {
            tracing::error!(%error, "a release's place in the public log cannot be told");
            Failed
        })
    }

    fn log_file(&self, path: &str) -> Option<StaticFile> {
        self.public_log().file(path)
    }
}
