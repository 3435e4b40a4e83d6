//! TLS of a listener: its certificate, its clients' CAs and revocation lists, read again when they
//! change.
//!
//! Version 1.3 only. Nothing is resumed: a session begun before a revocation cannot come back by a
//! ticket. Does not accept connections, and does not know whose a certificate is.

use std::io;
use std::os::unix::fs::MetadataExt;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use arc_swap::ArcSwap;
use jiff::Timestamp;
use rustls::crypto::aws_lc_rs;
use rustls::pki_types::pem::{self, PemObject};
use rustls::pki_types::{CertificateDer, CertificateRevocationListDer, PrivateKeyDer, UnixTime};
use rustls::server::danger::ClientCertVerifier;
use rustls::server::{NoServerSessionStorage, VerifierBuilderError, WebPkiClientVerifier};
use rustls::time_provider::TimeProvider;
use rustls::{RootCertStore, ServerConfig};
use tokio_rustls::TlsAcceptor;
use zeroize::Zeroizing;

use crate::ground::clock::Clock;
use crate::ground::follow::{Followed, Stamp};
use crate::ground::limits;
use crate::ground::metrics::{self, Listener};

mod client;
mod config;
mod error;

pub use client::Client;
pub use config::TlsConfig;
pub use error::{TlsError, TlsFlaw};

/// The application protocol of gRPC.
const H2: &[u8] = b"h2";

/// What a listener with a `client_ca_file` asks of its clients.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ClientAuth {
    /// A certificate may be presented, and then holds.
    Optional,
    /// A certificate must be presented.
    Required,
}

/// TLS of one listener.
pub struct Tls {
    listener: Listener,
    files: TlsConfig,
    auth: ClientAuth,
    clock: Clock,
    state: ArcSwap<State>,
}

/// What one reading of the files gave. Connections keep the state that they began with.
struct State {
    generation: u64,
    stamps: Vec<Option<Stamp>>,
    server: Arc<ServerConfig>,
    verifier: Option<Arc<dyn ClientCertVerifier>>,
}

impl Tls {
    /// Reads the files.
    ///
    /// # Errors
    /// [`TlsError`] for the first file that does not serve.
    pub fn load(
        listener: Listener,
        files: &TlsConfig,
        auth: ClientAuth,
        clock: Clock,
    ) -> Result<Self, TlsError> {
        let state = ArcSwap::from_pointee(read(listener, files, auth, &clock, 0)?);
        Ok(Self { listener, files: files.clone(), auth, clock, state })
    }

    /// Accepts connections by what the files said last.
    pub fn acceptor(&self) -> TlsAcceptor {
        TlsAcceptor::from(Arc::clone(&self.state.load().server))
    }

