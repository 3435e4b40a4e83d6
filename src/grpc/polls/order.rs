//! The order on the wire and in the domain, both ways.
//!
//! It decides nothing: what has no value in the domain is named, everything else is the matter of
//! the order's own check.

use super::violation;
use crate::poll::{
    Body, Breakdown, Country, EarlyEnd, Eligibility, LocalizedText, Notice, Order, Participants,
    Party, PublicationMode, PublicationRules, Question, QuestionOption, Region, ResponsiblePerson,
    VIOLATIONS_MAX, Violation,
};
use holos_wire::proto;

/// The order, and what in it the domain has no value for.
///
/// A missing message reads as empty fields, which the order's own check names one by one.
pub(super) fn domain_order(order: proto::Order) -> (Order, Vec<Violation>) {
    let mut unread = Vec::new();
    let question = |question: proto::Question| Question {
        id: question.id,
        text: domain_text(question.text),
        options: question.options.into_iter().map(domain_option).collect(),
        shuffle_options: question.shuffle_options,
    };
    let order = Order {
        reference: order.reference,
        initiator: domain_body(order.initiator),
        legal_ground: order.legal_ground,
        title: domain_text(order.title),
        questions: order.questions.into_iter().map(question).collect(),
        community: order.community,
        participants: domain_participants(order.participants.unwrap_or_default(), &mut unread),
        breakdowns: domain_breakdowns(&order.breakdowns, &mut unread),
        publication: domain_rules(order.publication.unwrap_or_default(), &mut unread),
        notice: domain_notice(order.notice.unwrap_or_default()),
        notice_version: order.notice_version,
        profile: order.profile,
        opens_at: order.opens_at,
        closes_at: order.closes_at,
        contact: order.contact,
        // Past 255 it is past every bound.
        retention_years: u8::try_from(order.retention_years).unwrap_or(u8::MAX),
        test: order.test,
    };
    (order, unread)
}

fn domain_participants(
    participants: proto::Participants,
    unread: &mut Vec<Violation>,
) -> Participants {
    let eligibility = participants.eligibility.unwrap_or_default();
    let path = |list: &str| format!("participants.eligibility.{list}");
    Participants {
        subject_space: participants.subject_space,
        eligible_population: participants.eligible_population,
        eligibility: Eligibility {
            // Past 255 it is past every bound.
            minimum_age: eligibility.minimum_age.map(|age| u8::try_from(age).unwrap_or(u8::MAX)),
            regions: read_all(&eligibility.regions, unread, &path("regions"), |code| {
                Region::parse(code).ok_or("must be an ISO 3166-2:UA or KATOTTG code")
            }),
            citizenships: read_all(
                &eligibility.citizenships,
                unread,
                &path("citizenships"),
                |code| Country::parse(code).ok_or("must be an ISO 3166-1 alpha-2 code in capitals"),
            ),
            groups: eligibility.groups,
        },
    }
}

fn domain_breakdowns(breakdowns: &[i32], unread: &mut Vec<Violation>) -> Vec<Breakdown> {
    read_all(breakdowns, unread, "breakdowns", |value| match proto::Breakdown::try_from(*value) {
        Ok(proto::Breakdown::Region) => Ok(Breakdown::Region),
        Ok(proto::Breakdown::AgeBand) => Ok(Breakdown::AgeBand),
        Ok(proto::Breakdown::Group) => Ok(Breakdown::Group),
        Ok(proto::Breakdown::Unspecified) | Err(_) => Err("must be REGION, AGE_BAND or GROUP"),
    })
}

/// The values of a list; those that cannot be read are left out and named.
fn read_all<W, T>(
    values: &[W],
    unread: &mut Vec<Violation>,
    field: &str,
    read: impl Fn(&W) -> Result<T, &'static str>,
) -> Vec<T> {
    let mut all = Vec::with_capacity(values.len());
    for (index, value) in values.iter().enumerate() {
        match read(value) {
            Ok(value) => all.push(value),
            Err(rule) if unread.len() < VIOLATIONS_MAX => {
                unread.push(violation(&format!("{field}[{index}]"), rule));
            }
            Err(_) => {}
        }
    }
    all
}

fn domain_rules(rules: proto::PublicationRules, unread: &mut Vec<Violation>) -> PublicationRules {
    let mode = match rules.mode() {
        proto::PublicationMode::Never => PublicationMode::Never,
        proto::PublicationMode::AtClose => PublicationMode::AtClose,
        proto::PublicationMode::Live => PublicationMode::Live,
        proto::PublicationMode::Unspecified => {
            unread.push(violation("publication.mode", "must be NEVER, AT_CLOSE or LIVE"));
            PublicationMode::Never
        }
    };
    let early_end = match proto::EarlyEnd::try_from(rules.early_end) {
        Ok(proto::EarlyEnd::Unspecified | proto::EarlyEnd::Publish) => EarlyEnd::Publish,
        Ok(proto::EarlyEnd::Withhold) => EarlyEnd::Withhold,
        // What is not understood is never read as leave to publish.
        Err(_) => {
            unread.push(violation("publication.early_end", "must be PUBLISH or WITHHOLD"));
            EarlyEnd::Withhold
        }
    };
    PublicationRules {
        mode,
        minimum_answers: rules.minimum_answers,
        consent: rules.consent,
        k: rules.k,
        ballots_apart: rules.ballots_apart,
        release_minutes: rules.release_minutes,
        early_end,
    }
}

