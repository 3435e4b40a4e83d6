//! Orders: filed, corrected, returned, approved; what was ever filed stays.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::decide::{Inside, Write};
use super::{EngineError, Office};
use crate::audit::{Event, Hash};
use crate::ground::limits::STATE_SIGNATURE_BYTES_MAX;
use crate::poll::{
    CheckedOrder, Definition, Move, Order, OrderHash, Phase, Poll, PollId, Profiles, Rules,
    Violation,
};
use crate::staff::{Act, Denied, HandsIn, JwsFlaw, Permit, acts, kid_of, verify_detached};
use crate::store::{Family, StoreError};

/// Draws for an identifier greater than the newest: each has a fair chance within a millisecond.
const POLL_ID_DRAWS: usize = 32;
/// Reasons of one return.
const REASONS_MAX: usize = 32;
/// Orders of one body that nobody has approved yet: there is no end to them otherwise.
const WAITING_ORDERS_MAX: usize = 200;
/// Revisions of one order: past it a new order is the clearer way, and a history stays readable.
const REVISIONS_MAX: u32 = 100;

/// Why an order is not taken.
#[derive(Debug, thiserror::Error)]
pub enum OrderError {
    /// Fields that break a rule; never empty.
    #[error("the order breaks {} rules", .0.len())]
    Fields(Vec<Violation>),
    /// The initiator has filed an order under this reference.
    #[error("the initiator has an order with this reference already")]
    Exists(PollId),
    /// No such poll.
    #[error("no such poll")]
    Unknown,
    /// Not a move from the phase it is in.
    #[error("the poll is {}", .0.name())]
    Phase(Phase),
    /// Not for this account.
    #[error(transparent)]
    Denied(#[from] Denied),
    /// Another body's order needs that body's signature.
    #[error("an order of another body needs that body's signature")]
    SignatureMissing,
    /// The body has no such key, or it is revoked.
    #[error("the signature's key is not a trusted key of the initiator")]
    KeyUnknown,
    /// The signature does not hold.
    #[error("the order's signature does not hold")]
    Signature(#[source] JwsFlaw),
    /// A signature that has brought this order in before: what its body took back, only the body
    /// files again.
    #[error("this signature has brought the order in before")]
    SignatureUsed,
    /// As many orders of the body wait, or revisions of the order stand, as can.
    #[error("too many orders of this body wait, or too many revisions of this order stand")]
    Full,
    /// Who filed an order does not approve it.
    #[error("the account that filed the order may not approve it")]
    SamePerson,
    /// Another revision than the one that was read.
    #[error("the order has changed since it was read")]
    Changed,
    /// The engine failed.
    #[error(transparent)]
    Engine(#[from] EngineError),
}

/// An order as it comes in.
pub struct Filing {
    /// The order.
    pub order: Order,
    /// Kept as a draft, not filed.
    pub draft: bool,
    /// The body's signature: a detached JWS.
    pub jws: Option<String>,
    /// A state signature file, carried and not verified.
    pub state_signature: Vec<u8>,
}

/// A revision of an order as it is kept.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Revision {
    /// Its number, from 1.
    pub revision: u32,
    /// The order.
    pub order: Order,
    /// When it came.
    pub at: Timestamp,
    /// The account that it came from.
    pub by: String,
    /// The body's signature.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub jws: Option<String>,
    /// The key of that signature.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub key_id: Option<String>,
    /// The state signature file, base64.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub state_signature: Option<String>,
}

impl Revision {
    /// The bytes of the state signature file; empty when there is none.
    pub fn state_signature(&self) -> Vec<u8> {
        let text = self.state_signature.as_deref().unwrap_or_default();
        STANDARD.decode(text).unwrap_or_default()
    }
}

impl Office {
    /// Files an order for a poll, or keeps it as a draft.
    ///
    /// # Errors
    ///
    /// See [`OrderError`].
    pub async fn submit_order(
        &self,
        permit: &Permit<acts::FileOrder>,
        filing: Filing,
    ) -> Result<Poll, OrderError> {
        let (order, revision) = self.checked(permit, filing)?;
        let inside = self.enter(permit).await?;
        if let Some(id) = self.find_order(order.order()) {
            return Err(OrderError::Exists(id));
        }
        if self.waiting_orders(&order.order().initiator.code) >= WAITING_ORDERS_MAX {
            return Err(OrderError::Full);
        }
        let poll = Poll::draft(Definition::new(self.new_poll_id(), order), permit.account());
        self.enter_order(&inside, permit, poll, revision).await
    }

    /// Puts a corrected order in the place of a draft.
    ///
    /// # Errors
    ///
    /// See [`OrderError`].
    pub async fn correct_order(
        &self,
        permit: &Permit<acts::CorrectOrder>,
        id: PollId,
        filing: Filing,
    ) -> Result<Poll, OrderError> {
        let inside = self.enter(permit).await?;
        let poll = self.counting.poll(id).ok_or(OrderError::Unknown)?;
        // Before anything is said of the poll: a signature of its body would do.
        permit.covers_filing(&poll.definition.order().initiator.code, true)?;
        let poll = legal(poll, Move::Correct)?;
        let (order, revision) = self.checked(permit, filing)?;
        let held = poll.definition.order();
        if poll.revision >= REVISIONS_MAX {
            return Err(OrderError::Full);
        }
        let by_signature = permit.covers_filing(&held.initiator.code, false).is_err();
        if by_signature && self.stood_before(id, order.order())? {
            return Err(OrderError::SignatureUsed);
        }
        let mut moved = Vec::new();
        if held.initiator.code != order.order().initiator.code {
            moved.push(Violation::new("initiator.code", "must stay as it was filed"));
        }
        if held.reference != order.order().reference {
            moved.push(Violation::new("reference", "must stay as it was filed"));
        }
        if !moved.is_empty() {
            return Err(OrderError::Fields(moved));
        }
        let poll = poll.corrected(Definition::new(id, order), permit.account());
        self.enter_order(&inside, permit, poll, revision).await
    }

    /// Gives an order back to its initiator, with reasons.
    ///
    /// # Errors
    ///
    /// See [`OrderError`].
    pub async fn return_order(
        &self,
        permit: &Permit<acts::ReturnOrder>,
        id: PollId,
        reasons: Vec<Violation>,
    ) -> Result<Poll, OrderError> {
        if let Some(violation) = bad_reasons(&reasons) {
            return Err(OrderError::Fields(vec![violation]));
        }
        let inside = self.enter(permit).await?;
        let poll = self.poll_for(permit, id, Move::Return)?;
        let texts = reasons.iter().map(ToString::to_string).collect();
        let event = Event::OrderReturned { poll: id, revision: poll.revision, reasons: texts };
        let poll = poll.returned_with(self.clock.now(), permit.account(), reasons);
        inside.decide(permit.actor(), event, Write::poll(&poll)).await?;
        Ok(poll)
    }

    /// Takes an own order back.
    ///
    /// # Errors
    ///
    /// See [`OrderError`].
    pub async fn withdraw_order(
        &self,
        permit: &Permit<acts::WithdrawOrder>,
        id: PollId,
    ) -> Result<Poll, OrderError> {
        let inside = self.enter(permit).await?;
        let poll = self.poll_for(permit, id, Move::Withdraw)?;
        let (revision, before) = (poll.revision, poll.phase);
        let event = Event::OrderWithdrawn { poll: id, revision, before };
        let poll = poll.withdrawn();
        inside.decide(permit.actor(), event, Write::poll(&poll)).await?;
        Ok(poll)
    }

    /// Approves a filed order: the one with this hash, and by another person than who filed it.
    ///
    /// # Errors
    ///
    /// See [`OrderError`].
    pub async fn approve_order(
        &self,
        permit: &Permit<acts::ApproveOrder>,
        id: PollId,
        read: &str,
    ) -> Result<Poll, OrderError> {
        let inside = self.enter(permit).await?;
        let poll = self.poll_for(permit, id, Move::Approve)?;
        let filed_by = poll.filed_by.as_deref();
        if filed_by.is_some_and(|filed_by| self.is_same_person(filed_by, permit.account())) {
            return Err(OrderError::SamePerson);
        }
        let hash = poll.definition.order().hash();
        if hash.to_string() != read {
            return Err(OrderError::Changed);
        }
        let event = Event::OrderApproved {
            poll: id,
            revision: poll.revision,
            order_hash: Hash::from_bytes(hash.0),
        };
        let poll = poll.approved(permit.account());
        inside.decide(permit.actor(), event, Write::poll(&poll)).await?;
        Ok(poll)
    }

    /// A poll of a body within the permit's reach, with its order.
    ///
    /// # Errors
    ///
    /// See [`OrderError`].
    pub fn order(&self, permit: &Permit<acts::ReadOrders>, id: PollId) -> Result<Poll, OrderError> {
        let poll = self.counting.poll(id).ok_or(OrderError::Unknown)?;
        permit.covers(&poll.definition.order().initiator.code)?;
        Ok(poll)
    }

    /// The polls of bodies within the permit's reach, newest first.
    pub fn orders(&self, permit: &Permit<acts::ReadOrders>) -> Vec<Poll> {
        let mut polls = self.counting.polls();
        polls.retain(|poll| permit.covers(&poll.definition.order().initiator.code).is_ok());
        polls
    }

    /// The procedures that orders can name.
    pub fn procedures(&self, _: &Permit<acts::ReadOrders>) -> &Profiles {
        &self.rules.profiles
    }

    /// The rules that an order breaks.
    pub fn order_flaws<A: HandsIn>(&self, _: &Permit<A>, order: Order) -> Vec<Violation> {
        order.check(&self.order_rules()).err().unwrap_or_default()
    }

    pub(super) fn order_rules(&self) -> Rules<'_> {
        Rules { floors: self.rules.floors, profiles: &self.rules.profiles }
    }

    /// Every revision of a poll's order, oldest first.
    ///
    /// # Errors
    ///
    /// See [`OrderError`].
    pub fn order_history(
        &self,
        permit: &Permit<acts::ReadOrders>,
        id: PollId,
    ) -> Result<Vec<Revision>, OrderError> {
        self.order(permit, id)?;
        Ok(self.revisions(id)?)
    }

    fn revisions(&self, id: PollId) -> Result<Vec<Revision>, EngineError> {
        let rows = self.records.revisions(id).map_err(|error| self.fail(error.into()))?;
        let read = |json: Vec<u8>| serde_json::from_slice(&json).ok();
        let revisions: Option<Vec<_>> = rows.into_iter().map(|(_, json)| read(json)).collect();
        let decoded = revisions.ok_or(StoreError::Decode(Family::Revision));
        decoded.map_err(|error| self.fail(error.into()))
    }

    /// Whether a revision of the poll's order said exactly this.
    fn stood_before(&self, id: PollId, order: &Order) -> Result<bool, EngineError> {
        let hash = order.hash();
        Ok(self.revisions(id)?.iter().any(|held| held.order.hash() == hash))
    }

    fn waiting_orders(&self, body: &str) -> usize {
        let waits = |poll: &Poll| {
            poll.phase <= Phase::Filed && poll.definition.order().initiator.code == body
        };
        self.counting.those(waits).len()
    }

    /// The poll, if the permit covers its body and its phase allows this move.
    fn poll_for<A: Act>(
        &self,
        permit: &Permit<A>,
        id: PollId,
        mv: Move,
    ) -> Result<Poll, OrderError> {
        let poll = self.counting.poll(id).ok_or(OrderError::Unknown)?;
        permit.covers(&poll.definition.order().initiator.code)?;
        legal(poll, mv)
    }

    /// The order, checked with everything that comes with it, and the revision to keep.
    fn checked<A: HandsIn>(
        &self,
        permit: &Permit<A>,
        filing: Filing,
    ) -> Result<(CheckedOrder, Company), OrderError> {
        let Filing { order, draft, jws, state_signature } = filing;
        let order = order.check(&self.order_rules()).map_err(OrderError::Fields)?;
        // A draft may wait; what is filed must be able to open.
        if !draft && order.period().closes_at.instant() <= self.clock.now() {
            let past = Violation::new("closes_at", "must be in the future");
            return Err(OrderError::Fields(vec![past]));
        }
        if state_signature.len() as u64 > STATE_SIGNATURE_BYTES_MAX {
            let rule = format!("must hold at most {STATE_SIGNATURE_BYTES_MAX} bytes");
            return Err(OrderError::Fields(vec![Violation::new("state_signature", rule)]));
        }
        // Whom no signature would help hears nothing of another body's keys.
        permit.covers_filing(&order.order().initiator.code, true)?;
        let key_id = jws.as_deref().map(|jws| self.signer_of(order.order(), jws)).transpose()?;
        // An own account speaks for its body; for another body only that body's signature does.
        let body = &order.order().initiator.code;
        if permit.covers_filing(body, key_id.is_some()).is_err() {
            return Err(OrderError::SignatureMissing);
        }
        let state_signature =
            (!state_signature.is_empty()).then(|| STANDARD.encode(&state_signature));
        Ok((order, Company { draft, jws, key_id, state_signature }))
    }

    /// The key of the initiator by which the order is signed.
    fn signer_of(&self, order: &Order, jws: &str) -> Result<String, OrderError> {
        let key_id = kid_of(jws).map_err(OrderError::Signature)?;
        let key = self.body_key(&order.initiator.code, &key_id);
        let key = key.filter(|key| key.revoked.is_none()).ok_or(OrderError::KeyUnknown)?;
        verify_detached(jws, &order.canonical_json(), &key).map_err(OrderError::Signature)?;
        Ok(key_id)
    }

    /// Records a draft with its order, and files it unless it stays one.
    async fn enter_order<A: HandsIn>(
        &self,
        inside: &Inside<'_>,
        permit: &Permit<A>,
        draft: Poll,
        came_with: Company,
    ) -> Result<Poll, OrderError> {
        let now = self.clock.now();
        let (id, revision) = (draft.id(), draft.revision);
        let order = draft.definition.order().clone();
        let OrderHash(hash) = order.hash();
        let (reference, order_hash) = (order.reference.clone(), Hash::from_bytes(hash));
        let Company { draft: stays, jws, key_id, state_signature } = came_with;
        let (poll, event) = if stays {
            (draft, Event::OrderDrafted { poll: id, reference, revision, order_hash })
        } else {
            let signed_by = key_id.clone();
            let event = Event::OrderFiled { poll: id, reference, revision, order_hash, signed_by };
            (draft.filed(permit.account(), now), event)
        };
        let by = permit.account().to_owned();
        let kept = Revision { revision, order, at: now, by, jws, key_id, state_signature };
        let json = serde_json::to_vec(&kept).expect("texts and small numbers serialise");
        let write = Write::Order(Box::new(poll.clone()), json);
        inside.decide(permit.actor(), event, write).await?;
        Ok(poll)
    }

    /// An identifier greater than every other, so that "newest first" holds within a millisecond
    /// too. After the wall clock went back it does not, and the order of a list is no more than a
    /// convenience.
    fn new_poll_id(&self) -> PollId {
        let newest = self.counting.those(|_| true).into_iter().max();
        let mut drawn = std::iter::repeat_with(|| self.clock.new_poll_id()).take(POLL_ID_DRAWS);
        let greater = drawn.find(|id| newest.is_none_or(|newest| *id > newest));
        greater.unwrap_or_else(|| self.clock.new_poll_id())
    }

    fn find_order(&self, order: &Order) -> Option<PollId> {
        let same = |poll: &Poll| {
            let held = poll.definition.order();
            held.initiator.code == order.initiator.code && held.reference == order.reference
        };
        self.counting.those(same).into_iter().next()
    }
}

fn legal(poll: Poll, mv: Move) -> Result<Poll, OrderError> {
    match poll.phase.after(mv) {
        Some(_) => Ok(poll),
        None => Err(OrderError::Phase(poll.phase)),
    }
}

/// What comes with an order, its signature checked.
struct Company {
    draft: bool,
    jws: Option<String>,
    key_id: Option<String>,
    state_signature: Option<String>,
}

fn bad_reasons(reasons: &[Violation]) -> Option<Violation> {
    if !(1..=REASONS_MAX).contains(&reasons.len()) {
        return Some(Violation::new("reasons", format!("must hold 1 to {REASONS_MAX}")));
    }
    for (at, reason) in reasons.iter().enumerate() {
        let field = reason.field.chars().count();
        let rule = reason.rule.trim().chars().count();
        let plain = !(reason.field.chars().chain(reason.rule.chars())).any(char::is_control);
        if field > 128 || !(1..=500).contains(&rule) || !plain {
            let path = format!("reasons[{at}]");
            let rule = "must hold a field of at most 128 and a rule of 1 to 500 characters";
            return Some(Violation::new(path, rule));
        }
    }
    None
}
