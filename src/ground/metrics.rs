//! Every metric of the engine, declared in one table with its help text.
//!
//! Labels come from enums or fixed tables only: no poll, no issuer, no address, nothing of a
//! ballot; and nothing is counted per option or per poll, because a counter that is scraped every
//! second would tell single answers apart. Callers count per batch, not per ballot.

use std::sync::OnceLock;
use std::time::Duration;

use metrics::{Unit, counter, gauge, histogram};
use metrics_exporter_prometheus::{Matcher, PrometheusBuilder, PrometheusHandle};

use super::limits;
use crate::outcome::{Outcome, REASON_UNKNOWN, Rejection, Verdict};
pub use labels::{Cut, HandshakeFailure};

/// What kind of number a metric is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Only grows.
    Counter,
    /// Goes up and down.
    Gauge,
    /// A distribution over fixed buckets.
    Histogram(Buckets),
}

impl Kind {
    /// The name Prometheus has for it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Counter => "counter",
            Self::Gauge => "gauge",
            Self::Histogram(_) => "histogram",
        }
    }
}

/// Bucket bounds of a histogram.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Buckets {
    /// Seconds of a commit or a call: 100 us to 10 s.
    Seconds,
    /// Numbers of ballots: 1 to 65,536.
    Ballots,
}

impl Buckets {
    /// The upper bounds.
    pub const fn bounds(self) -> &'static [f64] {
        match self {
            Self::Seconds => &[
                0.0001, 0.0003, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0,
                5.0, 10.0,
            ],
            Self::Ballots => &[1.0, 4.0, 16.0, 64.0, 256.0, 1_024.0, 4_096.0, 16_384.0, 65_536.0],
        }
    }
}

/// One metric of the table.
#[derive(Clone, Copy, Debug)]
pub struct Metric {
    /// Its name as Prometheus sees it.
    pub name: &'static str,
    /// What kind of number it is.
    pub kind: Kind,
    /// Its labels.
    pub labels: &'static [&'static str],
    /// What it says.
    pub help: &'static str,
}

macro_rules! metrics {
    ($($name:ident, $text:literal, $kind:expr, [$($label:literal),*], $help:literal;)+) => {
        $(const $name: &str = $text;)+
        /// Every metric that this process can have.
        pub const TABLE: &[Metric] =
            &[$(Metric { name: $name, kind: $kind, labels: &[$($label),*], help: $help },)+];
    };
}

use Kind::{Counter, Gauge, Histogram};

metrics! {
    BALLOTS, "holos_ballots_total", Counter, ["outcome"], "Ballots answered, by outcome.";
    REFUSED, "holos_ballots_refused_total", Counter, ["reason"],
        "Ballots refused or unknown, by reason.";
    QUEUE, "holos_queue_ballots", Gauge, [], "Ballots waiting for the writer.";
    COMMIT_SECONDS, "holos_commit_seconds", Histogram(Buckets::Seconds), [],
        "Time of one synced write of the journal, in seconds.";
    COMMIT_BALLOTS, "holos_commit_ballots", Histogram(Buckets::Ballots), [],
        "Ballots in one synced write.";
    FOLD_SECONDS, "holos_fold_seconds", Histogram(Buckets::Seconds), [],
        "Time of one fold, in seconds.";
    FOLDED_EPOCH, "holos_folded_epoch", Gauge, [],
        "The last epoch that is folded and whose key is destroyed.";
    SIGNATURES, "holos_signatures_checked_total", Counter, ["result"],
        "Token signatures checked, by result.";
    SIGNATURE_BATCH, "holos_signature_batch_tokens", Histogram(Buckets::Ballots), [],
        "Tokens checked as one batch.";
    PUBLICATIONS, "holos_publications_total", Counter, ["result"],
        "Closed polls, by what became of their totals.";
    CONNECTIONS, "holos_connections", Gauge, ["listener"], "Open connections.";
    CONNECTIONS_REFUSED, "holos_connections_refused_total", Counter, ["listener"],
        "Connections dropped because the listener was full.";
    HANDSHAKES_FAILED, "holos_tls_handshakes_failed_total", Counter, ["listener", "reason"],
        "TLS handshakes that failed, by reason.";
    TLS_RELOADS, "holos_tls_reloads_total", Counter, ["listener", "result"],
        "Times that the files of a listener's TLS changed and were read again, by result.";
    ISSUERS_RELOADS, "holos_issuers_reloads_total", Counter, ["result"],
        "Times that the issuers' files changed and were read again, by result.";
    REQUESTS_CUT, "holos_requests_cut_total", Counter, ["listener", "reason"],
        "gRPC requests ended because of how their messages came, by reason.";
    HTTP_REQUESTS, "holos_http_requests_total", Counter, ["listener", "class"],
        "HTTP requests answered, by class of status.";
    READS_SHED, "holos_reads_shed_total", Counter, [],
        "Reads refused because ballots were held up.";
    READY, "holos_ready", Gauge, [], "1 while the engine takes ballots, else 0.";
    BUILD, "holos_build_info", Gauge, ["version"], "1, with the version of the binary.";
}

