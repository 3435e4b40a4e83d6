//! Ballots as they go over the wire, and their results as they come back: the demo's codec for
//! `StreamBallots`.
//!
//! The clients run on the cores that they measure, so they must cost little. The generated message
//! would take four allocations a ballot; this encoder writes the same bytes into tonic's buffer
//! from a credential and one prepared tail for each option. The results are read through a narrower
//! view of the generated message: each one in full, unknown fields skipped. A test holds both
//! against the generated code.

use std::sync::Arc;

use anyhow::Context;
use bytes::BufMut;
use prost::Message;
use prost::encoding::{WireType, encode_key, encode_varint, encoded_len_varint};
use tokio::sync::mpsc;
use tokio_stream::wrappers::ReceiverStream;
use tonic::client::Grpc;
use tonic::codec::{BufferSettings, Codec, DecodeBuf, Decoder, EncodeBuf, Encoder};
use tonic::codegen::http::uri::PathAndQuery;
use tonic::transport::Channel;
use tonic::{Request, Status, Streaming};

use super::calls::authorize;
use super::credentials::Credentials;
use super::plan::Ballot;
use holos_wire::proto;

const STREAM_BALLOTS: &str = "/holos.v1.BallotService/StreamBallots";
/// Bytes that tonic reserves at a time: a full message of vouched ballots.
const BUFFER_BYTES: usize = 64 * 1024;

/// One message on the way out.
pub(super) struct Batch {
    /// Repeated in the answer.
    pub(super) sequence: u64,
    /// The ballots; shared with the lane, which waits for their results.
    pub(super) ballots: Arc<Vec<Ballot>>,
}

/// The answer to one message, without what this demo does not read (the receipts).
#[derive(Clone, PartialEq, Message)]
pub(super) struct Answer {
    /// The sequence of the message answered.
    #[prost(uint64, tag = "1")]
    pub(super) sequence: u64,
    /// One result a ballot, in the order of the message.
    #[prost(message, repeated, tag = "2")]
    pub(super) results: Vec<BallotResult>,
}

/// The result of one ballot.
#[derive(Clone, PartialEq, Message)]
pub(super) struct BallotResult {
    /// What became of the ballot.
    #[prost(enumeration = "proto::Outcome", tag = "1")]
    pub(super) outcome: i32,
    /// Set when the outcome is REFUSED or UNKNOWN. Boxed: nearly no result has one.
    #[prost(message, optional, boxed, tag = "2")]
    pub(super) refusal: Option<Box<proto::Refusal>>,
}

/// Writes the ballots of one poll.
#[derive(Clone)]
pub(super) struct Scribe {
    poll: Arc<str>,
    credentials: Arc<Credentials>,
    /// The fields of a ballot after its credential, one entry an option.
    tails: Arc<[Vec<u8>]>,
    /// Where a message is put together: a `Vec` takes small pieces faster than tonic's buffer does.
    message: Vec<u8>,
}

impl Scribe {
    /// For one poll, with a credential for each voter and the ids of the options that ballots name
    /// by index.
    pub(super) fn new(
        poll: &str,
        credentials: Arc<Credentials>,
        notice_version: u32,
        options: &[&str],
    ) -> Self {
        let tail = |option: &&str| {
            // The question's id may be empty when the poll has one question.
            let answer = proto::Answer {
                question_id: String::new(),
                option_ids: vec![(*option).to_owned()],
            };
            proto::Ballot { notice_version, answers: vec![answer], ..proto::Ballot::default() }
                .encode_to_vec()
        };
        Self {
            poll: poll.into(),
            credentials,
            tails: options.iter().map(tail).collect(),
            message: Vec::new(),
        }
    }

