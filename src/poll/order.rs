//! The order (замовлення) a poll is made from, and its check.
//!
//! What an order may say, not what becomes of it: its number, its poll and its phase are elsewhere.

use holos_reasons::Language;
use std::fmt;
use std::sync::Arc;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::breakdown::Breakdown;
use super::eligibility::Eligibility;
use super::notice::Notice;
use super::period::{Period, ZONED_TIME_PATTERN};
use super::profile::{Profile, Profiles};

mod check;
mod schema;

pub use schema::order_schema;
pub(super) use schema::{CODE, NAME, NOT_BLANK, PHONE};

/// Questions of a poll, most, whatever its profile: the layout of its cells is made for one.
pub(crate) const QUESTIONS_MAX: usize = 1;
/// Options of one question, least: with one there is no choice.
pub(super) const OPTIONS_MIN: usize = 2;
/// Options of one question, most, whatever the profile: as many cells as a breakdown is made for.
pub(super) const OPTIONS_MAX: usize = 10;
/// Age that a poll may ask for, most.
pub(crate) const AGE_MAX: u8 = 120;
/// Age up to which a poll still asks millions; past it the initiator must say how many are left.
pub(super) const AGE_OF_MANY_MAX: u8 = 60;
/// Places of an eligibility: every region, or every raion of a few. Each ballot is compared with
/// all of them.
pub(super) const PLACES_MAX: usize = 64;
/// Groups of an eligibility: they travel as claims of every credential that has them.
pub(super) const GROUPS_MAX: usize = 32;
/// Citizenships of an eligibility.
pub(super) const CITIZENSHIPS_MAX: usize = 16;
/// Characters of a text of the notice: a long paragraph.
pub(super) const NOTICE_CHARACTERS_MAX: usize = 2_000;
/// Minutes between two live releases, least: as many as a fold and a look at the clock are lost in.
pub(super) const RELEASE_MINUTES_MIN: u32 = 5;
/// Minutes between two live releases, most: a week.
pub(super) const RELEASE_MINUTES_MAX: u32 = 10_080;
/// Minutes between two live releases, of an order that does not say.
pub const RELEASE_MINUTES_DEFAULT: u32 = 60;
/// Live releases of one poll, most: each is remembered until the poll is erased, because any later
/// one is compared with all of them.
pub const LIVE_RELEASES_MAX: u32 = 1_000;
/// The largest count that JSON readers keep exact (RFC 8785 numbers are doubles).
const COUNT_MAX: u64 = (1 << 53) - 1;

/// A text in both languages of the procedure; 1 to 500 characters each, unless a field says
/// otherwise.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct LocalizedText {
    /// Ukrainian.
    #[schemars(length(min = 1, max = NOTICE_CHARACTERS_MAX), regex(pattern = NOT_BLANK))]
    pub uk: String,
    /// English.
    #[schemars(length(min = 1, max = NOTICE_CHARACTERS_MAX), regex(pattern = NOT_BLANK))]
    pub en: String,
}

impl LocalizedText {
    /// The text in this language.
    pub fn of(&self, language: Language) -> &str {
        language.pick(&self.uk, &self.en)
    }
}

/// A legal body.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Body {
    /// Registry code (ЄДРПОУ): 8 digits.
    #[schemars(regex(pattern = CODE))]
    pub code: String,
    /// Name, 1 to 300 characters.
    #[schemars(length(min = 1, max = 300), regex(pattern = NOT_BLANK))]
    pub name: String,
}

/// One option of a question.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct QuestionOption {
    /// 1 to 32 characters of `[a-z0-9-]`, unique in the question.
    #[schemars(length(max = 32), regex(pattern = NAME))]
    pub id: String,
    /// What the voter reads.
    #[schemars(transform = schema::label)]
    pub label: LocalizedText,
}

/// One question.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Question {
    /// 1 to 32 characters of `[a-z0-9-]`, unique in the poll.
    #[schemars(length(max = 32), regex(pattern = NAME))]
    pub id: String,
    /// The question itself.
    #[schemars(transform = schema::label)]
    pub text: LocalizedText,
    /// As many options as the profile allows, 2 to 10 at most.
    #[schemars(length(min = OPTIONS_MIN, max = OPTIONS_MAX))]
    pub options: Vec<QuestionOption>,
    /// Whether apps show the options to each voter in an order of its own. An answer names its
    /// option, so nothing is counted by place.
    #[serde(default, skip_serializing_if = "is_false")]
    pub shuffle_options: bool,
}