/// The metrics could not be started.
#[derive(Clone, Copy, Debug, thiserror::Error)]
pub enum MetricsError {
    /// Another library of this process records metrics already.
    #[error("the process has another metrics recorder")]
    Taken,
}

/// Starts the recorder of the process, or returns the one that runs: engines of one process share
/// it.
///
/// # Errors
/// [`MetricsError::Taken`].
pub fn install() -> Result<PrometheusHandle, MetricsError> {
    static HANDLE: OnceLock<Result<PrometheusHandle, MetricsError>> = OnceLock::new();
    HANDLE.get_or_init(start).clone()
}

fn start() -> Result<PrometheusHandle, MetricsError> {
    let handle = builder().install_recorder().map_err(|_| MetricsError::Taken)?;
    declare();
    Ok(handle)
}

fn builder() -> PrometheusBuilder {
    let mut builder = PrometheusBuilder::new();
    for metric in TABLE {
        if let Histogram(buckets) = metric.kind {
            builder = builder
                .set_buckets_for_metric(Matcher::Full(metric.name.to_owned()), buckets.bounds())
                .expect("bucket bounds are never empty");
        }
    }
    builder
}

fn declare() {
    describe();
    start_at_zero();
    gauge!(BUILD, "version" => env!("CARGO_PKG_VERSION")).set(1.0);
}

fn describe() {
    for metric in TABLE {
        match metric.kind {
            Counter => metrics::describe_counter!(metric.name, Unit::Count, metric.help),
            Gauge => metrics::describe_gauge!(metric.name, Unit::Count, metric.help),
            Histogram(Buckets::Seconds) => {
                metrics::describe_histogram!(metric.name, Unit::Seconds, metric.help);
            }
            Histogram(Buckets::Ballots) => {
                metrics::describe_histogram!(metric.name, Unit::Count, metric.help);
            }
        }
    }
}

/// A counter that does not exist yet cannot be alerted on, so all of them begin at zero.
fn start_at_zero() {
    for outcome in ["COUNTED", "ALREADY_COUNTED", "REFUSED", "UNKNOWN"] {
        counter!(BALLOTS, "outcome" => outcome).increment(0);
    }
    for reason in Rejection::ALL.iter().map(|rejection| rejection.reason()).chain([REASON_UNKNOWN])
    {
        counter!(REFUSED, "reason" => reason).increment(0);
    }
    counter!(READS_SHED).increment(0);
    signatures(true, 0);
    signatures(false, 0);
    for ended in [Ended::Live, Ended::Published, Ended::Withheld, Ended::HeldBack] {
        counter!(PUBLICATIONS, "result" => ended.label()).increment(0);
    }
    for listener in Listener::ALL {
        gauge!(CONNECTIONS, "listener" => listener.label()).set(0.0);
        counter!(CONNECTIONS_REFUSED, "listener" => listener.label()).increment(0);
    }
    for listener in [Listener::Ingest, Listener::Staff] {
        for reason in HandshakeFailure::ALL {
            handshakes_failed(listener, *reason, 0);
        }
        for reason in Cut::ALL {
            requests_cut(listener, *reason, 0);
        }
        for result in ["read", "refused"] {
            counter!(TLS_RELOADS, "listener" => listener.label(), "result" => result).increment(0);
        }
    }
    issuers_reloads(true, 0);
    issuers_reloads(false, 0);
    queue_ballots(0);
    ready(false);
}

