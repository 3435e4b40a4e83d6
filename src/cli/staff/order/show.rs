//! An order as its reader checks it before it is filed or approved: every field, what will be
//! frozen, and what the rules will hide.

use crate::cli::staff::poll::phase_of;
use crate::cli::staff::text::{bare, fields, time};
use crate::poll::RELEASE_MINUTES_DEFAULT;
use holos_wire::proto;

/// The view. `profile` is the engine's procedure of that name, which its order froze at opening.
pub(super) fn check_your_answers(poll: &proto::Poll, profile: Option<&proto::Profile>) -> String {
    let order = poll.order.clone().unwrap_or_default();
    let mut text = fields([
        ("poll", poll.id.clone()),
        ("phase", phase_of(poll)),
        ("revision", poll.revision.to_string()),
        ("order hash", poll.order_hash.clone()),
        ("filed by", poll.filed_by.clone()),
    ]);
    for reason in &poll.return_reasons {
        let of = if reason.field.is_empty() { "the order" } else { &reason.field };
        text.push_str(&fields([("returned", format!("{of}: {}", reason.rule))]));
    }
    for (heading, list) in [
        ("The order", head(poll, &order)),
        ("What is asked", questions(&order)),
        ("Who may answer", participants(&order)),
        ("What voters are told about their data", notice(&order)),
        ("The procedure", procedure(poll, profile)),
        ("What will be withheld and suppressed", hidden(&order)),
    ] {
        text.push_str(&format!("\n{heading}\n{}", fields(list)));
    }
    text.push_str(
        "\nAt its opening the order and the procedure are frozen; their hash stands in every \
         publication.\n",
    );
    if poll.phase() == proto::PollPhase::Filed {
        text.push_str(&format!(
            "If this is what is meant: holos order approve {} --hash {}\n",
            poll.id, poll.order_hash
        ));
    }
    text
}

type Fields = Vec<(String, String)>;

fn field(label: &str, value: impl Into<String>) -> (String, String) {
    (label.to_owned(), value.into())
}

fn head(poll: &proto::Poll, order: &proto::Order) -> Fields {
    let body = order.initiator.clone().unwrap_or_default();
    let planned = |stated: &str, at| format!("{stated}\n= {} in Kyiv", time(at));
    vec![
        field("reference", &order.reference),
        field("initiator", format!("{} {}", body.code, body.name)),
        field("legal ground", &order.legal_ground),
        field("title", both(&order.title)),
        field("community", &order.community),
        field("opens", planned(&order.opens_at, poll.opens_at.as_ref())),
        field("closes", planned(&order.closes_at, poll.closes_at.as_ref())),
        field("contact", &order.contact),
        field("results are kept", format!("{} years", order.retention_years)),
        field("test", if order.test { "yes: never published" } else { "no" }),
    ]
}

fn questions(order: &proto::Order) -> Fields {
    let mut list = Vec::new();
    for question in &order.questions {
        list.push(field(&format!("question {}", question.id), both(&question.text)));
        for option in &question.options {
            list.push(field(&format!("  {}", option.id), both(&option.label)));
        }
        let order = if question.shuffle_options {
            "shuffled for each voter by the app"
        } else {
            "as above for everybody"
        };
        list.push(field("order of options", order));
    }
    list
}

fn participants(order: &proto::Order) -> Fields {
    let participants = order.participants.clone().unwrap_or_default();
    let asked = participants.eligibility.unwrap_or_default();
    let age = match asked.minimum_age {
        Some(age) => format!("{age} full years or more"),
        None => "as the procedure says".to_owned(),
    };
    let any = |list: &[String]| {
        if list.is_empty() { "any".to_owned() } else { format!("one of {}", list.join(", ")) }
    };
    vec![
        field("subject space", participants.subject_space),
        field("age", age),
        field("residence", any(&asked.regions)),
        field("citizenship", any(&asked.citizenships)),
        field("group", any(&asked.groups)),
    ]
}

