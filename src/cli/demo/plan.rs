//! What the demo casts, made from a seed alone: who chooses what, who tries twice, and how fast to
//! go.
//!
//! Pure: no clock, no I/O, no other source of chance than the seed. Two runs with one seed send the
//! same ballots; in which order they reach the engine is up to the streams.

use std::num::NonZeroU32;

use crate::ground::limits;

/// Ballots of one message, at most: the engine's own bound.
pub(super) const BATCH_BALLOTS: u64 = limits::BATCH_BALLOTS_MAX as u64;
/// Streams that cast the crowd, each over a connection of its own. Two cores: one each keeps both
/// busy.
pub(super) const LANES: u64 = 2;
/// Messages of one stream that wait for their answers, at most.
pub(super) const WINDOW_BATCHES: u64 = 16;
/// Folds the run is cut into; at least five must be done before the close, and three may lag.
pub(super) const SEGMENTS: u64 = 8;
/// The least number of ballots between folds: the engine carries a smaller group into the next
/// epoch.
const EPOCH_BALLOTS_MIN: u64 = 10;
/// One voter of so many casts a second ballot, for another option.
const VOTERS_PER_SECOND_BALLOT: u32 = 50;
/// One bad ballot of each kind for so many good ones.
const BALLOTS_PER_BAD: u64 = 7000;

/// A ballot to be cast. Eight bytes, because there are two million.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Ballot {
    /// Index of the voter, and so of the credential.
    pub(super) voter: u32,
    /// Index of the option; one past the last is an option that the poll does not have.
    pub(super) option: u8,
    /// What the ballot is to the voter.
    pub(super) attempt: Attempt,
}

const _: () = {
    let in_flight = LANES * WINDOW_BATCHES * BATCH_BALLOTS;
    assert!(
        in_flight < limits::QUEUE_BALLOTS_MAX as u64,
        "the crowd alone must not overload the engine"
    );
    assert!(
        WINDOW_BATCHES <= limits::STREAM_BATCHES_IN_FLIGHT as u64,
        "more would wait in the client's own buffers"
    );
};

/// What a ballot is to its voter.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Attempt {
    /// The first.
    First,
    /// The first once more, because its answer was "unknown" or "later".
    Again,
    /// A second ballot, for another option, after the first was answered.
    Second,
}

/// A crowd: the choice of each voter, in the order of casting.
pub(super) struct Crowd {
    choices: Vec<u8>,
    options: u8,
    /// The last voter of each so many casts a second ballot.
    second_every: Option<NonZeroU32>,
}

impl Crowd {
    /// A crowd that chooses exactly `counts`, shuffled by the seed.
    ///
    /// # Panics
    ///
    /// With more than 255 options.
    pub(super) fn new(counts: &[u64], seed: u64) -> Self {
        let options = u8::try_from(counts.len()).expect("a poll has at most 10 options");
        let mut choices = Vec::new();
        for (option, &count) in (0..options).zip(counts) {
            choices.extend(std::iter::repeat_n(
                option,
                usize::try_from(count).expect("a count fits memory"),
            ));
        }
        Chance::new(seed, "holos demo v1 choices").shuffle(&mut choices);
        let voters = u32::try_from(choices.len()).expect("a crowd is numbered with 32 bits");
        Self {
            choices,
            options,
            second_every: NonZeroU32::new(voters.min(VOTERS_PER_SECOND_BALLOT)),
        }
    }

    /// Voters whose ballots are refused, `each` of each kind: the first two kinds have a credential
    /// that does not hold and choose the first option; the third chooses an option past the last of
    /// `options`.
    pub(super) fn bad(options: u8, each: u64) -> Self {
        let each = usize::try_from(each).expect("a few hundred");
        let choices = [0, 0, options]
            .into_iter()
            .flat_map(|option| std::iter::repeat_n(option, each))
            .collect();
        Self { choices, options, second_every: None }
    }

    /// How many voters there are.
    pub(super) fn voters(&self) -> u32 {
        u32::try_from(self.choices.len()).expect("a crowd is numbered with 32 bits")
    }

    /// How many of them cast a second ballot.
    pub(super) fn second_ballots(&self) -> u64 {
        self.second_every.map_or(0, |every| u64::from(self.voters() / every))
    }

    /// The voter's first ballot.
    #[inline]
    pub(super) fn first(&self, voter: u32) -> Ballot {
        Ballot { voter, option: self.choices[voter as usize], attempt: Attempt::First }
    }

    /// The voter's second ballot, for the next option, if this voter casts one.
    #[inline]
    pub(super) fn second(&self, voter: u32) -> Option<Ballot> {
        let every = self.second_every?;
        if voter % every != every.get() - 1 {
            return None;
        }
        let option = (self.choices[voter as usize] + 1) % self.options;
        Some(Ballot { voter, option, attempt: Attempt::Second })
    }
}

/// How many bad ballots of each kind go with so many good ones.
pub(super) fn bad_ballots(voters: u64) -> u64 {
    (voters / BALLOTS_PER_BAD).max(1)
}

/// How fast to go, so that the engine folds often enough on the way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Pace {
    /// Ballots between two folds.
    pub(super) fold_ballots: u64,
    /// Ballots of one message.
    pub(super) batch: u64,
    /// Messages in flight on one stream.
    pub(super) window: u64,
}

