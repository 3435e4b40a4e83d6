//! The demo's unary calls: connecting, and reading results as anybody.

use std::net::SocketAddr;

use anyhow::{Context, bail};
use holos_reasons::Reason;
use tonic::transport::{Channel, Endpoint};
use tonic::{Code, Request, Status};
use tonic_types::StatusExt;

use crate::ground::limits::CONNECT_TIMEOUT;
use holos_wire::proto;
use holos_wire::proto::results_service_client::ResultsServiceClient;

/// Bytes of answers in flight before the client has read them; a window's worth of answers fits
/// several times.
const WINDOW_BYTES: u32 = 1024 * 1024;

/// Opens a connection of its own to a listener on this machine.
pub(in crate::cli) async fn connect(address: SocketAddr) -> anyhow::Result<Channel> {
    let endpoint = Endpoint::from_shared(format!("http://{address}"))?
        .connect_timeout(CONNECT_TIMEOUT)
        .initial_stream_window_size(WINDOW_BYTES)
        .initial_connection_window_size(WINDOW_BYTES)
        .tcp_nodelay(true);
    endpoint.connect().await.with_context(|| format!("connecting to {address}"))
}

/// Adds `authorization: Bearer <secret>`.
pub(in crate::cli) fn authorize<T>(request: &mut Request<T>, secret: &str) -> anyhow::Result<()> {
    let mut value: tonic::metadata::AsciiMetadataValue =
        format!("Bearer {secret}").parse().context("a bearer secret that no header can carry")?;
    value.set_sensitive(true);
    request.metadata_mut().insert("authorization", value);
    Ok(())
}

/// The public's side of a poll.
pub(super) struct Public {
    client: ResultsServiceClient<Channel>,
}

impl Public {
    /// Connects to the public listener.
    pub(in crate::cli) async fn connect(address: SocketAddr) -> anyhow::Result<Self> {
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
    status.code() == Code::FailedPrecondition && reason == Some(Reason::ResultsNotPublished.name())
}
