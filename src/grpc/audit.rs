//! `AuditService`: auditors read the log of decisions.

use std::fmt::Write;
use std::sync::Arc;

use holos_reasons::Reason;
use tokio::sync::{Semaphore, mpsc};
use tokio_stream::wrappers::ReceiverStream;
use tonic::{Request, Response, Status};

use super::door::Door;
use super::fields::{bounded, invalid, time};
use super::polls::{engine_status, poll_id, wire_time};
use super::status::{failed_status, status, status_saying};
use crate::audit::{Cursor, Entry, Event, Filter};
use crate::engine::{AuditExport, AuditReadError, Office};
use crate::ground::limits::{
    ACCOUNT_CHARACTERS_MAX, AUDIT_PAGE_ENTRIES_DEFAULT, AUDIT_PAGE_ENTRIES_MAX,
    EXPORT_CHUNK_TIMEOUT, EXPORT_CHUNKS_WAITING, EXPORTS_MAX,
};
use crate::staff::acts;
use holos_wire::language::in_asked_language;
use holos_wire::proto;
use holos_wire::proto::audit_service_server::AuditService;

/// The service.
pub(super) struct AuditDesk {
    office: Arc<Office>,
    door: Arc<Door>,
    exports: Arc<Semaphore>,
}

impl AuditDesk {
    /// The service over this office, behind the door.
    pub(super) fn new(office: Arc<Office>, door: Arc<Door>) -> Self {
        Self { office, door, exports: Arc::new(Semaphore::new(EXPORTS_MAX)) }
    }
}

#[tonic::async_trait]
impl AuditService for AuditDesk {
    type ExportLogStream = ReceiverStream<Result<proto::ExportLogResponse, Status>>;

    async fn list_entries(
        &self,
        request: Request<proto::ListEntriesRequest>,
    ) -> Result<Response<proto::ListEntriesResponse>, Status> {
        let (permit, request) = self.door.admit(request, acts::ReadAudit)?;
        let size = page_size(request.page_size)?;
        let after = match request.page_token.as_str() {
            "" => None,
            token => Some(token.parse::<Cursor>().map_err(|_| page_token_invalid())?),
        };
        let filter = domain_filter(request)?;
        let page = self.office.audit_page(&permit, &filter, after, size).map_err(read_status)?;
        let entries = page.entries.into_iter().zip(page.lines);
        Ok(Response::new(proto::ListEntriesResponse {
            entries: entries.map(|(entry, line)| wire_entry(entry, &line)).collect(),
            next_page_token: page.next.map(|next| next.to_string()).unwrap_or_default(),
        }))
    }

    async fn export_log(
        &self,
        request: Request<proto::ExportLogRequest>,
    ) -> Result<Response<Self::ExportLogStream>, Status> {
        let (permit, _) = self.door.admit(request, acts::ReadAudit)?;
        let place = Arc::clone(&self.exports).try_acquire_owned();
        let place = place.map_err(|_| status(Reason::ExportsFull, []))?;
        let export = self.office.audit_export(&permit).map_err(read_status)?;
        let (sender, receiver) = mpsc::channel(EXPORT_CHUNKS_WAITING);
        tokio::spawn(in_asked_language(async move {
            let _place = place;
            send_all(export, &sender).await;
        }));
        Ok(Response::new(ReceiverStream::new(receiver)))
    }

    async fn get_head(
        &self,
        request: Request<proto::GetHeadRequest>,
    ) -> Result<Response<proto::GetHeadResponse>, Status> {
        let (permit, _) = self.door.admit(request, acts::ReadAudit)?;
        // The making of the store is an entry: an engine that serves has a log.
        let head = self.office.audit_head(&permit).ok_or_else(failed_status)?;
        let mut hash = String::with_capacity(2 * head.hash.len());
        for byte in head.hash {
            write!(hash, "{byte:02x}").expect("a string takes any text");
        }
        Ok(Response::new(proto::GetHeadResponse {
            seq: head.sequence,
            hash,
            public_key_pem: self.office.audit_key_pem(),
        }))
    }
}

/// Sends the chunks at the pace of whoever reads them, and ends when that one is gone.
async fn send_all(
    mut export: AuditExport,
    reader: &mpsc::Sender<Result<proto::ExportLogResponse, Status>>,
) {
    loop {
        let chunk = match tokio::task::block_in_place(|| export.next_chunk()) {
            Ok(Some(chunk)) => Ok(proto::ExportLogResponse { chunk }),
            Ok(None) => return,
            Err(error) => {
                tracing::error!(%error, "the audit log cannot be read");
                Err(failed_status())
            }
        };
        let failed = chunk.is_err();
        // A reader who does not read would keep its place for ever.
        let sent = tokio::time::timeout(EXPORT_CHUNK_TIMEOUT, reader.send(chunk)).await;
        if failed || !matches!(sent, Ok(Ok(()))) {
            return;
        }
    }
}

fn page_size(asked: i32) -> Result<usize, Status> {
    match usize::try_from(asked) {
        Ok(0) => Ok(AUDIT_PAGE_ENTRIES_DEFAULT),
        Ok(size) if size <= AUDIT_PAGE_ENTRIES_MAX => Ok(size),
        _ => {
            let text = format!("page_size: must be 0 to {AUDIT_PAGE_ENTRIES_MAX}");
            Err(status_saying(Reason::PageSizeInvalid, &text, []))
        }
    }
}

fn domain_filter(request: proto::ListEntriesRequest) -> Result<Filter, Status> {
    let since = request.since.map(|at| time(&at, "since")).transpose()?;
    let until = request.until.map(|at| time(&at, "until")).transpose()?;
    let known = |kind: &String| Event::KINDS.contains(&kind.as_str());
    if request.kinds.len() > Event::KINDS.len() || !request.kinds.iter().all(known) {
        return Err(invalid("kinds", "must be names of events, each at most once"));
    }
    let poll = match request.poll_id.as_str() {
        "" => None,
        text => Some(poll_id(text)?),
    };
    let account = match request.account {
        empty if empty.is_empty() => None,
        account => Some(bounded(account, "account", ACCOUNT_CHARACTERS_MAX)?),
    };
    let (kinds, without_folds) = (request.kinds, request.without_folds);
    Ok(Filter { since, until, kinds, poll, account, without_folds, newest_first: false })
}

fn wire_entry(entry: Entry, line: &[u8]) -> proto::AuditEntry {
    proto::AuditEntry {
        seq: entry.seq,
        at: Some(wire_time(entry.at)),
        kind: entry.event.kind().to_owned(),
        poll_id: entry.event.poll().map(|poll| poll.to_string()).unwrap_or_default(),
        account: entry.by.account,
        role: entry.by.role,
        // JSON: always whole characters.
        line: String::from_utf8_lossy(line).into_owned(),
    }
}

fn page_token_invalid() -> Status {
    let text = "page_token: not a next_page_token of this service, or its entries have expired";
    status_saying(Reason::PageTokenInvalid, text, [])
}

fn read_status(error: AuditReadError) -> Status {
    match error {
        AuditReadError::Cursor => page_token_invalid(),
        AuditReadError::Engine(error) => engine_status(&error),
    }
}
