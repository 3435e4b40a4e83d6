//! What is refused as a whole call: connection credentials, batch sizes, bytes that are no message.

use bytes::{Buf, BufMut, Bytes};
use holos::ground::limits::{BATCH_BALLOTS_MAX, MESSAGE_BYTES_MAX};
use holos::outcome::Rejection;
use holos_reasons::Reason;
use holos_wire::proto::{self, Ballot};
use prost::Message;
use tonic::client::Grpc;
use tonic::codec::{Codec, DecodeBuf, Decoder, EncodeBuf, Encoder};
use tonic::codegen::http::uri::PathAndQuery;
use tonic::metadata::MetadataValue;
use tonic::transport::Channel;
use tonic::{Code, Request, Status};
use tonic_types::StatusExt;

use super::{Backend, NEW, Staff, World, reason_of, token_text, told_by_status};
use crate::support::home::SECRET;

pub(super) async fn batch(
    backend: &Backend,
    poll: &str,
    ballots: Vec<Ballot>,
) -> Result<Vec<proto::BallotResult>, Status> {
    let message = proto::CastBallotsRequest { poll_id: poll.to_owned(), ballots };
    let mut client = backend.client.clone();
    Ok(client.cast_ballots(backend.request(message)).await?.into_inner().results)
}

pub(super) async fn stream(
    backend: &Backend,
    poll: &str,
    ballots: Vec<Ballot>,
) -> Result<Vec<proto::BallotResult>, Status> {
    let message = proto::StreamBallotsRequest { sequence: 7, poll_id: poll.to_owned(), ballots };
    let request = backend.request(tokio_stream::iter([message]));
    let mut answers = backend.client.clone().stream_ballots(request).await?.into_inner();
    let answer = answers.message().await?.unwrap();
    assert_eq!(answer.sequence, 7);
    assert!(answers.message().await?.is_none());
    Ok(answer.results)
}