/// Folds histogram samples into their buckets once a second, for as long as it is polled. Without
/// it they pile up.
pub async fn upkeep(handle: PrometheusHandle) {
    let mut tick = tokio::time::interval(limits::METRICS_UPKEEP_INTERVAL);
    tick.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Skip);
    loop {
        tick.tick().await;
        handle.run_upkeep();
    }
}

/// One of the four listeners.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Listener {
    /// Ballots.
    Ingest,
    /// Running polls.
    Staff,
    /// Published results.
    Public,
    /// Health and metrics.
    Admin,
}

impl Listener {
    /// All four.
    pub const ALL: [Self; 4] = [Self::Ingest, Self::Staff, Self::Public, Self::Admin];

    /// Its label.
    pub const fn label(self) -> &'static str {
        match self {
            Self::Ingest => "ingest",
            Self::Staff => "staff",
            Self::Public => "public",
            Self::Admin => "admin",
        }
    }
}

/// What became of a poll's totals.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ended {
    /// They are public while the poll goes on.
    Live,
    /// They are public.
    Published,
    /// The rules forbid showing them.
    Withheld,
    /// They lie too close to what was shown before.
    HeldBack,
}

impl Ended {
    const fn label(self) -> &'static str {
        match self {
            Self::Live => "live",
            Self::Published => "published",
            Self::Withheld => "withheld",
            Self::HeldBack => "held_back",
        }
    }
}

/// Counts ballots by their outcomes, a whole batch at once.
pub fn ballots(outcomes: &[Outcome]) {
    let (mut counted, mut repeated, mut unknown) = (0, 0, 0);
    let mut refused = [0; Rejection::ALL.len()];
    for outcome in outcomes {
        match outcome {
            Outcome::Decided(Verdict::Counted) => counted += 1,
            Outcome::Decided(Verdict::AlreadyCounted) => repeated += 1,
            Outcome::Refused(rejection) => refused[*rejection as usize] += 1,
            Outcome::Unknown => unknown += 1,
        }
    }
    for (rejection, n) in Rejection::ALL.iter().zip(refused) {
        add(REFUSED, "reason", rejection.reason(), n);
    }
    add(REFUSED, "reason", REASON_UNKNOWN, unknown);
    add(BALLOTS, "outcome", "COUNTED", counted);
    add(BALLOTS, "outcome", "ALREADY_COUNTED", repeated);
    add(BALLOTS, "outcome", "REFUSED", refused.iter().sum());
    add(BALLOTS, "outcome", "UNKNOWN", unknown);
}

/// Most counters of a batch stay as they are, and finding one costs a hash.
fn add(name: &'static str, label: &'static str, value: &'static str, n: u64) {
    if n > 0 {
        counter!(name, label => value).increment(n);
    }
}

/// Sets how many ballots wait for the writer.
#[expect(clippy::cast_precision_loss, reason = "bounded by QUEUE_BALLOTS_MAX")]
pub fn queue_ballots(n: usize) {
    gauge!(QUEUE).set(n as f64);
}

