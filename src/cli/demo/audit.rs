//! Compares what was published with what was planned and with what the clients were told.

use std::collections::BTreeMap;

use super::load::Tally;
use crate::outcome::Rejection;
use crate::publish::Statement;
use holos_wire::proto;

/// What the run must end with.
pub(super) struct Expected {
    /// Identifier and count of each option, in the poll's order.
    pub(super) options: Vec<(String, u64)>,
    /// Second ballots.
    pub(super) second_ballots: u64,
    /// Bad ballots of each of [`bad_kinds`].
    pub(super) bad_each: u64,
}

/// The refusals that the bad ballots provoke, in the order of [`super::plan::Crowd::bad`].
pub(super) const fn bad_kinds() -> [Rejection; 3] {
    [Rejection::TokenExpired, Rejection::TokenPoll, Rejection::OptionUnknown]
}

/// Published totals, from whichever source: each question's options with their counts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Totals {
    /// The number of answers.
    pub(super) total: u64,
    /// One list a question.
    pub(super) questions: Vec<Vec<(String, u64)>>,
}

impl From<&Statement> for Totals {
    fn from(statement: &Statement) -> Self {
        let question = |options: &[crate::publish::OptionTotal]| {
            options.iter().map(|option| (option.id.clone(), option.count)).collect()
        };
        let questions =
            statement.questions.iter().map(|totals| question(&totals.options)).collect();
        Self { total: statement.total.unwrap_or_default(), questions }
    }
}

impl From<&proto::Results> for Totals {
    fn from(results: &proto::Results) -> Self {
        let question = |options: &[proto::OptionTotal]| {
            options.iter().map(|option| (option.option_id.clone(), option.count)).collect()
        };
        let questions = results.questions.iter().map(|totals| question(&totals.options)).collect();
        Self { total: results.total, questions }
    }
}

impl Expected {
    /// The number of ballots that count.
    pub(super) fn total(&self) -> u64 {
        self.options.iter().map(|(_, count)| count).sum()
    }

    fn rejected(&self) -> BTreeMap<String, u64> {
        bad_kinds().into_iter().map(|kind| (kind.reason().to_owned(), self.bad_each)).collect()
    }

    /// Everything that is not as planned, in words; empty if the run holds.
    pub(super) fn mismatches(
        &self,
        tally: &Tally,
        signed: &Totals,
        answered: &Totals,
    ) -> Vec<String> {
        let mut found = Vec::new();
        let mut equal = |what: &str, is: u64, must_be: u64| {
            if is != must_be {
                found.push(format!("{what}: {is}, must be {must_be}"));
            }
        };
        let published = signed.questions.first().map_or(&[][..], Vec::as_slice);
        equal("published questions", signed.questions.len() as u64, 1);
        equal("published options", published.len() as u64, self.options.len() as u64);
        equal("the published total", signed.total, self.total());
        for (index, (id, expected)) in self.options.iter().enumerate() {
            let count = published
                .iter()
                .find(|(published, _)| published == id)
                .map_or(0, |(_, count)| *count);
            equal(&format!("{id}, published"), count, *expected);
            equal(&format!("{id}, acknowledged"), tally.counted[index], *expected);
        }
        equal("acknowledged in all", tally.counted.iter().sum(), self.total());
        equal("second ballots already counted", tally.already_counted, self.second_ballots);
        equal("ballots with an impossible outcome", tally.astray, 0);
        equal("ballots with an outcome", tally.settled(), tally.sent);
        let planned = self.total() + self.second_ballots + bad_kinds().len() as u64 * self.bad_each;
        equal("ballots sent", tally.sent, planned);
        if tally.rejected != self.rejected() {
            found.push(format!("refused: {:?}, must be {:?}", tally.rejected, self.rejected()));
        }
        if signed != answered {
            found.push("GetResults answers other totals than its signed publication".to_owned());
        }
        found
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn good() -> (Expected, Tally, Totals) {
        let options = vec![("yes".to_owned(), 6), ("no".to_owned(), 4)];
        let expected = Expected { options, second_ballots: 1, bad_each: 2 };
        let mut tally = Tally::new(3);
        tally.counted = vec![6, 4, 0];
        tally.already_counted = 1;
        tally.sent = 17;
        tally.rejected = expected.rejected();
        let signed = Totals { total: 10, questions: vec![expected.options.clone()] };
        (expected, tally, signed)
    }

    #[test]
    fn a_good_run_has_nothing_to_say() {
        let (expected, tally, signed) = good();
        assert_eq!(expected.mismatches(&tally, &signed, &signed), Vec::<String>::new());
    }

    #[test]
    fn each_wrong_number_is_found() {
        let wrong: [fn(&mut Tally, &mut Totals); 10] = [
            |_, signed| signed.total += 1,
            |_, signed| signed.questions[0][1].1 -= 1,
            |_, signed| drop(signed.questions[0].pop()),
            |_, signed| signed.questions.clear(),
            |tally, _| tally.counted[0] -= 1,
            |tally, _| tally.counted[2] += 1,
            |tally, _| tally.already_counted += 1,
            |tally, _| tally.astray += 1,
            |tally, _| tally.sent += 1,
            |tally, _| drop(tally.rejected.pop_first()),
        ];
        for (index, change) in wrong.into_iter().enumerate() {
            let (expected, mut tally, mut signed) = good();
            change(&mut tally, &mut signed);
            let found = expected.mismatches(&tally, &signed, &signed.clone());
            assert_ne!(found, Vec::<String>::new(), "change {index}");
        }
    }

    #[test]
    fn an_answer_beside_the_signed_one_is_found() {
        let (expected, tally, signed) = good();
        let answered = Totals { total: 11, ..signed.clone() };
        assert_eq!(expected.mismatches(&tally, &signed, &answered).len(), 1);
    }
}
