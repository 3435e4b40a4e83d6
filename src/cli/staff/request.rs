//! `holos request`: requests of data subjects and for public information, with their legal clocks.

use tonic::transport::Channel;

use super::answer::{Answer, Failure, call, lacking};
use super::connect::Line;
use super::engine::Engine;
use super::text::{bare, fields, short, table};
use super::view::{RequestView, list};
use crate::cli::Exit;
use crate::ground::limits;
use holos_wire::proto;
use holos_wire::proto::request_service_client::RequestServiceClient;

const EXAMPLES: &str = "\
Examples:
  holos request file --kind public-information --reference 12/26 --about \"totals of a poll\"
  holos request list
  holos request extend 4 --reason \"many documents are asked for\"
  holos request answer 4 --outcome satisfied --reference 19/26";

/// Arguments of `holos request`.
#[derive(clap::Args)]
#[command(before_help = EXAMPLES)]
pub(crate) struct Request {
    #[command(subcommand)]
    verb: Verb,
}

#[derive(clap::Subcommand)]
enum Verb {
    /// Enter a request; its term begins
    File(FileArgs),
    /// Prolong the term of a request for public information, once
    Extend(ExtendArgs),
    /// Enter the answer
    Answer(AnswerArgs),
    /// List requests, those due first
    List(ListArgs),
}

#[derive(clap::Args)]
struct FileArgs {
    #[command(flatten)]
    engine: Engine,
    /// By which law
    #[arg(long)]
    kind: Kind,
    /// Its number in the document system; never a name
    #[arg(long, value_name = "TEXT")]
    reference: String,
    /// The day it came, as 2026-11-22 [default: today in Kyiv]
    #[arg(long, value_name = "DATE", default_value = "", hide_default_value = true)]
    received_on: String,
    /// The poll it is about
    #[arg(long, value_name = "ID", default_value = "", hide_default_value = true)]
    poll: String,
    /// What is asked, without personal data
    #[arg(long, value_name = "TEXT")]
    about: String,
}

/// By which law.
#[derive(Clone, Copy, clap::ValueEnum)]
enum Kind {
    /// A data subject asks: 30 calendar days
    DataSubject,
    /// Public information: 5 working days
    PublicInformation,
}

#[derive(clap::Args)]
struct ExtendArgs {
    #[command(flatten)]
    engine: Engine,
    /// Its number
    #[arg(value_name = "N")]
    number: u64,
    /// Why
    #[arg(long, value_name = "TEXT")]
    reason: String,
}

#[derive(clap::Args)]
struct AnswerArgs {
    #[command(flatten)]
    engine: Engine,
    /// Its number
    #[arg(value_name = "N")]
    number: u64,
    /// How it was answered
    #[arg(long)]
    outcome: Outcome,
    /// The answer's number in the document system
    #[arg(long, value_name = "TEXT")]
    reference: String,
}

#[derive(Clone, Copy, clap::ValueEnum)]
enum Outcome {
    /// What was asked was given or done
    Satisfied,
    /// It was refused, with reasons
    Refused,
    /// It was passed on to whoever has the information
    Forwarded,
}

#[derive(clap::Args)]
struct ListArgs {
    #[command(flatten)]
    engine: Engine,
    /// Also answered ones
    #[arg(long)]
    all: bool,
}

/// Runs the verb.
pub(crate) fn request(args: Request) -> anyhow::Result<Exit> {
    match args.verb {
        Verb::File(args) => file(args),
        Verb::Extend(ExtendArgs { engine, number, reason }) => call(&engine, async |line| {
            let request = line.request(proto::ExtendRequestRequest { number, reason })?;
            one(client(line).extend_request(request).await?.into_inner().request)
        }),
        Verb::Answer(args) => answered(args),
        Verb::List(ListArgs { engine, all: include_answered }) => call(&engine, async |line| {
            let request = line.request(proto::ListRequestsRequest { include_answered })?;
            let held = client(line).list_requests(request).await?.into_inner().requests;
            let rows = held.iter().map(|held| {
                [
                    held.number.to_string(),
                    state(held),
                    held.due_on.clone(),
                    bare(held.kind().as_str_name(), "REQUEST_KIND_").to_owned(),
                    held.reference.clone(),
                    held.received_on.clone(),
                    short(&held.subject_matter, 48),
                ]
            });
            let heading = ["N", "STATE", "DUE", "KIND", "REFERENCE", "RECEIVED", "ABOUT"];
            Ok(Answer::new(&list::<_, RequestView<'_>>(&held), table(heading, rows.collect())))
        }),
    }
}

fn file(args: FileArgs) -> anyhow::Result<Exit> {
    let FileArgs { engine, kind, reference, received_on, poll: poll_id, about } = args;
    let kind = match kind {
        Kind::DataSubject => proto::RequestKind::DataSubject,
        Kind::PublicInformation => proto::RequestKind::PublicInformation,
    };
    call(&engine, async |line| {
        let request = line.request(proto::FileRequestRequest {
            kind: kind.into(),
            reference,
            received_on,
            poll_id,
            subject_matter: about,
        })?;
        one(client(line).file_request(request).await?.into_inner().request)
    })
}

fn answered(args: AnswerArgs) -> anyhow::Result<Exit> {
    let AnswerArgs { engine, number, outcome, reference: answer_reference } = args;
    let outcome = match outcome {
        Outcome::Satisfied => proto::RequestOutcome::Satisfied,
        Outcome::Refused => proto::RequestOutcome::Refused,
        Outcome::Forwarded => proto::RequestOutcome::Forwarded,
    };
    call(&engine, async |line| {
        let outcome = outcome.into();
        let request = proto::AnswerRequestRequest { number, outcome, answer_reference };
        one(client(line).answer_request(line.request(request)?).await?.into_inner().request)
    })
}

fn client(line: &Line) -> RequestServiceClient<Channel> {
    let client = RequestServiceClient::new(line.channel.clone());
    client.max_decoding_message_size(limits::STAFF_ANSWER_BYTES_MAX)
}

fn state(held: &proto::InformationRequest) -> String {
    bare(held.state().as_str_name(), "REQUEST_STATE_").to_owned()
}

fn one(held: Option<proto::InformationRequest>) -> Result<Answer, Failure> {
    let held = held.ok_or_else(|| lacking("the request"))?;
    let outcome = match held.outcome() {
        proto::RequestOutcome::Unspecified => String::new(),
        outcome => bare(outcome.as_str_name(), "REQUEST_OUTCOME_").to_owned(),
    };
    let text = fields([
        ("request", held.number.to_string()),
        ("kind", bare(held.kind().as_str_name(), "REQUEST_KIND_").to_owned()),
        ("state", state(&held)),
        ("reference", held.reference.clone()),
        ("received on", held.received_on.clone()),
        ("due on", held.due_on.clone()),
        ("prolonged because", held.extension_reason.clone()),
        ("poll", held.poll_id.clone()),
        ("about", held.subject_matter.clone()),
        ("answered on", held.answered_on.clone()),
        ("answered by", held.answered_by.clone()),
        ("outcome", outcome),
        ("answer", held.answer_reference.clone()),
    ]);
    Ok(Answer::new(&RequestView::from(&held), text))
}
