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
  holos incident notified 7 --whom \"the Ombudsman\" --reference 19/26
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
    /// Add what was done
    Note(NoteArgs),
    /// Record whom it was told to; sends nothing to anybody
    Notified(NotifiedArgs),
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
struct NotifiedArgs {
    #[command(flatten)]
    engine: Engine,
    /// Its number
    #[arg(value_name = "N")]
    number: u64,
    /// The authority, body or people that were told
    #[arg(long, value_name = "TEXT")]
    whom: String,
    /// When they were told, as 2026-12-01T09:00:00+02:00 [default: now]
    #[arg(long, value_name = "TIME", value_parser = typed_time)]
    told_at: Option<Timestamp>,
    /// Number of the letter, or how they were told
    #[arg(long, value_name = "TEXT")]
    reference: String,
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
        Verb::Notified(args) => notified(args),
        Verb::Close(args) => close(args),
        Verb::Show(ShowArgs { engine, number }) => call(&engine, async |line| {
            let request = line.request(proto::GetIncidentRequest { number })?;
            one(client(line).get_incident(request).await?.into_inner().incident)
        }),
        Verb::List(args) => listed(args),
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

fn notified(args: NotifiedArgs) -> anyhow::Result<Exit> {
    let NotifiedArgs { engine, number, whom, told_at, reference } = args;
    call(&engine, async |line| {
        let told_at = told_at.map(wire_time);
        let request = proto::RecordNotificationRequest { number, whom, told_at, reference };
        let request = line.request(request)?;
        one(client(line).record_notification(request).await?.into_inner().incident)
    })
}

fn close(args: CloseArgs) -> anyhow::Result<Exit> {
    let CloseArgs { engine, number, cause, consequences, measures } = args;
    call(&engine, async |line| {
        let request = proto::CloseIncidentRequest { number, cause, consequences, measures };
        let request = line.request(request)?;
        one(client(line).close_incident(request).await?.into_inner().incident)
    })
}

fn listed(args: ListArgs) -> anyhow::Result<Exit> {
    let ListArgs { engine, all: include_closed } = args;
    call(&engine, async |line| {
        let request = line.request(proto::ListIncidentsRequest { include_closed })?;
        let held = client(line).list_incidents(request).await?.into_inner().incidents;
        let rows = held.iter().map(|held| {
            let state = if held.closed_at.is_some() { "CLOSED" } else { "OPEN" };
            [
                held.number.to_string(),
                state.to_owned(),
                kind(held),
                time(held.noticed_at.as_ref()),
                held.notifications.len().to_string(),
                held.opened_by.clone(),
                short(&held.title, 60),
            ]
        });
        let heading = ["N", "STATE", "KIND", "NOTICED", "TOLD", "OPENED BY", "TITLE"];
        Ok(Answer::new(&list::<_, IncidentView<'_>>(&held), table(heading, rows.collect())))
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
    for told in &held.notifications {
        let recorded = stamp(told.at.as_ref(), &told.by);
        let when = time(told.told_at.as_ref());
        rows.push(("told", format!("{recorded}\n{}, {when}: {}", told.whom, told.reference)));
    }
    rows.extend([
        ("closed", stamp(held.closed_at.as_ref(), &held.closed_by)),
        ("cause", held.cause.clone()),
        ("consequences", held.consequences.clone()),
        ("measures", held.measures.clone()),
    ]);
    Ok(Answer::new(&IncidentView::from(&held), fields(rows)))
}
