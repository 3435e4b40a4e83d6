//! What is kept for a stated term and then let go: results, and entries of the audit log.
//!
//! What expires is announced before and recorded after. Both wait for a wall clock that has held
//! (R16), and nothing expires sooner than the stated notice after its announcement, whatever the
//! clock did meanwhile.

use std::sync::PoisonError;
use std::time::Duration;

use jiff::Timestamp;

use super::moves::is_over;
use super::{Engine, EngineError};
use crate::log::{Actor, Event, Filter};
use crate::poll::{Phase, Poll, years_earlier};
use crate::service::clock::Stopwatch;

/// Between two looks at what expires.
const LOOK: Duration = Duration::from_secs(60);
/// Entries of one look into the log.
const PAGE: usize = 100;

impl Engine {
    /// Announces what expires soon, and lets go what has expired. Called under a steady clock.
    pub(super) async fn retain(&self, now: Timestamp) -> Result<(), EngineError> {
        {
            let mut last = self.retained.lock().unwrap_or_else(PoisonError::into_inner);
            if last.as_ref().is_some_and(|last| last.elapsed() < LOOK) {
                return Ok(());
            }
            *last = Some(Stopwatch::start());
        }
        self.retain_now(now).await
    }

    /// As [`Self::retain`], at any pace.
    ///
    /// # Errors
    ///
    /// The engine failed.
    pub async fn retain_now(&self, now: Timestamp) -> Result<(), EngineError> {
        let _one_at_a_time = self.office.lock().await;
        for poll in self.polls() {
            if poll.phase == Phase::Erased {
                self.retain_results(poll, now).await?;
            }
        }
        self.retain_audit(now)
    }

    async fn retain_results(&self, poll: Poll, now: Timestamp) -> Result<(), EngineError> {
        let Some(expires_at) = poll.results_expire_at() else { return Ok(()) };
        let notice = self.procedure.expiry_notice;
        match poll.expiry_announced_at {
            None if is_over(expires_at, Duration::ZERO, now + notice) => {
                let expires_at = expires_at.max(now + notice);
                let event = Event::ExpiryAnnounced { poll: poll.id(), expires_at };
                self.record(&Actor::engine(), event)?;
                let poll = poll.expiry_announced(now);
                self.ledger.put_poll(&poll).await?;
                self.replace(&poll, self.publication(poll.id()));
            }
            Some(announced) if expires_at <= now && is_over(announced, notice, now) => {
                self.record(&Actor::engine(), Event::PollExpired { poll: poll.id() })?;
                // Crash before: recorded again. After: expired. The sums and publications go in the
                // same batch as the phase.
                let poll = poll.expired(now);
                self.ledger.expire_poll(poll.clone()).await?;
                self.replace(&poll, None);
                self.released.send_modify(|releases| *releases += 1);
            }
            None | Some(_) => {}
        }
        Ok(())
    }

    /// Entries older than every procedure's term go, from the oldest on.
    fn retain_audit(&self, now: Timestamp) -> Result<(), EngineError> {
        let notice = self.procedure.expiry_notice;
        let Some(old) = years_earlier(now + notice, self.audit_years()) else { return Ok(()) };
        let through = tokio::task::block_in_place(|| self.audit.last_before(old));
        let Some(through) = through.map_err(|error| self.fail(error.into()))? else {
            return Ok(());
        };
        match self.announced_expiry()? {
            Some((announced, upto)) if is_over(announced, notice, now) => {
                let expire = || self.audit.expire(now, &Actor::engine(), upto);
                tokio::task::block_in_place(expire).map_err(|error| self.fail(error.into()))?;
            }
            Some(_) => {}
            None => {
                let event = Event::AuditExpiryAnnounced { through, expires_at: now + notice };
                self.record(&Actor::engine(), event)?;
            }
        }
        Ok(())
    }

    /// The announcement that still waits: when it was made, and up to which entry.
    fn announced_expiry(&self) -> Result<Option<(Timestamp, u64)>, EngineError> {
        let first = self.audit.first_seq();
        let filter =
            Filter { kinds: vec!["audit_expiry_announced".to_owned()], ..Filter::default() };
        let mut after = None;
        let mut waiting = None;
        loop {
            let page = tokio::task::block_in_place(|| self.audit.page(&filter, after, PAGE));
            let page = page.map_err(|error| self.fail(error.into()))?;
            for entry in &page.entries {
                if let Event::AuditExpiryAnnounced { through, .. } = entry.event {
                    waiting = (through >= first).then_some((entry.at, through));
                }
            }
            match page.next {
                Some(next) => after = Some(next),
                None => return Ok(waiting),
            }
        }
    }

    /// The longest term that any procedure states for the audit log.
    fn audit_years(&self) -> u8 {
        let known = self.profiles.iter().map(|profile| profile.audit_retention_years);
        let polls = self.polls.load();
        let frozen =
            polls.values().map(|served| served.poll.definition.profile().audit_retention_years);
        known.chain(frozen).max().unwrap_or(u8::MAX)
    }
}