    /// The client at the other end of a connection that was accepted, by the chain it presented.
    /// `None` when its certificate does not read as one.
    pub fn client(self: &Arc<Self>, chain: &[CertificateDer<'_>]) -> Option<Client> {
        Client::new(Arc::clone(self), chain)
    }

    /// Whether the present CAs and revocation lists trust this chain at `now`, the client's own
    /// certificate first.
    pub fn still_trusted(&self, chain: &[CertificateDer<'_>], now: Timestamp) -> bool {
        let state = self.state.load();
        let (Some(verifier), [own, others @ ..]) = (&state.verifier, chain) else { return false };
        let now = UnixTime::since_unix_epoch(since_1970(now));
        verifier.verify_client_cert(own, others, now).is_ok()
    }

    /// How often the files were read: what was decided under another number is decided anew.
    pub fn generation(&self) -> u64 {
        self.state.load().generation
    }

    /// Reads all files again and takes them when all of them serve; else everything stays as it
    /// was.
    ///
    /// # Errors
    /// As [`Self::load`].
    pub fn reload(&self) -> Result<(), TlsError> {
        let generation = self.generation() + 1;
        let state = read(self.listener, &self.files, self.auth, &self.clock, generation)?;
        self.state.store(Arc::new(state));
        Ok(())
    }

    /// Follows the files for as long as it is polled. What does not serve is logged once and
    /// tried again at each look; until then the old files hold.
    pub async fn watch(self: Arc<Self>) {
        let mut tick = tokio::time::interval(limits::TLS_WATCH_INTERVAL);
        tick.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        let mut files = self.followed();
        loop {
            tick.tick().await;
            let tls = Arc::clone(&self);
            let look = tokio::task::spawn_blocking(move || {
                tls.follow(&mut files);
                files
            });
            files = look.await.expect("reading files does not panic");
        }
    }

    fn followed(&self) -> Followed<Vec<Option<Stamp>>> {
        Followed::new(self.state.load().stamps.clone())
    }

    /// Reads the files again unless they are as they were taken.
    fn follow(&self, files: &mut Followed<Vec<Option<Stamp>>>) {
        let Some(reloaded) = files.look(stamps(&self.files), || self.reload()) else { return };
        let listener = self.listener.label();
        metrics::tls_reload(self.listener, reloaded.is_ok());
        match reloaded {
            Ok(()) => tracing::info!(listener, "TLS files were read again"),
            Err(error) => tracing::error!(%error, "changed TLS files do not serve; the old hold"),
        }
    }
}

fn stamps(files: &TlsConfig) -> Vec<Option<Stamp>> {
    files.files().map(|(_, path)| Stamp::of(path)).collect()
}

fn read(
    listener: Listener,
    files: &TlsConfig,
    auth: ClientAuth,
    clock: &Clock,
    generation: u64,
) -> Result<State, TlsError> {
    let reader = Reader { section: listener.label() };
    let stamps = stamps(files);
    let provider = Arc::new(aws_lc_rs::default_provider());
    let chain = reader.all("certificate_file", &files.certificate_file)?;
    let key = reader.private_key(&files.private_key_file)?;
    let verifier = reader.verifier(files, auth, &provider)?;
    let clients = verifier.clone().unwrap_or_else(WebPkiClientVerifier::no_client_auth);
    let builder = ServerConfig::builder_with_details(provider, Arc::new(WallTime(clock.clone())))
        .with_protocol_versions(&[&rustls::version::TLS13])
        .expect("the provider has the suites of TLS 1.3");
    let mut server = builder
        .with_client_cert_verifier(clients)
        .with_single_cert(chain, key)
        .map_err(|error| match error {
            rustls::Error::InconsistentKeys(_) => {
                reader.error("private_key_file", TlsFlaw::OtherKey)
            }
            rustls::Error::InvalidCertificate(_) => {
                reader.error("certificate_file", TlsFlaw::Malformed)
            }
            _ => reader.error("private_key_file", TlsFlaw::Malformed),
        })?;
    server.alpn_protocols = vec![H2.to_vec()];
    // A client that was revoked must not come back by an earlier session.
    server.session_storage = Arc::new(NoServerSessionStorage {});
    server.send_tls13_tickets = 0;
    Ok(State { generation, stamps, server: Arc::new(server), verifier })
}

/// Reads PEM files and says which field a flaw belongs to.
struct Reader {
    section: &'static str,
}

impl Reader {
    fn error(&self, field: impl Into<String>, flaw: TlsFlaw) -> TlsError {
        TlsError { section: self.section, field: field.into(), flaw }
    }

    fn bytes(&self, field: &str, path: &Path) -> Result<Zeroizing<Vec<u8>>, TlsError> {
        use io::Read;
        let unreadable = |error: io::Error| self.error(field, TlsFlaw::Unreadable(error.kind()));
        let file = std::fs::File::open(path).map_err(unreadable)?;
        let mut bytes = Zeroizing::new(Vec::new());
        let read = file.take(limits::INPUT_FILE_BYTES_MAX).read_to_end(&mut bytes);
        read.map_err(unreadable)?;
        Ok(bytes)
    }

    /// All objects of one kind in a file; none is a flaw, since nobody names a file for nothing.
    fn all<T: PemObject>(&self, field: &str, path: &Path) -> Result<Vec<T>, TlsError> {
        let bytes = self.bytes(field, path)?;
        let objects: Result<Vec<T>, pem::Error> = T::pem_slice_iter(&bytes).collect();
        let objects = objects.map_err(|_| self.error(field, TlsFlaw::NotPem))?;
        if objects.is_empty() { Err(self.error(field, TlsFlaw::NotPem)) } else { Ok(objects) }
    }

    fn private_key(&self, path: &Path) -> Result<PrivateKeyDer<'static>, TlsError> {
        let field = "private_key_file";
        let unreadable = |error: io::Error| self.error(field, TlsFlaw::Unreadable(error.kind()));
        if std::fs::metadata(path).map_err(unreadable)?.mode() & 0o077 != 0 {
            return Err(self.error(field, TlsFlaw::Exposed));
        }
        let bytes = self.bytes(field, path)?;
        PrivateKeyDer::from_pem_slice(&bytes).map_err(|_| self.error(field, TlsFlaw::NotPem))
    }

    /// Without a CA no client can present a certificate. With lists, a certificate that no list
    /// speaks of is refused; a list that is past its date still counts, because a late list must
    /// not shut every backend out of a running poll.
    fn verifier(
        &self,
        files: &TlsConfig,
        auth: ClientAuth,
        provider: &Arc<rustls::crypto::CryptoProvider>,
    ) -> Result<Option<Arc<dyn ClientCertVerifier>>, TlsError> {
        let Some(path) = &files.client_ca_file else { return Ok(None) };
        let mut roots = RootCertStore::empty();
        for authority in self.all("client_ca_file", path)? {
            let added = roots.add(authority);
            added.map_err(|_| self.error("client_ca_file", TlsFlaw::Malformed))?;
        }
        let mut lists = Vec::<CertificateRevocationListDer<'static>>::new();
        for (at, path) in files.client_crl_files.iter().enumerate() {
            lists.extend(self.all(&format!("client_crl_files[{at}]"), path)?);
        }
        let builder =
            WebPkiClientVerifier::builder_with_provider(Arc::new(roots), Arc::clone(provider))
                .with_crls(lists);
        let builder = match auth {
            ClientAuth::Optional => builder.allow_unauthenticated(),
            ClientAuth::Required => builder,
        };
        builder.build().map(Some).map_err(|error| match error {
            VerifierBuilderError::InvalidCrl(_) => {
                self.error("client_crl_files", TlsFlaw::Malformed)
            }
            _ => self.error("client_ca_file", TlsFlaw::Malformed),
        })
    }
}

/// The engine's clock, as TLS asks for it.
#[derive(Debug)]
struct WallTime(Clock);

impl TimeProvider for WallTime {
    fn current_time(&self) -> Option<UnixTime> {
        Some(UnixTime::since_unix_epoch(since_1970(self.0.now())))
    }
}

fn since_1970(now: Timestamp) -> Duration {
    Duration::from_secs(u64::try_from(now.as_second()).unwrap_or(0))
}

#[cfg(test)]
pub(crate) mod tests;
