//! `holos poll`: the life of a poll after its order is approved, and what may be seen of it.

mod show;

use tonic::transport::Channel;

use super::answer::{Answer, Failure, call, lacking};
use super::confirm::{Sure, confirm};
use super::connect::Line;
use super::custody;
use super::engine::Engine;
use super::text::{fields, short, table, time};
use super::view::{PollView, ResultView, list};
use crate::cli::Exit;
use crate::ground::limits;
use holos_wire::proto;
use holos_wire::proto::poll_service_client::PollServiceClient;

use show::phase_in_list;
pub(super) use show::{phase_of, show};

const EXAMPLES: &str = "\
Examples:
  holos poll list --phase open
  holos poll show ID
  holos poll schedule ID
  holos poll suspend ID --reason \"the sign-in service is down\"
  holos poll extend ID --closes-at 2026-12-09T09:00[Europe/Kyiv] --reason \"a day was lost\"
  holos poll end ID --reason relevance-lost
  holos poll result ID --json
  holos poll release ID --reference 7-rsh";

/// Arguments of `holos poll`.
#[derive(clap::Args)]
#[command(before_help = EXAMPLES)]
pub(crate) struct Poll {
    #[command(subcommand)]
    verb: Verb,
}

#[derive(clap::Subcommand)]
enum Verb {
    /// List polls, newest first
    List(ListArgs),
    /// Show one: where it stands, since when, and what may happen next
    Show(One),
    /// Let an approved poll open and close by itself at its stated times
    Schedule(One),
    /// Count no ballot from now on, in one poll or in all
    Suspend(SuspendArgs),
    /// Count ballots again
    Resume(Reasoned),
    /// Move the closing time forward
    Extend(ExtendArgs),
    /// End a poll before its time, for good
    End(EndArgs),
    /// Record the initiator's consent to publication
    Consent(Referenced),
    /// Take the consent back, before the first release
    WithdrawConsent(Referenced),
    /// Propose to show newer totals that are held back, as they lie close to what was shown before
    Release(Referenced),
    /// Attach the decision that was taken after a poll
    Decision(DecisionArgs),
    /// Show an own closed poll's totals, published or not
    Result(One),
    /// Show how many ballots there are, as coarsely as allowed
    Turnout(One),
    /// Print a published poll's answer sheet
    Sheet(SheetArgs),
}

/// One poll.
#[derive(clap::Args)]
pub(super) struct One {
    #[command(flatten)]
    pub(super) engine: Engine,
    /// The poll
    #[arg(value_name = "ID")]
    pub(super) id: String,
}

/// Which polls.
#[derive(clap::Args)]
pub(super) struct ListArgs {
    #[command(flatten)]
    pub(super) engine: Engine,
    /// Only polls in this phase; may be repeated
    #[arg(long = "phase", value_name = "PHASE")]
    pub(super) phases: Vec<Phase>,
    /// Only polls of the initiator with this registry code
    #[arg(long, value_name = "CODE")]
    pub(super) body: Option<String>,
}

/// Where a poll stands.
#[derive(Clone, Copy, clap::ValueEnum)]
pub(super) enum Phase {
    Draft,
    Filed,
    Approved,
    Scheduled,
    Open,
    Suspended,
    Closing,
    Closed,
    Published,
    Withheld,
    Erasing,
    Erased,
    Expired,
}

impl From<Phase> for proto::PollPhase {
    fn from(phase: Phase) -> Self {
        match phase {
            Phase::Draft => Self::Draft,
            Phase::Filed => Self::Filed,
            Phase::Approved => Self::Approved,
            Phase::Scheduled => Self::Scheduled,
            Phase::Open => Self::Open,
            Phase::Suspended => Self::Suspended,
            Phase::Closing => Self::Closing,
            Phase::Closed => Self::Closed,
            Phase::Published => Self::Published,
            Phase::Withheld => Self::Withheld,
            Phase::Erasing => Self::Erasing,
            Phase::Erased => Self::Erased,
            Phase::Expired => Self::Expired,
        }
    }
}

