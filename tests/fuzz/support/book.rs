//! Who was counted in a poll, as far as the answers said so: what its totals must be.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::Arc;

use holos_wire::proto::{self, Outcome, ballot::Credential};
use holos::poll::Poll;
use holos::publish::{Publication, ReleaseKind, ResultsState};

/// The ballots of one poll.
#[derive(Default)]
pub struct Book {
    /// By subject: under which issuer, and what was chosen.
    counted: HashMap<Vec<u8>, (String, String)>,
    /// Nobody's tag is kept any more.
    pub erased: bool,
    /// Ballots were taken out: what was shown before that says more than is counted now.
    excised: bool,
    /// Two people decided to show totals that lie close to what was shown before.
    pub agreed: bool,
}

/// What a ballot is known by.
pub struct Cast {
    subject: Vec<u8>,
    issuer: String,
    option: String,
}

impl Cast {
    /// The issuer by whose word or token it is cast.
    pub fn issuer(&self) -> &str {
        &self.issuer
    }

    /// Who casts this ballot for what; `None` for one that can only be refused. `vouched` is the
    /// issuer of the connection, `minted` knows the subjects of the tokens there are.
    pub fn of(
        ballot: &proto::Ballot,
        vouched: Option<&str>,
        minted: impl Fn(&str) -> Option<Vec<u8>>,
    ) -> Option<Self> {
        let option = match ballot.answers.as_slice() {
            [answer] => match answer.option_ids.as_slice() {
                [option] => option.clone(),
                _ => return None,
            },
            _ => return None,
        };
        let (subject, issuer) = match ballot.credential.as_ref()? {
            Credential::Token(token) => (minted(token)?, "wallet".to_owned()),
            Credential::Voter(voter) => (voter.subject.to_vec(), vouched?.to_owned()),
        };
        Some(Self { subject, issuer, option })
    }
}

impl Book {
    /// Notes the answers to ballots that went together.
    ///
    /// # Panics
    /// When somebody is counted twice, or who was never counted is said to be, or a ballot that can
    /// only be refused is not.
    pub fn note(&mut self, casts: &[Option<Cast>], outcomes: &[Outcome]) {
        assert_eq!(casts.len(), outcomes.len(), "a result a ballot");
        let before: HashSet<Vec<u8>> = self.counted.keys().cloned().collect();
        for (cast, outcome) in casts.iter().zip(outcomes) {
            let decided = matches!(outcome, Outcome::Counted | Outcome::AlreadyCounted);
            assert!(decided || *outcome == Outcome::Refused, "an outcome is known");
            let Some(cast) = cast else {
                assert!(!decided, "a ballot without credential or choice was taken");
                continue;
            };
            if *outcome == Outcome::Counted {
                assert!(!before.contains(&cast.subject), "counted twice");
                let value = (cast.issuer.clone(), cast.option.clone());
                let twice = self.counted.insert(cast.subject.clone(), value);
                assert!(twice.is_none(), "counted twice in one call");
            }
        }
        for (cast, outcome) in casts.iter().zip(outcomes) {
            if let (Some(cast), Outcome::AlreadyCounted) = (cast, outcome) {
                assert!(self.counted.contains_key(&cast.subject), "never counted before");
            }
        }
    }

    /// Whether this subject's tag is kept.
    pub fn holds(&self, subject: &[u8]) -> bool {
        !self.erased && self.counted.contains_key(subject)
    }

    /// Persons counted.
    pub fn len(&self) -> usize {
        self.counted.len()
    }

    /// Whether nobody is.
    pub fn is_empty(&self) -> bool {
        self.counted.is_empty()
    }

    /// Forgets those who came under a key that was taken out.
    pub fn excise(&mut self, issuer: &str) {
        self.counted.retain(|_, (own, _)| own != issuer);
        self.excised = true;
    }

    /// The number of answers by option.
    pub fn counts(&self) -> BTreeMap<&str, u64> {
        let mut counts = BTreeMap::new();
        for (_, option) in self.counted.values() {
            *counts.entry(option.as_str()).or_insert(0_u64) += 1;
        }
        counts
    }

    /// Compares the totals of the release in force, and the poll's releases with each other.
    ///
    /// # Panics
    /// When they are not what the answers said, or two releases lie too close.
    pub fn compare(&self, poll: &Poll, results: &ResultsState, releases: &[Arc<Publication>]) {
        self.apart(poll, releases);
        let ResultsState::Published(publication) = results else {
            return;
        };
        let (statement, mut expected) = (&publication.statement, self.counts());
        let options = || statement.questions.iter().flat_map(|question| &question.options);
        match statement.kind {
            ReleaseKind::Withdrawal => {
                assert!(statement.total.is_none() && statement.questions.is_empty());
            }
            // The totals of a cut: nobody in them who was not counted.
            ReleaseKind::Live => {
                assert_eq!(statement.total, Some(options().map(|option| option.count).sum()));
                for option in options() {
                    let counted = expected.get(option.id.as_str()).copied().unwrap_or(0);
                    assert!(option.count <= counted || self.excised, "more than were counted");
                }
            }
            // Held back: newer totals wait for two people, and the old ones stand.
            ReleaseKind::Final if poll.is_held_back() => {
                assert!(self.excised, "held back without a reason");
            }
            ReleaseKind::Final => {
                assert_eq!(statement.total, Some(self.counted.len() as u64));
                for option in options() {
                    assert_eq!(option.count, expected.remove(option.id.as_str()).unwrap_or(0));
                }
                assert!(expected.is_empty(), "a choice that the poll does not have was counted");
            }
        }
    }

    /// Between two releases lie no ballots or at least B; taking ballots out and two people's
    /// decision are other matters.
    fn apart(&self, poll: &Poll, releases: &[Arc<Publication>]) {
        for (at, pair) in releases.windows(2).enumerate() {
            let [earlier, later] = pair else { continue };
            assert_eq!(later.statement.release, earlier.statement.release + 1, "{at}");
            assert_eq!(later.statement.previous.as_ref(), Some(&earlier.hash));
            let totals = (earlier.statement.total, later.statement.total);
            if let (Some(before), Some(after)) = totals
                && !self.excised
                && !self.agreed
            {
                let between = after.checked_sub(before).expect("nobody is taken out");
                let apart = poll.definition.crowd().ballots_apart;
                assert!(between == 0 || between >= apart, "{between} ballots between two releases");
            }
        }
    }
}
