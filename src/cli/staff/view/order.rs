//! Orders, their revisions and the procedures.

use jiff::Timestamp;
use serde::Serialize;

use super::{at, list, some, value};
use holos_wire::proto;

/// A text in both languages.
#[derive(Serialize)]
pub(in crate::cli::staff) struct TextView<'a> {
    uk: &'a str,
    en: &'a str,
}

impl<'a> From<&'a proto::LocalizedText> for TextView<'a> {
    fn from(text: &'a proto::LocalizedText) -> Self {
        Self { uk: &text.uk, en: &text.en }
    }
}

/// The same, where it may be missing.
pub(super) fn text(text: &Option<proto::LocalizedText>) -> Option<TextView<'_>> {
    text.as_ref().map(TextView::from)
}

/// An order.
#[derive(Serialize)]
pub(in crate::cli::staff) struct OrderView<'a> {
    reference: &'a str,
    profile: &'a str,
    test: bool,
    initiator: Option<BodyView<'a>>,
    legal_ground: &'a str,
    title: Option<TextView<'a>>,
    community: &'a str,
    contact: &'a str,
    opens_at: &'a str,
    closes_at: &'a str,
    retention_years: u32,
    notice_version: u32,
    participants: Option<ParticipantsView<'a>>,
    publication: Option<PublicationView>,
    breakdowns: Vec<&'static str>,
    questions: Vec<QuestionView<'a>>,
    notice: Option<NoticeView<'a>>,
}

impl<'a> From<&'a proto::Order> for OrderView<'a> {
    fn from(order: &'a proto::Order) -> Self {
        let breakdowns =
            order.breakdowns().filter_map(|by| value(by.as_str_name(), "BREAKDOWN_")).collect();
        Self {
            reference: &order.reference,
            profile: &order.profile,
            test: order.test,
            initiator: order.initiator.as_ref().map(BodyView::from),
            legal_ground: &order.legal_ground,
            title: text(&order.title),
            community: &order.community,
            contact: &order.contact,
            opens_at: &order.opens_at,
            closes_at: &order.closes_at,
            retention_years: order.retention_years,
            notice_version: order.notice_version,
            participants: order.participants.as_ref().map(ParticipantsView::from),
            publication: order.publication.as_ref().map(PublicationView::from),
            breakdowns,
            questions: list(&order.questions),
            notice: order.notice.as_ref().map(NoticeView::from),
        }
    }
}

#[derive(Serialize)]
struct BodyView<'a> {
    code: &'a str,
    name: &'a str,
}

impl<'a> From<&'a proto::Body> for BodyView<'a> {
    fn from(body: &'a proto::Body) -> Self {
        Self { code: &body.code, name: &body.name }
    }
}

#[derive(Serialize)]
struct ParticipantsView<'a> {
    subject_space: &'a str,
    minimum_age: Option<u32>,
    regions: &'a [String],
    citizenships: &'a [String],
    groups: &'a [String],
}

impl<'a> From<&'a proto::Participants> for ParticipantsView<'a> {
    fn from(participants: &'a proto::Participants) -> Self {
        let asked = participants.eligibility.as_ref();
        Self {
            subject_space: &participants.subject_space,
            minimum_age: asked.and_then(|asked| asked.minimum_age),
            regions: asked.map_or(&[], |asked| &asked.regions),
            citizenships: asked.map_or(&[], |asked| &asked.citizenships),
            groups: asked.map_or(&[], |asked| &asked.groups),
        }
    }
}

#[derive(Serialize)]
struct PublicationView {
    mode: Option<&'static str>,
    minimum_answers: u64,
    consent: bool,
    k: Option<u64>,
    ballots_apart: Option<u64>,
    release_minutes: Option<u32>,
    early_end: Option<&'static str>,
}

impl From<&proto::PublicationRules> for PublicationView {
    fn from(rules: &proto::PublicationRules) -> Self {
        Self {
            mode: value(rules.mode().as_str_name(), "PUBLICATION_MODE_"),
            minimum_answers: rules.minimum_answers,
            consent: rules.consent,
            k: rules.k,
            ballots_apart: rules.ballots_apart,
            release_minutes: rules.release_minutes,
            early_end: value(rules.early_end().as_str_name(), "EARLY_END_"),
        }
    }
}

#[derive(Serialize)]
struct QuestionView<'a> {
    id: &'a str,
    text: Option<TextView<'a>>,
    shuffle_options: bool,
    options: Vec<OptionView<'a>>,
}

