//! What does step 1 cost a ballot, and how does it gain from company?
//!
//! Back of the envelope, a token of about 350 bytes: base64 0.2 us, JSON 0.5 us, SHA-512 0.8 us,
//! and an Ed25519 check of 30 us alone or 6.7 us in a batch of 1,024; so about 8 us a ballot and
//! core in long calls, 120,000 a second and core, and 32 us for a lone one. A vouched voter costs a
//! copy of 32 bytes and a reference count: well under 0.1 us. No file, no sync. The pool has one
//! thread here, so that elements per second are per core.

use std::fs;
use std::hint::black_box;
use std::num::NonZeroUsize;
use std::os::unix::fs::PermissionsExt;

use bytes::Bytes;
use criterion::{BatchSize, BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use holos::authenticate::issuers::{IssuerConfig, IssuerKeyConfig, VouchedConfig};
use holos::authenticate::mint::{Claims, TestIssuer};
use holos::authenticate::{Authenticator, Caller, Credential, Issuers};
use holos::poll::PollId;
use jiff::Timestamp;
use tokio::runtime;

const SECRET: &str = "0123456789abcdef0123456789abcdef";
const POLL: PollId = PollId::from_bytes([7; 16]);
const NOW: Timestamp = Timestamp::constant(1_678_262_400, 0);

fn authenticator(issuer: &TestIssuer) -> Authenticator {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let (secret_file, public_key_file) = (folder.path().join("secret"), folder.path().join("key"));
    fs::write(&secret_file, SECRET).expect("the secret is written");
    fs::set_permissions(&secret_file, fs::Permissions::from_mode(0o600)).expect("its mode is set");
    fs::write(&public_key_file, issuer.public_key_pem()).expect("the key is written");
    let config = IssuerConfig {
        id: "issuer".into(),
        subject_space: "ua".into(),
        vouched: Some(VouchedConfig { secret_file }),
        keys: vec![IssuerKeyConfig { kid: "k1".into(), public_key_file }],
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
        let subject = subject(number);
        let (audience, issued_at, lifetime_seconds) = ("holos", NOW, 300);
        issuer.mint(&Claims {
            audience,
            subject: &subject,
            poll: POLL,
            issued_at,
            lifetime_seconds,
        })
    };
    (0..count).map(mint).collect()
}

fn authenticate(criterion: &mut Criterion) {
    let issuer = TestIssuer::new("issuer", "k1", [3; 32]);
    let authenticator = authenticator(&issuer);
    let runtime = runtime::Builder::new_current_thread().build().expect("a runtime");
    let run = |caller: &Caller, credentials: Vec<Credential>| {
        let answers = runtime.block_on(authenticator.authenticate(caller, POLL, credentials, NOW));
        assert!(answers.iter().all(Result::is_ok), "every credential is good");
        black_box(answers)
    };
    let mut group = criterion.benchmark_group("authenticate");

    let tokens = tokens(&issuer, 4_096);
    for size in [1, 16, 64, 256, 1_000, 4_096] {
        group.throughput(Throughput::Elements(size as u64));
        group.bench_with_input(BenchmarkId::new("token", size), &size, |bencher, &size| {
            let credentials = || tokens[..size].iter().cloned().map(Credential::Token).collect();
            bencher.iter_batched(
                credentials,
                |all| run(&Caller::Anonymous, all),
                BatchSize::LargeInput,
            );
        });
    }

    let vouched = authenticator.caller(Some(&format!("Bearer issuer.{SECRET}")));
    let vouched = vouched.unwrap_or_else(|_| unreachable!("the secret is the issuer's"));
    let subjects: Vec<Bytes> =
        (0..1_000).map(|number| Bytes::copy_from_slice(&subject(number))).collect();
    for size in [1, 1_000] {
        group.throughput(Throughput::Elements(size as u64));
        group.bench_with_input(BenchmarkId::new("vouched", size), &size, |bencher, &size| {
            let credentials = || subjects[..size].iter().cloned().map(Credential::Stated).collect();
            bencher.iter_batched(credentials, |all| run(&vouched, all), BatchSize::LargeInput);
        });
    }
    group.finish();
}

criterion_group!(benches, authenticate);
criterion_main!(benches);
