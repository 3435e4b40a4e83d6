//! One random poll from its first ballot to its last correction, published by the real rules.
//!
//! What the folder does around the rules (which ballots are folded when, in which order a fold takes
//! out, adds, closes and shows) is played here; the rules themselves are the product's: the cuts of
//! [`crate::count::ledger`], [`live`] and [`decide`], the tables, the signature. Beside what was published
//! the world keeps the truth: which ballots each release was made of.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use bytes::Bytes;
use ed25519_dalek::SigningKey;
use jiff::{SignedDuration, Timestamp};

use super::dice::Dice;
use super::double::Double;
use super::order::{Facts, Terms, YEAR, consent, option_name};
use super::truth::{Ballot, Seen, Set};
use super::voters::Voters;
use super::{Crowds, Rule};
use crate::poll::{Answer, Breakdown, CloseReason, IssuerKeyId, Phase, Poll, WithheldReason};
use crate::publish::{Case, Decision, Publication, Statement, decide, is_too_close, live};
use crate::tally::{ByGroup, CutRules, Cuts, Standing, Sums};

/// The poll, all that was shown of it, and the truth.
pub(super) struct World {
    pub(super) terms: Terms,
    pub(super) crowds: Crowds,
    pub(super) ballots: Vec<Ballot>,
    pub(super) seen: Vec<Seen>,
    pub(super) key: SigningKey,
    dice: Dice,
    off: Option<Rule>,
    poll: Poll,
    now: Timestamp,
    cuts: Cuts,
    /// The ballots of the cut that waits.
    waiting_cut: Set,
    folded: BTreeMap<IssuerKeyId, Set>,
    waiting: BTreeMap<IssuerKeyId, Set>,
    gone: Set,
    revoked: BTreeSet<IssuerKeyId>,
    releases: Vec<Arc<Publication>>,
    double: Double,
    /// A rule that is off has brought the books out of order.
    stopped: bool,
}

/// What a fold does besides folding.
#[derive(Default)]
struct Fold {
    excise: Option<IssuerKeyId>,
    close: bool,
    all: bool,
}

const START: &str = "2026-12-01T09:00:00Z";

impl World {
    /// Plays the poll of this seed, with one rule switched off or none.
    pub(super) fn play(seed: u64, off: Option<Rule>) -> Self {
        let mut dice = Dice::new(seed);
        let terms = Terms::random(&mut dice);
        let crowds = Crowds { k: terms.k, apart: terms.apart };
        let now = START.parse().expect("a time");
        let mut world = Self {
            poll: terms.open(now),
            double: Double::new(off, terms.k),
            terms,
            crowds,
            ballots: Vec::new(),
            seen: Vec::new(),
            key: SigningKey::from_bytes(&[7; 32]),
            dice,
            off,
            now,
            cuts: Cuts::default(),
            waiting_cut: Set::new(),
            folded: BTreeMap::new(),
            waiting: BTreeMap::new(),
            gone: Set::new(),
            revoked: BTreeSet::new(),
            releases: Vec::new(),
            stopped: false,
        };
        world.while_open();
        world.close();
        world.after_the_close();
        world
    }

    fn while_open(&mut self) {
        let crowd = Voters::random(&mut self.dice, &self.terms);
        let voters = self.dice.within(10, 60) * self.dice.within(1, 12);
        let mut cast = 0;
        while cast < voters && !self.stopped {
            let burst = self.dice.within(1, 40);
            for _ in 0..burst {
                self.cast(&crowd, cast * 100 / voters);
                cast += 1;
            }
            if self.dice.chance(60) {
                let all = self.dice.chance(30);
                self.fold(&Fold { all, ..Fold::default() });
            }
            if self.dice.chance(50) {
                self.release_live();
            }
            if self.dice.chance(4) {
                self.excise_while_open(&crowd);
            }
        }
    }

    fn cast(&mut self, crowd: &Voters, progress: u64) {
        let Some(key) = crowd.key(&mut self.dice, progress, &self.revoked) else { return };
        let (option, facts) = crowd.voter(&mut self.dice);
        self.put(option, facts, key);
    }

    fn put(&mut self, option: usize, facts: Facts, key: IssuerKeyId) {
        let answers =
            [Answer { question_id: String::new(), option_ids: vec![option_name(option)] }];
        let cells = self.poll.definition.cells(&answers, &facts.claims(), false, YEAR);
        let Ok(cells) = cells else { panic!("an answer to the question") };
        self.waiting.entry(key).or_default().insert(self.ballots.len());
        self.ballots.push(Ballot { option, facts, key, cells });
    }

    /// Some whose ballots were taken out vote again under another key.
    fn excise_while_open(&mut self, crowd: &Voters) {
        let keys: Vec<_> = self.folded.keys().chain(self.waiting.keys()).copied().collect();
        if keys.is_empty() {
            return;
        }
        let key = keys[self.dice.index(keys.len())];
        self.revoked.insert(key);
        self.fold(&Fold { excise: Some(key), ..Fold::default() });
        let again = self.gone.iter().map(|at| &self.ballots[*at]).filter(|held| held.key == key);
        let again: Vec<_> = again.map(|ballot| (ballot.option, ballot.facts)).collect();
        for (option, facts) in again {
            if self.dice.chance(40)
                && let Some(key) = crowd.key(&mut self.dice, 50, &self.revoked)
            {
                self.put(option, facts, key);
            }
        }
    }

