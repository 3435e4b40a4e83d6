//! Who may answer, what a voter may ask, and what a reservation keeps out: over the wire, on a real
//! store.

use super::support::home::{PSEUDONYM_KEY, kill, wallet};
use super::support::people::{Custodian, token, token_with};
use super::support::{Answered, Backend, Home, Staff, order, reason_of, subject};
use holos::count::authenticate::issuers::VouchedConfig;
use holos::count::authenticate::mint::Claims;
use holos::ground::clock::Clock;
use holos::poll::{Breakdown, Country, Order, Region};
use holos::process::server::Addresses;
use holos_wire::proto::ballot::Credential;
use holos_wire::proto::subject_service_client::SubjectServiceClient;
use holos_wire::proto::{self, Participation, StatedClaims, VouchedVoter, asker};
use serde_json::{Value, json};
use tonic::transport::Channel;
use tonic::{Request, Status};

/// For people of fourteen and over in two regions, of Ukrainian citizenship or of a group.
fn selective(reference: &str) -> Order {
    let mut order = order(reference, 3);
    let eligibility = &mut order.participants.eligibility;
    eligibility.minimum_age = Some(14);
    eligibility.regions = ["UA-32", "UA-46"].map(|code| Region::parse(code).unwrap()).to_vec();
    eligibility.citizenships = vec![Country::parse("UA").unwrap()];
    order.participants.eligible_population = Some(1_000);
    order
}

fn good() -> Vec<(&'static str, Value)> {
    vec![
        ("age_over_14", json!(true)),
        ("region", json!("UA32080150000099999")),
        ("citizenship", json!("UA")),
    ]
}

struct Asking {
    client: SubjectServiceClient<Channel>,
}

impl Asking {
    async fn at(addresses: &Addresses) -> Self {
        let endpoint = Channel::from_shared(format!("http://{}", addresses.ingest)).unwrap();
        Self { client: SubjectServiceClient::new(endpoint.connect().await.unwrap()) }
    }

    async fn participates(&mut self, poll: &str, token: &str) -> Result<Participation, Status> {
        let asker = asker(asker::Credential::Token(token.to_owned()));
        let request = proto::GetParticipationRequest { poll_id: poll.to_owned(), asker };
        Ok(self.client.get_participation(request).await?.into_inner().participation())
    }

    async fn eligible(&mut self, token: &str) -> Result<Vec<String>, Status> {
        let asker = asker(asker::Credential::Token(token.to_owned()));
        let request = proto::ListEligiblePollsRequest { asker };
        let polls = self.client.list_eligible_polls(request).await?.into_inner().polls;
        Ok(polls.into_iter().map(|poll| poll.poll_id).collect())
    }
}

fn asker(credential: asker::Credential) -> Option<proto::Asker> {
    Some(proto::Asker { credential: Some(credential) })
}

fn by_token(poll: &str, voter: u64, more: &[(&str, Value)]) -> proto::Ballot {
    let token = token_with(&wallet(), poll, voter, Clock::system().now(), more);
    Backend::ballot_with(Some(Credential::Token(token)), &["o0"])
}

#[tokio::test(flavor = "multi_thread")]
async fn a_missing_or_false_predicate_is_refused_and_says_no_more() {
    let home = Home::new();
    let running = home.start().await;
    let mut staff = Staff::of(&running.addresses).await;
    let poll = staff.open_new(&selective("selective")).await;
    let mut anybody = Backend::anonymous(&running.addresses).await;
    let counted = anybody.cast(&poll, by_token(&poll, 1, &good())).await.unwrap();
    assert_eq!(counted, Answered::Counted);
    let mut seen = Vec::new();
    for (claim, value) in [
        ("age_over_14", Some(json!(false))),
        ("age_over_14", None),
        ("region", Some(json!("UA-63"))),
        ("region", None),
        ("citizenship", Some(json!("PL"))),
        ("citizenship", None),
    ] {
        let mut claims = good();
        claims.retain(|(name, _)| *name != claim);
        claims.extend(value.map(|value| (claim, value)));
        let status = anybody.cast(&poll, by_token(&poll, 2, &claims)).await.unwrap_err();
        assert_eq!(reason_of(&status), "NOT_ELIGIBLE", "{claim}");
        seen.push((status.code(), status.message().to_owned(), status.details().to_vec()));
    }
    seen.dedup();
    assert_eq!(seen.len(), 1, "all refusals are the same to the byte");
    // Refused is not counted: with the claims put right the same person may still answer.
    let counted = anybody.cast(&poll, by_token(&poll, 2, &good())).await.unwrap();
    assert_eq!(counted, Answered::Counted);

    // The same rules on a backend's word.
    let mut app = Backend::vouched(&running.addresses, "app").await;
    let stated = |voter, claims| {
        let voter = VouchedVoter { subject: subject(voter), claims, ..Default::default() };
        Backend::ballot_with(Some(Credential::Voter(voter)), &["o1"])
    };
    let claims = StatedClaims {
        age_over: vec![18],
        region: "UA-46".to_owned(),
        citizenship: "UA".to_owned(),
        ..Default::default()
    };
    let status = app.cast(&poll, stated(3, None)).await.unwrap_err();
    assert_eq!(reason_of(&status), "NOT_ELIGIBLE");
    assert_eq!(app.cast(&poll, stated(3, Some(claims))).await.unwrap(), Answered::Counted);
    running.shutdown().await;
    home.assert_sound();
}

