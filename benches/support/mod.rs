//! What the benches share: an issuer, a poll, ballots ready for each step, a ledger in a temporary
//! folder.
#![allow(
    dead_code,
    unreachable_pub,
    missing_docs,
    clippy::unwrap_used,
    reason = "each bench uses its part of it, and what fails in it should stop it"
)]

pub mod engine;

use std::fs::Permissions;
use std::num::NonZeroUsize;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::sync::Arc;

use bytes::Bytes;
use holos::audit::AuditLog;
use holos::count::authenticate::issuers::{IssuerConfig, IssuerKeyConfig, Issuers, VouchedConfig};
use holos::count::authenticate::mint::{Claims, TestIssuer};
use holos::count::authenticate::{
    Authenticator, Caller, Conduct, Credential, Occasion, Stated, Voter,
};
use holos::count::check::{Paper, check};
use holos::count::deidentify::{AnonymousBallot, TagKey, deidentify};
use holos::count::ledger::{FoldRules, Ledger, Parts};
use holos::ground::clock::Clock;
use holos::ground::faults::Faults;
use holos::keys::provider::FileProvider;
use holos::keys::{KeyStore, Secret};
use holos::poll::{Answer, Definition, Needs, Order, Poll, PollId, Profiles, Rules};
use holos::process::config::Config;
use holos::staff::{StaffIssuerConfig, StaffKeyConfig};
use holos::store::DataFolder;
use tokio::runtime::Runtime;

// As in the binary: the allocator is part of what is measured.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

pub const SECRET: &str = "fedcba9876543210fedcba9876543210fedcba9876543210fedcba9876543210";
pub const STAFF_TOKEN: &str = "0123456789abcdef0123456789abcdef";

pub fn runtime() -> Runtime {
    tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap()
}

pub fn order() -> Order {
    let text = include_str!("../../src/cli/demo/order.toml");
    let mut order = Order::from_toml(text).unwrap();
    let kyiv = jiff::tz::TimeZone::get("Europe/Kyiv").unwrap();
    let now = Clock::system().now().to_zoned_datetime(kyiv).round(jiff::Unit::Second).unwrap();
    order.opens_at = now.checked_sub(jiff::SignedDuration::from_mins(1)).unwrap().to_string();
    order.closes_at = now.checked_add(jiff::SignedDuration::from_hours(24)).unwrap().to_string();
    order
}

pub fn open_poll() -> Poll {
    let id = Clock::system().new_poll_id();
    let rules = Rules { floors: holos::poll::Floors::default(), profiles: &Profiles::builtin() };
    let definition = Definition::new(id, order().check(&rules).unwrap());
    let now = Clock::system().now();
    let scheduled = Poll::draft(definition, "a").filed("a", now).approved("b").scheduled();
    scheduled.opened(now, "app-1", 1)
}

/// The key that signs the issuer's tokens.
pub fn signer() -> TestIssuer {
    TestIssuer::new("app", "k1", [7; 32])
}

/// The token of a voter for a poll.
pub fn token(signer: &TestIssuer, poll: PollId, voter: u64) -> String {
    signer.mint(&Claims {
        audience: "holos",
        subject: blake3::hash(&voter.to_le_bytes()).as_bytes(),
        pseudonym_key: "app-1",
        poll,
        issued_at: Clock::system().now(),
        lifetime_seconds: 600,
        more: &[("age_over_14", true.into())],
    })
}

pub fn issuer(folder: &Path) -> IssuerConfig {
    let secret_file = folder.join("secret");
    std::fs::write(&secret_file, SECRET).unwrap();
    std::fs::set_permissions(&secret_file, Permissions::from_mode(0o600)).unwrap();
    let space = order().participants.subject_space;
    let public_key_file = folder.join("signer.pem");
    std::fs::write(&public_key_file, signer().public_key_pem()).unwrap();
    IssuerConfig {
        keys: vec![IssuerKeyConfig { kid: "k1".to_owned(), public_key_file }],
        vouched: Some(VouchedConfig::by_secret(secret_file)),
        ..IssuerConfig::new("app", &space, "app-1")
    }
}

/// Step 1 with one vouched issuer.
pub struct Door {
    pub authenticator: Authenticator,
    pub caller: Caller,
}

impl Door {
    pub fn new(folder: &Path) -> Self {
        let issuers = Issuers::load(&[issuer(folder)]).unwrap();
        let authenticator =
            Authenticator::start(issuers, "holos".to_owned(), NonZeroUsize::MIN).unwrap();
        let caller = authenticator.caller(Some(&format!("Bearer app.{SECRET}")), None).unwrap();
        Self { authenticator, caller }
    }

