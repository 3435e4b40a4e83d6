//! `holos proposal`: acts that one person proposed and another one must confirm.

use tonic::transport::Channel;

use super::answer::{Answer, Failure, call, lacking};
use super::confirm::{Sure, confirm};
use super::connect::Line;
use super::engine::Engine;
use super::text::{bare, clean, fields, table, time};
use super::view::{PollView, ProposalView, list};
use crate::cli::Exit;
use crate::ground::limits;
use holos_wire::proto;
use holos_wire::proto::staff_service_client::StaffServiceClient;

const EXAMPLES: &str = "\
Examples:
  holos proposal list
  holos proposal confirm 3
  holos proposal decline 3";

/// Arguments of `holos proposal`.
#[derive(clap::Args)]
#[command(before_help = EXAMPLES)]
pub(crate) struct Proposal {
    #[command(subcommand)]
    verb: Verb,
}

#[derive(clap::Subcommand)]
enum Verb {
    /// List what waits for a second person, newest first
    List(ListArgs),
    /// Do what another person proposed; it cannot be taken back
    Confirm(ConfirmArgs),
    /// End a proposal without doing it
    Decline(DeclineArgs),
}

#[derive(clap::Args)]
struct ListArgs {
    #[command(flatten)]
    engine: Engine,
    /// Also those that have ended
    #[arg(long)]
    all: bool,
}

#[derive(clap::Args)]
struct ConfirmArgs {
    #[command(flatten)]
    engine: Engine,
    /// Its number
    #[arg(value_name = "N")]
    number: u64,
    #[command(flatten)]
    sure: Sure,
}

#[derive(clap::Args)]
struct DeclineArgs {
    #[command(flatten)]
    engine: Engine,
    /// Its number
    #[arg(value_name = "N")]
    number: u64,
}

/// Runs the verb.
pub(crate) fn proposal(args: Proposal) -> anyhow::Result<Exit> {
    match args.verb {
        Verb::List(args) => list_proposals(args),
        Verb::Confirm(ConfirmArgs { engine, number, sure }) => call(&engine, async |line| {
            let act = format!("do what proposal {number} says, and cannot be taken back");
            confirm(sure, &act, &number.to_string())?;
            let request = line.request(proto::ConfirmProposalRequest { number })?;
            confirmed(client(line).confirm_proposal(request).await?.into_inner())
        }),
        Verb::Decline(DeclineArgs { engine, number }) => call(&engine, async |line| {
            let request = line.request(proto::DeclineProposalRequest { number })?;
            let response = client(line).decline_proposal(request).await?.into_inner();
            let proposal = response.proposal.ok_or_else(|| lacking("the proposal"))?;
            Ok(Answer::new(&ProposalView::from(&proposal), fields(of(&proposal))))
        }),
    }
}

/// The client of the service.
pub(super) fn client(line: &Line) -> StaffServiceClient<Channel> {
    let client = StaffServiceClient::new(line.channel.clone());
    client.max_decoding_message_size(limits::STAFF_ANSWER_BYTES_MAX)
}

/// What the first of two people hears: nothing is done yet, and how the second one does it.
pub(super) fn proposed(proposal: Option<proto::Proposal>) -> Result<Answer, Failure> {
    let proposal = proposal.ok_or_else(|| lacking("the proposal"))?;
    let mut text = fields(of(&proposal));
    if proposal.state() == proto::ProposalState::Waiting {
        text.push_str(&format!(
            "nothing is done yet: within the time above another person must run\n  holos proposal \
             confirm {}\n",
            proposal.number
        ));
    }
    Ok(Answer::new(&ProposalView::from(&proposal), text))
}

fn confirmed(response: proto::ConfirmProposalResponse) -> Result<Answer, Failure> {
    let proto::ConfirmProposalResponse { proposal, poll, record, taken_out } = response;
    let proposal = proposal.ok_or_else(|| lacking("the proposal"))?;
    // The record is a signed line of JSON: what the audit log holds.
    let record = String::from_utf8_lossy(&record).trim_end().to_owned();
    let view = serde_json::json!({
        "proposal": ProposalView::from(&proposal),
        "poll": poll.as_ref().map(PollView::from),
        "record": (!record.is_empty()).then_some(record.as_str()),
        "taken_out": taken_out,
    });
    let mut list = of(&proposal);
    if let Some(poll) = &poll {
        list.push(("phase of the poll", super::poll::phase_of(poll)));
        if poll.phase() == proto::PollPhase::Erasing {
            list.push(("to be done", "the wrapping key is not replaced yet: the engine tries again, or the operator must".to_owned()));
        }
    }
    if proposal.act == "excise_issuer_key" {
        let told = if taken_out { "what came under the key" } else { "nothing: it had no ballot" };
        list.push(("taken out", told.to_owned()));
    }
    list.push(("record", clean(&record)));
    Ok(Answer::new(&view, fields(list)))
}

fn list_proposals(args: ListArgs) -> anyhow::Result<Exit> {
    let ListArgs { engine, all: include_ended } = args;
    call(&engine, async |line| {
        let request = line.request(proto::ListProposalsRequest { include_ended })?;
        let held = client(line).list_proposals(request).await?.into_inner().proposals;
        let rows = held.iter().map(|proposal| {
            [
                proposal.number.to_string(),
                state(proposal),
                proposal.act.clone(),
                proposal.poll_id.clone(),
                proposal.proposed_by.clone(),
                time(proposal.expires_at.as_ref()),
                proposal.reference.clone(),
            ]
        });
        let heading = ["N", "STATE", "ACT", "POLL", "PROPOSED BY", "UNTIL", "REFERENCE"];
        Ok(Answer::new(&list::<_, ProposalView<'_>>(&held), table(heading, rows.collect())))
    })
}

fn state(proposal: &proto::Proposal) -> String {
    bare(proposal.state().as_str_name(), "PROPOSAL_STATE_").to_owned()
}

fn of(proposal: &proto::Proposal) -> Vec<(&'static str, String)> {
    let ground = match proposal.ground() {
        proto::ErasureGround::Unspecified => String::new(),
        ground => bare(ground.as_str_name(), "ERASURE_GROUND_").to_owned(),
    };
    vec![
        ("proposal", proposal.number.to_string()),
        ("act", proposal.act.clone()),
        ("state", state(proposal)),
        ("poll", proposal.poll_id.clone()),
        ("issuer", proposal.issuer_id.clone()),
        ("key", proposal.key_id.clone()),
        ("ground", ground),
        ("reference", proposal.reference.clone()),
        ("proposed by", proposal.proposed_by.clone()),
        ("proposed at", time(proposal.proposed_at.as_ref())),
        ("can be confirmed until", time(proposal.expires_at.as_ref())),
        ("ended by", proposal.ended_by.clone()),
        ("ended at", time(proposal.ended_at.as_ref())),
    ]
}
