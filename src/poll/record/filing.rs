//! The way of an order from its draft to the schedule, and back.

use std::sync::Arc;

use jiff::Timestamp;

use super::{Consent, Definition, Move, Poll, Returned, Violation};

impl Poll {
    /// The same poll with the next revision of its order, written by this account.
    ///
    /// # Panics
    ///
    /// When its order was filed, or the definition is another poll's.
    pub fn corrected(&self, definition: Definition, by: impl Into<String>) -> Self {
        assert!(definition.poll == self.id(), "a correction is of the same poll");
        Self {
            closes_at: definition.period().closes_at.instant(),
            // It was given for another text.
            consent: None,
            definition: Arc::new(definition),
            revision: self.revision.checked_add(1).expect("fewer revisions than 32 bits"),
            drafted_by: by.into(),
            ..self.after(Move::Correct)
        }
    }

    /// The same poll, its order filed by this account. An order that consents to the publication
    /// does so now.
    ///
    /// # Panics
    ///
    /// When its order is filed already.
    pub fn filed(&self, by: impl Into<String>, at: Timestamp) -> Self {
        let by = by.into();
        let order = self.definition.order();
        let stated = order.publication.consent.then(|| {
            let reference = order.reference.clone();
            Consent { by: by.clone(), at, reference }
        });
        let consent = stated.or_else(|| self.consent.clone());
        Self { filed_by: Some(by), filed_at: Some(at), consent, ..self.after(Move::File) }
    }

    /// The same poll, its order returned by this account.
    ///
    /// # Panics
    ///
    /// When its order is not filed, or the poll was opened.
    pub fn returned_with(
        &self,
        at: Timestamp,
        by: impl Into<String>,
        reasons: Vec<Violation>,
    ) -> Self {
        let returned = Some(Returned { at, by: by.into(), reasons });
        Self { returned, ..self.unfiled(Move::Return) }
    }

    /// The same poll, its order taken back.
    ///
    /// # Panics
    ///
    /// When its order is not filed, or the poll was opened.
    pub fn withdrawn(&self) -> Self {
        self.unfiled(Move::Withdraw)
    }

    /// A draft again: who filed and approved says nothing about the next revision, nor does the
    /// consent that the order itself gave, nor a closing time that was moved.
    fn unfiled(&self, mv: Move) -> Self {
        let stated = self.definition.order().publication.consent;
        let consent = self.consent.clone().filter(|_| !stated);
        Self {
            filed_by: None,
            filed_at: None,
            approved_by: None,
            consent,
            closes_at: self.definition.period().closes_at.instant(),
            extensions: Vec::new(),
            ..self.after(mv)
        }
    }

    /// The same poll, its order approved by this account.
    ///
    /// # Panics
    ///
    /// When its order is not filed.
    pub fn approved(&self, by: impl Into<String>) -> Self {
        Self { approved_by: Some(by.into()), ..self.after(Move::Approve) }
    }

    /// The same poll, to be opened at its time.
    ///
    /// # Panics
    ///
    /// When its order is not approved.
    pub fn scheduled(&self) -> Self {
        self.after(Move::Schedule)
    }
}
