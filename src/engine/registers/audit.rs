//! Reading the audit log: pages, its head, the whole of it.
//!
//! Reads what stands in the log and decides nothing; an unreadable log is said, and stops nobody.

use std::io::{self, Read};

use crate::audit::{AuditError, Cursor, Filter, Page};
use crate::engine::view::publication_key_pem;
use crate::engine::{EngineError, Office};
use crate::keys::AuditHead;
use crate::staff::{Permit, acts};

/// Bytes of a chunk of an export: a window's worth, far below what a message may hold.
const EXPORT_CHUNK_BYTES: usize = 64 * 1_024;

/// Why the audit log is not read.
#[derive(Debug, thiserror::Error)]
pub enum AuditReadError {
    /// A cursor that fits nowhere: of another log, or of entries that have expired since.
    #[error("not a place in the audit log")]
    Cursor,
    /// The engine failed.
    #[error(transparent)]
    Engine(#[from] EngineError),
}

impl From<AuditError> for AuditReadError {
    fn from(error: AuditError) -> Self {
        match error {
            AuditError::Cursor => Self::Cursor,
            error => Self::Engine(error.into()),
        }
    }
}

/// The whole log as it was when it was asked for, and its signed last line. Reading it blocks for
/// the disk.
pub struct AuditExport(Box<dyn Read + Send>);

impl AuditExport {
    /// The next bytes; `None` at the end. All chunks but the last are full.
    ///
    /// # Errors
    ///
    /// The disk's.
    pub fn next_chunk(&mut self) -> Result<Option<Vec<u8>>, io::Error> {
        let mut chunk = Vec::with_capacity(EXPORT_CHUNK_BYTES);
        (&mut self.0).take(EXPORT_CHUNK_BYTES as u64).read_to_end(&mut chunk)?;
        Ok((!chunk.is_empty()).then_some(chunk))
    }
}

impl Office {
    /// Entries that the filter lets through, from `after` on or from the beginning.
    ///
    /// # Errors
    ///
    /// See [`AuditReadError`].
    pub fn audit_page(
        &self,
        _: &Permit<acts::ReadAudit>,
        filter: &Filter,
        after: Option<Cursor>,
        size: usize,
    ) -> Result<Page, AuditReadError> {
        Ok(tokio::task::block_in_place(|| self.audit.page(filter, after, size))?)
    }

    /// Where the log ends.
    pub fn audit_head(&self, _: &Permit<acts::ReadAudit>) -> Option<AuditHead> {
        self.audit.head()
    }

    /// The key by which entries are signed, as publications are: Ed25519, PEM SPKI.
    pub fn audit_key_pem(&self) -> String {
        publication_key_pem(&self.keys)
    }

    /// The whole log, with a signed last line that tells where it ends.
    ///
    /// # Errors
    ///
    /// See [`AuditReadError`].
    pub fn audit_export(&self, _: &Permit<acts::ReadAudit>) -> Result<AuditExport, AuditReadError> {
        let export = tokio::task::block_in_place(|| self.audit.export(self.clock.now()))?;
        Ok(AuditExport(Box::new(export)))
    }
}
