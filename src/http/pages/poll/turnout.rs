//! How many answers there were at each release, as a line that steps up.

use super::super::forms::{Moment, thousandths};
use super::super::words::Words;
use crate::publish::{PublicPoll, ReleaseKind, Statement};

/// Releases from which a line says more than its numbers.
const POINTS_MIN: usize = 2;
/// Width of the chart without its margins.
const WIDTH: i64 = 600;
/// Height of the chart without its margins.
const HEIGHT: u32 = 160;

/// Answers over time.
pub(super) struct Turnout {
    /// What the line shows, in words.
    pub(super) said: String,
    /// The line, as the coordinates of a path.
    pub(super) line: String,
    /// The same with the area below it closed.
    pub(super) area: String,
    pub(super) dots: Vec<(i64, u32)>,
    pub(super) first: String,
    pub(super) last: String,
    pub(super) most: String,
    pub(super) rows: Vec<(u32, Moment, String)>,
}

/// The turnout, if there is more than one release to read it from.
pub(super) fn turnout(words: Words, poll: &PublicPoll) -> Option<Turnout> {
    let of = |statement: &Statement| Some((statement.release, statement.as_of, statement.total?));
    // One that another has taken the place of was wrong; whoever looks for it finds it in the list.
    let statements: Vec<_> = poll.releases.iter().map(|held| &held.statement).collect();
    let wrong = |statement: &Statement| {
        let corrections = statements.iter().filter_map(|held| held.correction.as_ref());
        corrections.into_iter().any(|correction| correction.release == statement.release)
    };
    poll.in_force()?;
    let points: Vec<_> = statements
        .iter()
        .filter(|statement| statement.kind != ReleaseKind::Withdrawal && !wrong(statement))
        .filter_map(|statement| of(statement))
        .collect();
    if points.len() < POINTS_MIN {
        return None;
    }
    let (first, last) = (points.first()?, points.last()?);
    let begins = poll.opened_at.unwrap_or(first.1).as_second();
    let length = (last.1.as_second() - begins).max(1);
    let most = points.iter().map(|(.., total)| *total).max()?.max(1);
    let place = |at: i64, total: u64| {
        let x = (at - begins).clamp(0, length) * WIDTH / length;
        let y = HEIGHT - thousandths(total, most) * HEIGHT / 1_000;
        (x, y)
    };
    let mut line = format!("M0 {HEIGHT}");
    let mut dots = Vec::new();
    for (_, as_of, total) in &points {
        let (x, y) = place(as_of.as_second(), *total);
        // A step: nothing is known of the time between two releases.
        line.push_str(&format!(" H{x} V{y}"));
        dots.push((x, y));
    }
    let rows = points
        .iter()
        .map(|(release, as_of, total)| (*release, words.moment(*as_of), words.count(*total)));
    let opened = words.moment(poll.opened_at.unwrap_or(first.1)).text;
    let parts = [
        ("first", opened.clone().into()),
        ("last", words.moment(last.1).text.into()),
        ("total", words.count(last.2).into()),
    ];
    Some(Turnout {
        said: words.with("turnout-said", parts),
        area: format!("{line} V{HEIGHT} Z"),
        line,
        dots,
        first: opened,
        last: words.moment(last.1).text,
        most: words.count(most),
        rows: rows.collect(),
    })
}
