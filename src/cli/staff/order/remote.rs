//! What an engine does with orders.

use std::fs::{self, OpenOptions};
use std::io::Write;
use std::path::Path;

use anyhow::Context;

use super::file::read;
use super::{Filed, show};
use crate::cli::Exit;
use crate::cli::staff::answer::{Answer, Failure, call, finish};
use crate::cli::staff::engine::Engine;
use crate::cli::staff::poll::{ListArgs, One, Phase, client, every, get, moved, phase_of};
use crate::cli::staff::read_bounded;
use crate::cli::staff::text::{clean, fields, short, table, time};
use crate::cli::staff::view::{PollView, ProfileView, RevisionView, list};
use crate::ground::limits;
use holos_wire::proto;

/// What an order's message holds besides the order.
struct Message {
    order: proto::Order,
    jws: String,
    state_signature: Vec<u8>,
}

/// Reads all files before anything is sent.
fn message(filed: &Filed) -> Result<Message, Failure> {
    let order = proto::Order::from(&read(&filed.file)?);
    let jws =
        filed.jws.as_deref().map(|file| read_bounded(file, limits::STATE_SIGNATURE_BYTES_MAX));
    let jws = String::from_utf8(jws.transpose()?.unwrap_or_default());
    let jws = jws.map_err(|_| Failure::Told(Exit::Usage, "--jws: not text".to_owned()))?;
    let signature = filed.state_signature.as_deref();
    let signature = signature.map(|file| read_bounded(file, limits::STATE_SIGNATURE_BYTES_MAX));
    let state_signature = signature.transpose()?.unwrap_or_default();
    Ok(Message { order, jws: jws.trim().to_owned(), state_signature })
}

/// Files an order.
pub(super) fn submit(engine: &Engine, filed: &Filed) -> anyhow::Result<Exit> {
    let Message { order, jws, state_signature } = match message(filed) {
        Ok(message) => message,
        Err(failure) => return finish(Err(failure), engine.json),
    };
    let (order, draft) = (Some(order), filed.draft);
    call(engine, async |line| {
        let request = proto::SubmitOrderRequest { order, draft, jws, state_signature };
        moved(client(line).submit_order(line.request(request)?).await?.into_inner().poll)
    })
}

/// Replaces a draft.
pub(super) fn correct(one: One, filed: &Filed) -> anyhow::Result<Exit> {
    let One { engine, id: poll_id } = one;
    let Message { order, jws, state_signature } = match message(filed) {
        Ok(message) => message,
        Err(failure) => return finish(Err(failure), engine.json),
    };
    let (order, draft) = (Some(order), filed.draft);
    call(&engine, async |line| {
        let request = proto::CorrectOrderRequest { poll_id, order, draft, jws, state_signature };
        moved(client(line).correct_order(line.request(request)?).await?.into_inner().poll)
    })
}

/// Returns an order with reasons.
pub(super) fn give_back(one: One, reasons: &[String]) -> anyhow::Result<Exit> {
    let One { engine, id: poll_id } = one;
    let reasons = reasons.iter().map(|reason| field_rule(reason)).collect();
    call(&engine, async |line| {
        let request = proto::ReturnOrderRequest { poll_id, reasons };
        moved(client(line).return_order(line.request(request)?).await?.into_inner().poll)
    })
}

/// `title.en: too long` is about a field, `too long` or `in short: too long` about the whole.
fn field_rule(reason: &str) -> proto::FieldRule {
    let named = reason
        .split_once(':')
        .filter(|(field, _)| !field.is_empty() && !field.contains(char::is_whitespace));
    let (field, rule) = named.unwrap_or(("", reason));
    proto::FieldRule { field: field.to_owned(), rule: rule.trim().to_owned() }
}

/// Takes an order back.
pub(super) fn withdraw(one: One) -> anyhow::Result<Exit> {
    let One { engine, id: poll_id } = one;
    call(&engine, async |line| {
        let request = line.request(proto::WithdrawOrderRequest { poll_id })?;
        moved(client(line).withdraw_order(request).await?.into_inner().poll)
    })
}

/// Approves the text with this hash.
pub(super) fn approve(one: One, order_hash: String) -> anyhow::Result<Exit> {
    let One { engine, id: poll_id } = one;
    call(&engine, async |line| {
        let request = line.request(proto::ApproveOrderRequest { poll_id, order_hash })?;
        moved(client(line).approve_order(request).await?.into_inner().poll)
    })
}