impl<'a> From<&'a proto::Question> for QuestionView<'a> {
    fn from(question: &'a proto::Question) -> Self {
        Self {
            id: &question.id,
            text: text(&question.text),
            shuffle_options: question.shuffle_options,
            options: list(&question.options),
        }
    }
}

#[derive(Serialize)]
struct OptionView<'a> {
    id: &'a str,
    label: Option<TextView<'a>>,
}

impl<'a> From<&'a proto::QuestionOption> for OptionView<'a> {
    fn from(option: &'a proto::QuestionOption) -> Self {
        Self { id: &option.id, label: text(&option.label) }
    }
}

#[derive(Serialize)]
struct NoticeView<'a> {
    controller: Option<PartyView<'a>>,
    processor: Option<PartyView<'a>>,
    data_location: Option<TextView<'a>>,
    contents: Option<TextView<'a>>,
    purpose: Option<TextView<'a>>,
    legal_ground: Option<TextView<'a>>,
    recipients: Option<TextView<'a>>,
    transfer_abroad: Option<TextView<'a>>,
    retention: Option<TextView<'a>>,
    responsible_person: Option<ResponsibleView<'a>>,
}

impl<'a> From<&'a proto::Notice> for NoticeView<'a> {
    fn from(notice: &'a proto::Notice) -> Self {
        Self {
            controller: notice.controller.as_ref().map(PartyView::from),
            processor: notice.processor.as_ref().map(PartyView::from),
            data_location: text(&notice.data_location),
            contents: text(&notice.contents),
            purpose: text(&notice.purpose),
            legal_ground: text(&notice.legal_ground),
            recipients: text(&notice.recipients),
            transfer_abroad: text(&notice.transfer_abroad),
            retention: text(&notice.retention),
            responsible_person: notice.responsible_person.as_ref().map(ResponsibleView::from),
        }
    }
}

#[derive(Serialize)]
struct PartyView<'a> {
    code: &'a str,
    name: Option<TextView<'a>>,
    address: Option<TextView<'a>>,
    phone: &'a str,
}

impl<'a> From<&'a proto::Party> for PartyView<'a> {
    fn from(party: &'a proto::Party) -> Self {
        let proto::Party { code, name, address, phone } = party;
        Self { code, name: text(name), address: text(address), phone }
    }
}

#[derive(Serialize)]
struct ResponsibleView<'a> {
    name: Option<TextView<'a>>,
    contact: &'a str,
}

impl<'a> From<&'a proto::ResponsiblePerson> for ResponsibleView<'a> {
    fn from(person: &'a proto::ResponsiblePerson) -> Self {
        Self { name: text(&person.name), contact: &person.contact }
    }
}

/// A revision of an order.
#[derive(Serialize)]
pub(in crate::cli::staff) struct RevisionView<'a> {
    revision: u32,
    order_hash: &'a str,
    at: Option<Timestamp>,
    by: Option<&'a str>,
    key_id: Option<&'a str>,
    jws: Option<&'a str>,
    state_signature_bytes: usize,
    /// The text that was signed, byte for byte.
    order_json: &'a str,
}

impl<'a> From<&'a proto::OrderRevision> for RevisionView<'a> {
    fn from(held: &'a proto::OrderRevision) -> Self {
        Self {
            revision: held.revision,
            order_hash: &held.order_hash,
            at: at(held.at.as_ref()),
            by: some(&held.by),
            key_id: some(&held.key_id),
            jws: some(&held.jws),
            state_signature_bytes: held.state_signature.len(),
            order_json: &held.order_json,
        }
    }
}

/// A procedure by its name.
#[derive(Serialize)]
pub(super) struct ProfileNameView<'a> {
    name: &'a str,
    version: u32,
    hash: &'a str,
}

impl<'a> From<&'a proto::ProfileName> for ProfileNameView<'a> {
    fn from(profile: &'a proto::ProfileName) -> Self {
        Self { name: &profile.name, version: profile.version, hash: &profile.hash }
    }
}

/// A procedure.
#[derive(Serialize)]
pub(in crate::cli::staff) struct ProfileView<'a> {
    name: Option<ProfileNameView<'a>>,
    source: Option<TextView<'a>>,
    rules: Option<TextView<'a>>,
    json: &'a str,
}

impl<'a> From<&'a proto::Profile> for ProfileView<'a> {
    fn from(profile: &'a proto::Profile) -> Self {
        Self {
            name: profile.name.as_ref().map(ProfileNameView::from),
            source: text(&profile.source),
            rules: text(&profile.rules),
            json: &profile.json,
        }
    }
}
