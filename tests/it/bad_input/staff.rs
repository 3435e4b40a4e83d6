//! Bad input of staff and of readers: credentials, orders, moves, pages.

use holos::poll::Phase;
use holos_wire::proto::poll_service_client::PollServiceClient;
use holos_wire::proto::{self, CloseReason};
use tonic::metadata::MetadataValue;
use tonic::{Code, Request, Status};
use tonic_types::StatusExt;

use super::{Staff, World, order, reason_of};
use crate::support::home::{SECRET, STAFF_TOKEN};
use crate::support::{Post, people::dated};

pub(super) type Polls = PollServiceClient<tonic::transport::Channel>;

pub(super) async fn polls(world: &World) -> Polls {
    Polls::connect(format!("http://{}", world.running.addresses.staff)).await.unwrap()
}

fn assert_status(status: &Status, code: Code, reason: &str, text: &str) {
    assert_eq!((status.code(), status.message()), (code, text));
    assert_eq!(reason_of(status), reason);
}

fn metadata(status: &Status, key: &str) -> String {
    status.get_details_error_info().unwrap().metadata[key].clone()
}

#[tokio::test(flavor = "multi_thread")]
async fn staff_methods_want_a_staff_credential_before_anything_else() {
    let world = World::new().await;
    let mut polls = polls(&world).await;
    let headers = [
        None,
        Some(String::new()),
        Some("Bearer ".to_owned()),
        Some(STAFF_TOKEN.to_owned()),
        Some(format!("bearer {STAFF_TOKEN}")),
        Some(format!("Bearer {STAFF_TOKEN}0")),
        Some(format!("Bearer {}", &STAFF_TOKEN[1..])),
        Some(format!("Bearer app.{SECRET}")),
    ];
    for header in headers {
        let with = || {
            let mut request = Request::new(());
            if let Some(text) = &header {
                let value = MetadataValue::try_from(text.as_str()).unwrap();
                request.metadata_mut().insert("authorization", value);
            }
            request
        };
        // Ids that would be refused themselves: nothing of the request is looked at.
        let statuses = [
            polls.submit_order(with().map(|()| proto::SubmitOrderRequest::default())).await.err(),
            polls.get_poll(with().map(|()| proto::GetPollRequest::default())).await.err(),
            polls.list_polls(with().map(|()| proto::ListPollsRequest::default())).await.err(),
            polls.schedule_poll(with().map(|()| proto::SchedulePollRequest::default())).await.err(),
            polls.end_poll(with().map(|()| proto::EndPollRequest::default())).await.err(),
        ];
        for status in statuses {
            let text = "authorization: not a staff token that holds";
            assert_status(&status.unwrap(), Code::Unauthenticated, "STAFF_TOKEN_INVALID", text);
        }
    }
    world.assert_untouched().await;
}

type Change = fn(&mut proto::Order);

fn eligibility(order: &mut proto::Order) -> &mut proto::Eligibility {
    let participants = order.participants.as_mut().unwrap();
    participants.eligible_population = Some(50_000);
    participants.eligibility.get_or_insert_default()
}

fn notice(order: &mut proto::Order) -> &mut proto::Notice {
    order.notice.as_mut().unwrap()
}

fn texts<const N: usize>(texts: [&str; N]) -> Vec<String> {
    texts.map(str::to_owned).to_vec()
}

const LENGTH_500: &str = "must hold 1 to 500 characters";
const NAME_32: &str = "must hold 1 to 32 characters of [a-z0-9-]";
const NAME_64: &str = "must hold 1 to 64 characters of [a-z0-9-]";
const LENGTH_300: &str = "must hold 1 to 300 characters";
const DIGITS: &str = "must hold 8 digits";
const CONTROL: &str = "must not hold control characters";
const COUNT: &str = "must hold 2 to 10 (any)";
const ONE: &str = "must hold exactly 1 (any)";
const UNIQUE: &str = "must be unique in the question";
const AGE: &str = "must be 1 to 120";
const PLACE: &str = "must be an ISO 3166-2:UA or KATOTTG code";
const COUNTRY: &str = "must be an ISO 3166-1 alpha-2 code in capitals";
const TWICE: &str = "must not hold the same twice";
const BREAKDOWN: &str = "must be REGION, AGE_BAND or GROUP";
const LENGTH_2000: &str = "must hold 1 to 2000 characters";
const PHONE: &str = "must hold 3 to 32 characters of [0-9+() -]";

