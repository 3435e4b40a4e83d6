//! From a configuration to a running engine, and back to a stopped one.
//!
//! Listeners are bound last, so that a port that answers means an engine that works.

use std::io;
use std::net::SocketAddr;
use std::num::NonZero;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use arc_swap::ArcSwap;
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::JoinSet;

use super::config::Config;
use super::readers::Readers;
use super::secrets::{self, ProfileFileError, StaffTokenError};
use super::secured::Secured;
use super::timers;
use crate::audit::{Actor, AuditError, AuditLog, Event};
use crate::count::authenticate::Authenticator;
use crate::count::authenticate::issuers::{Issuers, IssuersError};
use crate::count::ledger::{FoldRules, Ledger, LedgerError, Parts};
use crate::engine::{
    Engine, EngineError, EngineParts, ErasureRules, OfficeRules, ProcedureRules, PublicView,
};
use crate::ground::clock::Clock;
use crate::ground::faults::Faults;
use crate::ground::limits;
use crate::ground::metrics::{self, Listener, MetricsError};
use crate::grpc::{self, Door};
use crate::http::admin::{AdminState, Check};
use crate::http::public::{PublicKeys, PublicState};
use crate::http::{self, admin, public};
use crate::keys::{KekError, KeyError, KeyStore};
use crate::net::tls::TlsError;

use crate::publish::open::Publisher;
use crate::publog::{PublicLog, PublicLogError};
use crate::staff::{StaffIssuers, StaffIssuersError};
use crate::store::{DataFolder, FolderError};
use holos_tlog::Hash;

