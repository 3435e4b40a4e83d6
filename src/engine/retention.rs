//! What is kept for a stated term and then let go: results, and entries of the audit log.
//!
//! What expires is announced before and recorded after. Both wait for a wall clock that has held
//! (R16). The notice between them is told by the wall clock: one that was set forward, and left so,
//! shortens it.

use std::time::Duration;

use jiff::Timestamp;

use super::decide::{Inside, Write};
use super::moves::{Believed, is_over};
use super::{EngineError, Office};
use crate::audit::{Actor, Event, Filter};
use crate::poll::{Phase, Poll, years_earlier};

/// Entries of one look into the log.
const PAGE: usize = 100;

impl Office {
    /// Announces what expires soon, and lets go what has expired, if the wall clock has held. Called
    /// every hour.
    ///
    /// # Errors
    ///
    /// The engine failed.
    pub async fn retain(&self) -> Result<(), EngineError> {
        let Believed { wall, steady, .. } = self.look_at_clocks()?;
        if steady { self.retain_now(wall).await } else { Ok(()) }
    }

    /// As [`Self::retain`], at a moment that is believed.
    ///
    /// # Errors
    ///
    /// The engine failed.
    pub async fn retain_now(&self, now: Timestamp) -> Result<(), EngineError> {
        // Two looks at a time would both find that nothing is announced yet.
        let _alone = self.locks.retaining().await;
        for poll in self.counting.polls() {
            if poll.phase == Phase::Erased {
                let inside = self.turn().await;
                // Looked at again under the lock.
                if let Some(poll) =
                    self.counting.poll(poll.id()).filter(|poll| poll.phase == Phase::Erased)
                {
                    self.retain_results(&inside, poll, now).await?;
                }
            }
        }
        // The log has locks of its own, and reading it may take long.
        match self.retain_audit(now) {
            Err(EngineError::Audit(error)) if !self.audit.is_stopped() => {
                // A full disk, or too many open files: nothing is lost but time.
                tracing::error!(%error, "old entries of the audit log stay for now");
                Ok(())
            }
            Err(error) => Err(self.fail(error)),
            Ok(()) => Ok(()),
        }
    }

    async fn retain_results(
        &self,
        inside: &Inside<'_>,
        poll: Poll,
        now: Timestamp,
    ) -> Result<(), EngineError> {
        let Some(expires_at) = poll.results_expire_at() else { return Ok(()) };
        let notice = self.rules.procedure.expiry_notice;
        // One from the future was made by a clock that was wrong.
        match poll.expiry_announced_at.filter(|announced| *announced <= now) {
            None if is_over(expires_at, Duration::ZERO, now + notice) => {
                let expires_at = expires_at.max(now + notice);
                let event = Event::ExpiryAnnounced { poll: poll.id(), expires_at };
                let poll = poll.expiry_announced(now);
                inside.decide(&Actor::engine(), event, Write::poll(&poll)).await?;
            }
            Some(announced) if expires_at <= now && is_over(announced, notice, now) => {
                // The sums and publications go in the same batch as the phase.
                let event = Event::PollExpired { poll: poll.id() };
                let poll = poll.expired(now);
                inside.decide(&Actor::engine(), event, Write::Expiry(Box::new(poll))).await?;
            }
            None | Some(_) => {}
        }
        Ok(())
    }

    /// Entries older than every procedure's term go, from the oldest on.
    fn retain_audit(&self, now: Timestamp) -> Result<(), EngineError> {
        let notice = self.rules.procedure.expiry_notice;
        let Some(old) = years_earlier(now + notice, self.audit_years()) else { return Ok(()) };
        let through = tokio::task::block_in_place(|| self.audit.last_before(old, now))?;
        let Some(through) = through else { return Ok(()) };
        match self.announced_expiry(now)? {
            Some((announced, upto)) if is_over(announced, notice, now) => {
                let expire = || self.audit.expire(now, &Actor::engine(), upto);
                tokio::task::block_in_place(expire)?;
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
    fn announced_expiry(&self, now: Timestamp) -> Result<Option<(Timestamp, u64)>, EngineError> {
        let first = self.audit.first_seq();
        let filter =
            Filter { kinds: vec!["audit_expiry_announced".to_owned()], ..Filter::default() };
        let mut after = None;
        let mut waiting = None;
        loop {
            let page = tokio::task::block_in_place(|| self.audit.page(&filter, after, PAGE));
            let page = page?;
            for entry in &page.entries {
                if let Event::AuditExpiryAnnounced { through, .. } = entry.event {
                    let waits = through >= first && entry.at <= now;
                    waiting = waits.then_some((entry.at, through));
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
        let known = self.rules.profiles.iter().map(|profile| profile.audit_retention_years);
        let polls = self.counting.polls();
        let frozen = polls.iter().map(|poll| poll.definition.profile().audit_retention_years);
        known.chain(frozen).max().unwrap_or(u8::MAX)
    }
}