#[derive(clap::Args)]
struct SuspendArgs {
    #[command(flatten)]
    engine: Engine,
    /// The poll
    #[arg(value_name = "ID", required_unless_present = "all", conflicts_with = "all")]
    id: Option<String>,
    /// Every open poll (an incident)
    #[arg(long)]
    all: bool,
    /// Why
    #[arg(long, value_name = "TEXT")]
    reason: String,
    #[command(flatten)]
    sure: Sure,
}

#[derive(clap::Args)]
struct Reasoned {
    #[command(flatten)]
    one: One,
    /// Why
    #[arg(long, value_name = "TEXT")]
    reason: String,
}

#[derive(clap::Args)]
struct Referenced {
    #[command(flatten)]
    one: One,
    /// Number of the letter or act
    #[arg(long, value_name = "TEXT")]
    reference: String,
}

#[derive(clap::Args)]
struct ExtendArgs {
    #[command(flatten)]
    one: One,
    /// The new closing time with its zone, as 2026-12-09T09:00[Europe/Kyiv]
    #[arg(long, value_name = "TIME")]
    closes_at: String,
    /// Why
    #[arg(long, value_name = "TEXT")]
    reason: String,
}

#[derive(clap::Args)]
struct EndArgs {
    #[command(flatten)]
    one: One,
    /// Why
    #[arg(long)]
    reason: EndReason,
    /// What there is to say
    #[arg(long, value_name = "TEXT", default_value = "")]
    note: String,
    #[command(flatten)]
    sure: Sure,
}

/// Why a poll ends before its time.
#[derive(Clone, Copy, clap::ValueEnum)]
enum EndReason {
    /// The poll lost its relevance
    RelevanceLost,
    /// A technical error
    TechnicalError,
    /// The initiator decided so
    InitiatorDecision,
}

impl From<EndReason> for proto::CloseReason {
    fn from(reason: EndReason) -> Self {
        match reason {
            EndReason::RelevanceLost => Self::RelevanceLost,
            EndReason::TechnicalError => Self::TechnicalError,
            EndReason::InitiatorDecision => Self::InitiatorDecision,
        }
    }
}

#[derive(clap::Args)]
struct DecisionArgs {
    #[command(flatten)]
    one: One,
    /// Its date, as 2026-12-24
    #[arg(long, value_name = "DATE")]
    date: String,
    /// Its title in Ukrainian
    #[arg(long, value_name = "TEXT")]
    title_uk: String,
    /// Its title in English
    #[arg(long, value_name = "TEXT")]
    title_en: String,
    /// Its number
    #[arg(long, value_name = "TEXT")]
    reference: String,
    /// Its https address
    #[arg(long, value_name = "URL", default_value = "")]
    address: String,
}

#[derive(clap::Args)]
struct SheetArgs {
    #[command(flatten)]
    one: One,
    /// The sheet's language
    #[arg(long, default_value = "uk")]
    language: Language,
}

#[derive(Clone, Copy, clap::ValueEnum)]
enum Language {
    Uk,
    En,
}