/// Lists orders.
pub(super) fn list_orders(args: ListArgs) -> anyhow::Result<Exit> {
    let ListArgs { engine, mut phases, body } = args;
    if phases.is_empty() {
        phases = vec![Phase::Draft, Phase::Filed, Phase::Approved];
    }
    call(&engine, async |line| {
        let polls = every(line, &phases, body.as_deref()).await?;
        let rows = polls.iter().map(|poll| {
            let order = poll.order.clone().unwrap_or_default();
            let returned = if poll.return_reasons.is_empty() { "" } else { " (returned)" };
            [
                poll.id.clone(),
                format!("{}{returned}", phase_of(poll)),
                poll.revision.to_string(),
                order.initiator.unwrap_or_default().code,
                order.reference,
                poll.filed_by.clone(),
                short(&order.title.unwrap_or_default().uk, 48),
            ]
        });
        let heading = ["ID", "PHASE", "REV", "BODY", "REFERENCE", "FILED BY", "TITLE"];
        Ok(Answer::new(&list::<_, PollView<'_>>(&polls), table(heading, rows.collect())))
    })
}

/// Shows an order with its procedure.
pub(super) fn show_order(one: One) -> anyhow::Result<Exit> {
    let One { engine, id } = one;
    call(&engine, async |line| {
        let poll = get(line, id).await?;
        let request = line.request(proto::ListProfilesRequest {})?;
        let profiles = client(line).list_profiles(request).await?.into_inner().profiles;
        let named = poll.order.as_ref().map_or("", |order| order.profile.as_str());
        let profile = profiles
            .iter()
            .find(|profile| profile.name.as_ref().is_some_and(|name| name.name == named));
        Ok(Answer::new(&PollView::from(&poll), show::check_your_answers(&poll, profile)))
    })
}

/// Shows the revisions, and saves them.
pub(super) fn history(one: One, folder: Option<&Path>) -> anyhow::Result<Exit> {
    let One { engine, id: poll_id } = one;
    call(&engine, async |line| {
        let request = line.request(proto::GetOrderHistoryRequest { poll_id })?;
        let held = client(line).get_order_history(request).await?.into_inner().revisions;
        if let Some(folder) = folder {
            save(folder, &held)?;
        }
        let rows = held.iter().map(|revision| {
            let signed = match (revision.jws.is_empty(), revision.state_signature.is_empty()) {
                (true, true) => String::new(),
                (true, false) => "state signature".to_owned(),
                (false, true) => format!("key {}", revision.key_id),
                (false, false) => format!("key {}, state signature", revision.key_id),
            };
            [
                revision.revision.to_string(),
                time(revision.at.as_ref()),
                revision.by.clone(),
                signed,
                revision.order_hash.clone(),
            ]
        });
        let text = table(["REV", "AT", "BY", "SIGNED", "ORDER HASH"], rows.collect());
        Ok(Answer::new(&list::<_, RevisionView<'_>>(&held), text))
    })
}

/// One file for the signed text of a revision and one for each of its signatures.
fn save(folder: &Path, revisions: &[proto::OrderRevision]) -> anyhow::Result<()> {
    fs::create_dir_all(folder).with_context(|| format!("making {}", folder.display()))?;
    for revision in revisions {
        let number = revision.revision;
        let parts = [
            ("json", revision.order_json.as_bytes()),
            ("jws", revision.jws.as_bytes()),
            ("p7s", revision.state_signature.as_slice()),
        ];
        for (ending, bytes) in parts.into_iter().filter(|(_, bytes)| !bytes.is_empty()) {
            let path = folder.join(format!("revision-{number}.{ending}"));
            // What lies there may be somebody's proof.
            let file = OpenOptions::new().write(true).create_new(true).open(&path);
            file.and_then(|mut file| file.write_all(bytes))
                .with_context(|| format!("writing {}", path.display()))?;
        }
    }
    Ok(())
}

/// Lists the procedures.
pub(super) fn profiles(engine: &Engine) -> anyhow::Result<Exit> {
    call(engine, async |line| {
        let request = line.request(proto::ListProfilesRequest {})?;
        let held = client(line).list_profiles(request).await?.into_inner().profiles;
        let mut text = String::new();
        for profile in &held {
            let name = profile.name.clone().unwrap_or_default();
            let source = profile.source.clone().unwrap_or_default();
            let rules = profile.rules.clone().unwrap_or_default();
            text.push_str(&fields([
                ("procedure", format!("{}, version {}", clean(&name.name), name.version)),
                ("hash", name.hash),
                ("act", format!("{}\n{}", source.uk, source.en)),
                ("rules", format!("{}\n{}", rules.uk, rules.en)),
            ]));
            text.push('\n');
        }
        Ok(Answer::new(&list::<_, ProfileView<'_>>(&held), text))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reason_names_a_field_or_the_whole() {
        let read = |reason| {
            let proto::FieldRule { field, rule } = field_rule(reason);
            (field, rule)
        };
        let is = |field: &str, rule: &str| (field.to_owned(), rule.to_owned());
        assert_eq!(read("title.en: too long"), is("title.en", "too long"));
        assert_eq!(read("questions[0].text:differs"), is("questions[0].text", "differs"));
        assert_eq!(read("in short: too long"), is("", "in short: too long"));
        assert_eq!(read("too long"), is("", "too long"));
        assert_eq!(read(": too long"), is("", ": too long"));
    }
}
