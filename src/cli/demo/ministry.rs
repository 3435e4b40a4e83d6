//! What the demo replays: the order of the poll and the ministry's figures, both shipped in the
//! binary.

use anyhow::Context;
use serde::Deserialize;

use crate::poll::{LocalizedText, Order};

const FIGURES: &str = include_str!("../../../tests/data/diia-2023-03-08.json");
const ORDER: &str = include_str!("order.toml");

/// Answers of the whole poll; the most that `--ballots` can ask for.
pub(super) const ANSWERS: u64 = 2_138_838;

/// The figures as the ministry gave them in its answer to a freedom-of-information request.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Figures {
    /// The poll's question.
    pub(super) title: LocalizedText,
    /// Where the figures are from.
    pub(super) source: String,
    /// One row an option, in the order of the poll.
    pub(super) options: Vec<OptionFigure>,
    /// Number of all answers.
    pub(super) total: u64,
}

/// The ministry's figure for one option.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct OptionFigure {
    /// The option's identifier in the order.
    pub(super) id: String,
    /// What the voter read.
    pub(super) label: LocalizedText,
    /// Number of answers.
    pub(super) count: u64,
}

/// Reads the figures.
pub(super) fn figures() -> anyhow::Result<Figures> {
    serde_json::from_str(FIGURES).context("the figures of 8 March 2023 shipped with the binary")
}

/// Reads the order.
pub(super) fn order() -> anyhow::Result<Order> {
    Order::from_toml(ORDER).context("the order of the demo shipped with the binary")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::poll::{Profiles, Rules};

    #[test]
    fn the_order_keeps_every_rule() {
        let rules =
            Rules { floors: crate::poll::Floors::default(), profiles: &Profiles::builtin() };
        assert_eq!(order().unwrap().check(&rules).map(drop), Ok(()));
    }

    #[test]
    fn the_order_asks_what_the_ministry_asked() {
        let (figures, order) = (figures().unwrap(), order().unwrap());
        assert_eq!(order.title, figures.title);
        let question = &order.questions[0];
        assert_eq!(question.options.len(), figures.options.len());
        for (ordered, figure) in question.options.iter().zip(&figures.options) {
            assert_eq!((&ordered.id, &ordered.label), (&figure.id, &figure.label));
        }
    }

    #[test]
    fn the_figures_add_up() {
        let figures = figures().unwrap();
        assert_eq!(figures.options.iter().map(|option| option.count).sum::<u64>(), figures.total);
        assert_eq!(figures.total, ANSWERS);
    }
}
