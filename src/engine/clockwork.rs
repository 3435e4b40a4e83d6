//! Whether the wall clock can be believed for what cannot be undone (R16).
//!
//! Casting follows the wall clock at once. To close a poll by its time, to erase, to let results
//! expire: these wait until the wall clock has gone at the pace of the monotonic one for a stated
//! time. So after a jump, and after a start, when nobody knows what the clock did meanwhile, they
//! come that much later. To open a poll waits after a jump only: a restart must not make it late,
//! and a ballot that comes before its stated time is refused whatever the phase.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

/// The wall clock's distance from the monotonic one from which it has jumped. Time servers slew a
/// clock by a two-thousandth at most, a third of a second in [`ANCHOR`].
const JUMP_MIN: SignedDuration = SignedDuration::from_secs(2);
/// For how long both clocks are compared with the same moment: also a clock that stands still, or
/// goes too fast, drifts apart from it.
const ANCHOR: Duration = Duration::from_secs(600);
/// Jumps that follow another one sooner are not told: a clock that swings would fill the log.
const QUIET: Duration = Duration::from_secs(60);

/// What was seen of the clocks.
pub(super) struct Clockwork {
    hold: Duration,
    anchor: Option<(Timestamp, Duration)>,
    steady_since: Duration,
    /// When a jump was last seen.
    jumped: Option<Duration>,
}

impl Clockwork {
    /// Nothing seen yet; a jumped time must hold this long.
    pub(super) fn new(hold: Duration, monotonic: Duration) -> Self {
        Self { hold, anchor: None, steady_since: monotonic, jumped: None }
    }

    /// Takes a look at both clocks: by how much the wall clock has jumped, if it has after a while
    /// of going well.
    pub(super) fn look(&mut self, wall: Timestamp, monotonic: Duration) -> Option<SignedDuration> {
        let (before, then) = *self.anchor.get_or_insert((wall, monotonic));
        let passed = monotonic.saturating_sub(then);
        let drift = wall.duration_since(before)
            - SignedDuration::try_from(passed).unwrap_or(SignedDuration::MAX);
        if drift.abs() >= JUMP_MIN {
            let quiet = monotonic.saturating_sub(self.steady_since) < QUIET;
            self.anchor = Some((wall, monotonic));
            self.steady_since = monotonic;
            self.jumped = Some(monotonic);
            return (!quiet).then_some(drift);
        }
        if passed >= ANCHOR {
            self.anchor = Some((wall, monotonic));
        }
        None
    }

    /// Whether no jump was seen for a while. A start is none: polls open on time after it.
    pub(super) fn is_calm(&self, monotonic: Duration) -> bool {
        self.jumped.is_none_or(|jumped| monotonic.saturating_sub(jumped) >= self.hold)
    }

    /// Whether the wall clock has held.
    pub(super) fn is_steady(&self, monotonic: Duration) -> bool {
        monotonic.saturating_sub(self.steady_since) >= self.hold
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOLD: Duration = Duration::from_secs(600);

    fn seconds(seconds: u64) -> Duration {
        Duration::from_secs(seconds)
    }

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(1_700_000_000 + second).unwrap()
    }

    #[test]
    fn a_clock_that_goes_is_believed_after_the_stated_time() {
        let mut clockwork = Clockwork::new(HOLD, seconds(0));
        for second in 0..600 {
            assert_eq!(clockwork.look(at(second), seconds(second.unsigned_abs())), None);
            assert!(!clockwork.is_steady(seconds(second.unsigned_abs())));
            assert!(clockwork.is_calm(seconds(second.unsigned_abs())), "a start is no jump");
        }
        assert!(clockwork.is_steady(seconds(600)));
    }

    #[test]
    fn a_jump_back_or_forth_begins_the_time_anew_and_slewing_does_not() {
        for jump in [-315_360_000, -3, 3, 315_360_000] {
            let mut clockwork = Clockwork::new(HOLD, seconds(0));
            assert_eq!(clockwork.look(at(0), seconds(0)), None);
            assert_eq!(clockwork.look(at(601), seconds(600)), None, "slewed by a second");
            assert!(clockwork.is_steady(seconds(600)));
            let seen = clockwork.look(at(602 + jump), seconds(601));
            assert_eq!(seen, Some(SignedDuration::from_secs(jump)));
            assert_eq!(clockwork.look(at(602), seconds(601)), None, "told once");
            assert!(!clockwork.is_steady(seconds(1_200)) && !clockwork.is_calm(seconds(1_200)));
            assert!(clockwork.is_steady(seconds(1_201)) && clockwork.is_calm(seconds(1_201)));
        }
    }

    #[test]
    fn a_clock_that_swings_or_stands_still_is_never_believed() {
        let mut clockwork = Clockwork::new(HOLD, seconds(0));
        for second in 0..2_000 {
            let wall = if second % 10 < 5 { 0 } else { 86_400 };
            clockwork.look(at(wall), seconds(second));
            assert!(!clockwork.is_steady(seconds(second)));
        }
        let mut frozen = Clockwork::new(HOLD, seconds(0));
        for second in 0..2_000 {
            frozen.look(at(0), seconds(second));
            assert!(!frozen.is_steady(seconds(second)));
        }
    }
}
