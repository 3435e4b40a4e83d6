//! What can fail in the engine itself.

use crate::audit::AuditError;
use crate::count::ledger::Stopped;
use crate::keys::KeyError;
use crate::publish::VerifyError;
use crate::publog::PublicLogError;
use crate::store::StoreError;

/// A failure of the engine itself, not of a request.
#[derive(Debug, thiserror::Error)]
pub enum EngineError {
    /// The ledger has stopped.
    #[error(transparent)]
    Stopped(#[from] Stopped),
    /// The key store failed.
    #[error(transparent)]
    Keys(#[from] KeyError),
    /// The audit log failed.
    #[error(transparent)]
    Audit(#[from] AuditError),
    /// The database failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// A stored publication does not hold.
    #[error("a stored publication does not hold")]
    Publication(#[from] VerifyError),
    /// A published poll without its publication.
    #[error("the publication of a published poll is missing")]
    PublicationMissing,
    /// A publication that belongs elsewhere, or that states other totals than are stored.
    #[error("a stored publication is not its poll's, or states other totals than are stored")]
    PublicationWrong,
    /// A closed poll without its tally.
    #[error("the tally of a closed poll is missing")]
    TallyMissing,
    /// The public log failed.
    #[error(transparent)]
    PublicLog(#[from] PublicLogError),
}
