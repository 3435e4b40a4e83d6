//! `holos incident`: the register of incidents, with what the act of an incident must hold.

use jiff::Timestamp;
use tonic::transport::Channel;

use super::answer::{Answer, Failure, call, lacking};
use super::connect::Line;
use super::engine::Engine;
use super::text::{bare, fields, short, table, time, typed_time, wire_time};
use super::view::{IncidentView, list};
use crate::cli::Exit;
use crate::ground::limits;
use holos_wire::proto;
use holos_wire::proto::incident_service_client::IncidentServiceClient;

const EXAMPLES: &str = "\
Examples:
  holos incident open --kind outage --title \"no sign-in\" --description \"...\" --poll ID
  holos incident note 7 \"the issuer was told\"
  holos incident close 7 --cause \"...\" --consequences \"...\" --measures \"...\"
  holos incident show 7";

/// Arguments of `holos incident`.
#[derive(clap::Args)]
#[command(before_help = EXAMPLES)]
pub(crate) struct Incident {
    #[command(subcommand)]
    verb: Verb,
}

#[derive(clap::Subcommand)]
enum Verb {
    /// Open a record; no field may hold personal data of voters
    Open(OpenArgs),
    /// Add what was done, or who was told
    Note(NoteArgs),
    /// Close a record with the act's conclusions
    Close(CloseArgs),
    /// Show one
    Show(ShowArgs),
    /// List them, newest first
    List(ListArgs),
}

#[derive(clap::Args)]
struct OpenArgs {
    #[command(flatten)]
    engine: Engine,
    /// What happened
    #[arg(long)]
    kind: Kind,
    /// In short
    #[arg(long, value_name = "TEXT")]
    title: String,
    /// Circumstances
    #[arg(long, value_name = "TEXT")]
    description: String,
    /// When it was noticed, as 2026-12-01T09:00:00+02:00 [default: now]
    #[arg(long, value_name = "TIME", value_parser = typed_time)]
    noticed_at: Option<Timestamp>,
    /// A poll it is about; may be repeated
    #[arg(long = "poll", value_name = "ID")]
    polls: Vec<String>,
}

#[derive(Clone, Copy, clap::ValueEnum)]
enum Kind {
    /// Somebody had access who must not
    UnauthorisedAccess,
    /// Data were lost or destroyed
    Loss,
    /// Data were changed
    Alteration,
    /// Data were passed on or published
    Disclosure,
    /// The service did not work
    Outage,
    /// Something else
    Other,
}

impl From<Kind> for proto::IncidentKind {
    fn from(kind: Kind) -> Self {
        match kind {
            Kind::UnauthorisedAccess => Self::UnauthorisedAccess,
            Kind::Loss => Self::Loss,
            Kind::Alteration => Self::Alteration,
            Kind::Disclosure => Self::Disclosure,
            Kind::Outage => Self::Outage,
            Kind::Other => Self::Other,
        }
    }
}

#[derive(clap::Args)]
struct NoteArgs {
    #[command(flatten)]
    engine: Engine,
    /// Its number
    #[arg(value_name = "N")]
    number: u64,
    /// What was done
    #[arg(value_name = "TEXT")]
    text: String,
}

#[derive(clap::Args)]
struct CloseArgs {
    #[command(flatten)]
    engine: Engine,
    /// Its number
    #[arg(value_name = "N")]
    number: u64,
    /// Its cause
    #[arg(long, value_name = "TEXT")]
    cause: String,
    /// Its consequences
    #[arg(long, value_name = "TEXT")]
    consequences: String,
    /// Measures against a repetition
    #[arg(long, value_name = "TEXT")]
    measures: String,
}

#[derive(clap::Args)]
struct ShowArgs {
    #[command(flatten)]
    engine: Engine,
    /// Its number
    #[arg(value_name = "N")]
    number: u64,
}