/// Who may answer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Participants {
    /// The one subject space in which persons are told apart; 1 to 64 characters of `[a-z0-9-]`.
    #[schemars(length(max = 64), regex(pattern = NAME))]
    pub subject_space: String,
    /// What a participant must be; everybody of the subject space, when nothing is said.
    #[serde(default, skip_serializing_if = "Eligibility::is_everybody")]
    pub eligibility: Eligibility,
    /// How many people may answer, as the initiator knows or estimates it; at least the engine's
    /// floor, so that no poll is aimed at a few. Needed where the eligibility asks for an age
    /// over 60, or names regions, citizenships or groups.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1, max = COUNT_MAX))]
    pub eligible_population: Option<u64>,
}

/// When totals may be seen.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema, utoipa::ToSchema,
)]
#[serde(rename_all = "kebab-case")]
pub enum PublicationMode {
    /// Never.
    Never,
    /// Once, exact, after the close.
    AtClose,
    /// At fixed times while the poll goes on, as far as enough ballots lie between, and exact after
    /// the close.
    Live,
}

impl PublicationMode {
    /// Every mode.
    pub const ALL: [Self; 3] = [Self::Never, Self::AtClose, Self::Live];

    /// The mode as an order spells it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Never => "never",
            Self::AtClose => "at-close",
            Self::Live => "live",
        }
    }
}

/// What becomes of the totals of a poll that ends before its time.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema, utoipa::ToSchema,
)]
#[serde(rename_all = "kebab-case")]
pub enum EarlyEnd {
    /// They are published like any others, with the reason.
    #[default]
    Publish,
    /// They are withheld.
    Withhold,
}

/// Publication rules.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PublicationRules {
    /// When totals may be seen.
    pub mode: PublicationMode,
    /// With fewer answers nothing is published; at least the engine's k.
    #[schemars(range(min = 1, max = COUNT_MAX))]
    pub minimum_answers: u64,
    /// The initiator's consent to publish the totals; it may be given later, until then nothing is
    /// published where the profile asks for it.
    #[serde(default, skip_serializing_if = "is_false")]
    pub consent: bool,
    /// A cell of a breakdown with fewer answers is hidden; at least the engine's k, which holds
    /// when nothing is said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1, max = COUNT_MAX))]
    pub k: Option<u64>,
    /// At least so many ballots are in one and not in the other of any two releases; at least the
    /// engine's floor, which holds when nothing is said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1, max = COUNT_MAX))]
    pub ballots_apart: Option<u64>,
    /// Minutes from one live release to the next, 5 to 10,080; 60 when nothing is said. Only for
    /// polls that are published live, of which a thousand releases are made at most.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = RELEASE_MINUTES_MIN, max = RELEASE_MINUTES_MAX))]
    pub release_minutes: Option<u32>,
    /// What becomes of the totals when the poll ends before its time.
    #[serde(default, skip_serializing_if = "is_published")]
    pub early_end: EarlyEnd,
}

impl PublicationRules {
    /// Minutes from one live release to the next.
    pub fn release_minutes(&self) -> u32 {
        self.release_minutes.unwrap_or(RELEASE_MINUTES_DEFAULT)
    }
}

/// How large a crowd must be before it is told apart: the floors of the engine, or what holds for
/// one poll.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Crowd {
    /// k: a cell of a breakdown with fewer answers is hidden.
    pub k: u64,
    /// B: so many ballots, at least, are in one and not in the other of any two releases.
    pub ballots_apart: u64,
}

