//! The demo's unary calls: running a poll as staff, reading results as anybody.

use std::net::SocketAddr;
use std::time::Duration;

use anyhow::{Context, bail};
use tonic::transport::{Channel, Endpoint};
use tonic::{Code, Request, Status};
use tonic_types::StatusExt;

use crate::grpc::proto;
use crate::grpc::proto::poll_service_client::PollServiceClient;
use crate::grpc::proto::results_service_client::ResultsServiceClient;

/// Bytes of answers in flight before the client has read them; a window's worth of answers fits
/// several times.
const WINDOW_BYTES: u32 = 1024 * 1024;
/// How long a listener on this machine may take to accept.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);

/// Opens a connection of its own to a listener on this machine.
pub(super) async fn connect(address: SocketAddr) -> anyhow::Result<Channel> {
    let endpoint = Endpoint::from_shared(format!("http://{address}"))?
        .connect_timeout(CONNECT_TIMEOUT)
        .initial_stream_window_size(WINDOW_BYTES)
        .initial_connection_window_size(WINDOW_BYTES)
        .tcp_nodelay(true);
    endpoint.connect().await.with_context(|| format!("connecting to {address}"))
}

/// Adds `authorization: Bearer <secret>`.
pub(super) fn authorize<T>(request: &mut Request<T>, secret: &str) -> anyhow::Result<()> {
    let mut value: tonic::metadata::AsciiMetadataValue =
        format!("Bearer {secret}").parse().context("a bearer secret that no header can carry")?;
    value.set_sensitive(true);
    request.metadata_mut().insert("authorization", value);
    Ok(())
}

/// The staff's side of a poll.
pub(super) struct Staff {
    client: PollServiceClient<Channel>,
    token: String,
}

impl Staff {
    /// Connects to the staff listener.
    pub(super) async fn connect(address: SocketAddr, token: String) -> anyhow::Result<Self> {
        Ok(Self { client: PollServiceClient::new(connect(address).await?), token })
    }

    /// Creates a poll from an order; its identifier.
    pub(super) async fn create(&mut self, order: proto::Order) -> anyhow::Result<String> {
        let request = self.request(proto::CreatePollRequest { order: Some(order) })?;
        let response = self.client.create_poll(request).await.context("creating the poll")?;
        Ok(response.into_inner().poll.context("CreatePoll answered without a poll")?.id)
    }

    /// Opens the poll.
    pub(super) async fn open(&mut self, poll: &str) -> anyhow::Result<()> {
        let request = self.request(proto::OpenPollRequest { poll_id: poll.to_owned() })?;
        self.client.open_poll(request).await.context("opening the poll")?;
        Ok(())
    }

    /// Closes the poll, as planned.
    pub(super) async fn close(&mut self, poll: &str) -> anyhow::Result<()> {
        let reason = proto::CloseReason::AsPlanned.into();
        let request = self.request(proto::ClosePollRequest { poll_id: poll.to_owned(), reason })?;
        self.client.close_poll(request).await.context("closing the poll")?;
        Ok(())
    }

    fn request<T>(&self, message: T) -> anyhow::Result<Request<T>> {
        let mut request = Request::new(message);
        authorize(&mut request, &self.token)?;
        Ok(request)
    }
}

/// The public's side of a poll.
pub(super) struct Public {
    client: ResultsServiceClient<Channel>,
}

impl Public {
    /// Connects to the public listener.
    pub(super) async fn connect(address: SocketAddr) -> anyhow::Result<Self> {
        Ok(Self { client: ResultsServiceClient::new(connect(address).await?) })
    }

    /// The poll's results; `None` while they are not published.
    pub(super) async fn results(&mut self, poll: &str) -> anyhow::Result<Option<proto::Results>> {
        let request = proto::GetResultsRequest { poll_id: poll.to_owned() };
        match self.client.get_results(request).await {
            Ok(response) => {
                let results = response.into_inner().results;
                Ok(Some(results.context("GetResults answered without results")?))
            }
            Err(status) if is_not_published(&status) => Ok(None),
            Err(status) => bail!("reading the results: {status}"),
        }
    }
}

fn is_not_published(status: &Status) -> bool {
    let details = status.get_error_details();
    let reason = details.error_info().map(|info| info.reason.as_str());
    status.code() == Code::FailedPrecondition && reason == Some("RESULTS_NOT_PUBLISHED")
}