fn domain_notice(notice: proto::Notice) -> Notice {
    let person = notice.responsible_person.unwrap_or_default();
    Notice {
        controller: domain_party(notice.controller.unwrap_or_default()),
        processor: notice.processor.map(domain_party),
        data_location: domain_text(notice.data_location),
        contents: domain_text(notice.contents),
        purpose: domain_text(notice.purpose),
        legal_ground: domain_text(notice.legal_ground),
        recipients: domain_text(notice.recipients),
        transfer_abroad: domain_text(notice.transfer_abroad),
        retention: domain_text(notice.retention),
        responsible_person: ResponsiblePerson {
            name: domain_text(person.name),
            contact: person.contact,
        },
    }
}

fn domain_party(party: proto::Party) -> Party {
    Party {
        code: party.code,
        name: domain_text(party.name),
        address: domain_text(party.address),
        phone: party.phone,
    }
}

fn domain_option(option: proto::QuestionOption) -> QuestionOption {
    QuestionOption { id: option.id, label: domain_text(option.label) }
}

fn domain_text(text: Option<proto::LocalizedText>) -> LocalizedText {
    let proto::LocalizedText { uk, en } = text.unwrap_or_default();
    LocalizedText { uk, en }
}

fn domain_body(body: Option<proto::Body>) -> Body {
    let proto::Body { code, name } = body.unwrap_or_default();
    Body { code, name }
}

impl From<&Order> for proto::Order {
    fn from(order: &Order) -> Self {
        Self {
            reference: order.reference.clone(),
            initiator: Some(wire_body(&order.initiator)),
            legal_ground: order.legal_ground.clone(),
            title: Some(wire_text(&order.title)),
            questions: order.questions.iter().map(wire_question).collect(),
            community: order.community.clone(),
            participants: Some(wire_participants(&order.participants)),
            publication: Some(wire_rules(&order.publication)),
            notice_version: order.notice_version,
            breakdowns: order.breakdowns.iter().map(|held| wire_breakdown(*held).into()).collect(),
            notice: Some(wire_notice(&order.notice)),
            profile: order.profile.clone(),
            opens_at: order.opens_at.clone(),
            closes_at: order.closes_at.clone(),
            contact: order.contact.clone(),
            retention_years: order.retention_years.into(),
            test: order.test,
        }
    }
}

pub(in crate::grpc) fn wire_participants(participants: &Participants) -> proto::Participants {
    let eligibility = &participants.eligibility;
    let wire = || proto::Eligibility {
        minimum_age: eligibility.minimum_age.map(u32::from),
        regions: eligibility.regions.iter().map(|place| place.as_str().to_owned()).collect(),
        citizenships: eligibility.citizenships.iter().map(|c| c.as_str().to_owned()).collect(),
        groups: eligibility.groups.clone(),
    };
    proto::Participants {
        subject_space: participants.subject_space.clone(),
        eligibility: (!eligibility.is_everybody()).then(wire),
        eligible_population: participants.eligible_population,
    }
}

pub(in crate::grpc) fn wire_breakdown(breakdown: Breakdown) -> proto::Breakdown {
    match breakdown {
        Breakdown::Region => proto::Breakdown::Region,
        Breakdown::AgeBand => proto::Breakdown::AgeBand,
        Breakdown::Group => proto::Breakdown::Group,
    }
}

fn wire_rules(rules: &PublicationRules) -> proto::PublicationRules {
    let mode = match rules.mode {
        PublicationMode::Never => proto::PublicationMode::Never,
        PublicationMode::AtClose => proto::PublicationMode::AtClose,
        PublicationMode::Live => proto::PublicationMode::Live,
    };
    let early_end = match rules.early_end {
        EarlyEnd::Publish => proto::EarlyEnd::Publish,
        EarlyEnd::Withhold => proto::EarlyEnd::Withhold,
    };
    proto::PublicationRules {
        mode: mode.into(),
        minimum_answers: rules.minimum_answers,
        consent: rules.consent,
        k: rules.k,
        ballots_apart: rules.ballots_apart,
        release_minutes: rules.release_minutes,
        early_end: early_end.into(),
    }
}

pub(in crate::grpc) fn wire_notice(notice: &Notice) -> proto::Notice {
    let person = &notice.responsible_person;
    proto::Notice {
        controller: Some(wire_party(&notice.controller)),
        processor: notice.processor.as_ref().map(wire_party),
        data_location: Some(wire_text(&notice.data_location)),
        contents: Some(wire_text(&notice.contents)),
        purpose: Some(wire_text(&notice.purpose)),
        legal_ground: Some(wire_text(&notice.legal_ground)),
        recipients: Some(wire_text(&notice.recipients)),
        transfer_abroad: Some(wire_text(&notice.transfer_abroad)),
        retention: Some(wire_text(&notice.retention)),
        responsible_person: Some(proto::ResponsiblePerson {
            name: Some(wire_text(&person.name)),
            contact: person.contact.clone(),
        }),
    }
}

fn wire_party(party: &Party) -> proto::Party {
    proto::Party {
        code: party.code.clone(),
        name: Some(wire_text(&party.name)),
        address: Some(wire_text(&party.address)),
        phone: party.phone.clone(),
    }
}

pub(in crate::grpc) fn wire_question(question: &Question) -> proto::Question {
    let options = question.options.iter().map(|option| proto::QuestionOption {
        id: option.id.clone(),
        label: Some(wire_text(&option.label)),
    });
    proto::Question {
        id: question.id.clone(),
        text: Some(wire_text(&question.text)),
        options: options.collect(),
        shuffle_options: question.shuffle_options,
    }
}

pub(in crate::grpc) fn wire_text(text: &LocalizedText) -> proto::LocalizedText {
    proto::LocalizedText { uk: text.uk.clone(), en: text.en.clone() }
}

pub(in crate::grpc) fn wire_body(body: &Body) -> proto::Body {
    proto::Body { code: body.code.clone(), name: body.name.clone() }
}

#[cfg(test)]
mod tests;