impl Pace {
    /// The pace for so many voters.
    ///
    /// A fold can come only between two commits, and a commit can take all that is in flight. So at
    /// most a quarter of what lies between two folds is in flight; from about 1,000,000 voters on
    /// the streams' own window is the smaller bound.
    pub(super) fn new(voters: u64) -> Self {
        let fold_ballots = (voters / SEGMENTS).max(EPOCH_BALLOTS_MIN);
        let in_flight = (fold_ballots / 4).clamp(LANES, LANES * WINDOW_BATCHES * BATCH_BALLOTS);
        let batch = (in_flight / (LANES * WINDOW_BATCHES)).max(1);
        let window = (in_flight / (LANES * batch)).min(WINDOW_BATCHES);
        Self { fold_ballots, batch, window }
    }
}

/// The subject of each voter: 32 opaque bytes, a BLAKE3 hash of the voter's number keyed from the
/// seed, as a backend's pseudonym is an HMAC under a key of its own.
pub(super) fn subjects(seed: u64, voters: std::ops::Range<u32>) -> Vec<[u8; 32]> {
    let key = blake3::derive_key("holos demo v1 subjects", &seed.to_le_bytes());
    voters.map(|voter| *blake3::keyed_hash(&key, &voter.to_le_bytes()).as_bytes()).collect()
}

/// Chance from a seed: the same on every machine and with every version of every library.
pub(in crate::cli) struct Chance {
    reader: blake3::OutputReader,
    block: [u8; 1024],
    used: usize,
}

impl Chance {
    /// The chance of this seed, for one purpose.
    pub(in crate::cli) fn new(seed: u64, context: &str) -> Self {
        let mut hasher = blake3::Hasher::new_derive_key(context);
        hasher.update(&seed.to_le_bytes());
        Self { reader: hasher.finalize_xof(), block: [0; 1024], used: 1024 }
    }

    fn next(&mut self) -> u64 {
        if self.used == self.block.len() {
            self.reader.fill(&mut self.block);
            self.used = 0;
        }
        let (bytes, _) =
            self.block[self.used..].split_first_chunk().expect("1024 is a multiple of 8");
        self.used += 8;
        u64::from_le_bytes(*bytes)
    }

    /// A number below `bound`; the bias, below 2^-32, is nothing to a demo.
    pub(in crate::cli) fn below(&mut self, bound: usize) -> usize {
        let scaled = (u128::from(self.next()) * bound as u128) >> 64;
        usize::try_from(scaled).expect("below a usize")
    }

    /// Fisher and Yates.
    fn shuffle(&mut self, items: &mut [u8]) {
        for last in (1..items.len()).rev() {
            items.swap(last, self.below(last + 1));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::collections::HashSet;

    #[test]
    fn one_seed_makes_one_crowd_and_another_seed_another() {
        let crowd = |seed| Crowd::new(&[300, 500, 70], seed).choices;
        assert_eq!(crowd(7), crowd(7));
        assert_ne!(crowd(7), crowd(8));
        assert_eq!(subjects(7, 0..3), subjects(7, 0..3));
        assert_ne!(subjects(7, 0..3), subjects(8, 0..3));
    }

    #[test]
    fn no_two_voters_share_a_subject() {
        let subjects = subjects(1, 0..10_000);
        assert_eq!(subjects.iter().collect::<HashSet<_>>().len(), 10_000);
    }

    #[test]
    fn one_in_fifty_repeats_in_a_large_crowd_and_one_in_the_smallest() {
        assert_eq!(Crowd::new(&[703_347, 1_325_327, 110_164], 1).second_ballots(), 42_776);
        assert_eq!(Crowd::new(&[3, 6, 1], 1).second_ballots(), 1);
    }

    #[test]
    fn the_whole_poll_goes_in_full_messages_through_full_windows() {
        let pace = Pace::new(2_138_838);
        assert_eq!(pace, Pace { fold_ballots: 267_354, batch: 1000, window: 16 });
    }

    proptest! {
        #[test]
        fn a_crowd_chooses_exactly_what_it_is_told(
            counts in prop::collection::vec(0..500_u64, 2..10), seed: u64,
        ) {
            let crowd = Crowd::new(&counts, seed);
            let mut chosen = vec![0; counts.len()];
            for voter in 0..crowd.voters() {
                chosen[usize::from(crowd.first(voter).option)] += 1;
            }
            prop_assert_eq!(chosen, counts);
        }

        #[test]
        fn a_second_ballot_is_for_another_option(
            counts in prop::collection::vec(0..500_u64, 2..10), seed: u64,
        ) {
            let crowd = Crowd::new(&counts, seed);
            let seconds: Vec<_> = (0..crowd.voters()).filter_map(|voter| crowd.second(voter)).collect();
            prop_assert_eq!(seconds.len() as u64, crowd.second_ballots());
            for second in seconds {
                prop_assert_ne!(second.option, crowd.first(second.voter).option);
                prop_assert!(usize::from(second.option) < counts.len());
            }
        }

        #[test]
        fn what_is_in_flight_is_a_quarter_of_what_lies_between_folds(voters in 10..5_000_000_u64) {
            let pace = Pace::new(voters);
            prop_assert!((1..=BATCH_BALLOTS).contains(&pace.batch));
            prop_assert!((1..=WINDOW_BATCHES).contains(&pace.window));
            let in_flight = LANES * pace.window * pace.batch;
            prop_assert!(in_flight <= (pace.fold_ballots / 4).max(LANES));
        }
    }
}
