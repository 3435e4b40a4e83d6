//! The engine, as the public sees it.

use std::sync::Arc;

use jiff::Timestamp;
use tokio::sync::watch;

use super::{Failed, Published};
use crate::engine::PublicView;
use crate::ground::limits::SHED_READS_BALLOTS;
use crate::poll::PollId;
use crate::publish::{PublicPoll, Publication};
use crate::publog::StaticFile;

impl Published for PublicView {
    fn poll(&self, poll: PollId) -> Option<Arc<PublicPoll>> {
        self.poll(poll)
    }

    fn polls(&self) -> Vec<Arc<PublicPoll>> {
        self.polls()
    }

    fn changes(&self) -> watch::Receiver<u64> {
        self.watch_polls()
    }

    fn now(&self) -> Timestamp {
        self.now()
    }

    fn is_pressed(&self) -> bool {
        self.queued() >= SHED_READS_BALLOTS
    }

    fn proof(&self, release: &Publication) -> Result<String, Failed> {
        self.proof_of(release).map_err(|error| {
            tracing::error!(%error, "a release's place in the public log cannot be told");
            Failed
        })
    }

    fn log_file(&self, path: &str) -> Option<StaticFile> {
        self.log_file(path)
    }
}