type Rows = Vec<(Change, &'static [(&'static str, &'static str)])>;

/// A change to a good order, and the fields and rules that the answer names, first to last.
fn bad_orders() -> Rows {
    let rows = [bad_texts(), bad_questions(), bad_participants()];
    rows.into_iter().flatten().collect()
}

fn bad_texts() -> Rows {
    vec![
        (|o| o.reference.clear(), &[("reference", "must hold 1 to 64 characters")]),
        (|o| o.reference = "  ".into(), &[("reference", "must hold 1 to 64 characters")]),
        (|o| o.reference = "я".repeat(65), &[("reference", "must hold 1 to 64 characters")]),
        (|o| o.reference = "a\nb".into(), &[("reference", CONTROL)]),
        (|o| o.initiator = None, &[("initiator.code", DIGITS), ("initiator.name", LENGTH_300)]),
        (|o| o.initiator.as_mut().unwrap().code = "1234567".into(), &[("initiator.code", DIGITS)]),
        (|o| o.initiator.as_mut().unwrap().code = "1234567x".into(), &[("initiator.code", DIGITS)]),
        (
            |o| o.initiator.as_mut().unwrap().name = "n".repeat(301),
            &[("initiator.name", LENGTH_300)],
        ),
        (|o| o.legal_ground.clear(), &[("legal_ground", "must hold 1 to 1000 characters")]),
        (
            |o| o.legal_ground = "l".repeat(1001),
            &[("legal_ground", "must hold 1 to 1000 characters")],
        ),
        (|o| o.title = None, &[("title.uk", LENGTH_500), ("title.en", LENGTH_500)]),
        (|o| o.title.as_mut().unwrap().en = "t".repeat(501), &[("title.en", LENGTH_500)]),
        (|o| o.questions.clear(), &[("questions", ONE)]),
        (|o| o.questions.push(o.questions[0].clone()), &[("questions", ONE)]),
        (|o| o.questions[0].id = "Q".into(), &[("questions[0].id", NAME_32)]),
        (|o| o.questions[0].id = "q".repeat(33), &[("questions[0].id", NAME_32)]),
        (
            |o| o.questions[0].text = None,
            &[("questions[0].text.uk", LENGTH_500), ("questions[0].text.en", LENGTH_500)],
        ),
        (|o| o.questions[0].options.truncate(1), &[("questions[0].options", COUNT)]),
        (
            |o| {
                let options = &mut o.questions[0].options;
                for n in options.len()..11 {
                    options
                        .push(proto::QuestionOption { id: format!("p{n}"), ..options[0].clone() });
                }
            },
            &[("questions[0].options", COUNT)],
        ),
        (|o| o.questions[0].options[1].id = "o0".into(), &[("questions[0].options[1].id", UNIQUE)]),
        (|o| o.questions[0].options[2].id.clear(), &[("questions[0].options[2].id", NAME_32)]),
        (
            |o| o.questions[0].options[0].label.as_mut().unwrap().uk.clear(),
            &[("questions[0].options[0].label.uk", LENGTH_500)],
        ),
        (|o| o.community = "Київ".into(), &[("community", NAME_64)]),
        (|o| o.participants = None, &[("participants.subject_space", NAME_64)]),
        (
            |o| eligibility(o).minimum_age = Some(0),
            &[("participants.eligibility.minimum_age", AGE)],
        ),
        (
            |o| eligibility(o).minimum_age = Some(1 << 20),
            &[("participants.eligibility.minimum_age", AGE)],
        ),
    ]
}

fn bad_questions() -> Rows {
    vec![
        (
            |o| eligibility(o).regions = texts(["UA-30", "UA-01", "UA-30", "Київ"]),
            &[
                ("participants.eligibility.regions[1]", PLACE),
                ("participants.eligibility.regions[3]", PLACE),
                ("participants.eligibility.regions", TWICE),
            ],
        ),
        (
            |o| eligibility(o).citizenships = texts(["UA", "ua"]),
            &[("participants.eligibility.citizenships[1]", COUNTRY)],
        ),
        (
            |o| eligibility(o).groups = texts(["pupils", "Pupils"]),
            &[("participants.eligibility.groups[1]", NAME_64)],
        ),
        (
            |o| o.breakdowns = vec![1, 0, 77],
            &[("breakdowns[1]", BREAKDOWN), ("breakdowns[2]", BREAKDOWN)],
        ),
        (|o| o.breakdowns = vec![1, 1], &[("breakdowns", TWICE)]),
        (
            |o| o.publication = None,
            &[
                ("publication.mode", "must be NEVER, AT_CLOSE or LIVE"),
                ("publication.minimum_answers", "must be at least 10"),
            ],
        ),
        (
            |o| o.publication.as_mut().unwrap().mode = 77,
            &[("publication.mode", "must be NEVER, AT_CLOSE or LIVE")],
        ),
        (
            |o| o.publication.as_mut().unwrap().early_end = 77,
            &[("publication.early_end", "must be PUBLISH or WITHHOLD")],
        ),
        (
            |o| o.publication.as_mut().unwrap().k = Some(9),
            &[("publication.k", "must be at least 10")],
        ),
        (
            |o| o.publication.as_mut().unwrap().ballots_apart = Some(9),
            &[("publication.ballots_apart", "must be at least 10")],
        ),
        (
            |o| o.publication.as_mut().unwrap().release_minutes = Some(60),
            &[("publication.release_minutes", "must be left out unless the mode is live")],
        ),
        (
            |o| {
                eligibility(o).regions = texts(["UA-30"]);
                o.participants.as_mut().unwrap().eligible_population = None;
            },
            &[(
                "participants.eligible_population",
                "must be stated where an age over 60, regions, citizenships or groups are asked for",
            )],
        ),
    ]
}

fn bad_participants() -> Rows {
    vec![
        (
            |o| o.participants.as_mut().unwrap().eligible_population = Some(999),
            &[("participants.eligible_population", "must be at least 1000")],
        ),
        (
            |o| o.publication.as_mut().unwrap().minimum_answers = 9,
            &[("publication.minimum_answers", "must be at least 10")],
        ),
        (
            |o| o.publication.as_mut().unwrap().minimum_answers = 1 << 53,
            &[("publication.minimum_answers", "must be at most 9007199254740991")],
        ),
        (
            |o| notice(o).controller = None,
            &[
                ("notice.controller.code", DIGITS),
                ("notice.controller.name.uk", LENGTH_2000),
                ("notice.controller.name.en", LENGTH_2000),
                ("notice.controller.address.uk", LENGTH_2000),
                ("notice.controller.address.en", LENGTH_2000),
                ("notice.controller.phone", PHONE),
            ],
        ),
        (
            |o| notice(o).recipients = None,
            &[("notice.recipients.uk", LENGTH_2000), ("notice.recipients.en", LENGTH_2000)],
        ),
        (
            |o| notice(o).responsible_person.as_mut().unwrap().contact = "c".repeat(2001),
            &[("notice.responsible_person.contact", LENGTH_2000)],
        ),
        (|o| o.notice_version = 0, &[("notice_version", "must be at least 1")]),
        (
            |o| {
                o.notice_version = 0;
                o.reference.clear();
                o.community.clear();
            },
            &[
                ("reference", "must hold 1 to 64 characters"),
                ("community", NAME_64),
                ("notice_version", "must be at least 1"),
            ],
        ),
    ]
}

#[tokio::test(flavor = "multi_thread")]
async fn a_bad_order_is_refused_with_every_field_and_its_rule() {
    let world = World::new().await;
    let mut polls = polls(&world).await;
    for (change, named) in bad_orders() {
        let mut bad = proto::Order::from(&dated("bad"));
        change(&mut bad);
        let request = proto::SubmitOrderRequest { order: Some(bad), ..Default::default() };
        let status = polls.submit_order(Post::Initiator.request(request)).await.unwrap_err();
        let text = format!("order.{}: {}", named[0].0, named[0].1);
        assert_status(&status, Code::InvalidArgument, "ORDER_INVALID", &text);
        let fields = status.get_details_bad_request().unwrap().field_violations;
        let fields: Vec<_> =
            fields.iter().map(|found| (found.field.as_str(), found.description.as_str())).collect();
        let named: Vec<_> =
            named.iter().map(|(field, rule)| (format!("order.{field}"), *rule)).collect();
        assert!(
            fields.iter().copied().eq(named.iter().map(|(f, r)| (f.as_str(), *r))),
            "{fields:?}"
        );
    }
    let request = Post::Initiator.request(proto::SubmitOrderRequest::default());
    let status = polls.submit_order(request).await.unwrap_err();
    let text = "order: must be present";
    assert_status(&status, Code::InvalidArgument, "ORDER_INVALID", text);
    let listed =
        polls.list_polls(Staff::request(proto::ListPollsRequest::default())).await.unwrap();
    assert_eq!(listed.into_inner().polls.len(), 3, "none was created");
    world.assert_untouched().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_order_filed_twice_is_answered_with_the_poll_it_made() {
    let mut world = World::new().await;
    let status = world.staff.create(&order("approved", 2)).await.unwrap_err();
    let text = "the initiator has an order with this reference already";
    assert_status(&status, Code::AlreadyExists, "ORDER_EXISTS", text);
    assert_eq!(metadata(&status, "poll_id"), world.approved);
    // The reference is the initiator's own: another body may use the same.
    let mut other = dated("approved");
    other.initiator.code = Post::Stranger.body().to_owned();
    let request = proto::SubmitOrderRequest { order: Some((&other).into()), ..Default::default() };
    assert!(world.staff.polls.submit_order(Post::Stranger.request(request)).await.is_ok());
    world.assert_untouched().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_poll_moves_only_as_its_phase_allows() {
    let mut world = World::new().await;
    let mut polls = polls(&world).await;
    let wrong = (Code::FailedPrecondition, "POLL_WRONG_PHASE");
    for (poll, name, phase) in [
        (&world.open, "open", Phase::Open),
        (&world.closed, "withheld", Phase::Withheld),
        (&world.approved, "approved", Phase::Approved),
    ] {
        let status = match phase {
            Phase::Approved => world.staff.close(poll).await.unwrap_err(),
            _ => world.staff.open(poll).await.unwrap_err(),
        };
        let moves: Vec<_> = phase.moves_of_people().iter().map(|held| held.name()).collect();
        let text = format!("the poll is {name}; what it allows: {}", moves.join(", "));
        assert_status(&status, wrong.0, wrong.1, &text);
        assert_eq!(metadata(&status, "phase"), format!("POLL_PHASE_{}", phase.wire_name()));
        assert_eq!(metadata(&status, "moves"), moves.join(","));
    }
    let closed = world.staff.get(&world.closed).await.unwrap();
    assert_eq!(
        world.staff.close(&world.closed).await.unwrap(),
        closed,
        "closing again is harmless"
    );
    for reason in [CloseReason::Unspecified as i32, CloseReason::AsPlanned as i32, 99] {
        let poll_id = world.open.clone();
        let request = proto::EndPollRequest { poll_id, reason, note: String::new() };
        let status = polls.end_poll(Staff::request(request)).await.unwrap_err();
        let text = "reason: must be RELEVANCE_LOST, TECHNICAL_ERROR or INITIATOR_DECISION";
        assert_status(&status, Code::InvalidArgument, "END_REASON_MISSING", text);
    }
    for (id, code, reason) in [
        ("", Code::InvalidArgument, "POLL_ID_MALFORMED"),
        ("01890a5d-ac96-774b-bcce-b302099a8057", Code::NotFound, "POLL_UNKNOWN"),
    ] {
        let statuses = [
            world.staff.get(id).await.unwrap_err(),
            world.staff.open(id).await.unwrap_err(),
            world.staff.close(id).await.unwrap_err(),
            world.staff.results(id).await.unwrap_err(),
        ];
        for status in statuses {
            assert_eq!((status.code(), reason_of(&status).as_str()), (code, reason));
        }
    }
    world.assert_untouched().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn results_are_refused_until_they_are_published() {
    let mut world = World::new().await;
    // What is not scheduled yet is not public.
    let status = world.staff.results(&world.approved).await.unwrap_err();
    assert_eq!((status.code(), reason_of(&status).as_str()), (Code::NotFound, "POLL_UNKNOWN"));
    for (poll, reason, key, value, text) in [
        (
            &world.open,
            "RESULTS_NOT_PUBLISHED",
            "phase",
            "POLL_PHASE_OPEN",
            "the results are not published yet",
        ),
        (
            &world.closed,
            "RESULTS_WITHHELD",
            "withheld_reason",
            "TOO_FEW_ANSWERS",
            "the poll's rules forbid publishing its results",
        ),
    ] {
        let status = world.staff.results(poll).await.unwrap_err();
        assert_status(&status, Code::FailedPrecondition, reason, text);
        assert_eq!(metadata(&status, key), value);
    }
    world.assert_untouched().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn pages_have_bounds() {
    let world = World::new().await;
    let mut polls = polls(&world).await;
    let mut list = async |page_size: i32, page_token: &str| {
        let page_token = page_token.to_owned();
        let request = proto::ListPollsRequest { page_size, page_token, ..Default::default() };
        polls.list_polls(Staff::request(request)).await.map(tonic::Response::into_inner)
    };
    for size in [-1, 101, i32::MAX, i32::MIN] {
        let text = "page_size: must be 0 to 100";
        let status = list(size, "").await.unwrap_err();
        assert_status(&status, Code::InvalidArgument, "PAGE_SIZE_INVALID", text);
    }
    let status = list(1, "next").await.unwrap_err();
    let text = "page_token: not a next_page_token of this service";
    assert_status(&status, Code::InvalidArgument, "PAGE_TOKEN_INVALID", text);
    assert_eq!(list(100, "").await.unwrap().polls.len(), 3);
    let (mut seen, mut token) = (Vec::new(), String::new());
    loop {
        let page = list(1, &token).await.unwrap();
        seen.extend(page.polls.into_iter().map(|poll| poll.id));
        token = page.next_page_token;
        if token.is_empty() {
            break;
        }
    }
    assert_eq!(
        seen,
        [world.closed.as_str(), &world.approved, &world.open],
        "newest first, each once"
    );
    world.assert_untouched().await;
}
