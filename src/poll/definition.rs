//! A poll's definition: what is frozen and hashed at opening.

use std::fmt;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::breakdown::Breakdown;
use super::cells::{CellLayout, Cells};
use super::eligibility::{Claims, Eligibility, Needs};
use super::id::PollId;
use super::order::{CheckedOrder, Crowd, Order, Question};
use super::period::Period;
use super::profile::{Profile, ProfileHash};
use crate::outcome::Rejection;

/// What a voter answers to one question, as the wire brought it: not checked.
///
/// No `Debug`: it is a choice.
pub struct Answer {
    /// The question's identifier; may be empty when the poll has one question.
    pub question_id: String,
    /// The chosen options' identifiers.
    pub option_ids: Vec<String>,
}

/// BLAKE3 hash of a definition's canonical JSON; printed as 64 hexadecimal digits.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct DefinitionHash(pub [u8; 32]);

impl fmt::Display for DefinitionHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(blake3::Hash::from_bytes(self.0).to_hex().as_str())
    }
}

impl fmt::Debug for DefinitionHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// A poll's definition: its identifier, its order, checked, and the rules it was checked by.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Definition {
    /// The poll.
    pub poll: PollId,
    order: Order,
    profile: Arc<Profile>,
    profile_hash: ProfileHash,
    period: Period,
    crowd: Crowd,
    eligibility: Eligibility,
    layout: CellLayout,
    needs: Needs,
}

/// The members that are hashed and stored.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct DefinitionParts {
    format: String,
    poll: PollId,
    profile: Arc<Profile>,
    profile_hash: ProfileHash,
    crowd: Crowd,
    order: Order,
}

const FORMAT: &str = "holos-definition-3";

impl Definition {
    /// The definition of a poll by this order.
    pub fn new(poll: PollId, order: CheckedOrder) -> Self {
        let (order, profile, period, crowd) = order.into_parts();
        let asked = &order.participants.eligibility;
        let layout = CellLayout::single_choice(&order.questions, &order.breakdowns, asked);
        // The check admits no age below the profile's; `None` is less than any.
        let minimum_age = asked.minimum_age.max(profile.minimum_age);
        let eligibility = Eligibility { minimum_age, ..asked.clone() };
        let mut needs = eligibility.needs();
        for breakdown in &order.breakdowns {
            breakdown.add_to(&mut needs);
        }
        let profile_hash = profile.hash();
        Self { poll, order, profile, profile_hash, period, crowd, eligibility, layout, needs }
    }

    /// The order, which has passed its check.
    pub fn order(&self) -> &Order {
        &self.order
    }

    /// The rules by which the poll is held, as they were when its order was filed.
    pub fn profile(&self) -> &Arc<Profile> {
        &self.profile
    }

    /// Opening and closing as the order says; an extension moves the poll and not its definition.
    pub fn period(&self) -> &Period {
        &self.period
    }

    /// How large a crowd must be before it is told apart in what is published. It was fixed when the
    /// order was filed, with the engine's floors of that time.
    pub fn crowd(&self) -> Crowd {
        self.crowd
    }

    /// The names of a breakdown's strata, in the order of their cells.
    pub fn strata(&self, breakdown: Breakdown) -> Vec<&str> {
        breakdown.strata(&self.order.participants.eligibility)
    }

    /// Who may answer: what the order asks, and what the profile asks of every poll.
    pub fn eligibility(&self) -> &Eligibility {
        &self.eligibility
    }

    /// Where the options stand in the sums.
    pub fn layout(&self) -> &CellLayout {
        &self.layout
    }

    /// The claims that the poll needs: those of its conditions and of its breakdowns. No other is
    /// read from a credential (L3).
    pub fn needs(&self) -> &Needs {
        &self.needs
    }

    /// The canonical JSON (RFC 8785) that is hashed.
    pub fn canonical_json(&self) -> Vec<u8> {
        serde_json_canonicalizer::to_vec(&self.parts()).expect("texts and small numbers serialise")
    }

    /// The hash that every publication carries.
    pub fn hash(&self) -> DefinitionHash {
        let mut hasher = blake3::Hasher::new_derive_key("holos v1 definition hash");
        hasher.update(&self.canonical_json());
        DefinitionHash(*hasher.finalize().as_bytes())
    }

    /// The cells that a ballot with these answers adds one to: one own cell a question, and one
    /// more for each breakdown in which the claims place the voter, unless the voter declined.
    ///
    /// # Errors
    ///
    /// The rule that the answers break.
    pub fn cells(
        &self,
        answers: &[Answer],
        claims: &Claims,
        decline_breakdowns: bool,
        year: i16,
    ) -> Result<Cells, Rejection> {
        let mut cells = self.own_cells(answers)?;
        if !decline_breakdowns {
            self.add_breakdown_cells(&mut cells, claims, year);
        }
        Ok(cells)
    }

    fn own_cells(&self, answers: &[Answer]) -> Result<Cells, Rejection> {
        let mut cells = Cells::new();
        let mut answered = 0_u32;
        for answer in answers {
            let position = self.question_position(&answer.question_id)?;
            if answered & (1 << position) != 0 {
                return Err(Rejection::AnswerRepeated);
            }
            answered |= 1 << position;
            let option = single_choice(&self.order.questions[position], &answer.option_ids)?;
            cells.push(self.layout.cell(position, option));
        }
        if cells.len() < self.order.questions.len() {
            return Err(Rejection::AnswerMissing);
        }
        Ok(cells)
    }

    fn add_breakdown_cells(&self, cells: &mut Cells, claims: &Claims, year: i16) {
        let own = cells.len();
        for held in self.layout.breakdowns() {
            let asked = &self.order.participants.eligibility;
            let Some(stratum) = held.by.stratum(claims, year, asked) else { continue };
            for position in 0..own {
                cells.push(self.layout.stratum_cell(cells[position], held, stratum));
            }
        }
    }

    fn question_position(&self, id: &str) -> Result<usize, Rejection> {
        if id.is_empty() && self.order.questions.len() == 1 {
            return Ok(0);
        }
        self.order
            .questions
            .iter()
            .position(|question| question.id == id)
            .ok_or(Rejection::QuestionUnknown)
    }

    fn parts(&self) -> DefinitionParts {
        DefinitionParts {
            format: FORMAT.to_owned(),
            poll: self.poll,
            profile: Arc::clone(&self.profile),
            profile_hash: self.profile_hash,
            crowd: self.crowd,
            order: self.order.clone(),
        }
    }
}

fn single_choice(question: &Question, option_ids: &[String]) -> Result<usize, Rejection> {
    match option_ids {
        [] => Err(Rejection::OptionsTooFew),
        [id] => question
            .options
            .iter()
            .position(|option| option.id == *id)
            .ok_or(Rejection::OptionUnknown),
        _ => Err(Rejection::OptionsTooMany),
    }
}

impl Serialize for Definition {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.parts().serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Definition {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let DefinitionParts { format, poll, profile, profile_hash, crowd, order } =
            DefinitionParts::deserialize(deserializer)?;
        if format != FORMAT {
            return Err(serde::de::Error::custom("format: not holos-definition-3"));
        }
        if let Some(first) = profile.check().first() {
            return Err(serde::de::Error::custom(format!("profile.{first}")));
        }
        if profile.hash() != profile_hash {
            return Err(serde::de::Error::custom("profile_hash: not the hash of the profile"));
        }
        let order = order
            .check_stored(&profile, crowd)
            .map_err(|violations| serde::de::Error::custom(format!("order: {}", violations[0])))?;
        Ok(Self::new(poll, order))
    }
}

#[cfg(test)]
mod tests;