/// Runs the verb.
pub(crate) fn poll(args: Poll) -> anyhow::Result<Exit> {
    match args.verb {
        Verb::List(args) => list_polls(args),
        Verb::Show(One { engine, id }) => call(&engine, async |line| {
            let poll = get(line, id).await?;
            Ok(Answer::new(&PollView::from(&poll), show(&poll)))
        }),
        Verb::Schedule(One { engine, id: poll_id }) => call(&engine, async |line| {
            let request = line.request(proto::SchedulePollRequest { poll_id })?;
            moved(client(line).schedule_poll(request).await?.into_inner().poll)
        }),
        Verb::Suspend(args) => suspend(args),
        Verb::Resume(Reasoned { one: One { engine, id: poll_id }, reason }) => {
            call(&engine, async |line| {
                let request = line.request(proto::ResumePollRequest { poll_id, reason })?;
                moved(client(line).resume_poll(request).await?.into_inner().poll)
            })
        }
        Verb::Extend(ExtendArgs { one: One { engine, id: poll_id }, closes_at, reason }) => {
            call(&engine, async |line| {
                let request = proto::ExtendPollRequest { poll_id, closes_at, reason };
                moved(client(line).extend_poll(line.request(request)?).await?.into_inner().poll)
            })
        }
        Verb::End(args) => end(args),
        Verb::Consent(Referenced { one: One { engine, id: poll_id }, reference }) => {
            call(&engine, async |line| {
                let request = line.request(proto::GiveConsentRequest { poll_id, reference })?;
                moved(client(line).give_consent(request).await?.into_inner().poll)
            })
        }
        Verb::WithdrawConsent(Referenced { one: One { engine, id: poll_id }, reference }) => {
            call(&engine, async |line| {
                let request = line.request(proto::WithdrawConsentRequest { poll_id, reference })?;
                moved(client(line).withdraw_consent(request).await?.into_inner().poll)
            })
        }
        Verb::Release(Referenced { one: One { engine, id }, reference }) => {
            custody::release(&engine, id, reference)
        }
        Verb::Decision(args) => decision(args),
        Verb::Result(args) => result(args),
        Verb::Turnout(args) => turnout(args),
        Verb::Sheet(args) => sheet(args),
    }
}

/// The client of the service.
pub(super) fn client(line: &Line) -> PollServiceClient<Channel> {
    let client = PollServiceClient::new(line.channel.clone());
    client.max_decoding_message_size(limits::STAFF_ANSWER_BYTES_MAX)
}

/// Reads one poll.
pub(super) async fn get(line: &Line, poll_id: String) -> Result<proto::Poll, Failure> {
    let request = line.request(proto::GetPollRequest { poll_id })?;
    let response = client(line).get_poll(request).await?.into_inner();
    response.poll.ok_or_else(|| lacking("the poll"))
}

/// What a move answers: the poll, and where it stands now.
pub(super) fn moved(poll: Option<proto::Poll>) -> Result<Answer, Failure> {
    let poll = poll.ok_or_else(|| lacking("the poll"))?;
    let next = if poll.moves.is_empty() { "none".to_owned() } else { poll.moves.join(", ") };
    let list = [
        ("poll", poll.id.clone()),
        ("phase", phase_of(&poll)),
        ("opens", time(poll.opens_at.as_ref())),
        ("closes", time(poll.closes_at.as_ref())),
        ("withheld", poll.withheld_reason.clone()),
        ("order hash", poll.order_hash.clone()),
        ("legal moves", next),
    ];
    Ok(Answer::new(&PollView::from(&poll), fields(list)))
}

/// Every poll that the filters let through, page after page.
pub(super) async fn every(
    line: &Line,
    phases: &[Phase],
    body: Option<&str>,
) -> Result<Vec<proto::Poll>, Failure> {
    let phases: Vec<i32> =
        phases.iter().map(|phase| proto::PollPhase::from(*phase).into()).collect();
    let (mut polls, mut page_token) = (Vec::new(), String::new());
    loop {
        let request = proto::ListPollsRequest {
            page_size: 0,
            page_token: page_token.clone(),
            phases: phases.clone(),
            body_code: body.unwrap_or_default().to_owned(),
        };
        let page = client(line).list_polls(line.request(request)?).await?.into_inner();
        polls.extend(page.polls);
        if page.next_page_token.is_empty() {
            return Ok(polls);
        }
        if page.next_page_token == page_token {
            return Err(lacking("another page than the last one"));
        }
        page_token = page.next_page_token;
    }
}