    /// Writes `batch` as a `StreamBallotsRequest`.
    fn write(&self, batch: &Batch, out: &mut Vec<u8>) {
        // Zero is not written: it is what an absent field means.
        if batch.sequence != 0 {
            encode_key(1, WireType::Varint, out);
            encode_varint(batch.sequence, out);
        }
        put_bytes(2, self.poll.as_bytes(), out);
        match &*self.credentials {
            Credentials::Stated(subjects) => {
                for ballot in &*batch.ballots {
                    let subject = &subjects[ballot.voter as usize];
                    let tail = &self.tails[usize::from(ballot.option)];
                    let voter = bytes_len(subject) + AGE_OVER_14.len();
                    encode_key(3, WireType::LengthDelimited, out);
                    encode_varint((field_len(voter) + tail.len()) as u64, out);
                    encode_key(2, WireType::LengthDelimited, out);
                    encode_varint(voter as u64, out);
                    put_bytes(1, subject, out);
                    out.extend_from_slice(&AGE_OVER_14);
                    out.extend_from_slice(tail);
                }
            }
            Credentials::Tokens(tokens) => {
                for ballot in &*batch.ballots {
                    let token = tokens.get(ballot.voter).as_bytes();
                    let tail = &self.tails[usize::from(ballot.option)];
                    encode_key(3, WireType::LengthDelimited, out);
                    encode_varint((bytes_len(token) + tail.len()) as u64, out);
                    put_bytes(1, token, out);
                    out.extend_from_slice(tail);
                }
            }
        }
    }
}

/// `VouchedVoter.claims` of a person of 14 years or more, which is what the procedure asks for.
const AGE_OVER_14: [u8; 5] = [0x12, 3, 0x0a, 1, 14];

/// Length of a length-delimited field with a tag below 16 and `content` bytes in it.
fn field_len(content: usize) -> usize {
    1 + encoded_len_varint(content as u64) + content
}

fn bytes_len(value: &[u8]) -> usize {
    field_len(value.len())
}

fn put_bytes(tag: u32, value: &[u8], out: &mut Vec<u8>) {
    encode_key(tag, WireType::LengthDelimited, out);
    encode_varint(value.len() as u64, out);
    out.extend_from_slice(value);
}

impl Encoder for Scribe {
    type Item = Batch;
    type Error = Status;

    fn encode(&mut self, batch: Batch, out: &mut EncodeBuf<'_>) -> Result<(), Status> {
        let mut message = std::mem::take(&mut self.message);
        message.clear();
        self.write(&batch, &mut message);
        out.put_slice(&message);
        self.message = message;
        Ok(())
    }

    fn buffer_settings(&self) -> BufferSettings {
        // Each message goes out by itself: waiting for a second one would only add latency.
        BufferSettings::new(BUFFER_BYTES, 1)
    }
}

/// Reads the answers.
struct Reader;

impl Decoder for Reader {
    type Item = Answer;
    type Error = Status;

    fn decode(&mut self, input: &mut DecodeBuf<'_>) -> Result<Option<Answer>, Status> {
        Answer::decode(input).map(Some).map_err(|error| Status::internal(error.to_string()))
    }
}

struct BallotCodec(Scribe);

impl Codec for BallotCodec {
    type Encode = Batch;
    type Decode = Answer;
    type Encoder = Scribe;
    type Decoder = Reader;

    fn encoder(&mut self) -> Scribe {
        self.0.clone()
    }

    fn decoder(&mut self) -> Reader {
        Reader
    }
}

/// A call of `StreamBallots`: messages out, answers in.
pub(super) struct BallotStream {
    out: mpsc::Sender<Batch>,
    answers: Streaming<Answer>,
}

impl BallotStream {
    /// Opens the call; `secret` is what makes a connection vouched, and `window` the number of
    /// messages on the way.
    pub(super) async fn open(
        channel: Channel,
        secret: Option<&str>,
        scribe: Scribe,
        window: usize,
    ) -> anyhow::Result<Self> {
        let (out, batches) = mpsc::channel(window);
        let mut request = Request::new(ReceiverStream::new(batches));
        if let Some(secret) = secret {
            authorize(&mut request, secret)?;
        }
        let mut client = Grpc::new(channel);
        client.ready().await.context("the ingest listener")?;
        let path = PathAndQuery::from_static(STREAM_BALLOTS);
        let response = client
            .streaming(request, path, BallotCodec(scribe))
            .await
            .context("opening a ballot stream")?;
        Ok(Self { out, answers: response.into_inner() })
    }