    /// The order of the folder: take out, fold, close, show (by the caller), take a cut.
    fn fold(&mut self, fold: &Fold) {
        if let Some(key) = fold.excise {
            let taken = self.folded.remove(&key).into_iter().chain(self.waiting.remove(&key));
            self.gone.extend(taken.flatten());
            let waited = self.cuts.pending.clone();
            self.cuts.take_out(key);
            if self.off == Some(Rule::CutsGoWithExcisions) {
                self.cuts.pending = waited;
            }
        }
        let due: Vec<_> = self.waiting.keys().copied().collect();
        for key in due {
            let few = (self.waiting[&key].len() as u64) < self.crowds.k;
            if fold.close || fold.all || !few {
                let ballots = self.waiting.remove(&key).unwrap_or_default();
                self.folded.entry(key).or_default().extend(ballots);
            }
        }
        if fold.close {
            self.merge_small();
            self.cuts.close();
        }
        self.take_cut();
        self.now += SignedDuration::from_mins(7);
    }

    /// Groups below k go into the rest, and then the smallest others until it holds k.
    fn merge_small(&mut self) {
        let mut sizes: Vec<_> = self.folded.iter().map(|(key, set)| (set.len(), *key)).collect();
        sizes.sort_unstable();
        let k = usize::try_from(self.crowds.k).expect("small");
        if sizes.len() < 2 || sizes[0].0 >= k {
            return;
        }
        let mut rest = Set::new();
        for (ballots, key) in sizes {
            if ballots >= k && rest.len() >= k {
                break;
            }
            rest.extend(self.folded.remove(&key).unwrap_or_default());
        }
        self.folded.insert(IssuerKeyId::REST, rest);
    }

    fn take_cut(&mut self) {
        let Some(rules) = CutRules::of(&self.poll).filter(|_| self.poll.phase == Phase::Open)
        else {
            return;
        };
        if self.is_out_of_order() {
            self.stopped = true;
            return;
        }
        let apart = if self.off == Some(Rule::Apart) { 1 } else { rules.apart };
        let waited = self.cuts.pending.is_some();
        let (by_group, sums) = (self.by_group(), self.tally());
        self.with_marks(|cuts, now| {
            cuts.after_fold(CutRules { apart, ..rules }, now, &by_group, || sums);
        });
        if !waited && self.cuts.pending.is_some() {
            self.waiting_cut = self.held();
        }
    }

    /// With the marks that are compared: all of them, unless that is the rule that is off.
    fn with_marks<T>(&mut self, look: impl FnOnce(&mut Cuts, Timestamp) -> T) -> T {
        let alone = match self.off {
            Some(Rule::EveryMark) => self.cuts.marks.len().checked_sub(1),
            Some(Rule::Combinations) => self.nearest_alone(),
            _ => None,
        };
        let Some(mut compared) = alone.map(|at| self.with_mark(at)) else {
            return look(&mut self.cuts, self.now);
        };
        let found = look(&mut compared, self.now);
        self.cuts.pending = compared.pending;
        found
    }

    /// The mark that the poll lies nearest to, taken alone.
    fn nearest_alone(&self) -> Option<usize> {
        let ballots = self.held().len() as u64;
        let to = |at: &usize| self.with_mark(*at).nearest(ballots).unwrap_or(u64::MAX);
        (0..self.cuts.marks.len()).min_by_key(to)
    }

    /// As if nothing else had been shown.
    fn with_mark(&self, at: usize) -> Cuts {
        let through = |through: &u16| u16::from(usize::from(*through) > at);
        let taken_out = self.cuts.taken_out.iter().map(|(key, marks)| (*key, through(marks)));
        Cuts {
            marks: vec![self.cuts.marks[at].clone()],
            taken_out: taken_out.collect(),
            tallies: Vec::new(),
            pending: self.cuts.pending.clone(),
        }
    }

    fn release_live(&mut self) {
        let Some(rules) = CutRules::of(&self.poll).filter(|_| !self.is_out_of_order()) else {
            return;
        };
        let apart = if self.off == Some(Rule::Apart) { 0 } else { rules.apart };
        let ballots = self.held().len() as u64;
        let ready = self.cuts.ready(CutRules { apart, ..rules }, ballots);
        let Some(cut) = ready.cloned() else { return };
        let standing = self.standing();
        let statement = live(&self.poll, &cut, &standing, &self.releases, self.now);
        let Some(statement) = statement else { return };
        let file = self.sign(statement);
        let ballots = std::mem::take(&mut self.waiting_cut);
        self.cuts.show_pending();
        self.saw(Some(file), Some(ballots), false);
        self.fold(&Fold::default());
    }

