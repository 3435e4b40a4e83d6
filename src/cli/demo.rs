//! `holos demo`: the poll of 8 March 2023 once more, on this machine, through the front door.
//!
//! Starts an embedded engine, casts every ballot over gRPC from real clients, closes the poll and
//! holds the published totals against the ministry's figures and against what the clients were
//! told. Does not reach into the engine: what it knows it learned over the wire, but for the number
//! of folds, which nobody is told there, and the key that signs publications, which one should have
//! by another way than the publication.

use std::io::IsTerminal;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};
use std::time::Duration;

use anyhow::{Context, bail, ensure};
use ed25519_dalek::VerifyingKey;
use ed25519_dalek::pkcs8::DecodePublicKey;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressState, ProgressStyle};
use jiff::SignedDuration;
use tokio::task::JoinSet;

mod audit;
pub(super) mod calls;
mod credentials;
mod host;
mod load;
mod ministry;
pub(super) mod office;
pub(super) mod plan;
mod report;
mod sample;
mod table;
mod wire;

use super::staff::trial;
use super::{DemoArgs, Exit, answer};
use crate::ground::clock::{Clock, Stopwatch};
use crate::ground::limits;
use crate::poll::PollId;
use crate::publish;
use audit::{Expected, Totals};
use calls::{Public, connect};
use credentials::{Credentials, TokenTerms, Tokens};
use holos_wire::proto;
use host::Host;
use load::{Lane, Tally, Work};
use ministry::Figures;
use office::Office;
use plan::{Crowd, LANES, Pace};
use report::{Latency, Mode, OptionRow, Report, round};
use wire::{BallotStream, Scribe};

/// The option that bad ballots name.
const UNKNOWN_OPTION: &str = "no-such-option";
/// The poll that bad tokens name.
const OTHER_POLL: PollId = PollId::from_bytes([0; 16]);
/// Fewest ballots: below the engine's k nothing is ever published.
const BALLOTS_MIN: u64 = limits::K_MIN;
/// How long ago expired tokens were issued: a lifetime and a minute.
const EXPIRED_FOR: SignedDuration =
    SignedDuration::from_secs(limits::TOKEN_LIFETIME_SECONDS_MAX + 60);
/// How often the number of folds is read, and the results are asked for.
const LOOK_INTERVAL: Duration = Duration::from_millis(5);
/// How long publication may take after the close.
const PUBLICATION_TIMEOUT: Duration = Duration::from_secs(60);

/// Runs the demo; [`Exit::VerificationFailed`] if one count differs.
///
/// # Errors
///
/// When the engine cannot be started or breaks off.
pub(super) fn run(args: DemoArgs) -> anyhow::Result<Exit> {
    let ballots = args.ballots.unwrap_or(ministry::ANSWERS);
    if !(BALLOTS_MIN..=ministry::ANSWERS).contains(&ballots) {
        let most = ministry::ANSWERS;
        eprintln!(
            "holos demo: --ballots: {BALLOTS_MIN} to {most}; fewer than {BALLOTS_MIN} are never published"
        );
        return Ok(Exit::Usage);
    }
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    let json = args.json;
    let report = runtime.block_on(async {
        tokio::select! {
            report = replay(args, ballots) => report,
            // Ends the engine and removes its temporary folder on the way out.
            _ = tokio::signal::ctrl_c() => bail!("interrupted"),
        }
    });
    // After an interrupt nobody waits for tokens that are still being made.
    runtime.shutdown_background();
    let report = report?;
    answer(&if json { report.to_json()? } else { report.to_text() })?;
    Ok(if report.holds() { Exit::Ok } else { Exit::VerificationFailed })
}