/// Why the engine does not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The data folder cannot be used.
    #[error(transparent)]
    Folder(#[from] FolderError),
    /// Where the wrapping key is configured to be, there is no provider of keys.
    #[error(transparent)]
    Provider(#[from] KekError),
    /// The key store does not open: [`KeyError::Kek`] if for the key that wraps its root key.
    #[error(transparent)]
    Keys(#[from] KeyError),
    /// The audit log does not hold.
    #[error(transparent)]
    Audit(#[from] AuditError),
    /// The ledger does not open.
    #[error(transparent)]
    Ledger(#[from] LedgerError),
    /// The engine cannot finish what was left undone.
    #[error(transparent)]
    Engine(#[from] EngineError),
    /// An issuer is configured wrongly.
    #[error(transparent)]
    Issuers(#[from] IssuersError),
    /// The metrics recorder does not start.
    #[error(transparent)]
    Metrics(#[from] MetricsError),
    /// A listener's TLS cannot be used as it is configured.
    #[error(transparent)]
    Tls(#[from] TlsError),
    /// A staff issuer is configured wrongly.
    #[error(transparent)]
    StaffIssuers(#[from] StaffIssuersError),
    /// A procedure is configured wrongly.
    #[error(transparent)]
    Profile(#[from] ProfileFileError),
    /// There is no staff token.
    #[error(transparent)]
    StaffToken(#[from] StaffTokenError),
    /// An address cannot be bound.
    #[error("listen.{field}: the address cannot be bound")]
    Bind {
        /// The field that names it.
        field: &'static str,
        /// Why.
        source: io::Error,
    },
    /// The public log is refused.
    #[error(transparent)]
    PublicLog(#[from] PublicLogError),
    /// Threads cannot be started.
    #[error("threads cannot be started")]
    Threads(#[source] io::Error),
}

/// Where the four listeners really are.
#[derive(Clone, Copy, Debug)]
pub struct Addresses {
    /// Ballots.
    pub ingest: SocketAddr,
    /// Staff.
    pub staff: SocketAddr,
    /// Published results.
    pub public: SocketAddr,
    /// Health and metrics.
    pub admin: SocketAddr,
}

/// A running engine.
pub struct Running {
    /// Where it listens.
    pub addresses: Addresses,
    engine: Engine,
    stop: watch::Sender<bool>,
    health: grpc::Health,
    listeners: JoinSet<()>,
    helpers: JoinSet<()>,
    readers: Readers,
}

/// Starts the engine with everything the configuration names.
///
/// # Errors
///
/// See [`StartError`]; nothing is bound then.
pub async fn start(config: Config) -> Result<Running, StartError> {
    start_with(config, Clock::system(), Faults::none()).await
}

/// Starts the engine with a clock and faults of the caller's choice.
///
/// # Errors
///
/// As [`start`].
pub async fn start_with(
    config: Config,
    clock: Clock,
    faults: Faults,
) -> Result<Running, StartError> {
    let recorder = metrics::install()?;
    let bootstrap = config.staff.token_file.as_deref().map(secrets::staff_token).transpose()?;
    let staff_issuers = StaffIssuers::load(&config.staff.issuers)?;
    let staff_issuers = Arc::new(ArcSwap::from_pointee(staff_issuers));
    let tls = Secured::load(&config, &clock)?;
    let (engine, authenticator) = open_engine(&config, clock, faults).await?;
    let bootstrap = bootstrap.as_deref().map(String::as_str);
    let door = Door::new(Arc::clone(&engine.office), bootstrap, Arc::clone(&staff_issuers));
    let bound = Bound::bind(&config).await?;
    let addresses = bound.addresses()?;

    let (stop, stopped) = watch::channel(false);
    let health = grpc::Health::new().await;
    let mut listeners = JoinSet::new();
    listeners.spawn(grpc::serve_ingest(
        bound.ingest,
        config.ingest.connection_rate_per_second,
        tls.ingest.clone(),
        Arc::clone(&engine.counting),
        health.service(),
        config.ingest.reflection,
        until(&stopped),
    ));
    listeners.spawn(grpc::serve_staff(
        bound.staff,
        tls.staff.clone(),
        Arc::clone(&engine.office),
        Arc::new(door),
        config.staff.reflection,
        until(&stopped),
    ));
    let results =
        grpc::results_router(Arc::clone(&engine.public), config.public.reflection, stopped.clone());
    let readers = Readers::start().map_err(StartError::Threads)?;
    let reading = readers.spawn(http::serve::serve(
        bound.public,
        Listener::Public,
        limits::PUBLIC_CONNECTIONS_MAX,
        public::router(
            public_state(&engine.public, config.publication.publisher.clone(), stopped.clone()),
            results,
        ),
        until(&stopped),
    ));
    // It ends when it is told to, or with the runtime that it runs on.
    listeners.spawn(async move { drop(reading.await) });
    let state = AdminState::new(readiness(&engine, &stopped), recorder.clone());
    listeners.spawn(http::serve::serve(
        bound.admin,
        Listener::Admin,
        limits::ADMIN_CONNECTIONS_MAX,
        admin::router(state),
        until(&stopped),
    ));
    let mut helpers = JoinSet::new();
    helpers.spawn(metrics::upkeep(recorder));
    helpers.spawn(timers::gauges(Arc::clone(&engine.counting)));
    helpers.spawn(timers::erase_due(Arc::clone(&engine.office)));
    helpers.spawn(timers::follow_clock(Arc::clone(&engine.office)));
    helpers.spawn(timers::retain(Arc::clone(&engine.office)));
    helpers.spawn(timers::follow_staff_keys(staff_issuers));
    helpers.spawn(async move { authenticator.refresh_loop().await });
    for tls in [tls.ingest, tls.staff].into_iter().flatten() {
        helpers.spawn(tls.watch());
    }
    health.serving().await;
    metrics::ready(true);
    Ok(Running { addresses, engine, stop, health, listeners, helpers, readers })
}

impl Running {
    /// Resolves with the reason when the engine has stopped on a storage error. The process must
    /// end then.
    pub async fn fatal(&self) -> String {
        let mut failure = self.engine.counting.failure();
        let failed = failure.wait_for(Option::is_some).await;
        let reason = failed.ok().and_then(|reason| reason.clone());
        reason.unwrap_or_else(|| "the ledger is gone".to_owned())
    }

    /// The engine itself.
    pub fn engine(&self) -> &Engine {
        &self.engine
    }

    /// Folds since the start.
    pub fn folds(&self) -> u64 {
        self.engine.counting.folds()
    }

    /// Stops at once: no drain, no fold. What lies on disk then is what a crash would leave.
    pub async fn abort(mut self) {
        // Connections are tasks of their own and end by this word only.
        let _ended = self.stop.send(true);
        self.listeners.shutdown().await;
        self.helpers.shutdown().await;
        drop(self.readers);
        join(self.engine).await;
    }

    /// Drains: says NOT_SERVING, takes no new connection, lets calls end within
    /// [`limits::DRAIN_DEADLINE`], then stops the ledger after what it is writing.
    pub async fn shutdown(mut self) {
        self.health.not_serving().await;
        metrics::ready(false);
        // Nobody listens only when every listener has ended already.
        let _ended = self.stop.send(true);
        let drained = async { while self.listeners.join_next().await.is_some() {} };
        if tokio::time::timeout(limits::DRAIN_DEADLINE, drained).await.is_err() {
            self.listeners.shutdown().await;
        }
        self.helpers.shutdown().await;
        drop(self.readers);
        // What stays behind on a stopped machine should join nothing. A ledger that has failed
        // leaves it to the restart.
        let _failed = self.engine.counting.fold().await;
        join(self.engine).await;
    }
}

/// The last holder joins the ledger's threads, which may be waiting for the disk. Calls that were
/// cut off may hold the engine for another moment.
async fn join(engine: Engine) {
    let held = |engine: &Engine| {
        Arc::strong_count(&engine.office) > 1
            || Arc::strong_count(&engine.public) > 1
            // The office holds it too.
            || Arc::strong_count(&engine.counting) > 2
    };
    let waited = tokio::time::timeout(limits::DRAIN_DEADLINE, async {
        while held(&engine) {
            tokio::time::sleep(JOIN_PAUSE).await;
        }
    });
    let _others_gone = waited.await;
    let stopped = tokio::task::spawn_blocking(move || drop(engine)).await;
    stopped.expect("stopping the ledger does not panic");
}

/// Between two looks at whether the engine has other holders.
const JOIN_PAUSE: Duration = Duration::from_millis(2);

/// Opens everything below the listeners, off the async threads: a restart reads for seconds.
async fn open_engine(
    config: &Config,
    clock: Clock,
    faults: Faults,
) -> Result<(Engine, Arc<Authenticator>), StartError> {
    let issuers = Issuers::load(&config.issuers)?;
    let threads = std::thread::available_parallelism().unwrap_or(NonZero::<usize>::MIN);
    let audience = config.ingest.audience.clone();
    let authenticator =
        Authenticator::start(issuers, audience, threads).map_err(StartError::Threads)?;
    let authenticator = Arc::new(authenticator);
    // Read a moment ago already: whatever fails now fails the start as it would have then.
    authenticator.fetch_keys().await?;
    let erasure = ErasureRules {
        grace: Duration::from_secs(config.erasure.grace_seconds),
        hold: Duration::from_secs(config.erasure.hold_seconds),
    };
    let floors = config.floors();
    let profiles = Arc::new(secrets::profiles(&config.procedure.profile_files)?);
    let procedure = ProcedureRules {
        hold: Duration::from_secs(config.procedure.hold_seconds),
        expiry_notice: Duration::from_secs(config.procedure.expiry_notice_seconds),
        holidays: config.procedure.holidays.clone().into(),
    };
    let config = config.clone();
    let of_ledger = faults.clone();
    let open = tokio::task::spawn_blocking(move || open_ledger(&config, clock, of_ledger));
    let opened = open.await.expect("opening does not panic: every error is returned")?;
    let Opened { ledger, polls, keys, audit, public_log, clock } = opened;
    let version = env!("CARGO_PKG_VERSION").into();
    audit.append(clock.now(), &Actor::engine(), Event::EngineStarted { version })?;
    let door = Arc::clone(&authenticator);
    let parts = EngineParts {
        authenticator,
        ledger,
        polls,
        keys,
        audit,
        clock,
        public_log,
        faults,
        rules: OfficeRules { floors, profiles, erasure, procedure },
    };
    Ok((Engine::start(parts).await?, door))
}

struct Opened {
    ledger: Ledger,
    polls: Vec<crate::poll::Poll>,
    keys: Arc<KeyStore>,
    audit: Arc<AuditLog>,
    public_log: PublicLog,
    clock: Clock,
}

fn open_ledger(config: &Config, clock: Clock, faults: Faults) -> Result<Opened, StartError> {
    let folder = Arc::new(DataFolder::open(&config.data_dir)?);
    let provider = config.key_source().provider()?;
    let keys = Arc::new(secrets::key_store(&folder, provider, faults.clone())?);
    let logs = folder.logs();
    let audit = Arc::new(AuditLog::open(&logs, Arc::clone(&keys), faults.clone())?);
    let rules = FoldRules {
        k: config.ledger.k,
        ballots: config.ledger.fold_ballots,
        delay_seconds: config.ledger.fold_delay_seconds,
        carry_seconds_max: config.ledger.carry_seconds_max,
    };
    let (ledger, polls) = Ledger::open(Parts {
        folder,
        keys: Arc::clone(&keys),
        audit: Arc::clone(&audit),
        clock: clock.clone(),
        rules,
        faults,
    })?;
    let public_log = open_public_log(config, &logs, &keys, &audit)?;
    Ok(Opened { ledger, polls, keys, audit, public_log, clock })
}

/// Opened after the ledger: what that refuses must not leave a log behind.
fn open_public_log(
    config: &Config,
    logs: &Path,
    keys: &KeyStore,
    audit: &AuditLog,
) -> Result<PublicLog, StartError> {
    let key = keys.signing_key();
    let origin = config.publication.log_origin.clone();
    let origin = origin.unwrap_or_else(|| {
        let hash = blake3::hash(key.verifying_key().as_bytes()).to_hex();
        format!("holos/{}", &hash[..16])
    });
    let known = audit.public_log().map(|(size, root)| (size, Hash(*root.as_bytes())));
    Ok(PublicLog::open(&logs.join(crate::publog::FOLDER), &origin, key.clone(), known)?)
}

struct Bound {
    ingest: TcpListener,
    staff: TcpListener,
    public: TcpListener,
    admin: TcpListener,
}

impl Bound {
    async fn bind(config: &Config) -> Result<Self, StartError> {
        let bind = async |field, address: SocketAddr| {
            TcpListener::bind(address).await.map_err(|source| StartError::Bind { field, source })
        };
        Ok(Self {
            ingest: bind("ingest", config.listen.ingest).await?,
            staff: bind("staff", config.listen.staff).await?,
            public: bind("public", config.listen.public).await?,
            admin: bind("admin", config.listen.admin).await?,
        })
    }

    fn addresses(&self) -> Result<Addresses, StartError> {
        let of = |field, listener: &TcpListener| {
            listener.local_addr().map_err(|source| StartError::Bind { field, source })
        };
        Ok(Addresses {
            ingest: of("ingest", &self.ingest)?,
            staff: of("staff", &self.staff)?,
            public: of("public", &self.public)?,
            admin: of("admin", &self.admin)?,
        })
    }
}

fn until(stopped: &watch::Receiver<bool>) -> impl Future<Output = ()> + Send + use<> {
    let mut stopped = stopped.clone();
    async move {
        // A sender that is gone means the same.
        let _told = stopped.wait_for(|stop| *stop).await;
    }
}

fn readiness(
    engine: &Engine,
    stopped: &watch::Receiver<bool>,
) -> impl Fn() -> Vec<Check> + Send + Sync + use<> {
    let failure = engine.counting.failure();
    let stopped = stopped.clone();
    move || {
        vec![
            Check {
                name: "ledger",
                holds: failure.borrow().is_none(),
                remedy: "read the log for the storage error, then restart",
            },
            Check {
                name: "serving",
                holds: !*stopped.borrow(),
                remedy: "the engine drains before it stops; send traffic elsewhere",
            },
        ]
    }
}

fn public_state(
    public: &Arc<PublicView>,
    publisher: Option<Publisher>,
    stopped: watch::Receiver<bool>,
) -> PublicState {
    let keys =
        PublicKeys { publication_pem: public.publication_key_pem(), log_vkey: public.log_vkey() };
    PublicState::new(Arc::<PublicView>::clone(public), keys, publisher, stopped)
}