    /// Sends one message.
    pub(super) async fn send(&mut self, batch: Batch) -> anyhow::Result<()> {
        self.out.send(batch).await.ok().context("the engine ended a ballot stream")
    }

    /// The next answer; answers come in the order of the messages.
    pub(super) async fn answer(&mut self) -> anyhow::Result<Answer> {
        let answer = self.answers.message().await.context("a ballot stream broke")?;
        answer.context("the engine ended a ballot stream with messages unanswered")
    }
}

#[cfg(test)]
mod tests {
    use super::super::plan::{Attempt, subjects};
    use super::*;
    use proptest::prelude::*;
    use proto::ballot::Credential;

    fn written(credentials: Credentials, batch: &Batch) -> proto::StreamBallotsRequest {
        let scribe =
            Scribe::new("0190-poll", Arc::new(credentials), 300, &["yes", "a-longer-option", "no"]);
        let mut out = Vec::new();
        scribe.write(batch, &mut out);
        let message = proto::StreamBallotsRequest::decode(&*out).unwrap();
        assert_eq!(message.encode_to_vec(), out, "the generated code writes the same bytes");
        message
    }

    fn batch(sequence: u64, votes: &[(u32, u8)]) -> Batch {
        let ballot = |&(voter, option)| Ballot { voter, option, attempt: Attempt::First };
        Batch { sequence, ballots: Arc::new(votes.iter().map(ballot).collect()) }
    }

    proptest! {
        #[test]
        fn what_is_written_by_hand_is_what_the_generated_code_reads(
            sequence: u64,
            votes in prop::collection::vec((0..50_u32, 0..3_u8), 0..40),
        ) {
            let subjects = subjects(1, 0..50);
            let message = written(Credentials::Stated(subjects.clone()), &batch(sequence, &votes));
            prop_assert_eq!((message.sequence, &*message.poll_id), (sequence, "0190-poll"));
            prop_assert_eq!(message.ballots.len(), votes.len());
            for (ballot, (voter, option)) in message.ballots.iter().zip(votes) {
                let Some(Credential::Voter(stated)) = &ballot.credential else {
                    panic!("not a stated voter")
                };
                prop_assert_eq!(&stated.subject[..], &subjects[voter as usize][..]);
                prop_assert_eq!(&stated.claims.as_ref().unwrap().age_over, &[14]);
                prop_assert_eq!(ballot.notice_version, 300);
                let chosen = &ballot.answers[0].option_ids[..];
                prop_assert_eq!(chosen, [["yes", "a-longer-option", "no"][usize::from(option)]]);
            }
        }
    }

    #[test]
    fn an_answer_is_read_in_full() {
        let refusal =
            proto::Refusal { reason: "TOKEN_EXPIRED".to_owned(), ..proto::Refusal::default() };
        let result = |outcome: proto::Outcome, refusal| proto::BallotResult {
            outcome: outcome.into(),
            refusal,
            receipt: vec![1, 2, 3],
        };
        let sent = proto::StreamBallotsResponse {
            sequence: 9,
            results: vec![
                result(proto::Outcome::Counted, None),
                result(proto::Outcome::Refused, Some(refusal.clone())),
            ],
        };
        let read = Answer::decode(&*sent.encode_to_vec()).unwrap();
        assert_eq!(read.sequence, 9);
        assert_eq!(
            read.results[0],
            BallotResult { outcome: proto::Outcome::Counted.into(), refusal: None }
        );
        assert_eq!(read.results[1].refusal.as_deref(), Some(&refusal));
    }
}
