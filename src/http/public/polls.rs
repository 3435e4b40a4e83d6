//! Polls without their totals: a list to look through, and one with all that it asks.

use std::collections::BTreeSet;
use std::sync::Arc;

use axum::extract::rejection::QueryRejection;
use axum::extract::{Query, State};
use axum::http::HeaderMap;
use axum::response::Response;
use holos_reasons::Reason;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::PublicState;
use super::answer::{Answer, JSON, Keep};
use super::asked::KnownPoll;
use super::openapi::OnePoll;
use super::problem::Problem;
use super::releases::ReleaseRow;
use super::shelf::Piece;
use crate::ground::limits::{PAGE_POLLS_DEFAULT, PAGE_POLLS_MAX, SEARCH_CHARACTERS_MAX};
use crate::poll::{
    AttachedDecision, Body, Breakdown, CloseReason, Extension, LocalizedText, Participants, PollId,
    PublicationRules, Question, WithheldReason,
};
use crate::publish::{PollState, PublicPoll, ResultsState, Stage};

/// Which polls are asked for.
#[derive(Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(default)]
pub(in crate::http) struct Search {
    /// Only those of this stage: `open` (also suspended), `upcoming`, `closed`.
    #[param(pattern = "^(open|upcoming|closed)?$")]
    pub(in crate::http) state: String,
    /// Words, each of which the title, the initiator, the order's number or the community has; 200
    /// characters at most.
    #[param(max_length = 200)]
    pub(in crate::http) q: String,
    /// Registry code of the initiator (ЄДРПОУ), 8 digits.
    #[param(pattern = "^([0-9]{8})?$")]
    pub(in crate::http) body: String,
    /// The community whose poll it is.
    #[param(max_length = 64, pattern = "^[a-z0-9-]{0,64}$")]
    pub(in crate::http) community: String,
}

impl Search {
    /// Whether everything is asked for.
    pub(in crate::http) fn is_everything(&self) -> bool {
        [&self.state, &self.q, &self.body, &self.community].iter().all(|text| text.is_empty())
    }

    /// What is looked for, checked.
    pub(in crate::http) fn check(&self) -> Result<Wanted, Problem> {
        let stage = match self.state.as_str() {
            "" => None,
            name => {
                let stage = Stage::ALL.into_iter().find(|stage| stage.name() == name);
                Some(stage.ok_or(bad("state: must be open, upcoming or closed"))?)
            }
        };
        if self.q.chars().count() > SEARCH_CHARACTERS_MAX {
            return Err(bad("q: must have at most 200 characters"));
        }
        let is_code = self.body.len() == 8 && self.body.bytes().all(|byte| byte.is_ascii_digit());
        if !(self.body.is_empty() || is_code) {
            return Err(bad("body: must be 8 digits"));
        }
        let allowed = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
        if self.community.len() > 64 || !self.community.bytes().all(allowed) {
            return Err(bad("community: must be 1 to 64 characters of [a-z0-9-]"));
        }
        let words = self.q.to_lowercase().split_whitespace().map(str::to_owned).collect();
        Ok(Wanted { stage, words, body: self.body.clone(), community: self.community.clone() })
    }
}

/// What polls are looked for.
#[derive(Debug)]
pub(in crate::http) struct Wanted {
    pub(in crate::http) stage: Option<Stage>,
    words: Vec<String>,
    body: String,
    community: String,
}

impl Wanted {
    /// Whether the poll is one of them, at whichever stage.
    pub(in crate::http) fn finds(&self, poll: &PublicPoll) -> bool {
        let order = poll.definition.order();
        (self.body.is_empty() || order.initiator.code == self.body)
            && (self.community.is_empty() || order.community == self.community)
            && poll.is_found_by(&self.words)
    }

    fn is_at_stage(&self, poll: &PublicPoll) -> bool {
        self.stage.is_none_or(|stage| poll.state.stage() == stage)
    }
}

/// Which part of the list.
#[derive(Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(default)]
pub(super) struct Page {
    /// Polls on a page, 1 to 100; 50 when nothing is said.
    #[param(value_type = Option<u8>, minimum = 1, maximum = 100)]
    limit: Option<String>,
    /// Those after this poll: the `next` of the page before.
    #[param(pattern = "^[0-9a-f]{8}-([0-9a-f]{4}-){3}[0-9a-f]{12}$")]
    after: Option<String>,
}

impl Page {
    fn check(&self) -> Result<(usize, Option<PollId>), Problem> {
        const RULE: &str = "limit: must be a number from 1 to 100";
        let limit = match &self.limit {
            None => PAGE_POLLS_DEFAULT,
            Some(text) => {
                let limit = text.parse().map_err(|_| bad(RULE))?;
                // In its one spelling.
                let plain =
                    text.bytes().all(|byte| byte.is_ascii_digit()) && !text.starts_with('0');
                if !plain || !(1..=PAGE_POLLS_MAX).contains(&limit) {
                    return Err(bad(RULE));
                }
                limit
            }
        };
        let rule = "after: must be the identifier of a poll, as `next` gave it";
        let after = self.after.as_deref().map(|text| text.parse().map_err(|_| bad(rule)));
        Ok((limit, after.transpose()?))
    }
}

