//! `holos serve`: configure, telemetry, harden, open, serve, drain.

use std::path::PathBuf;

use anyhow::Context;
use serde_json::json;
use tokio::signal::unix::{Signal, SignalKind, signal};
use tracing::{error, info, warn};

use super::memory::keep_memory_private;
use super::trial::NO_REAL_POLL;
use super::trial::folder::is_trial;
use super::{Exit, VERSION, answer, config};
use crate::audit::AuditError;
use crate::count::ledger::LedgerError;
use crate::ground::faults;
use crate::keys::{Item, KeyError};
use crate::process::config::Config;
use crate::process::server::{self, Addresses, StartError};
use crate::process::telemetry;
use crate::publog::PublicLogError;
use crate::store::{FolderError, OpenError};

/// Arguments of `holos serve`.
#[derive(clap::Args)]
pub(super) struct Args {
    /// The configuration file
    #[arg(long, value_name = "FILE", env = "HOLOS_CONFIG")]
    config: PathBuf,
    /// When the engine is ready, print its addresses to standard output as one JSON object
    #[arg(long)]
    json: bool,
}

/// Runs the engine until a signal or a storage error.
pub(super) fn run(args: &Args) -> anyhow::Result<Exit> {
    let config = match config::load(&args.config) {
        Ok(config) => config,
        Err(exit) => return Ok(exit),
    };
    until_stopped(config, |addresses| if args.json { print(addresses) } else { Ok(()) })
}

/// Runs an engine until a signal or a storage error; `ready` is called once it answers.
pub(super) fn until_stopped(
    config: Config,
    ready: impl FnOnce(&Addresses) -> anyhow::Result<()>,
) -> anyhow::Result<Exit> {
    telemetry::install(config.log.format)?;
    if faults::COMPILED_IN {
        warn!("fault points are compiled in: this binary is for tests, never for a real poll");
    }
    if is_trial(&config) {
        warn!("{NO_REAL_POLL}");
    }
    keep_memory_private()?;
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .thread_name("holos")
        .build()
        .context("the runtime cannot start")?;
    runtime.block_on(serve(config, ready))
}

async fn serve(
    config: Config,
    ready: impl FnOnce(&Addresses) -> anyhow::Result<()>,
) -> anyhow::Result<Exit> {
    // Before the store is opened: recovery may take a while, and a signal must not kill it halfway
    // in silence.
    let mut signals = Signals::listen()?;
    let running = tokio::select! {
        // The listeners are bound last: an address that answers means an engine that works.
        started = server::start(config) => match started {
            Ok(running) => running,
            Err(why) => {
                let exit = exit_of(&why);
                let reason = format!("{:#}", anyhow::Error::from(why));
                error!(reason, "the engine does not start");
                return Ok(exit);
            }
        },
        name = signals.next() => {
            info!(signal = name, "stopped before the engine was ready");
            return Ok(Exit::Ok);
        }
    };
    let Addresses { ingest, staff, public, admin } = running.addresses;
    info!(%ingest, %staff, %public, %admin, version = VERSION, "ready");
    ready(&running.addresses)?;
    let ended = tokio::select! {
        name = signals.next() => {
            info!(signal = name, "draining");
            Exit::Ok
        }
        // The next write after a failed one may lie, so the process ends; a restart reads what is
        // on disk.
        why = running.fatal() => {
            error!(reason = %why, "the engine has stopped");
            return Ok(Exit::Failed);
        }
    };
    tokio::select! {
        () = running.shutdown() => info!("stopped"),
        name = signals.next() => warn!(signal = name, "stopped without waiting for the drain"),
    }
    Ok(ended)
}

/// What a supervisor may do about a start that failed: only [`Exit::Failed`] and
/// [`Exit::Temporary`] can pass by themselves.
fn exit_of(why: &StartError) -> Exit {
    match why {
        StartError::Folder(FolderError::InUse) | StartError::Bind { .. } => Exit::Temporary,
        StartError::Folder(FolderError::MarkedCorrupt)
        | StartError::Ledger(LedgerError::Open(
            OpenError::Format { .. } | OpenError::Foreign | OpenError::Emptied,
        )) => Exit::Refused,
        StartError::Audit(
            AuditError::RolledBack | AuditError::Broken { .. } | AuditError::CutAtFront { .. },
        )
        | StartError::Keys(KeyError::Missing { item: Item::Folder })
        | StartError::Ledger(LedgerError::RolledBack | LedgerError::Inconsistent(_)) => {
            Exit::VerificationFailed
        }
        StartError::PublicLog(PublicLogError::RolledBack | PublicLogError::Broken(_)) => {
            Exit::VerificationFailed
        }
        StartError::PublicLog(PublicLogError::Origin)
        | StartError::Provider(_)
        | StartError::Keys(KeyError::Kek(_))
        | StartError::Issuers(_)
        | StartError::Tls(_)
        | StartError::StaffIssuers(_)
        | StartError::Profile(_)
        | StartError::StaffToken(_) => Exit::Usage,
        StartError::Folder(_)
        | StartError::Keys(_)
        | StartError::Audit(_)
        | StartError::PublicLog(_)
        | StartError::Ledger(_)
        | StartError::Engine(_)
        | StartError::Metrics(_)
        | StartError::Threads(_) => Exit::Failed,
    }
}

fn print(addresses: &Addresses) -> anyhow::Result<()> {
    let Addresses { ingest, staff, public, admin } = addresses;
    let text = json!({
        "ready": true,
        "ingest": ingest,
        "staff": staff,
        "public": public,
        "admin": admin,
    });
    answer(&format!("{text}\n"))
}

/// The signals that ask the engine to stop.
struct Signals {
    terminate: Signal,
    interrupt: Signal,
}

impl Signals {
    fn listen() -> anyhow::Result<Self> {
        let on = |kind| signal(kind).context("signals cannot be received");
        Ok(Self {
            terminate: on(SignalKind::terminate())?,
            interrupt: on(SignalKind::interrupt())?,
        })
    }

    /// Waits for the next one; returns its name.
    async fn next(&mut self) -> &'static str {
        tokio::select! {
            _ = self.terminate.recv() => "SIGTERM",
            _ = self.interrupt.recv() => "SIGINT",
        }
    }
}
