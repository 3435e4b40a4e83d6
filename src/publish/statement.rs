//! What a release says: the members of the publication file, and nothing that rules left out.
//!
//! A number that is hidden is `null`, whether it is zero, small, or hidden so that another cannot be
//! computed: the three cannot be told apart.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::poll::{Body, Breakdown, CloseReason, LocalizedText, PollId, WithheldReason};

/// The format's name.
pub(super) const FORMAT: &str = "holos-publication-2";

/// The name of the stratum of those whom no stratum of the breakdown holds: they declined, or their
/// credential does not say.
pub const NOT_STATED: &str = "not-stated";

/// What kind of release it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum ReleaseKind {
    /// The totals of a moment while the poll goes on.
    Live,
    /// The totals of the closed poll.
    Final,
    /// The release before holds no more, and nothing takes its place.
    Withdrawal,
}

/// Totals of one option.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct OptionTotal {
    /// The option.
    pub id: String,
    /// Its label.
    pub label: LocalizedText,
    /// Number of answers, exact, at most 2^53 - 1.
    pub count: u64,
}

/// Totals of one question.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct QuestionTotals {
    /// The question.
    pub id: String,
    /// What it asks.
    pub text: LocalizedText,
    /// One row an option, in the order of the definition.
    pub options: Vec<OptionTotal>,
}

/// A question's options by the strata of one fact about voters.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct BreakdownTable {
    /// The question.
    pub question: String,
    /// The fact.
    pub by: Breakdown,
    /// Whether no table can be shown without showing too few people; then there are no rows.
    #[serde(default, skip_serializing_if = "is_false")]
    pub withheld: bool,
    /// The columns: every stratum, and last [`NOT_STATED`], unless nobody is in it.
    pub strata: Vec<StratumTotal>,
    /// The rows. Options with fewer than k answers in all are left out.
    pub options: Vec<OptionRow>,
}

impl BreakdownTable {
    /// Leaves everything out of it.
    pub fn withhold(&mut self) {
        self.withheld = true;
        self.strata.clear();
        self.options.clear();
    }
}

/// A stratum with its answers.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct StratumTotal {
    /// Its name: an ISO 3166-2 code, an age band, a group, or [`NOT_STATED`].
    pub id: String,
    /// Number of answers; `None`: hidden.
    pub answers: Option<u64>,
}

/// An option's answers, one number a stratum.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct OptionRow {
    /// The option.
    pub id: String,
    /// Number of answers in each stratum, in the order of the columns; `None`: hidden.
    pub counts: Vec<Option<u64>>,
}

/// By which bounds the release was made; they are frozen in the poll's definition.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Bounds {
    /// A cell of a breakdown with fewer answers is hidden.
    pub k: u64,
    /// So many ballots, at least, are in one and not in the other of any two releases of the poll.
    pub ballots_apart: u64,
    /// With fewer answers in all nothing is published.
    pub minimum_answers: u64,
}

/// What a publication states. Serialised by RFC 8785, then signed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Statement {
    /// Always `holos-publication-2`.
    pub format: String,
    /// The poll.
    pub poll: PollId,
    /// Number of this release of the poll, from 1.
    pub release: u32,
    /// What kind of release it is.
    pub kind: ReleaseKind,
    /// BLAKE3 hash of the file of the poll's release before this one, 64 hexadecimal digits; none
    /// in the first.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub previous: Option<String>,
    /// BLAKE3 hash of the frozen definition's canonical JSON, 64 hexadecimal digits.
    pub definition_hash: String,
    /// The poll's title.
    pub title: LocalizedText,
    /// Who ordered it and owns the results.
    pub initiator: Body,
    /// The initiator's own number of the order.
    pub reference: String,
    /// The legal ground.
    pub legal_ground: String,
    /// When it was opened.
    pub opened_at: Timestamp,
    /// When it was closed; none while it goes on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub closed_at: Option<Timestamp>,
    /// Why it ended; none while it goes on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub close_reason: Option<CloseReason>,
    /// The moment whose totals these are: of the cut, or of the close.
    pub as_of: Timestamp,
    /// Which release it takes the place of because that one was wrong, and why; an earlier release
    /// is never changed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub correction: Option<Correction>,
    /// Why nothing takes the place of a withdrawn release.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub withheld_reason: Option<WithheldReason>,
    /// When this release was made.
    pub published_at: Timestamp,
    /// The bounds by which it was made.
    pub bounds: Bounds,
    /// Total number of answers (Resolution No. 90, point 20), at most 2^53 - 1; none in a
    /// withdrawal.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub total: Option<u64>,
    /// Totals a question, exact; none in a withdrawal.
    pub questions: Vec<QuestionTotals>,
    /// Breakdown tables of a final release, as the order asks for them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub breakdowns: Vec<BreakdownTable>,
}

/// What a corrected release takes the place of.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Correction {
    /// Number of the last release with totals: the release before, or the one that this withdrew.
    pub release: u32,
    /// BLAKE3 hash of its file, 64 hexadecimal digits.
    pub hash: String,
    /// Why.
    pub reason: CorrectionReason,
}

/// Why a release is corrected.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum CorrectionReason {
    /// Ballots that came under a revoked issuer key were taken out.
    IssuerKeyExcised,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes what it skips by reference")]
fn is_false(value: &bool) -> bool {
    !value
}