/// Records one synced write of `ballots` ballots.
#[expect(clippy::cast_precision_loss, reason = "bounded by ROUND_BALLOTS_MAX")]
pub fn commit(ballots: usize, took: Duration) {
    histogram!(COMMIT_SECONDS).record(took.as_secs_f64());
    histogram!(COMMIT_BALLOTS).record(ballots as f64);
}

/// Records the fold of `epoch`.
#[expect(
    clippy::cast_precision_loss,
    reason = "an epoch a second would take 285 million years to lose precision"
)]
pub fn fold(epoch: u64, took: Duration) {
    histogram!(FOLD_SECONDS).record(took.as_secs_f64());
    gauge!(FOLDED_EPOCH).set(epoch as f64);
}

/// Counts `n` signatures of tokens that hold, or do not.
pub fn signatures(valid: bool, n: u64) {
    let result = if valid { "valid" } else { "invalid" };
    counter!(SIGNATURES, "result" => result).increment(n);
}

/// Records one batch of `tokens` whose signatures were checked together.
#[expect(clippy::cast_precision_loss, reason = "bounded by VERIFY_BATCH_SIGNATURES_MAX")]
pub fn signature_batch(tokens: usize) {
    histogram!(SIGNATURE_BATCH).record(tokens as f64);
}

/// Counts a decision about a poll's totals.
pub fn publication(ended: Ended) {
    counter!(PUBLICATIONS, "result" => ended.label()).increment(1);
}

/// Counts a connection while it lives.
#[derive(Debug)]
pub struct OpenConnection(Listener);

impl OpenConnection {
    /// A connection was accepted.
    pub fn new(listener: Listener) -> Self {
        gauge!(CONNECTIONS, "listener" => listener.label()).increment(1.0);
        Self(listener)
    }
}

impl Drop for OpenConnection {
    fn drop(&mut self) {
        gauge!(CONNECTIONS, "listener" => self.0.label()).decrement(1.0);
    }
}

/// Counts a connection that was dropped because its listener was full.
pub fn connection_refused(listener: Listener) {
    counter!(CONNECTIONS_REFUSED, "listener" => listener.label()).increment(1);
}

/// Counts `n` TLS handshakes that failed.
pub fn handshakes_failed(listener: Listener, reason: HandshakeFailure, n: u64) {
    let (listener, reason) = (listener.label(), reason.label());
    counter!(HANDSHAKES_FAILED, "listener" => listener, "reason" => reason).increment(n);
}

/// Counts a change of the files of a listener's TLS: read, or refused and the old ones kept.
pub fn tls_reload(listener: Listener, read: bool) {
    let result = if read { "read" } else { "refused" };
    counter!(TLS_RELOADS, "listener" => listener.label(), "result" => result).increment(1);
}

/// Counts `n` changes of the issuers' files: read, or refused and the old ones kept.
pub fn issuers_reloads(read: bool, n: u64) {
    let result = if read { "read" } else { "refused" };
    counter!(ISSUERS_RELOADS, "result" => result).increment(n);
}

/// Counts `n` requests that were ended because of how their messages came.
pub fn requests_cut(listener: Listener, reason: Cut, n: u64) {
    let (listener, reason) = (listener.label(), reason.label());
    counter!(REQUESTS_CUT, "listener" => listener, "reason" => reason).increment(n);
}

/// Counts an HTTP answer by the class of its status.
pub fn http_request(listener: Listener, status: u16) {
    let class = match status {
        100..=199 => "1xx",
        200..=299 => "2xx",
        300..=399 => "3xx",
        400..=499 => "4xx",
        _ => "5xx",
    };
    counter!(HTTP_REQUESTS, "listener" => listener.label(), "class" => class).increment(1);
}

/// Counts a read that gave way to ballots.
pub fn read_shed() {
    counter!(READS_SHED).increment(1);
}

/// Says whether the engine takes ballots.
pub fn ready(yes: bool) {
    gauge!(READY).set(if yes { 1.0 } else { 0.0 });
}

mod labels;
#[cfg(test)]
mod tests;
