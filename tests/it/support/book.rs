//! The client's own ledger: what it was told about each of its voters in one poll.

use std::collections::BTreeMap;
use std::collections::hash_map::RandomState;
use std::hash::BuildHasher;

use tonic::Status;
use tonic_types::StatusExt;

use super::{Answered, Backend};
use holos_wire::proto::Ballot;

/// The seed of a random test: `HOLOS_TEST_SEED`, or a fresh one; printed, to run a failure again.
pub fn seed() -> u64 {
    let seed = match std::env::var("HOLOS_TEST_SEED") {
        Ok(text) => text.parse().expect("HOLOS_TEST_SEED is a number"),
        Err(_) => RandomState::new().hash_one(0),
    };
    println!("HOLOS_TEST_SEED={seed}");
    seed
}

/// A unary answer, its status read like the outcome in a batch. A broken connection says nothing.
pub fn heard(answer: Result<Answered, Status>) -> Answered {
    let Err(status) = answer else { return answer.unwrap() };
    match status.get_details_error_info() {
        Some(info) if info.reason != "OUTCOME_UNKNOWN" => Answered::Refused(info.reason),
        _ => Answered::Unknown,
    }
}

/// A voter's ballot as the client knows it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Known {
    option: usize,
    sent: u32,
    acknowledged: bool,
}

/// The client's ledger of one poll. Every answer is checked against it when it is noted.
#[derive(Clone, Debug, Default)]
pub struct Book {
    voters: BTreeMap<u64, Known>,
}

impl Book {
    /// The ballot to send for a voter, noted before it is sent: a voter who was acknowledged tries
    /// `option`, any other repeats the choice it began with.
    pub fn send(&mut self, voter: u64, option: usize) -> Ballot {
        let known = Known { option, sent: 0, acknowledged: false };
        let known = self.voters.entry(voter).or_insert(known);
        known.sent += 1;
        Backend::ballot(voter, if known.acknowledged { option } else { known.option })
    }

    /// Notes what was heard about a ballot that was sent.
    pub fn note(&mut self, voter: u64, answered: &Answered) {
        let known = self.voters.get_mut(&voter).expect("noted before it was sent");
        match answered {
            Answered::Counted => {
                assert!(!known.acknowledged, "voter {voter} is counted twice: {known:?}");
                known.acknowledged = true;
            }
            Answered::AlreadyCounted => {
                assert!(known.sent > 1, "voter {voter} was never counted: {known:?}");
                known.acknowledged = true;
            }
            Answered::Unknown => {}
            Answered::Refused(reason) if reason == "POLL_CLOSED" => {
                assert!(!known.acknowledged, "voter {voter} is lost: {known:?}");
                self.voters.remove(&voter);
            }
            // Refused for a moment: an earlier attempt may still have been counted.
            Answered::Refused(reason) if reason == "OVERLOADED" => {}
            Answered::Refused(reason) => panic!("voter {voter}: {reason}"),
        }
    }

    /// Voters whose ballot is acknowledged, or not known to be.
    pub fn voters(&self, acknowledged: bool) -> Vec<u64> {
        let wanted = self.voters.iter().filter(|(_, known)| known.acknowledged == acknowledged);
        wanted.map(|(voter, _)| *voter).collect()
    }

    /// The acknowledged choice of a voter.
    pub fn choice(&self, voter: u64) -> Option<usize> {
        let known = self.voters.get(&voter).filter(|known| known.acknowledged);
        known.map(|known| known.option)
    }

    /// What the totals must be, option by option, once nothing is unknown.
    pub fn totals(&self, options: usize) -> Vec<u64> {
        assert_eq!(self.voters(false), Vec::<u64>::new(), "every outcome is known");
        let mut totals = vec![0; options];
        self.voters.values().for_each(|known| totals[known.option] += 1);
        totals
    }

    /// Takes in the voters of another client of the same poll.
    pub fn merge(&mut self, other: Self) {
        for (voter, known) in other.voters {
            assert_eq!(self.voters.insert(voter, known), None, "clients share no voter");
        }
    }

    /// Sends ballots together and notes what is heard of each; the answers.
    pub async fn cast(
        &mut self,
        backend: &mut Backend,
        poll: &str,
        ballots: &[(u64, usize)],
    ) -> Vec<Answered> {
        let sent = ballots.iter().map(|(voter, option)| self.send(*voter, *option)).collect();
        let answers = match backend.cast_all(poll, sent).await {
            Ok(answers) => answers,
            Err(status) => vec![heard(Err(status)); ballots.len()],
        };
        assert_eq!(answers.len(), ballots.len(), "one answer a ballot");
        for ((voter, _), answer) in ballots.iter().zip(&answers) {
            self.note(*voter, answer);
        }
        answers
    }

    /// After a restart: every acknowledged ballot again with another choice, every unknown one as
    /// it was.
    pub async fn replay(&mut self, backend: &mut Backend, poll: &str, options: usize) {
        for voters in self.voters(true).chunks(500) {
            let other = |voter: &u64| (*voter, (self.choice(*voter).unwrap() + 1) % options);
            let ballots: Vec<_> = voters.iter().map(other).collect();
            let answers = self.cast(backend, poll, &ballots).await;
            let held = answers.iter().all(|answer| *answer == Answered::AlreadyCounted);
            assert!(held, "an acknowledged ballot is lost: {answers:?}");
        }
        for voters in self.voters(false).chunks(500) {
            let ballots: Vec<_> = voters.iter().map(|voter| (*voter, 0)).collect();
            self.cast(backend, poll, &ballots).await;
        }
    }
}