    fn close(&mut self) {
        let early = self.dice.chance(20);
        let reason = if early { CloseReason::TechnicalError } else { CloseReason::AsPlanned };
        self.poll = self.poll.closing(self.now, reason, None);
        self.fold(&Fold { close: true, ..Fold::default() });
        self.poll = self.poll.closed();
        self.release(false);
    }

    fn after_the_close(&mut self) {
        for _ in 0..4 {
            if self.poll.lacks_consent() && self.dice.chance(50) {
                self.poll = consent(&self.poll, self.now);
                if self.poll.withheld_reason == Some(WithheldReason::NoConsent) {
                    self.release(false);
                }
            }
            if self.poll.is_held_back() && self.dice.chance(30) {
                self.release(true);
            }
            if self.dice.chance(40) {
                self.excise_after_close();
            }
        }
    }

    fn excise_after_close(&mut self) {
        let apart = self.folded.keys().copied().filter(|key| *key != IssuerKeyId::REST);
        let apart: Vec<_> = apart.collect();
        if apart.is_empty() || self.stopped {
            return;
        }
        let key = apart[self.dice.index(apart.len())];
        let before = self.tally();
        self.fold(&Fold { excise: Some(key), ..Fold::default() });
        let wrong = self.poll.phase == Phase::Published && self.tally() != before;
        if wrong || self.poll.is_held_back() || self.poll.phase == Phase::Withheld {
            self.release(false);
        }
    }

    /// As the engine releases a closed poll.
    fn release(&mut self, agreed: bool) {
        if self.is_out_of_order() {
            self.stopped = true;
            return;
        }
        let (tally, standing) = (self.tally(), self.standing());
        let close = is_too_close(&self.poll, &standing);
        let case = Case {
            poll: &self.poll,
            tally: &tally,
            standing: &standing,
            releases: &self.releases,
            agreed,
            now: self.now,
        };
        match decide(&case) {
            Decision::Publish(statement) => {
                self.poll = self.poll.published();
                let statement = self.double.publish(&self.poll, &tally, *statement);
                let (release, file) = (statement.release, self.sign(statement));
                self.show_tally(tally, Some(release));
                self.saw(Some(file), Some(self.held()), agreed && close);
            }
            Decision::Withhold { reason, own, withdrawal } => {
                self.poll = self.poll.withheld(reason);
                if reason == WithheldReason::TooClose {
                    self.poll = self.poll.held_back(self.now);
                }
                let file = withdrawal.map(|statement| self.sign(*statement));
                if own {
                    self.show_tally(tally, None);
                }
                if own || file.is_some() {
                    self.saw(file, own.then(|| self.held()), agreed && close);
                }
            }
            Decision::HoldBack => self.poll = self.poll.held_back(self.now),
        }
    }

    fn show_tally(&mut self, tally: Sums, release: Option<u32>) {
        let by_group = self.by_group();
        self.cuts.show_tally(by_group, tally, release);
    }

    fn standing(&mut self) -> Standing {
        let ballots = self.held().len() as u64;
        let apart = self.off != Some(Rule::Apart);
        let nearest = self.with_marks(|cuts, _| cuts.nearest(ballots)).filter(|_| apart);
        Standing {
            nearest,
            is_corrected: self.cuts.is_corrected(),
            tallies: self.cuts.tallies.clone(),
        }
    }

    /// Whether a mark holds ballots that the poll lost without its being told: comparing stops the
    /// engine then.
    fn is_out_of_order(&self) -> bool {
        let held = self.held().len() as u64;
        self.cuts.left().any(|left| left > held)
    }

    fn sign(&mut self, statement: Statement) -> Bytes {
        let signed = Publication::sign(statement, &self.key);
        let file = signed.bytes();
        self.releases.push(Arc::new(signed));
        file
    }

    fn saw(&mut self, file: Option<Bytes>, ballots: Option<Set>, agreed: bool) {
        self.seen.push(Seen { file, ballots, agreed, gone: self.gone.clone() });
        self.stopped |= self.is_out_of_order();
    }

    fn held(&self) -> Set {
        self.folded.values().flatten().copied().collect()
    }

    fn by_group(&self) -> ByGroup {
        self.folded.iter().map(|(key, ballots)| (*key, ballots.len() as u64)).collect()
    }

    fn tally(&self) -> Sums {
        let mut sums = Sums::zero(self.poll.definition.layout().len());
        for at in self.folded.values().flatten() {
            sums.add_ballot(&self.ballots[*at].cells);
        }
        sums
    }

    /// Tables that no pattern makes safe.
    pub(super) fn withheld_tables(&self) -> usize {
        let tables = self.releases.iter().flat_map(|held| &held.statement.breakdowns);
        tables.filter(|table| table.withheld).count()
    }

    /// How many of these ballots chose each option, in each stratum and in none.
    pub(super) fn count(&self, ballots: &Set, by: Breakdown) -> Vec<Vec<u64>> {
        let strata = self.terms.strata(by);
        let mut table = vec![vec![0; strata + 1]; self.terms.options];
        for at in ballots {
            let ballot = &self.ballots[*at];
            table[ballot.option][ballot.facts.stratum(by).unwrap_or(strata)] += 1;
        }
        table
    }
}
