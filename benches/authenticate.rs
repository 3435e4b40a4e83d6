//! What does step 1 cost a ballot, how does it gain from company, and what do bad signatures cost
//! the good ones beside them?
//!
//! Back of the envelope, a token of about 370 bytes: base64 0.2 us, JSON 0.6 us, SHA-512 0.8 us,
//! and an Ed25519 check of 30 us alone or 6.7 us in a batch of 1,024; so about 8 us a ballot and
//! core in long calls, 120,000 a second and core, and 32 us for a lone one. Ten bad signatures,
//! spread over a call of a thousand, use up the search for them, so that most are checked alone:
//! three batches and a lone check each, 50 us, as with half of them bad. Hence such a connection
//! has its batches for itself, and is barred after 32. ES256 is a lone check of about 45 us, RS256
//! of 2,048 bits one of about 15 us. A vouched voter costs a copy of some hundred bytes and a
//! reference count: about 0.1 us. No file, no sync. The pool has one thread here, so that elements
//! per second are per core.

use std::fs;
use std::hint::black_box;
use std::num::NonZeroUsize;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use bytes::Bytes;
use criterion::{BatchSize, BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use holos::count::authenticate::issuers::{IssuerConfig, IssuerKeyConfig, VouchedConfig};
use holos::count::authenticate::mint::{Claims, TestIssuer};
use holos::count::authenticate::{
    Authenticator, Caller, Conduct, Credential, Issuers, Occasion, Stated,
};
use holos::poll::{Needs, PollId};
use jiff::Timestamp;
use tokio::runtime::{Builder, Runtime};

const SECRET: &str = "0123456789abcdef0123456789abcdef";
const POLL: PollId = PollId::from_bytes([7; 16]);
const NOW: Timestamp = Timestamp::constant(1_678_262_400, 0);

/// The authenticator, and what its calls need.
struct Bench {
    authenticator: Authenticator,
    runtime: Runtime,
}

impl Bench {
    fn new(keys: &[(&str, &TestIssuer)]) -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let authenticator = authenticator(folder.path(), keys);
        let runtime = Builder::new_current_thread().build().expect("a runtime");
        Self { authenticator, runtime }
    }

    /// One call over a connection of its own; as many are refused as must be.
    fn call(&self, caller: &Caller, credentials: Vec<Credential>, bad: usize) {
        let (conduct, needs, occasion) = (Conduct::new(), Needs::default(), Occasion::Poll(POLL));
        let answers =
            self.authenticator.authenticate(caller, &conduct, occasion, &needs, credentials, NOW);
        let answers = self.runtime.block_on(answers);
        assert_eq!(answers.iter().filter(|answer| answer.is_err()).count(), bad);
        black_box(answers);
    }
}

fn authenticator(folder: &Path, keys: &[(&str, &TestIssuer)]) -> Authenticator {
    let secret_file = folder.join("secret");
    fs::write(&secret_file, SECRET).expect("the secret is written");
    fs::set_permissions(&secret_file, fs::Permissions::from_mode(0o600)).expect("its mode is set");
    let key = |(kid, issuer): &(&str, &TestIssuer)| {
        let public_key_file = folder.join(kid);
        fs::write(&public_key_file, issuer.public_key_pem()).expect("the key is written");
        IssuerKeyConfig { kid: (*kid).to_owned(), public_key_file }
    };
    let config = IssuerConfig {
        vouched: Some(VouchedConfig::by_secret(secret_file)),
        keys: keys.iter().map(key).collect(),
        ..IssuerConfig::new("issuer", "ua", "p")
    };
    let issuers = Issuers::load(&[config]).expect("the issuer is sound");
    Authenticator::start(issuers, "holos".to_owned(), NonZeroUsize::MIN).expect("a thread")
}

fn subject(number: usize) -> [u8; 32] {
    let mut subject = [0x2a; 32];
    subject[..8].copy_from_slice(&(number as u64).to_le_bytes());
    subject
}

fn tokens(issuer: &TestIssuer, count: usize) -> Vec<String> {
    let mint = |number| {
        issuer.mint(&Claims {
            audience: "holos",
            subject: &subject(number),
            pseudonym_key: "p",
            poll: POLL,
            issued_at: NOW,
            lifetime_seconds: 300,
            more: &[],
        })
    };
    (0..count).map(mint).collect()
}

fn authenticate(criterion: &mut Criterion) {
    let ed25519 = TestIssuer::new("issuer", "k1", [3; 32]);
    let stranger = TestIssuer::new("issuer", "k1", [4; 32]);
    let es256 = TestIssuer::es256("issuer", "ec");
    let rs256 = TestIssuer::rs256("issuer", "rsa", false);
    let bench = Bench::new(&[("k1", &ed25519), ("ec", &es256), ("rsa", &rs256)]);
    let mut group = criterion.benchmark_group("authenticate");
    let mut measure = |name: &str, tokens: &[String], bad: usize| {
        group.throughput(Throughput::Elements(tokens.len() as u64));
        let id = BenchmarkId::new(name, tokens.len());
        group.bench_with_input(id, tokens, |bencher, tokens| {
            let credentials = || tokens.iter().cloned().map(Credential::Token).collect();
            let call = |all| bench.call(&Caller::Anonymous, all, bad);
            bencher.iter_batched(credentials, call, BatchSize::LargeInput);
        });
    };

    let good = tokens(&ed25519, 4_096);
    for size in [1, 16, 64, 256, 1_000, 4_096] {
        measure("token", &good[..size], 0);
    }
    for (name, every) in [("token 1 % bad", 100), ("token 50 % bad", 2)] {
        let mut mixed = tokens(&ed25519, 1_000);
        for (number, token) in tokens(&stranger, 1_000).into_iter().enumerate().step_by(every) {
            mixed[number] = token;
        }
        measure(name, &mixed, 1_000 / every);
    }
    for (name, issuer) in [("ES256", &es256), ("RS256", &rs256)] {
        let tokens = tokens(issuer, 256);
        measure(name, &tokens[..1], 0);
        measure(name, &tokens, 0);
    }

    let vouched = bench.authenticator.caller(Some(&format!("Bearer issuer.{SECRET}")), None);
    let vouched = vouched.unwrap_or_else(|_| unreachable!("the secret is the issuer's"));
    let subjects: Vec<Bytes> =
        (0..1_000).map(|number| Bytes::copy_from_slice(&subject(number))).collect();
    for size in [1, 1_000] {
        group.throughput(Throughput::Elements(size as u64));
        group.bench_with_input(BenchmarkId::new("vouched", size), &size, |bencher, &size| {
            let stated = |subject| Credential::Stated(Stated::of(subject));
            let credentials = || subjects[..size].iter().cloned().map(stated).collect();
            let call = |all| bench.call(&vouched, all, 0);
            bencher.iter_batched(credentials, call, BatchSize::LargeInput);
        });
    }
    group.finish();
}

criterion_group!(benches, authenticate);
criterion_main!(benches);
