//! A poll as people read it: where it stands, and how it came there.

use crate::cli::staff::text::{bare, fields, time};
use crate::poll::RELEASE_MINUTES_DEFAULT;
use holos_wire::proto;

/// The phase, as `OPEN`.
pub(in crate::cli::staff) fn phase_of(poll: &proto::Poll) -> String {
    bare(poll.phase().as_str_name(), "POLL_PHASE_").to_owned()
}

/// The same in a list, where there is little room.
pub(in crate::cli::staff) fn phase_in_list(poll: &proto::Poll) -> String {
    let phase = phase_of(poll);
    if poll.held_back { format!("{phase}, newer totals held back") } else { phase }
}

/// The whole poll but for its order.
pub(in crate::cli::staff) fn show(poll: &proto::Poll) -> String {
    let order = poll.order.clone().unwrap_or_default();
    let title = order.title.unwrap_or_default();
    let body = order.initiator.unwrap_or_default();
    let head = [
        ("poll", poll.id.clone()),
        (
            "title",
            if title.uk.is_empty() { String::new() } else { format!("{}\n{}", title.uk, title.en) },
        ),
        ("initiator", format!("{} {}", body.code, body.name).trim().to_owned()),
        ("reference", order.reference),
        ("test", if order.test { "yes: never published".to_owned() } else { String::new() }),
        ("phase", in_words(poll)),
        ("legal moves", poll.moves.join(", ")),
    ];
    let mut text = fields(head);
    text.push_str(&fields(timeline(poll)));
    text.push_str(&fields(afterwards(poll)));
    text.push_str(&fields(record(poll)));
    text
}

/// The phase, and what it means for a voter or an organiser.
fn in_words(poll: &proto::Poll) -> String {
    use proto::PollPhase as P;
    let meaning = match poll.phase() {
        P::Unspecified => return "unknown to this version of the command".to_owned(),
        P::Draft if !poll.return_reasons.is_empty() => "its order was returned",
        P::Draft => "the initiator works on its order",
        P::Filed => "its order waits for the organiser",
        P::Approved => "its order is approved; it is not scheduled",
        P::Scheduled => "it opens by itself at its time",
        P::Open => "ballots are counted",
        P::Suspended => "no ballot is counted until it is resumed",
        P::Closing => "the tally is being frozen",
        P::Closed => "the tally is frozen and not published",
        P::Published => "the totals are published",
        P::Withheld => "the totals are withheld",
        P::Erasing => "its tags and keys are being destroyed",
        P::Erased => "only the definition and what was published are left",
        P::Expired => "its results are gone too",
    };
    format!("{}: {meaning}", phase_of(poll))
}

fn timeline(poll: &proto::Poll) -> Vec<(&'static str, String)> {
    let mut list = vec![
        ("opens", time(poll.opens_at.as_ref())),
        ("closes", time(poll.closes_at.as_ref())),
        ("opened", time(poll.opened_at.as_ref())),
    ];
    for extension in &poll.extensions {
        let proto::Extension { at, before, after, reason } = extension;
        let [at, before, after] = [at, before, after].map(|at| time(at.as_ref()));
        list.push(("extended", format!("{at}: from {before} to {after}: {reason}")));
    }
    list.push(("suspended", poll.suspension_reason.clone()));
    list.push(("live releases", live_releases(poll).unwrap_or_default()));
    let closed = time(poll.closed_at.as_ref());
    let why = poll.close_reason();
    list.push((
        "closed",
        match why {
            proto::CloseReason::Unspecified => closed,
            why => format!("{closed} {}", bare(why.as_str_name(), "CLOSE_REASON_")),
        },
    ));
    list.push(("note", poll.end_note.clone()));
    list
}

/// How often, of a poll that has them.
fn live_releases(poll: &proto::Poll) -> Option<String> {
    let rules = poll.order.as_ref()?.publication.as_ref()?;
    let is_live = rules.mode() == proto::PublicationMode::Live;
    let minutes = rules.release_minutes.unwrap_or(RELEASE_MINUTES_DEFAULT);
    is_live.then(|| format!("every {minutes} minutes at most, when enough ballots lie between"))
}

fn afterwards(poll: &proto::Poll) -> Vec<(&'static str, String)> {
    let mut list = Vec::new();
    if let Some(proto::Consent { by, at, reference }) = &poll.consent {
        list.push(("consent", format!("{} by {by}: {reference}", time(at.as_ref()))));
    }
    list.push(("withheld", poll.withheld_reason.clone()));
    let waits = format!(
        "newer totals lie too close to what was shown: two people decide, first by\nholos poll \
         release {} --reference R",
        poll.id
    );
    list.push(("held back", if poll.held_back { waits } else { String::new() }));
    for decision in &poll.decisions {
        let proto::Decision { date, title, reference, address } = decision;
        let title = title.as_ref().map_or("", |title| &title.uk);
        let text = format!("{date} № {reference} {title}\n{address}");
        list.push(("decision", text.trim_end().to_owned()));
    }
    if let Some(erasure) = &poll.erasure {
        let ground = bare(erasure.ground().as_str_name(), "ERASURE_GROUND_");
        let decided = time(erasure.decided_at.as_ref());
        let text = format!("decided {decided}: {ground} {}", erasure.reference);
        list.push(("erasure", text.trim_end().to_owned()));
        list.push(("erased", time(erasure.erased_at.as_ref())));
    }
    list.push(("results expire", time(poll.expires_at.as_ref())));
    list
}

fn record(poll: &proto::Poll) -> Vec<(&'static str, String)> {
    let mut list: Vec<_> = poll
        .return_reasons
        .iter()
        .map(|reason| {
            let of = if reason.field.is_empty() { "the order" } else { &reason.field };
            ("returned", format!("{of}: {}", reason.rule))
        })
        .collect();
    let profile = poll.profile.as_ref();
    let profile =
        profile.map(|held| format!("{}, version {} {}", held.name, held.version, held.hash));
    list.push(("procedure", profile.unwrap_or_default()));
    list.push(("revision", poll.revision.to_string()));
    list.push(("order hash", poll.order_hash.clone()));
    list.push(("definition hash", poll.definition_hash.clone()));
    list.push(("pseudonym key", poll.pseudonym_key.clone()));
    list.push(("filed by", poll.filed_by.clone()));
    list.push(("approved by", poll.approved_by.clone()));
    list
}