/// The demo from an empty folder to its report.
async fn replay(args: DemoArgs, ballots: u64) -> anyhow::Result<Report> {
    let (figures, order) = (ministry::figures()?, ministry::order()?);
    let counts: Vec<u64> = figures.options.iter().map(|option| option.count).collect();
    let counts = sample::by_largest_remainders(&counts, ballots);
    let pace = Pace::new(ballots);
    let bad_each = plan::bad_ballots(ballots);

    let started = Stopwatch::start();
    let space = &order.participants.subject_space;
    let host = Host::start(args.data.as_deref(), args.seed, space, pace.fold_ballots).await?;
    let addresses = &host.running.addresses;
    let (bootstrap, body) = (&host.bootstrap_token, &order.initiator.code);
    let office = trial::issuer(host.office_seed);
    let mut office = Office::open(addresses.staff, bootstrap, office, body).await?;
    let poll = office.run(&office::from_now(order.clone())?).await?;
    let kept = if host.folder.is_temporary() { "removed at the end" } else { "kept" };
    let folder = host.folder.path().display();
    say(&format!(
        "engine runs, poll open after {:.2} s; data in {folder}, {kept}",
        started.elapsed().as_secs_f64()
    ));

    let prepared = Stopwatch::start();
    let crowd = Crowd::new(&counts, args.seed);
    let (good, bad) = prepare(&host, &args, &poll, crowd.voters(), bad_each).await?;
    let prepare_seconds = prepared.elapsed().as_secs_f64();
    let what = if args.signed { "tokens minted" } else { "pseudonyms made" };
    say(&format!("{} {what} in {prepare_seconds:.2} s", table::grouped(ballots)));

    let names: Vec<&str> =
        figures.options.iter().map(|option| &*option.id).chain([UNKNOWN_OPTION]).collect();
    let scribe =
        |credentials| Scribe::new(&poll, Arc::new(credentials), order.notice_version, &names);
    let expected = Expected {
        options: figures.options.iter().map(|option| option.id.clone()).zip(counts).collect(),
        second_ballots: crowd.second_ballots(),
        bad_each,
    };
    let bad_crowd = Crowd::bad(u8::try_from(figures.options.len())?, bad_each);
    let secret = (!args.signed).then_some(&*host.connection_secret);
    let lanes = [(crowd, scribe(good), secret), (bad_crowd, scribe(bad), None)];
    let (tally, seconds) = cast(&host, lanes, pace, names.len()).await?;
    let folds = host.running.folds();

    let mut public = Public::connect(addresses.public).await?;
    ensure!(
        public.results(&poll).await?.is_none(),
        "totals could be read before the poll was closed"
    );
    office.end(&poll).await?;
    let results = published(&mut public, &poll).await?;
    let key =
        VerifyingKey::from_public_key_pem(&host.running.engine().public.publication_key_pem());
    let checked = publish::verify(&results.publication, &key.context("the engine's public key")?);
    let totals = Totals::from(&checked.context("checking the publication")?.statement);
    let mismatches = expected.mismatches(&tally, &totals, &Totals::from(&results));
    host.running.shutdown().await;

    let mode = if args.signed { Mode::Signed } else { Mode::Vouched };
    let publication_hash = blake3::hash(&results.publication).to_hex().to_string();
    let seed = args.seed;
    let run = Run { mode, seed, poll, pace, prepare_seconds, seconds, folds, publication_hash };
    Ok(Report { mismatches, ..report(run, &figures, &expected, tally, &totals) })
}

/// Makes the credentials of the crowd and of the bad ballots, on all cores.
async fn prepare(
    host: &Host,
    args: &DemoArgs,
    poll: &str,
    voters: u32,
    bad_each: u64,
) -> anyhow::Result<(Credentials, Credentials)> {
    let (issuer, seed, signed) = (Arc::clone(&host.issuer), args.seed, args.signed);
    let poll: PollId = poll.parse().context("the engine's poll id")?;
    let progress = progress(if signed { u64::from(voters) } else { 0 }, "minting tokens");
    let issued_at = Clock::system().now();
    let expired_at = issued_at - EXPIRED_FOR;
    let work = move || {
        let fresh = TokenTerms { audience: host::AUDIENCE, poll, issued_at };
        let expired = TokenTerms { issued_at: expired_at, ..fresh };
        let other = TokenTerms { poll: OTHER_POLL, ..fresh };
        let bad_subjects =
            plan::subjects(seed, voters..voters + 3 * u32::try_from(bad_each).expect("hundreds"));
        let each = usize::try_from(bad_each).expect("hundreds");
        let by_kind =
            [expired, other, fresh].into_iter().flat_map(|terms| std::iter::repeat_n(terms, each));
        let bad = Tokens::mint_few(&issuer, by_kind.zip(&bad_subjects));

        let subjects = plan::subjects(seed, 0..voters);
        let good = if signed {
            Credentials::Tokens(Tokens::mint(&issuer, &fresh, &subjects, |minted| {
                progress.inc(minted as u64);
            }))
        } else {
            Credentials::Stated(subjects)
        };
        progress.finish_and_clear();
        (good, Credentials::Tokens(bad))
    };
    tokio::task::spawn_blocking(work).await.context("making the credentials")
}