#[tokio::test(flavor = "multi_thread")]
async fn claims_that_a_poll_does_not_need_are_not_read_however_wrong_they_are() {
    let home = Home::new();
    let running = home.start().await;
    let poll = Staff::of(&running.addresses).await.open_new(&order("everybody", 3)).await;
    let mut anybody = Backend::anonymous(&running.addresses).await;
    let odd = [
        ("age_over_14", json!("perhaps")),
        ("birth_year", json!([1, 2])),
        ("region", json!({ "in": "there" })),
        ("groups", json!(7)),
        ("name", json!("Somebody")),
    ];
    let counted = anybody.cast(&poll, by_token(&poll, 1, &odd)).await.unwrap();
    assert_eq!(counted, Answered::Counted);
    running.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_person_is_not_counted_under_a_second_pseudonym_key() {
    let home = Home::new();
    let running = home.start().await;
    let mut staff = Staff::of(&running.addresses).await;
    let poll = staff.open_new(&order("pinned", 3)).await;
    assert_eq!(staff.get(&poll).await.unwrap().pseudonym_key, PSEUDONYM_KEY);
    let mut anybody = Backend::anonymous(&running.addresses).await;
    let token = wallet().mint(&Claims {
        audience: "holos",
        subject: &subject(1),
        pseudonym_key: "citizens-2",
        poll: poll.parse().unwrap(),
        issued_at: Clock::system().now(),
        lifetime_seconds: 60,
        more: &[],
    });
    let ballot = Backend::ballot_with(Some(Credential::Token(token)), &["o0"]);
    let status = anybody.cast(&poll, ballot).await.unwrap_err();
    assert_eq!(reason_of(&status), "PSEUDONYM_KEY");
    let mut app = Backend::vouched(&running.addresses, "app").await;
    let voter = VouchedVoter {
        subject: subject(1),
        pseudonym_key_id: "citizens-2".to_owned(),
        ..Default::default()
    };
    let ballot = Backend::ballot_with(Some(Credential::Voter(voter)), &["o0"]);
    assert_eq!(reason_of(&app.cast(&poll, ballot).await.unwrap_err()), "PSEUDONYM_KEY");
    running.shutdown().await;

    // The issuers go over to the next key while the poll is open: it stays with its own.
    let mut home = home;
    home.config.issuers.iter_mut().for_each(|issuer| issuer.pseudonym_key = "citizens-2".into());
    let running = home.start().await;
    let mut app = Backend::vouched(&running.addresses, "app").await;
    let status = app.cast(&poll, Backend::ballot(2, 0)).await.unwrap_err();
    assert_eq!(reason_of(&status), "PSEUDONYM_KEY");
    running.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_poll_whose_subject_space_nobody_vouches_for_does_not_open() {
    let home = Home::new();
    let running = home.start().await;
    let mut staff = Staff::of(&running.addresses).await;
    let mut nowhere = order("nowhere", 3);
    nowhere.participants.subject_space = "nowhere".to_owned();
    let poll = staff.create(&nowhere).await.unwrap();
    let status = staff.open(&poll.id).await.unwrap_err();
    assert_eq!(reason_of(&status), "SUBJECT_SPACE_UNKNOWN");
    running.shutdown().await;
    home.assert_sound();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reservation_keeps_a_ballot_out_of_the_breakdowns_and_in_the_totals() {
    let home = Home::new();
    let running = home.start().await;
    let mut staff = Staff::of(&running.addresses).await;
    let mut order = order("breakdowns", 3);
    order.breakdowns = vec![Breakdown::Region];
    let poll = staff.open_new(&order).await;
    let mut anybody = Backend::anonymous(&running.addresses).await;
    for voter in 0..24 {
        let mut ballot = by_token(&poll, voter, &[("region", json!("UA-46"))]);
        ballot.decline_breakdowns = voter % 2 == 0;
        assert_eq!(anybody.cast(&poll, ballot).await.unwrap(), Answered::Counted);
    }
    // One whose token does not say where: no breakdown, and no refusal.
    let counted = anybody.cast(&poll, by_token(&poll, 24, &[])).await.unwrap();
    assert_eq!(counted, Answered::Counted);
    staff.close(&poll).await.unwrap();
    assert_eq!(staff.counts(&poll).await, [25, 0, 0]);
    kill(running).await;
    home.assert_sound();

    // What is stored: half of them in the breakdown.
    let cells = stored_cells(&home, &poll);
    let layout_own = 3;
    assert_eq!(cells[..layout_own].iter().sum::<u64>(), 25);
    assert_eq!(cells[layout_own..].iter().sum::<u64>(), 12);
}

/// The sums of a poll's one group, as they lie in the store.
fn stored_cells(home: &Home, poll: &str) -> Vec<u64> {
    use super::forensic::attacker;
    let keys = attacker::keys(&home.config.wrapping_key_file(), &home.data().join("keys"));
    let poll: holos::poll::PollId = poll.parse().unwrap();
    let records =
        attacker::files(&home.data()).values().flat_map(|bytes| attacker::records(bytes)).collect();
    let loot = attacker::open(&records, &keys, &[*poll.as_bytes()]);
    loot.sums.into_iter().next_back().unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_voter_hears_about_the_own_participation_until_the_erasure() {
    let home = Home::new();
    let running = home.start().await;
    let mut staff = Staff::of(&running.addresses).await;
    let poll = staff.open_new(&order("rights", 3)).await;
    let mut anybody = Backend::anonymous(&running.addresses).await;
    for voter in 0..12 {
        anybody.cast(&poll, by_token(&poll, voter, &[])).await.unwrap();
    }
    let mut asking = Asking::at(&running.addresses).await;
    let of = |voter| token(&wallet(), &poll, voter, Clock::system().now());
    let (mine, not_mine) = (of(1), of(99));
    use Participation::{NotProcessed, Processed};
    assert_eq!(asking.participates(&poll, &mine).await.unwrap(), Processed);
    assert_eq!(asking.participates(&poll, &not_mine).await.unwrap(), NotProcessed);

    // Only the own, valid token: not another poll's, not an altered one, not none.
    let other = staff.open_new(&order("other", 3)).await;
    let status = asking.participates(&other, &mine).await.unwrap_err();
    assert_eq!(reason_of(&status), "TOKEN_POLL");
    // A character of the signature, for another one.
    let at = mine.len() - 10;
    let other = if &mine[at..=at] == "A" { "B" } else { "A" };
    let altered = [&mine[..at], other, &mine[at + 1..]].concat();
    let status = asking.participates(&poll, &altered).await.unwrap_err();
    assert_eq!(reason_of(&status), "TOKEN_SIGNATURE");
    let request = proto::GetParticipationRequest { poll_id: poll.clone(), asker: None };
    let status = asking.client.get_participation(request).await.unwrap_err();
    assert_eq!(reason_of(&status), "CREDENTIAL_MISSING");

    staff.close(&poll).await.unwrap();
    assert_eq!(asking.participates(&poll, &of(1)).await.unwrap(), Processed, "until the erasure");
    Custodian::of(&running.addresses).await.erase(&poll).await.unwrap();
    assert_eq!(asking.participates(&poll, &of(1)).await.unwrap(), NotProcessed);
    running.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_backend_asks_about_its_voters_only_where_its_entry_allows_it() {
    let mut home = Home::new();
    let mirror = home.config.issuers.iter_mut().find(|issuer| issuer.id == "mirror").unwrap();
    let vouched: &mut VouchedConfig = mirror.vouched.as_mut().unwrap();
    vouched.may_ask = true;
    let running = home.start().await;
    let poll = Staff::of(&running.addresses).await.open_new(&order("asked", 3)).await;
    let mut asking = Asking::at(&running.addresses).await;
    for (issuer, allowed) in [("app", false), ("mirror", true)] {
        let backend = Backend::vouched(&running.addresses, issuer).await;
        let voter = VouchedVoter { subject: subject(1), ..Default::default() };
        let asker = || asker(asker::Credential::Voter(voter.clone()));
        let request = proto::GetParticipationRequest { poll_id: poll.clone(), asker: asker() };
        let answer = asking.client.get_participation(backend.request(request)).await;
        let list = proto::ListEligiblePollsRequest { asker: asker() };
        let listed = asking.client.list_eligible_polls(backend.request(list)).await;
        assert_eq!((answer.is_ok(), listed.is_ok()), (allowed, allowed), "{issuer}");
        if !allowed {
            assert_eq!(reason_of(&answer.unwrap_err()), "ASK_FORBIDDEN");
            assert_eq!(reason_of(&listed.unwrap_err()), "ASK_FORBIDDEN");
        }
    }
    running.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn eligible_polls_are_the_open_ones_whose_conditions_the_token_meets() {
    let home = Home::new();
    let running = home.start().await;
    let mut staff = Staff::of(&running.addresses).await;
    let everybody = staff.open_new(&order("a", 3)).await;
    let some = staff.open_new(&selective("b")).await;
    staff.create(&order("not open", 3)).await.unwrap();
    let closed = staff.open_new(&order("closed", 3)).await;
    staff.close(&closed).await.unwrap();
    let mut asking = Asking::at(&running.addresses).await;
    let unbound = |more: &[(&str, Value)]| {
        // A token for no poll in particular: it opens no ballot.
        let now = Clock::system().now().as_second();
        let mut payload = json!({
            "iss": "wallet", "aud": "holos", "pkid": PSEUDONYM_KEY, "iat": now, "exp": now + 60,
            "sub": "AQEBAQEBAQEBAQEBAQEBAQ",
        });
        for (name, value) in more {
            payload[*name] = value.clone();
        }
        wallet().mint_raw(&json!({ "alg": "EdDSA", "kid": "k1" }).to_string(), &payload.to_string())
    };
    assert_eq!(
        asking.eligible(&unbound(&good())).await.unwrap(),
        [some.clone(), everybody.clone()]
    );
    assert_eq!(asking.eligible(&unbound(&[])).await.unwrap(), std::slice::from_ref(&everybody));
    let bound = token(&wallet(), &everybody, 1, Clock::system().now());
    assert_eq!(asking.eligible(&bound).await.unwrap(), std::slice::from_ref(&everybody));
    let mut anybody = Backend::anonymous(&running.addresses).await;
    let ballot = Backend::ballot_with(Some(Credential::Token(unbound(&good()))), &["o0"]);
    let status = anybody.cast(&everybody, ballot).await.unwrap_err();
    assert_eq!(reason_of(&status), "TOKEN_MALFORMED", "a ballot needs a token for its poll");
    running.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_notice_the_rights_and_the_mechanism_are_public_texts_in_both_languages() {
    let home = Home::new();
    let running = home.start().await;
    let poll = Staff::of(&running.addresses).await.open_new(&order("notice", 3)).await;
    let mut asking = Asking::at(&running.addresses).await;
    let request = Request::new(proto::GetNoticeRequest { poll_id: poll.clone() });
    let notice = asking.client.get_notice(request).await.unwrap().into_inner();
    assert_eq!((notice.version, notice.rights.len()), (1, 13));
    let fields = notice.notice.unwrap();
    let controller = fields.controller.unwrap();
    assert_eq!(controller.code, "43220851");
    assert!(!controller.address.unwrap().uk.is_empty() && !controller.phone.is_empty());
    for text in [fields.data_location, fields.contents, fields.purpose, fields.recipients] {
        let text = text.unwrap();
        assert!(!text.uk.is_empty() && !text.en.is_empty());
    }
    assert!(notice.rights.iter().all(|right| !right.uk.is_empty() && !right.en.is_empty()));
    let request = proto::GetProcessingMechanismRequest {};
    let mechanism = asking.client.get_processing_mechanism(request).await.unwrap().into_inner();
    let mechanism = mechanism.mechanism.unwrap();
    assert!(!mechanism.uk.is_empty() && mechanism.en.contains("hash"), "{}", mechanism.en);
    let request = proto::GetNoticeRequest { poll_id: "x".to_owned() };
    let status = asking.client.get_notice(request).await.unwrap_err();
    assert_eq!(reason_of(&status), "POLL_ID_MALFORMED");
    running.shutdown().await;
}