#[derive(clap::Args)]
struct ListArgs {
    #[command(flatten)]
    engine: Engine,
    /// Also closed ones
    #[arg(long)]
    all: bool,
}

/// Runs the verb.
pub(crate) fn incident(args: Incident) -> anyhow::Result<Exit> {
    match args.verb {
        Verb::Open(args) => open(args),
        Verb::Note(NoteArgs { engine, number, text }) => call(&engine, async |line| {
            let request = line.request(proto::NoteIncidentRequest { number, text })?;
            one(client(line).note_incident(request).await?.into_inner().incident)
        }),
        Verb::Close(CloseArgs { engine, number, cause, consequences, measures }) => {
            call(&engine, async |line| {
                let request = proto::CloseIncidentRequest { number, cause, consequences, measures };
                one(client(line)
                    .close_incident(line.request(request)?)
                    .await?
                    .into_inner()
                    .incident)
            })
        }
        Verb::Show(ShowArgs { engine, number }) => call(&engine, async |line| {
            let request = line.request(proto::GetIncidentRequest { number })?;
            one(client(line).get_incident(request).await?.into_inner().incident)
        }),
        Verb::List(ListArgs { engine, all: include_closed }) => call(&engine, async |line| {
            let request = line.request(proto::ListIncidentsRequest { include_closed })?;
            let held = client(line).list_incidents(request).await?.into_inner().incidents;
            let rows = held.iter().map(|held| {
                let state = if held.closed_at.is_some() { "CLOSED" } else { "OPEN" };
                [
                    held.number.to_string(),
                    state.to_owned(),
                    kind(held),
                    time(held.noticed_at.as_ref()),
                    held.opened_by.clone(),
                    short(&held.title, 60),
                ]
            });
            let heading = ["N", "STATE", "KIND", "NOTICED", "OPENED BY", "TITLE"];
            Ok(Answer::new(&list::<_, IncidentView<'_>>(&held), table(heading, rows.collect())))
        }),
    }
}

fn open(args: OpenArgs) -> anyhow::Result<Exit> {
    let OpenArgs { engine, kind, title, description, noticed_at, polls } = args;
    call(&engine, async |line| {
        let request = line.request(proto::OpenIncidentRequest {
            noticed_at: noticed_at.map(wire_time),
            kind: proto::IncidentKind::from(kind).into(),
            title,
            description,
            poll_ids: polls,
        })?;
        one(client(line).open_incident(request).await?.into_inner().incident)
    })
}

fn client(line: &Line) -> IncidentServiceClient<Channel> {
    let client = IncidentServiceClient::new(line.channel.clone());
    client.max_decoding_message_size(limits::STAFF_ANSWER_BYTES_MAX)
}

fn kind(held: &proto::Incident) -> String {
    bare(held.kind().as_str_name(), "INCIDENT_KIND_").to_owned()
}

fn one(held: Option<proto::Incident>) -> Result<Answer, Failure> {
    let held = held.ok_or_else(|| lacking("the incident"))?;
    let stamp = |at, by: &str| format!("{} {by}", time(at)).trim().to_owned();
    let mut rows = vec![
        ("incident", held.number.to_string()),
        ("kind", kind(&held)),
        ("title", held.title.clone()),
        ("noticed", time(held.noticed_at.as_ref())),
        ("opened", stamp(held.opened_at.as_ref(), &held.opened_by)),
        ("circumstances", held.description.clone()),
        ("polls", held.poll_ids.join("\n")),
    ];
    for note in &held.notes {
        rows.push(("note", format!("{}\n{}", stamp(note.at.as_ref(), &note.by), note.text)));
    }
    rows.extend([
        ("closed", stamp(held.closed_at.as_ref(), &held.closed_by)),
        ("cause", held.cause.clone()),
        ("consequences", held.consequences.clone()),
        ("measures", held.measures.clone()),
    ]);
    Ok(Answer::new(&IncidentView::from(&held), fields(rows)))
}