fn assert_told(status: &Status, code: Code, rejection: Rejection, what: &str) {
    assert_eq!((status.code(), status.message()), (code, rejection.text()), "{what}");
    let told = told_by_status(status);
    assert_eq!((told.reason.as_str(), told.retry), (rejection.reason(), None), "{what}");
    assert!(told.metadata.is_empty(), "{what}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_connection_with_a_wrong_credential_is_refused_by_every_call() {
    let world = World::new().await;
    let wrong_secret = format!("Bearer app.{}", "0".repeat(64));
    let headers = [
        wrong_secret.as_bytes(),
        format!("Bearer nobody.{SECRET}").as_bytes(),
        format!("Bearer wallet.{SECRET}").as_bytes(),
        format!("Bearer {SECRET}").as_bytes(),
        format!("bearer app.{SECRET}").as_bytes(),
        format!("Basic app.{SECRET}").as_bytes(),
        b"Bearer app.",
        b"Bearer",
        b"",
        b"Bearer app.\xff\xfe",
    ]
    .map(<[u8]>::to_vec);
    for header in headers {
        let what = String::from_utf8_lossy(&header).into_owned();
        let value = header_value(&header);
        let mut client = world.anyone.client.clone();
        let ballot = Backend::ballot(NEW, 0);
        let poll_id = world.open.clone();
        let with = |mut request: Request<()>| {
            request.metadata_mut().insert("authorization", value.clone());
            request
        };
        let one =
            proto::CastBallotRequest { poll_id: poll_id.clone(), ballot: Some(ballot.clone()) };
        let many = proto::CastBallotsRequest { poll_id, ballots: vec![ballot] };
        let one = with(Request::new(())).map(|()| one);
        let many = with(Request::new(())).map(|()| many);
        let none = tokio_stream::empty::<proto::StreamBallotsRequest>();
        let streamed = with(Request::new(())).map(|()| none);
        let statuses = [
            client.cast_ballot(one).await.unwrap_err(),
            client.cast_ballots(many).await.unwrap_err(),
            client.stream_ballots(streamed).await.unwrap_err(),
        ];
        for status in statuses {
            assert_told(&status, Code::Unauthenticated, Rejection::CallerUnknown, &what);
        }
    }
    world.assert_untouched().await;
}

fn header_value(bytes: &[u8]) -> MetadataValue<tonic::metadata::Ascii> {
    MetadataValue::try_from(bytes).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_batch_holds_one_to_a_thousand_ballots() {
    let world = World::new().await;
    let ballots = |count: usize| vec![Backend::ballot(0, 1); count];
    for (count, rejection) in
        [(0, Rejection::BatchEmpty), (BATCH_BALLOTS_MAX + 1, Rejection::BatchTooLarge)]
    {
        let what = format!("{count} ballots");
        let status = batch(&world.app, &world.open, ballots(count)).await.unwrap_err();
        assert_told(&status, Code::InvalidArgument, rejection, &what);
        let status = stream(&world.app, &world.open, ballots(count)).await.unwrap_err();
        assert_told(&status, Code::InvalidArgument, rejection, &what);
    }
    for count in [1, BATCH_BALLOTS_MAX] {
        let results = batch(&world.app, &world.open, ballots(count)).await.unwrap();
        assert_eq!(results.len(), count);
        let results = stream(&world.app, &world.open, ballots(count)).await.unwrap();
        assert_eq!(results.len(), count);
    }
    world.assert_untouched().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_call_without_a_ballot_has_no_credential() {
    let world = World::new().await;
    let message = proto::CastBallotRequest { poll_id: world.open.clone(), ballot: None };
    let mut client = world.app.client.clone();
    let status = client.cast_ballot(world.app.request(message)).await.unwrap_err();
    assert_told(&status, Code::Unauthenticated, Rejection::CredentialMissing, "no ballot");
    world.assert_untouched().await;
}

/// The answer is the gRPC library's own, before anything of ours is asked: its code is
/// OUT_OF_RANGE, and it carries no reason.
#[tokio::test(flavor = "multi_thread")]
async fn a_message_over_four_mebibytes_is_out_of_range() {
    let world = World::new().await;
    let large = || vec![token_text("x".repeat(MESSAGE_BYTES_MAX))];
    let statuses = [
        batch(&world.app, &world.open, large()).await.unwrap_err(),
        stream(&world.app, &world.open, large()).await.unwrap_err(),
        world.app.clone().cast(&world.open, large().remove(0)).await.unwrap_err(),
    ];
    for status in statuses {
        assert_eq!(status.code(), Code::OutOfRange);
        assert!(
            status.message().starts_with("Error, decoded message length too large"),
            "{status:?}"
        );
        assert!(status.get_details_error_info().is_none());
    }
    world.assert_untouched().await;
}

#[derive(Clone, Copy, Default)]
struct Raw;

impl Codec for Raw {
    type Encode = Bytes;
    type Decode = Bytes;
    type Encoder = Self;
    type Decoder = Self;

    fn encoder(&mut self) -> Self {
        *self
    }

    fn decoder(&mut self) -> Self {
        *self
    }
}

impl Encoder for Raw {
    type Item = Bytes;
    type Error = Status;

    fn encode(&mut self, item: Bytes, buffer: &mut EncodeBuf<'_>) -> Result<(), Status> {
        buffer.put(item);
        Ok(())
    }
}

impl Decoder for Raw {
    type Item = Bytes;
    type Error = Status;

    fn decode(&mut self, buffer: &mut DecodeBuf<'_>) -> Result<Option<Bytes>, Status> {
        Ok(Some(buffer.copy_to_bytes(buffer.remaining())))
    }
}

/// Sends bytes as the one message of a call and waits for what it answers.
pub async fn raw(
    address: std::net::SocketAddr,
    method: &'static str,
    request: Request<Bytes>,
) -> Result<Bytes, Status> {
    let endpoint = Channel::from_shared(format!("http://{address}")).unwrap();
    let mut client = Grpc::new(endpoint.connect().await.unwrap());
    client.ready().await.unwrap();
    let path = PathAndQuery::from_static(method);
    let request = request.map(|bytes| tokio_stream::iter([bytes]));
    let mut answers = client.streaming(request, path, Raw).await?.into_inner();
    Ok(answers.message().await?.unwrap_or_default())
}

#[tokio::test(flavor = "multi_thread")]
async fn bytes_that_are_no_message_are_malformed_for_every_method() {
    let world = World::new().await;
    let addresses = world.running.addresses;
    let bad: [&[u8]; 6] = [
        // A field number of zero, a truncated field, a length without bytes, a string of bad
        // UTF-8, a number where a string belongs, an endless varint.
        &[0x00, 0x01],
        &[0x0a],
        &[0x0a, 0x7f, 0x31],
        &[0x0a, 0x02, 0xff, 0xfe],
        &[0x08, 0x01],
        &[0xff; 16],
    ];
    let methods = [
        (addresses.ingest, "/holos.v1.BallotService/CastBallot"),
        (addresses.ingest, "/holos.v1.BallotService/CastBallots"),
        (addresses.staff, "/holos.v1.PollService/SubmitOrder"),
        (addresses.staff, "/holos.v1.PollService/GetPoll"),
        (addresses.staff, "/holos.v1.PollService/SchedulePoll"),
        (addresses.staff, "/holos.v1.PollService/EndPoll"),
        (addresses.public, "/holos.v1.ResultsService/GetResults"),
        (addresses.public, "/holos.v1.ResultsService/WatchResults"),
    ];
    for (address, method) in methods {
        for bytes in bad {
            let request = Staff::request(Bytes::copy_from_slice(bytes));
            let status = raw(address, method, request).await.unwrap_err();
            let what = format!("{method} {bytes:x?}");
            assert_told(&status, Code::InvalidArgument, Rejection::MessageMalformed, &what);
        }
    }
    // In a stream's messages the poll is the second field.
    for bytes in [&[0x12, 0x02, 0xff, 0xfe][..], &[0x12], &[0xff; 16]] {
        let request = world.app.request(Bytes::copy_from_slice(bytes));
        let method = "/holos.v1.BallotService/StreamBallots";
        let status = raw(addresses.ingest, method, request).await.unwrap_err();
        assert_told(&status, Code::InvalidArgument, Rejection::MessageMalformed, method);
    }
    // The control: the same client, a message that is one.
    let message = proto::GetResultsRequest { poll_id: world.open.clone() };
    let request = Request::new(message.encode_to_vec().into());
    let method = "/holos.v1.ResultsService/GetResults";
    let status = raw(addresses.public, method, request).await.unwrap_err();
    assert_eq!(reason_of(&status), "RESULTS_NOT_PUBLISHED");
    world.assert_untouched().await;
}

/// What a status says to people, by a call that asks for this language.
async fn said(world: &World, asked: Option<&'static str>) -> Vec<(Status, String, String)> {
    let with = |mut request: Request<()>| {
        if let Some(asked) = asked {
            let value = MetadataValue::from_static(asked);
            request.metadata_mut().insert("accept-language", value);
        }
        request
    };
    let mut client = world.app.client.clone();
    let ballot = |options: &[&str]| Backend::ballot_with(None, options);
    let one =
        proto::CastBallotRequest { poll_id: world.open.clone(), ballot: Some(ballot(&["o0"])) };
    let unary = client.cast_ballot(with(Request::new(())).map(|()| one)).await.unwrap_err();
    // Made in a task of its own, after the answer has begun.
    let empty = proto::StreamBallotsRequest { poll_id: world.open.clone(), ..Default::default() };
    let empty = with(Request::new(())).map(|()| tokio_stream::iter([empty]));
    let mut answers = client.stream_ballots(empty).await.unwrap().into_inner();
    let streamed = answers.message().await.unwrap_err();
    let mut staff = super::staff::polls(world).await;
    let unknown = with(Request::new(())).map(|()| proto::GetPollRequest::default());
    let refused = staff.get_poll(unknown).await.unwrap_err();
    [unary, streamed, refused]
        .map(|status| {
            let told = status.get_details_localized_message().expect("every status has one");
            (status, told.locale, told.message)
        })
        .to_vec()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_status_says_it_in_english_and_in_the_language_that_the_call_asks_for() {
    let world = World::new().await;
    let reasons = [Reason::CredentialMissing, Reason::BatchEmpty, Reason::StaffTokenInvalid];
    for (asked, locale) in [(None, "uk"), (Some("uk-UA"), "uk"), (Some("en-GB, uk;q=0.5"), "en")] {
        for ((status, told, message), reason) in said(&world, asked).await.iter().zip(reasons) {
            let row = reason.entry();
            assert_eq!(status.get_details_error_info().unwrap().reason, row.name, "{asked:?}");
            assert_eq!(status.message(), row.english, "{asked:?}");
            let text = if locale == "uk" { row.ukrainian } else { row.english };
            assert_eq!((told.as_str(), message.as_str()), (locale, text), "{asked:?}");
        }
    }
    world.assert_untouched().await;
}