fn notice(order: &proto::Order) -> Fields {
    let notice = order.notice.clone().unwrap_or_default();
    let party = |party: Option<proto::Party>| {
        let Some(proto::Party { code, name, address, phone }) = party else {
            return String::new();
        };
        format!("{code} {}\n{}\n{phone}", both(&name), both(&address))
    };
    let person = notice.responsible_person.unwrap_or_default();
    vec![
        field("notice version", order.notice_version.to_string()),
        field("controller", party(notice.controller)),
        field("processor", party(notice.processor)),
        field("kept at", both(&notice.data_location)),
        field("contents", both(&notice.contents)),
        field("purpose", both(&notice.purpose)),
        field("legal ground", both(&notice.legal_ground)),
        field("recipients", both(&notice.recipients)),
        field("transfer abroad", both(&notice.transfer_abroad)),
        field("retention", both(&notice.retention)),
        field("responsible person", format!("{}\n{}", both(&person.name), person.contact)),
    ]
}

fn procedure(poll: &proto::Poll, profile: Option<&proto::Profile>) -> Fields {
    let frozen = poll.profile.clone().unwrap_or_default();
    let name = match frozen.name.as_str() {
        "" => poll.order.as_ref().map_or_else(String::new, |order| order.profile.clone()),
        name => format!("{name}, version {}", frozen.version),
    };
    let mut list = vec![field("name", name), field("hash", &frozen.hash)];
    // The engine may know a newer version than the one that the poll has frozen.
    let same = profile.filter(|profile| {
        let known = profile.name.as_ref().map_or("", |name| name.hash.as_str());
        frozen.hash.is_empty() || known == frozen.hash
    });
    if let Some(profile) = same {
        list.push(field("act", both(&profile.source)));
        list.push(field("rules", both(&profile.rules)));
    } else {
        list.push(field("rules", "this version is not among the engine's procedures any more"));
    }
    list
}

fn hidden(order: &proto::Order) -> Fields {
    let rules = order.publication.unwrap_or_default();
    let minimum = rules.minimum_answers;
    let when = match rules.mode() {
        proto::PublicationMode::AtClose => "once, exact, after the close",
        proto::PublicationMode::Never => "never",
        proto::PublicationMode::Live => {
            "at fixed times while the poll goes on, and after the close"
        }
        proto::PublicationMode::Unspecified => "not said",
    };
    let mut list = vec![field("totals are published", when)];
    if order.test {
        list.push(field("withheld", "always: it is a test"));
    }
    if rules.mode() == proto::PublicationMode::Live {
        let minutes = rules.release_minutes.unwrap_or(RELEASE_MINUTES_DEFAULT);
        list.push(field("live releases", format!("every {minutes} minutes, if enough have come")));
    }
    if rules.early_end() == proto::EarlyEnd::Withhold {
        list.push(field("withheld", "if the poll ends before its time"));
    }
    let apart = rules.ballots_apart.map_or("the engine's floor".to_owned(), |b| b.to_string());
    list.push(field("ballots between any two releases", apart));
    list.push(field("withheld below", format!("{minimum} answers in all: then nothing is shown")));
    let consent = if rules.consent {
        "given with the order"
    } else {
        "not given yet; where the procedure asks for it, totals are withheld until it is"
    };
    list.push(field("initiator's consent", consent));
    let by: Vec<_> = order
        .breakdowns()
        .map(|by| bare(by.as_str_name(), "BREAKDOWN_").to_lowercase().replace('_', " "))
        .collect();
    if by.is_empty() {
        list.push(field("breakdowns", "none: only the totals of each option"));
    } else {
        let told = format!(
            "by {}, of voters who did not decline\nsuppressed: counts below {}, zeros alike, and \
             others from which they could be worked out",
            by.join(" and by "),
            rules.k.map_or("the engine's k".to_owned(), |k| k.to_string())
        );
        list.push(field("breakdowns", told));
    }
    list.push(field("staff see", "turnout in coarse steps while it is open; no option's count"));
    list
}

fn both(text: &Option<proto::LocalizedText>) -> String {
    let Some(proto::LocalizedText { uk, en }) = text else { return String::new() };
    format!("{uk}\n{en}").trim().to_owned()
}