/// Casts both crowds at once, the first over several streams; what became of the ballots, and the
/// seconds it took.
async fn cast(
    host: &Host,
    lanes: [(Crowd, Scribe, Option<&str>); 2],
    pace: Pace,
    options: usize,
) -> anyhow::Result<(Tally, f64)> {
    let folds = Arc::new(AtomicU64::new(0));
    let [(crowd, scribe, secret), (bad_crowd, bad_scribe, _)] = lanes;
    let progress = progress(u64::from(crowd.voters()) + crowd.second_ballots(), "casting ballots");
    let work = |crowd: Crowd, pace: Pace, fold_ballots| {
        let (batch, window) = (u32::try_from(pace.batch)?, usize::try_from(pace.window)?);
        let (folds, progress, next) = (Arc::clone(&folds), progress.clone(), AtomicU32::new(0));
        anyhow::Ok(Arc::new(Work { crowd, batch, window, fold_ballots, folds, progress, next }))
    };
    // The bad ballots go in ten messages, one at a time, so that they fall into the crowd's time.
    let slow = Pace { batch: u64::from(bad_crowd.voters() / 10).max(1), window: 1, ..pace };
    let bad_work = work(bad_crowd, slow, None)?;
    let good_work = work(crowd, pace, Some(pace.fold_ballots))?;

    let address = host.running.addresses.ingest;
    let mut lanes = Vec::new();
    for _ in 0..LANES {
        let stream =
            BallotStream::open(connect(address).await?, secret, scribe.clone(), good_work.window)
                .await?;
        lanes.push(Lane::new(Arc::clone(&good_work), stream, options));
    }
    let bad_stream = BallotStream::open(connect(address).await?, None, bad_scribe, 1).await?;
    let bad_lane = Lane::new(bad_work, bad_stream, options);

    let watch = async {
        loop {
            folds.store(host.running.folds(), Ordering::Relaxed);
            tokio::time::sleep(LOOK_INTERVAL).await;
        }
    };
    let first_send = Stopwatch::start();
    let mut running: JoinSet<_> = lanes.into_iter().map(Lane::run).collect();
    let bad = tokio::spawn(bad_lane.run());
    let settle = async {
        let mut tally = Tally::new(options);
        while let Some(lane) = running.join_next().await {
            tally.add(&lane.context("a client panicked")??);
        }
        tally.add_counts(&bad.await.context("a client panicked")??);
        anyhow::Ok(tally)
    };
    let tally = tokio::select! {
        tally = settle => tally?,
        () = watch => unreachable!("it watches until it is dropped"),
        why = host.running.fatal() => bail!("the engine has stopped: {why}"),
    };
    let seconds = first_send.elapsed().as_secs_f64();
    progress.finish_and_clear();
    Ok((tally, seconds))
}

/// Waits for the poll's publication.
async fn published(public: &mut Public, poll: &str) -> anyhow::Result<proto::Results> {
    let waited = Stopwatch::start();
    while waited.elapsed() < PUBLICATION_TIMEOUT {
        if let Some(results) = public.results(poll).await? {
            return Ok(results);
        }
        tokio::time::sleep(LOOK_INTERVAL).await;
    }
    bail!("the poll is closed and was not published within {} s", PUBLICATION_TIMEOUT.as_secs())
}

/// What the report needs to know of the run itself.
struct Run {
    mode: Mode,
    seed: u64,
    poll: String,
    pace: Pace,
    prepare_seconds: f64,
    seconds: f64,
    folds: u64,
    publication_hash: String,
}

fn report(
    run: Run,
    figures: &Figures,
    expected: &Expected,
    tally: Tally,
    totals: &Totals,
) -> Report {
    let published = totals.questions.first().map_or(&[][..], Vec::as_slice);
    let row = |(option, (id, expected)): (&ministry::OptionFigure, &(String, u64))| OptionRow {
        id: id.clone(),
        label: option.label.en.clone(),
        count: published
            .iter()
            .find(|(published, _)| published == id)
            .map_or(0, |(_, count)| *count),
        expected: *expected,
    };
    let counted: u64 = tally.counted.iter().sum();
    Report {
        mode: run.mode,
        seed: run.seed,
        poll_id: run.poll,
        title: figures.title.clone(),
        source: figures.source.clone(),
        sent: tally.sent,
        counted,
        already_counted: tally.already_counted,
        retried: tally.retried,
        total: totals.total,
        total_expected: expected.total(),
        total_ministry: figures.total,
        options: figures.options.iter().zip(&expected.options).map(row).collect(),
        seconds: round(run.seconds, 6),
        ballots_per_second: round(counted as f64 / run.seconds, 0),
        folds: run.folds,
        latency_ms: Latency::of(&tally.latency),
        batch_ballots: run.pace.batch,
        batches_in_flight: LANES * run.pace.window,
        prepare_seconds: round(run.prepare_seconds, 3),
        publication_hash: run.publication_hash,
        rejected: tally.rejected,
        mismatches: Vec::new(),
    }
}

/// Tells people how far the demo is.
fn say(text: &str) {
    eprintln!("holos demo: {text}");
}

/// A progress bar on a terminal, nothing elsewhere and for work of no length.
fn progress(length: u64, what: &'static str) -> ProgressBar {
    if length == 0 || !std::io::stderr().is_terminal() {
        return ProgressBar::hidden();
    }
    let bar = ProgressBar::with_draw_target(Some(length), ProgressDrawTarget::stderr());
    let template = "{prefix:>16} {wide_bar} {human_pos}/{human_len}  {speed}  {eta}";
    let style = ProgressStyle::with_template(template)
        .expect("the template is a constant and holds")
        .with_key("speed", |state: &ProgressState, out: &mut dyn std::fmt::Write| {
            // A bar without its speed is still a bar.
            let _ = write!(out, "{:.0}/s", state.per_sec());
        });
    bar.with_style(style).with_prefix(what)
}
