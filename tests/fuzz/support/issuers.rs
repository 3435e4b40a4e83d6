//! The issuers of the token targets: one of each algorithm, and one that names taxpayers.

use std::num::NonZeroUsize;
use std::path::Path;

use holos::count::authenticate::issuers::{IssuerConfig, JwksConfig, SubjectKind};
use holos::count::authenticate::mint::TestIssuer;
use holos::count::authenticate::{Authenticator, Caller, Conduct, Credential, Issuers, Occasion};
use holos::outcome::Rejection;
use holos::poll::{Needs, PollId};
use jiff::Timestamp;

/// The engine's name in the tokens.
pub const AUDIENCE: &str = "holos";
/// The moment of every check, in seconds.
pub const NOW: i64 = 1_790_000_000;

/// The poll that tokens are for.
pub const POLL: PollId = PollId::from_bytes([0x11; 16]);
/// A subject of 16 bytes.
pub const OPAQUE: &str = "BwcHBwcHBwcHBwcHBwcHBw";
/// A number with its check digit.
pub const TAXPAYER: &str = "1234567899";

/// An issuer with its one key.
pub struct Known {
    /// Its `iss`.
    pub id: &'static str,
    /// Its `kid`.
    pub kid: &'static str,
    /// The algorithm of the key.
    pub algorithm: &'static str,
    /// Its `pkid`.
    pub pseudonym_key: &'static str,
    /// Whether its subjects are numbers of taxpayers.
    pub taxpayers: bool,
    /// The key.
    pub issuer: TestIssuer,
}

/// The issuers, in the order in which inputs name them.
pub fn known() -> Vec<Known> {
    let known = |id, kid, algorithm, taxpayers, issuer| {
        let pseudonym_key = if taxpayers { "tax-1" } else { "citizens-1" };
        Known { id, kid, algorithm, pseudonym_key, taxpayers, issuer }
    };
    vec![
        known("wallet", "k1", "EdDSA", false, TestIssuer::new("wallet", "k1", [42; 32])),
        known("bank", "p1", "ES256", false, TestIssuer::es256("bank", "p1")),
        known("ministry", "r1", "RS256", false, TestIssuer::rs256("ministry", "r1", false)),
        known("tax", "t1", "EdDSA", true, TestIssuer::new("tax", "t1", [43; 32])),
    ]
}

/// The configuration of an issuer whose keys are in a key set.
pub fn config(id: &str, file: &Path) -> IssuerConfig {
    let jwks = Some(JwksConfig::file(file.to_owned()));
    IssuerConfig { jwks, ..IssuerConfig::new(id, "citizens", "citizens-1") }
}

/// What a poll of every condition needs of its voters.
pub fn all_needs() -> Needs {
    let groups = ["students", "teachers"].map(str::to_owned).to_vec();
    Needs { age: true, region: true, citizenship: true, groups }
}

/// A good token of an issuer.
pub fn mint(known: &Known) -> String {
    let subject = if known.taxpayers { TAXPAYER } else { OPAQUE };
    let header = format!(r#"{{"alg":"{}","kid":"{}"}}"#, known.algorithm, known.kid);
    known.issuer.mint_raw(&header, &payload(known, subject))
}

/// What it says.
pub fn payload(known: &Known, subject: &str) -> String {
    let (iss, pkid, exp) = (known.id, known.pseudonym_key, NOW + 60);
    format!(
        r#"{{"iss":"{iss}","aud":"{AUDIENCE}","sub":"{subject}","poll":"{POLL}","pkid":"{pkid}","iat":{NOW},"exp":{exp}}}"#
    )
}

/// An authenticator that trusts them, and the means to wait for it.
pub struct Door {
    authenticator: Authenticator,
    runtime: tokio::runtime::Runtime,
}

impl Door {
    /// Trusts these issuers.
    ///
    /// # Panics
    /// When they cannot be trusted, or no thread can be started.
    pub fn new(known: &[Known]) -> Self {
        let folder = crate::folder();
        let configs = known.iter().map(|one| {
            let file = folder.path().join(one.id);
            std::fs::write(&file, one.issuer.jwks()).expect("a file can be written");
            let mut config = config(one.id, &file);
            one.pseudonym_key.clone_into(&mut config.pseudonym_key);
            if one.taxpayers {
                config.subjects = SubjectKind::Rnokpp;
                "taxpayers".clone_into(&mut config.subject_space);
            }
            config
        });
        let issuers = Issuers::load(&configs.collect::<Vec<_>>()).expect("good key sets");
        let authenticator = Authenticator::start(issuers, AUDIENCE.to_owned(), NonZeroUsize::MIN);
        let runtime = tokio::runtime::Builder::new_current_thread().build();
        Self {
            authenticator: authenticator.expect("a thread starts"),
            runtime: runtime.expect("a runtime starts"),
        }
    }

    /// What becomes of a token: of which poll it says to be where that was left open.
    ///
    /// # Errors
    /// Why it is refused.
    ///
    /// # Panics
    /// When one token does not get one answer.
    pub fn show(
        &self,
        token: String,
        occasion: Occasion,
        needs: &Needs,
    ) -> Result<Option<PollId>, Rejection> {
        let now = Timestamp::from_second(NOW).expect("a moment");
        let (caller, conduct) = (Caller::Anonymous, Conduct::new());
        let credentials = vec![Credential::Token(token)];
        let answers =
            self.authenticator.authenticate(&caller, &conduct, occasion, needs, credentials, now);
        let [answer] = self.runtime.block_on(answers).try_into().ok().expect("one answer");
        answer.map(|voter| voter.poll())
    }
}