fn bad(rule: &'static str) -> Problem {
    Problem::saying(Reason::ParameterInvalid, rule)
}

/// The public polls, newest first: open, upcoming and closed.
#[utoipa::path(
    get,
    path = "/api/v1/polls",
    operation_id = "list_polls",
    tag = "polls",
    params(Search, Page),
    responses(
        (status = 200, description = "A page of polls.", body = PollList),
        (status = 400, description = "A parameter breaks its rule, which the detail names: PARAMETER_INVALID.", body = Problem, content_type = "application/problem+json"),
    )
)]
pub(super) async fn list(
    State(state): State<PublicState>,
    search: Result<Query<Search>, QueryRejection>,
    page: Result<Query<Page>, QueryRejection>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    const FORM: &str = "the query is not in the form of a web address: each name once";
    let Query(search) = search.map_err(|_| bad(FORM))?;
    let Query(page) = page.map_err(|_| bad(FORM))?;
    let (wanted, (limit, after)) = (search.check()?, page.check()?);
    // What is kept has one name for a search, however its address spells it.
    let path = format!("/api/v1/polls?{wanted:?}&{limit}&{after:?}");
    let made = state.listing(path, move |state| {
        let list = find(state, &wanted, limit, after);
        let bytes = serde_json::to_vec(&list).expect("texts and times serialise");
        Answer::of(JSON, Keep::WhileLatest, bytes)
    });
    Ok(made.await.to(&headers))
}

fn find(state: &PublicState, wanted: &Wanted, limit: usize, after: Option<PollId>) -> PollList {
    let polls = state.published().polls();
    let mut found: Vec<&Arc<PublicPoll>> =
        polls.iter().filter(|poll| wanted.is_at_stage(poll) && wanted.finds(poll)).collect();
    let total = found.len();
    if let Some(after) = after {
        found.retain(|poll| poll.id() < after);
    }
    let more = found.len() > limit;
    found.truncate(limit);
    let next = found.last().filter(|_| more).map(|last| last.id());
    PollList { total, polls: found.into_iter().map(|poll| PollRow::of(poll)).collect(), next }
}

/// A poll with all that it asks, of whom, and by which rules; without its totals.
#[utoipa::path(
    get,
    path = "/api/v1/polls/{id}",
    tag = "polls",
    params(OnePoll),
    responses((status = 200, description = "The poll.", body = PollDocument))
)]
pub(super) async fn poll(
    State(state): State<PublicState>,
    KnownPoll(poll): KnownPoll,
    headers: HeaderMap,
) -> Response {
    let made = state.file(&poll, Piece::Poll, |_, poll| {
        let bytes = serde_json::to_vec(&PollDocument::of(poll)).expect("texts and times serialise");
        Answer::of(JSON, Keep::WhileLatest, bytes).into()
    });
    made.await.to(&headers)
}

/// The bodies and communities of these polls, each once.
pub(in crate::http) struct Facets {
    /// Registry code and name.
    pub(in crate::http) bodies: BTreeSet<(String, String)>,
    pub(in crate::http) communities: BTreeSet<String>,
}

impl Facets {
    pub(in crate::http) fn of(polls: &[Arc<PublicPoll>]) -> Self {
        let orders = || polls.iter().map(|poll| poll.definition.order());
        let bodies = orders().map(|order| &order.initiator);
        Self {
            bodies: bodies.map(|body| (body.code.clone(), body.name.clone())).collect(),
            communities: orders().map(|order| order.community.clone()).collect(),
        }
    }
}

/// A page of polls.
#[derive(Serialize, ToSchema)]
pub(super) struct PollList {
    /// How many polls the search finds, on all pages.
    total: usize,
    /// Newest first.
    polls: Vec<PollRow>,
    /// `after` of the next page, if there is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    next: Option<PollId>,
}

/// A poll in a list.
#[derive(Serialize, ToSchema)]
struct PollRow {
    id: PollId,
    state: PollState,
    /// Whether it is a test, whose totals are never published.
    test: bool,
    title: LocalizedText,
    initiator: Body,
    /// The community that is asked.
    community: String,
    /// When it opens, or was to open.
    opens_at: Timestamp,
    /// When it closes, or would have closed.
    closes_at: Timestamp,
    /// Path of the poll on this listener.
    link: String,
}

impl PollRow {
    fn of(poll: &PublicPoll) -> Self {
        let order = poll.definition.order();
        Self {
            id: poll.id(),
            state: poll.state,
            test: order.test,
            title: order.title.clone(),
            initiator: order.initiator.clone(),
            community: order.community.clone(),
            opens_at: poll.definition.period().opens_at.instant(),
            closes_at: poll.closes_at,
            link: path(poll),
        }
    }
}

