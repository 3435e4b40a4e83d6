//! Who ordered a poll and on which ground, who may answer, by which rules; and what happened to it.

use super::super::forms::Moment;
use super::super::map;
use super::super::words::Words;
use crate::poll::{Breakdown, CloseReason, EarlyEnd, PublicationMode};
use crate::publish::{PublicPoll, ReleaseKind};

/// A fact of a poll. What is written in one language only says in which.
pub(super) struct Fact {
    pub(super) name: String,
    pub(super) text: String,
    pub(super) ukrainian: bool,
}

/// Something that happened to a poll, or will.
pub(super) struct Step {
    pub(super) at: Moment,
    pub(super) text: String,
    /// Why, in its author's words, which are Ukrainian.
    pub(super) reason: Option<String>,
}

/// A release in the list of all.
pub(super) struct Release {
    pub(super) number: u32,
    pub(super) kind: String,
    pub(super) as_of: Moment,
    pub(super) total: Option<String>,
    pub(super) note: Option<String>,
    pub(super) in_force: bool,
}

/// The facts, in the order in which people ask for them.
pub(super) fn facts(words: Words, poll: &PublicPoll) -> Vec<Fact> {
    let (order, profile) = (poll.definition.order(), poll.definition.profile());
    let own = |name: &str, text: String| Fact { name: words.say(name), text, ukrainian: true };
    let fact = |name: &str, text: String| Fact { name: words.say(name), text, ukrainian: false };
    let initiator = format!("{} ({})", order.initiator.name, order.initiator.code);
    let from = words.moment(poll.definition.period().opens_at.instant()).text;
    let to = words.moment(poll.closes_at).text;
    let source = profile.source.of(words.language);
    let mut facts = vec![
        own("fact-initiator", initiator),
        own("fact-order", order.reference.clone()),
        own("fact-ground", order.legal_ground.clone()),
        fact("fact-procedure", format!("{source} ({} {})", profile.name, profile.version)),
        fact("fact-period", words.with("period", [("from", from.into()), ("to", to.into())])),
        fact("fact-who", who(words, poll)),
    ];
    if let Some(population) = order.participants.eligible_population {
        facts.push(fact("fact-population", words.counted("about-people", population)));
    }
    facts.push(fact("fact-publication", publication(words, poll)));
    if !order.breakdowns.is_empty() {
        let names = order.breakdowns.iter().map(|by| words.say(breakdown(*by)));
        let names = names.collect::<Vec<_>>().join(", ");
        let k = poll.definition.crowd().k;
        let parts = [("names", names.into()), ("count", k.into())];
        facts.push(fact("fact-breakdowns", words.with("breakdowns-by", parts)));
    }
    facts.push(fact("fact-community", words.community(&order.community)));
    facts.push(own("fact-contact", order.contact.clone()));
    facts
}

const fn breakdown(by: Breakdown) -> &'static str {
    match by {
        Breakdown::Region => "fact-by-region",
        Breakdown::AgeBand => "fact-by-age",
        Breakdown::Group => "fact-by-group",
    }
}

fn who(words: Words, poll: &PublicPoll) -> String {
    let asked = poll.definition.eligibility();
    let mut conditions = Vec::new();
    if let Some(age) = asked.minimum_age {
        conditions.push(words.with("who-age", [("age", age.into())]));
    }
    let list = |names: Vec<String>| names.join(", ");
    if !asked.regions.is_empty() {
        let name = |code: &str| {
            let is_region = map::place(code).is_some();
            if is_region { map::name(words, code) } else { code.to_owned() }
        };
        let names = list(asked.regions.iter().map(|region| name(region.as_str())).collect());
        conditions.push(words.with("who-regions", [("names", names.into())]));
    }
    if !asked.citizenships.is_empty() {
        let codes = asked.citizenships.iter().map(|country| country.as_str().to_owned());
        let names = list(codes.collect());
        conditions.push(words.with("who-citizens", [("names", names.into())]));
    }
    if !asked.groups.is_empty() {
        let names = list(asked.groups.clone());
        conditions.push(words.with("who-groups", [("names", names.into())]));
    }
    if conditions.is_empty() { words.say("who-everybody") } else { conditions.join("; ") }
}