    pub fn voters(
        &self,
        runtime: &Runtime,
        poll: PollId,
        voters: std::ops::Range<u64>,
    ) -> Vec<Voter> {
        let stated = |voter: u64| {
            let subject = *blake3::hash(&voter.to_le_bytes()).as_bytes();
            let mut stated = Stated::of(Bytes::copy_from_slice(&subject));
            stated.claims.age_over = vec![14];
            Credential::Stated(stated)
        };
        let now = Clock::system().now();
        let credentials = voters.map(stated).collect();
        let (conduct, occasion, needs) = (Conduct::new(), Occasion::Poll(poll), Needs::default());
        let voters = self.authenticator.authenticate(
            &self.caller,
            &conduct,
            occasion,
            &needs,
            credentials,
            now,
        );
        runtime.block_on(voters).into_iter().map(|voter| voter.ok().unwrap()).collect()
    }

    /// Ballots that have passed steps 1 to 3.
    pub fn anonymous(
        &self,
        runtime: &Runtime,
        poll: &Poll,
        voters: std::ops::Range<u64>,
    ) -> Vec<AnonymousBallot> {
        let key = tag_key(poll);
        let first = voters.start;
        let voters = self.voters(runtime, poll.id(), voters);
        (first..)
            .zip(voters)
            .map(|(n, voter)| {
                deidentify(check(voter, &paper(n), poll, Clock::system().now()).ok().unwrap(), &key)
            })
            .collect()
    }
}

pub fn tag_key(poll: &Poll) -> TagKey {
    TagKey::new(&Secret::new([7; 32]), poll.id(), "demo")
}

pub fn paper(voter: u64) -> Paper {
    let options = ["working-day", "day-off", "undecided"];
    let option = options[usize::try_from(voter % 3).unwrap()].to_owned();
    let answers = vec![Answer { question_id: String::new(), option_ids: vec![option] }];
    Paper { notice_version: 1, decline_breakdowns: false, answers }
}

/// A ledger in this folder, new or reopened.
pub fn open_ledger(root: &Path, fold_ballots: u64) -> Ledger {
    let folder = Arc::new(DataFolder::open(&root.join("data")).unwrap());
    let provider = Arc::new(FileProvider::new(&root.join("wrapping.key")));
    let faults = Faults::none();
    let keys = KeyStore::open(&folder.keys(), provider, faults.clone());
    let keys = Arc::new(keys.unwrap());
    let audit = AuditLog::open(&folder.logs(), Arc::clone(&keys), faults.clone());
    let rules =
        FoldRules { k: 10, ballots: fold_ballots, delay_seconds: 3600, carry_seconds_max: 3600 };
    let parts = Parts {
        folder,
        keys,
        audit: Arc::new(audit.unwrap()),
        clock: Clock::system(),
        rules,
        faults,
    };
    Ledger::open(parts).unwrap().0
}

/// A poll that this ledger counts.
pub fn open_poll_in(ledger: &Ledger, root: &Path, runtime: &Runtime) -> Poll {
    let poll = open_poll();
    let provider = Arc::new(FileProvider::new(&root.join("wrapping.key")));
    let keys = KeyStore::open(&root.join("data/keys"), provider, Faults::none()).unwrap();
    keys.create_poll_keys(poll.id()).unwrap();
    runtime.block_on(ledger.gate_poll(poll.clone())).unwrap();
    poll
}

/// The configuration of a whole engine in this folder.
pub fn config(folder: &Path) -> Config {
    let staff = folder.join("staff.token");
    std::fs::write(&staff, STAFF_TOKEN).unwrap();
    std::fs::set_permissions(&staff, Permissions::from_mode(0o600)).unwrap();
    let mut config = Config::on_loopback(folder.join("data"), folder.join("wrapping.key"), staff);
    config.issuers = vec![issuer(folder)];
    let office_key = folder.join("office.pem");
    std::fs::write(&office_key, office().public_key_pem()).unwrap();
    config.staff.issuers = vec![StaffIssuerConfig {
        keys: vec![StaffKeyConfig { kid: "k1".to_owned(), public_key_file: office_key }],
        ..StaffIssuerConfig::new("office")
    }];
    config
}

/// Signs staff's tokens.
pub fn office() -> TestIssuer {
    TestIssuer::new("office", "k1", [9; 32])
}

/// A staff token of this person.
pub fn staff_token(subject: &str) -> String {
    let now = Clock::system().now().as_second();
    let payload = format!(
        r#"{{"aud":"holos-staff","exp":{},"iat":{now},"iss":"office","sub":"{subject}"}}"#,
        now + 3_600
    );
    office().mint_raw(r#"{"alg":"EdDSA","kid":"k1"}"#, &payload)
}