fn list_polls(args: ListArgs) -> anyhow::Result<Exit> {
    let ListArgs { engine, phases, body } = args;
    call(&engine, async |line| {
        let polls = every(line, &phases, body.as_deref()).await?;
        let rows = polls.iter().map(|poll| {
            let order = poll.order.as_ref();
            let title = order.and_then(|order| order.title.as_ref());
            [
                poll.id.clone(),
                phase_in_list(poll),
                order.map_or_else(String::new, |order| order.reference.clone()),
                time(poll.opens_at.as_ref()),
                time(poll.closes_at.as_ref()),
                title.map_or_else(String::new, |title| short(&title.uk, 48)),
            ]
        });
        let heading = ["ID", "PHASE", "REFERENCE", "OPENS", "CLOSES", "TITLE"];
        Ok(Answer::new(&list::<_, PollView<'_>>(&polls), table(heading, rows.collect())))
    })
}

fn suspend(args: SuspendArgs) -> anyhow::Result<Exit> {
    let SuspendArgs { engine, id, all: _, reason, sure } = args;
    call(&engine, async |line| {
        if let Some(poll_id) = id {
            let request = line.request(proto::SuspendPollRequest { poll_id, reason })?;
            return moved(client(line).suspend_poll(request).await?.into_inner().poll);
        }
        confirm(sure, "suspend every open poll", "all")?;
        let request = line.request(proto::SuspendAllPollsRequest { reason })?;
        let polls = client(line).suspend_all_polls(request).await?.into_inner().poll_ids;
        let rows = polls.iter().map(|id| [id.clone()]).collect();
        Ok(Answer::new(&polls, table(["SUSPENDED"], rows)))
    })
}

fn end(args: EndArgs) -> anyhow::Result<Exit> {
    let EndArgs { one: One { engine, id: poll_id }, reason, note, sure } = args;
    call(&engine, async |line| {
        confirm(sure, &format!("end poll {poll_id} for good"), &poll_id)?;
        let reason = proto::CloseReason::from(reason).into();
        let request = line.request(proto::EndPollRequest { poll_id, reason, note })?;
        moved(client(line).end_poll(request).await?.into_inner().poll)
    })
}

fn decision(args: DecisionArgs) -> anyhow::Result<Exit> {
    let DecisionArgs { one, date, title_uk: uk, title_en: en, reference, address } = args;
    let title = Some(proto::LocalizedText { uk, en });
    let decision = Some(proto::Decision { date, title, reference, address });
    call(&one.engine, async |line| {
        let request = proto::AttachDecisionRequest { poll_id: one.id, decision };
        moved(client(line).attach_decision(line.request(request)?).await?.into_inner().poll)
    })
}

fn result(args: One) -> anyhow::Result<Exit> {
    let One { engine, id: poll_id } = args;
    call(&engine, async |line| {
        let request = line.request(proto::GetOwnResultRequest { poll_id })?;
        let result = client(line).get_own_result(request).await?.into_inner();
        let rows = result.options.iter().map(|held| {
            let proto::OptionCount { question_id, option_id, count } = held;
            [question_id.clone(), option_id.clone(), count.to_string()]
        });
        let mut text = table(["QUESTION", "OPTION", "ANSWERS"], rows.collect());
        text.push_str(&fields([("answers in all", result.total.to_string())]));
        Ok(Answer::new(&ResultView::from(&result), text))
    })
}

fn turnout(args: One) -> anyhow::Result<Exit> {
    let One { engine, id: poll_id } = args;
    call(&engine, async |line| {
        let request = line.request(proto::GetTurnoutRequest { poll_id })?;
        let turnout = client(line).get_turnout(request).await?.into_inner();
        let proto::GetTurnoutResponse { at_least, step } = turnout;
        let text = format!("at least {at_least} ballots (in steps of {step})\n");
        Ok(Answer::new(&serde_json::json!({ "at_least": at_least, "step": step }), text))
    })
}

fn sheet(args: SheetArgs) -> anyhow::Result<Exit> {
    let SheetArgs { one: One { engine, id: poll_id }, language } = args;
    let language = match language {
        Language::Uk => "uk",
        Language::En => "en",
    };
    call(&engine, async |line| {
        let request = proto::GetAnswerSheetRequest { poll_id, language: language.to_owned() };
        let sheet = client(line).get_answer_sheet(line.request(request)?).await?.into_inner().text;
        let text: String =
            sheet.lines().map(|line| format!("{}\n", super::text::clean(line))).collect();
        Ok(Answer::new(&serde_json::json!({ "language": language, "text": sheet }), text))
    })
}