fn publication(words: Words, poll: &PublicPoll) -> String {
    let rules = &poll.definition.order().publication;
    let mut sentences = vec![match rules.mode {
        PublicationMode::Never => words.say("rule-never"),
        PublicationMode::AtClose => words.say("rule-at-close"),
        PublicationMode::Live => {
            words.with("rule-live", [("minutes", rules.release_minutes().into())])
        }
    }];
    if rules.mode != PublicationMode::Never {
        sentences.push(words.counted("rule-minimum", rules.minimum_answers));
        sentences.push(words.counted("rule-apart", poll.definition.crowd().ballots_apart));
    }
    if rules.early_end == EarlyEnd::Withhold {
        sentences.push(words.say("rule-early-withheld"));
    }
    sentences.join(" ")
}

/// What happened, oldest first.
pub(super) fn steps(words: Words, poll: &PublicPoll) -> Vec<Step> {
    let mut steps = Vec::new();
    for extension in &poll.extensions {
        let to = words.moment(extension.after).text;
        let to = words.with("step-extended-to", [("moment", to.into())]);
        let text = format!("{} {to}", words.say("step-extended"));
        let reason = Some(extension.reason.clone());
        steps.push((extension.at, Step { at: words.moment(extension.at), text, reason }));
    }
    let mut step = |at: jiff::Timestamp, name: &str| {
        steps.push((at, Step { at: words.moment(at), text: words.say(name), reason: None }));
    };
    if let Some(at) = poll.opened_at {
        step(at, "step-opened");
    }
    if let Some(at) = poll.suspended_at {
        step(at, "step-suspended");
    }
    if let Some(at) = poll.closed_at {
        step(at, closed(poll.close_reason));
    }
    for held in &poll.releases {
        let name = match held.statement.kind {
            // Tens of them: they have a table of their own.
            ReleaseKind::Live => continue,
            ReleaseKind::Final if held.statement.correction.is_some() => "step-corrected",
            ReleaseKind::Final => "step-published",
            ReleaseKind::Withdrawal => "step-withdrawn",
        };
        step(held.statement.published_at, name);
    }
    if let Some(at) = poll.erased_at {
        step(at, "step-erased");
    }
    steps.sort_by_key(|(at, _)| *at);
    steps.into_iter().map(|(_, step)| step).collect()
}

const fn closed(reason: Option<CloseReason>) -> &'static str {
    match reason {
        None | Some(CloseReason::AsPlanned) => "step-closed",
        Some(CloseReason::RelevanceLost) => "step-closed-relevance",
        Some(CloseReason::TechnicalError) => "step-closed-technical",
        Some(CloseReason::InitiatorDecision) => "step-closed-initiator",
    }
}

/// The releases, the latest first.
pub(super) fn releases(words: Words, poll: &PublicPoll) -> Vec<Release> {
    let in_force = poll.in_force().map(|held| held.statement.release);
    let releases = poll.releases.iter().rev().map(|held| {
        let statement = &held.statement;
        let replaces = match statement.kind {
            ReleaseKind::Live | ReleaseKind::Final => "corrects",
            ReleaseKind::Withdrawal => "withdraws",
        };
        let replaced = |correction: &crate::publish::Correction| {
            words.with(replaces, [("release", correction.release.into())])
        };
        Release {
            number: statement.release,
            kind: words.say(match statement.kind {
                ReleaseKind::Live => "kind-live",
                ReleaseKind::Final => "kind-final",
                ReleaseKind::Withdrawal => "kind-withdrawal",
            }),
            as_of: words.moment(statement.as_of),
            total: statement.total.map(|total| words.count(total)),
            note: statement.correction.as_ref().map(replaced),
            in_force: in_force == Some(statement.release),
        }
    });
    releases.collect()
}
