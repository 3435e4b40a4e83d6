//! Every method of the ten services, and a client that sends bytes as they are.

use std::net::SocketAddr;
use std::time::Duration;

use bytes::{Buf, BufMut, Bytes};
use holos::process::server::Addresses;
use tonic::client::Grpc;
use tonic::codec::{Codec, DecodeBuf, Decoder, EncodeBuf, Encoder};
use tonic::codegen::http::uri::PathAndQuery;
use tonic::metadata::MetadataValue;
use tonic::transport::Channel;
use tonic::{Request, Status};

/// What a call may take before the engine counts as hanging; its own bound is ten seconds.
const PATIENCE: Duration = Duration::from_secs(20);
/// How long a watcher waits for what does not come.
const WATCH: Duration = Duration::from_millis(20);

macro_rules! methods {
    ($($listener:ident $service:literal: $($name:ident)+;)+) => {
        /// A method.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        #[allow(missing_docs, reason = "the names are the protocol's")]
        pub enum Method { $($($name,)+)+ }

        impl Method {
            /// Every method, in the order in which inputs name them.
            pub const ALL: &'static [Self] = &[$($(Self::$name,)+)+];

            /// Where it is called.
            pub const fn path(self) -> &'static str {
                match self { $($(Self::$name => concat!("/holos.v1.", $service, "/", stringify!($name)),)+)+ }
            }

            /// On which listener it stands.
            pub const fn listener(self) -> Listener {
                match self { $($(Self::$name => Listener::$listener,)+)+ }
            }
        }
    };
}

methods! {
    Ingest "BallotService": CastBallot CastBallots StreamBallots;
    Ingest "SubjectService": GetNotice GetParticipation ListEligiblePolls GetProcessingMechanism;
    Ingest "PollFeedService": WatchPolls;
    Staff "PollService": SubmitOrder CorrectOrder ReturnOrder WithdrawOrder ApproveOrder SchedulePoll
        SuspendPoll SuspendAllPolls ResumePoll ExtendPoll EndPoll GiveConsent WithdrawConsent
        AttachDecision GetPoll ListPolls GetOrderHistory ListProfiles GetOwnResult GetTurnout
        GetAnswerSheet;
    Staff "CustodyService": RevokeIssuerKey ListRevocations ExciseIssuerKey RotateWrappingKey ErasePoll
        ConfirmErasures ReleaseHeldBack;
    Staff "StaffService": RegisterStaff WithdrawStaff ListStaff WhoAmI RegisterBodyKey RevokeBodyKey
        ListBodyKeys ListProposals ConfirmProposal DeclineProposal;
    Staff "AuditService": ListEntries ExportLog GetHead;
    Staff "IncidentService": OpenIncident NoteIncident RecordNotification CloseIncident GetIncident
        ListIncidents;
    Staff "RequestService": FileRequest ExtendRequest AnswerRequest ListRequests;
    Public "ResultsService": GetResults WatchResults ListReleases GetRelease;
}

/// A listener with gRPC on it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Listener {
    /// Backends.
    Ingest,
    /// Staff.
    Staff,
    /// Everybody.
    Public,
}

/// A connection to each listener.
pub struct Lines {
    lines: [Channel; 3],
}

impl Lines {
    /// Connects.
    ///
    /// # Panics
    /// When the engine does not answer.
    pub async fn to(addresses: &Addresses) -> Self {
        let line = async |address: SocketAddr| {
            let endpoint = Channel::from_shared(format!("http://{address}")).expect("an address");
            endpoint.connect().await.expect("the engine listens")
        };
        let Addresses { ingest, staff, public, .. } = *addresses;
        Self { lines: [line(ingest).await, line(staff).await, line(public).await] }
    }

    /// Sends bytes as the messages of one call; what came back, and how it ended.
    ///
    /// # Panics
    /// When the engine does not answer.
    pub async fn call(
        &self,
        method: Method,
        authorization: Option<&str>,
        messages: Vec<Bytes>,
    ) -> (Vec<Bytes>, Option<Status>) {
        let mut answers = Vec::new();
        let talk = self.talk(method, authorization, messages, &mut answers);
        let ended = tokio::time::timeout(PATIENCE, talk).await;
        let end = ended.unwrap_or_else(|_| panic!("{method:?}: no answer"));
        (answers, end)
    }

    /// Whether the engine says of itself that it serves.
    ///
    /// # Panics
    /// When it does not answer.
    pub async fn serves(&self) -> bool {
        let mut client = Grpc::new(self.lines[Listener::Ingest as usize].clone());
        client.ready().await.expect("the engine listens");
        let path = PathAndQuery::from_static("/grpc.health.v1.Health/Check");
        let answer = client.unary(Request::new(Bytes::new()), path, Raw);
        let answer = tokio::time::timeout(PATIENCE, answer).await.expect("an answer in time");
        // Field 1, the status: SERVING.
        answer.is_ok_and(|answer| *answer.get_ref() == [8_u8, 1][..])
    }

    async fn talk(
        &self,
        method: Method,
        authorization: Option<&str>,
        messages: Vec<Bytes>,
        answers: &mut Vec<Bytes>,
    ) -> Option<Status> {
        let mut client = Grpc::new(self.lines[method.listener() as usize].clone());
        client.ready().await.expect("the engine listens");
        let mut request = Request::new(tokio_stream::iter(messages));
        if let Some(header) = authorization {
            let header = MetadataValue::try_from(header).expect("visible ASCII");
            request.metadata_mut().insert("authorization", header);
        }
        let path = PathAndQuery::from_static(method.path());
        let mut stream = match client.streaming(request, path, Raw).await {
            Ok(response) => response.into_inner(),
            Err(status) => return Some(status),
        };
        loop {
            // Watching ends by nothing but our own will.
            let next = if matches!(method, Method::WatchResults | Method::WatchPolls) {
                match tokio::time::timeout(WATCH, stream.message()).await {
                    Ok(next) => next,
                    Err(_) => return None,
                }
            } else {
                stream.message().await
            };
            match next {
                Ok(Some(bytes)) => {
                    // Field 2 alone: everything there is has been told.
                    let caught_up = method == Method::WatchPolls && *bytes == [16, 1];
                    answers.push(bytes);
                    if caught_up {
                        return None;
                    }
                }
                Ok(None) => return None,
                Err(status) => return Some(status),
            }
        }
    }
}

#[derive(Clone, Copy)]
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