fn path(poll: &PublicPoll) -> String {
    format!("/api/v1/polls/{}", poll.id())
}

/// A poll without its totals.
#[derive(Serialize, ToSchema)]
struct PollDocument {
    #[serde(flatten)]
    row: PollRow,
    /// The initiator's own number of the order.
    reference: String,
    legal_ground: String,
    /// Whom to ask about the poll.
    contact: String,
    procedure: Procedure,
    questions: Vec<Question>,
    participants: Participants,
    /// By which facts totals are split.
    breakdowns: Vec<Breakdown>,
    publication: PublicationRules,
    /// A cell of a breakdown with fewer answers is hidden.
    k: u64,
    /// So many ballots lie between any two releases, at least.
    ballots_apart: u64,
    /// Version of the processing notice that voters accept.
    notice_version: u32,
    #[serde(skip_serializing_if = "Option::is_none")]
    opened_at: Option<Timestamp>,
    /// Since when it counts nothing.
    #[serde(skip_serializing_if = "Option::is_none")]
    suspended_at: Option<Timestamp>,
    #[serde(skip_serializing_if = "Option::is_none")]
    closed_at: Option<Timestamp>,
    #[serde(skip_serializing_if = "Option::is_none")]
    close_reason: Option<CloseReason>,
    /// Every time its closing was moved.
    extensions: Vec<Extension>,
    /// Why there are no totals, when its rules forbid them or they were withdrawn.
    #[serde(skip_serializing_if = "Option::is_none")]
    withheld_reason: Option<WithheldReason>,
    /// The decisions that were taken after it.
    decisions: Vec<AttachedDecision>,
    /// When its keys and tags were destroyed.
    #[serde(skip_serializing_if = "Option::is_none")]
    erased_at: Option<Timestamp>,
    /// When its results expire.
    #[serde(skip_serializing_if = "Option::is_none")]
    results_expire_at: Option<Timestamp>,
    /// BLAKE3 hash of the frozen definition, 64 hexadecimal digits.
    #[serde(skip_serializing_if = "Option::is_none")]
    definition_hash: Option<String>,
    /// The release in force.
    #[serde(skip_serializing_if = "Option::is_none")]
    latest: Option<ReleaseRow>,
    links: PollLinks,
}

/// The procedure by whose rules the poll is held.
#[derive(Serialize, ToSchema)]
struct Procedure {
    name: String,
    version: u32,
    /// The act that it follows.
    source: LocalizedText,
    /// Its rules in plain words.
    rules: LocalizedText,
}

/// Paths on this listener; what stands before them is the operator's.
#[derive(Serialize, ToSchema)]
struct PollLinks {
    results: String,
    results_csv: String,
    releases: String,
    definition: String,
    notice: String,
    events: String,
    /// The page for people.
    page: String,
}

impl PollDocument {
    fn of(poll: &PublicPoll) -> Self {
        let (definition, order) = (&poll.definition, poll.definition.order());
        let (profile, crowd, path) = (definition.profile(), definition.crowd(), path(poll));
        Self {
            row: PollRow::of(poll),
            reference: order.reference.clone(),
            legal_ground: order.legal_ground.clone(),
            contact: order.contact.clone(),
            procedure: Procedure {
                name: profile.name.clone(),
                version: profile.version,
                source: profile.source.clone(),
                rules: profile.rules.clone(),
            },
            questions: order.questions.clone(),
            participants: order.participants.clone(),
            breakdowns: order.breakdowns.clone(),
            publication: order.publication.clone(),
            k: crowd.k,
            ballots_apart: crowd.ballots_apart,
            notice_version: order.notice_version,
            opened_at: poll.opened_at,
            suspended_at: poll.suspended_at,
            closed_at: poll.closed_at,
            close_reason: poll.close_reason,
            extensions: poll.extensions.clone(),
            withheld_reason: match poll.results {
                ResultsState::Withheld(reason) => Some(reason),
                ResultsState::Unknown
                | ResultsState::NotPublished(_)
                | ResultsState::Published(_) => None,
            },
            decisions: poll.decisions.clone(),
            erased_at: poll.erased_at,
            results_expire_at: poll.results_expire_at,
            definition_hash: poll.definition_hash.map(|hash| hash.to_string()),
            latest: poll.in_force().map(|held| ReleaseRow::of(held)),
            links: PollLinks {
                results: format!("{path}/results"),
                results_csv: format!("{path}/results.csv"),
                releases: format!("{path}/releases"),
                definition: format!("{path}/definition"),
                notice: format!("{path}/notice"),
                events: format!("{path}/events"),
                page: format!("/polls/{}", poll.id()),
            },
        }
    }
}