/// An order as it was filed: open parts, not checked.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Order {
    /// The initiator's own number of this order, 1 to 64 characters.
    #[schemars(length(min = 1, max = 64), regex(pattern = NOT_BLANK))]
    pub reference: String,
    /// The profile by whose rules the poll is held, as `resolution-90`.
    #[schemars(length(max = 64), regex(pattern = NAME))]
    pub profile: String,
    /// The body that files the order and owns the results.
    pub initiator: Body,
    /// The legal ground, 1 to 1,000 characters.
    #[schemars(length(min = 1, max = 1000), regex(pattern = NOT_BLANK))]
    pub legal_ground: String,
    /// Whom the public asks about the poll: a mail address or a phone, 1 to 300 characters.
    #[schemars(length(min = 1, max = 300), regex(pattern = NOT_BLANK))]
    pub contact: String,
    /// When the poll opens: a local time with its zone (RFC 9557), to the second. The offset may be
    /// left out where the local time comes once: `2026-12-01T09:00[Europe/Kyiv]`.
    #[schemars(regex(pattern = ZONED_TIME_PATTERN))]
    pub opens_at: String,
    /// When the poll closes, in the same form; 10 minutes to 366 days after it opens.
    #[schemars(regex(pattern = ZONED_TIME_PATTERN))]
    pub closes_at: String,
    /// Years that the results are kept after the close, from 1; at most the profile's.
    #[schemars(range(min = 1, max = 10))]
    pub retention_years: u8,
    /// Whether it is a test: such a poll runs the whole way, and its totals are never published.
    #[serde(default, skip_serializing_if = "is_false")]
    pub test: bool,
    /// The poll's title.
    #[schemars(transform = schema::label)]
    pub title: LocalizedText,
    /// As many questions as the profile allows, 1 at most.
    #[schemars(length(min = 1, max = QUESTIONS_MAX))]
    pub questions: Vec<Question>,
    /// Whose poll it is: 1 to 64 characters of `[a-z0-9-]`.
    #[schemars(length(max = 64), regex(pattern = NAME))]
    pub community: String,
    /// Who may answer.
    pub participants: Participants,
    /// By which facts about voters totals are split; each at most once.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = Breakdown::ALL.len()), extend("uniqueItems" = true))]
    pub breakdowns: Vec<Breakdown>,
    /// When totals may be seen.
    pub publication: PublicationRules,
    /// What voters are told about the processing of their data (L4, L5).
    pub notice: Notice,
    /// Version of the processing notice that voters must accept (L4, L5); from 1.
    #[schemars(range(min = 1))]
    pub notice_version: u32,
}

/// What the operator allows at least; an order can ask for more.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Floors {
    /// Of k, and of the minimum number of answers.
    pub k: u64,
    /// Of the ballots between two releases.
    pub ballots_apart: u64,
    /// Of the people who may answer.
    pub eligible_population: u64,
}

impl Default for Floors {
    /// What the configuration has by default.
    fn default() -> Self {
        Self { k: 10, ballots_apart: 100, eligible_population: 1_000 }
    }
}

/// What an order is checked against.
#[derive(Clone, Copy, Debug)]
pub struct Rules<'a> {
    /// The engine's floors.
    pub floors: Floors,
    /// The profiles that an order can name.
    pub profiles: &'a Profiles,
}

/// An order that keeps every rule, with the profile it names and its times read. Only
/// [`Order::check`] makes one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CheckedOrder {
    order: Order,
    profile: Arc<Profile>,
    period: Period,
    crowd: Crowd,
}

impl CheckedOrder {
    /// The order.
    pub fn order(&self) -> &Order {
        &self.order
    }

    /// The profile by whose rules it was checked.
    pub fn profile(&self) -> &Arc<Profile> {
        &self.profile
    }

    /// Its opening and closing.
    pub fn period(&self) -> &Period {
        &self.period
    }

    /// How large a crowd must be: what the order asks, and at least the engine's floors.
    pub fn crowd(&self) -> Crowd {
        self.crowd
    }

    /// The order, its profile, its period and its crowd.
    pub fn into_parts(self) -> (Order, Arc<Profile>, Period, Crowd) {
        (self.order, self.profile, self.period, self.crowd)
    }
}

/// BLAKE3 hash of an order's canonical JSON; printed as 64 hexadecimal digits.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct OrderHash(pub [u8; 32]);

impl fmt::Display for OrderHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(blake3::Hash::from_bytes(self.0).to_hex().as_str())
    }
}

impl Order {
    /// The canonical JSON (RFC 8785): what is hashed, and what an initiator signs.
    pub fn canonical_json(&self) -> Vec<u8> {
        serde_json_canonicalizer::to_vec(self).expect("texts and small numbers serialise")
    }

    /// The hash by which an approval names the text that was read.
    pub fn hash(&self) -> OrderHash {
        let mut hasher = blake3::Hasher::new_derive_key("holos v1 order hash");
        hasher.update(&self.canonical_json());
        OrderHash(*hasher.finalize().as_bytes())
    }

    /// Reads an order file in TOML.
    ///
    /// # Errors
    ///
    /// What the TOML reader says, with the line.
    pub fn from_toml(text: &str) -> Result<Self, toml::de::Error> {
        toml::from_str(text)
    }

    /// Reads an order file in JSON.
    ///
    /// # Errors
    ///
    /// What the JSON reader says, with line and column.
    pub fn from_json(text: &str) -> Result<Self, serde_json::Error> {
        serde_json::from_str(text)
    }
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes what it skips by reference")]
fn is_false(value: &bool) -> bool {
    !value
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes what it skips by reference")]
fn is_published(rule: &EarlyEnd) -> bool {
    *rule == EarlyEnd::Publish
}

#[cfg(test)]
mod tests;
