//! The only place that reads the clocks.
//!
//! Pure code takes `now`; whoever calls it holds a [`Clock`]. A test holds a manual one and moves
//! it as it likes.

use std::sync::{Arc, LazyLock, Mutex, PoisonError};
use std::time::{Duration, Instant};

use jiff::{SignedDuration, Timestamp};

use crate::poll::PollId;

/// Tells the wall time.
#[derive(Clone, Debug)]
pub struct Clock {
    source: Source,
}

#[derive(Clone, Debug)]
enum Source {
    System,
    Manual(Arc<Mutex<Hands>>),
}

/// A manual clock's two hands.
#[derive(Clone, Copy, Debug)]
struct Hands {
    wall: Timestamp,
    monotonic: Duration,
}

/// From where the system's monotonic time is counted.
static BASE: LazyLock<Stopwatch> = LazyLock::new(Stopwatch::start);

impl Clock {
    /// The machine's clock.
    pub const fn system() -> Self {
        Self { source: Source::System }
    }

    /// A clock that stands still until it is moved; clones move together.
    pub fn manual(start: Timestamp) -> Self {
        let hands = Hands { wall: start, monotonic: Duration::ZERO };
        Self { source: Source::Manual(Arc::new(Mutex::new(hands))) }
    }

    /// The present wall time. It may jump; decisions that cannot be undone must not rest on one
    /// reading.
    #[allow(clippy::disallowed_methods, reason = "the one reading of the wall clock")]
    pub fn now(&self) -> Timestamp {
        match &self.source {
            Source::System => Timestamp::now(),
            Source::Manual(hands) => hands.lock().unwrap_or_else(PoisonError::into_inner).wall,
        }
    }

    /// Time since some moment in the life of the process, by a clock that does not jump. It stands
    /// still while the machine sleeps.
    pub fn monotonic(&self) -> Duration {
        match &self.source {
            Source::System => BASE.elapsed(),
            Source::Manual(hands) => hands.lock().unwrap_or_else(PoisonError::into_inner).monotonic,
        }
    }

    /// A new poll's identifier: its creation's millisecond and 74 random bits (UUID version 7).
    pub fn new_poll_id(&self) -> PollId {
        let milliseconds = u64::try_from(self.now().as_millisecond()).unwrap_or(0);
        let uuid = uuid::Builder::from_unix_timestamp_millis(milliseconds, &super::random::bytes());
        PollId::from_bytes(uuid.into_uuid().into_bytes())
    }

    /// Moves a manual clock by `by`, back or forth, saturating at the ends of time; forth, time has
    /// passed by every clock.
    ///
    /// # Panics
    /// On the system clock, which nobody may move.
    pub fn advance(&self, by: SignedDuration) {
        let passed = Duration::try_from(by).unwrap_or(Duration::ZERO);
        self.turn(by, passed);
    }

    /// Moves the wall time of a manual clock alone, as an operator or a bad time server does.
    ///
    /// # Panics
    /// On the system clock, which nobody may move.
    pub fn jump(&self, by: SignedDuration) {
        self.turn(by, Duration::ZERO);
    }

    /// Both hands at once: nobody sees one without the other.
    fn turn(&self, by: SignedDuration, passed: Duration) {
        let Source::Manual(hands) = &self.source else {
            panic!("the system clock cannot be moved")
        };
        let mut hands = hands.lock().unwrap_or_else(PoisonError::into_inner);
        let end = if by.is_negative() { Timestamp::MIN } else { Timestamp::MAX };
        hands.wall = hands.wall.checked_add(by).unwrap_or(end);
        hands.monotonic = hands.monotonic.saturating_add(passed);
    }
}

/// Measures how long something takes, by the monotonic clock.
#[derive(Clone, Copy, Debug)]
pub struct Stopwatch(Instant);

impl Stopwatch {
    /// Starts measuring.
    #[allow(clippy::disallowed_methods, reason = "the one reading of the monotonic clock")]
    pub fn start() -> Self {
        Self(Instant::now())
    }

    /// Time since the start.
    pub fn elapsed(&self) -> Duration {
        self.0.elapsed()
    }
}

/// How long ago something was, by the clock of the runtime's timers, which tests move.
#[derive(Clone, Copy, Debug)]
pub struct Age(tokio::time::Instant);

impl Age {
    /// Of what is now.
    pub fn zero() -> Self {
        Self(tokio::time::Instant::now())
    }

    /// Time since then.
    pub fn elapsed(&self) -> Duration {
        self.0.elapsed()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_manual_clock_moves_only_when_moved_and_its_clones_with_it() {
        let start: Timestamp = "2023-03-08T08:00:00Z".parse().unwrap();
        let clock = Clock::manual(start);
        let other = clock.clone();
        assert_eq!(clock.now(), start);
        clock.advance(SignedDuration::from_secs(61));
        assert_eq!(other.now(), "2023-03-08T08:01:01Z".parse().unwrap());
        other.advance(SignedDuration::from_secs(-61));
        assert_eq!(clock.now(), start);
    }

    #[test]
    fn a_manual_clock_stops_at_the_ends_of_time() {
        let clock = Clock::manual(Timestamp::UNIX_EPOCH);
        clock.advance(SignedDuration::MAX);
        assert_eq!(clock.now(), Timestamp::MAX);
    }

    #[test]
    fn poll_ids_sort_by_creation_and_never_repeat() {
        let clock = Clock::manual("2023-03-08T08:00:00Z".parse().unwrap());
        let (first, second) = (clock.new_poll_id(), clock.new_poll_id());
        clock.advance(SignedDuration::from_millis(1));
        assert_ne!(first, second);
        assert!(clock.new_poll_id() > first.max(second));
        assert_eq!(first.to_string().parse(), Ok(first));
    }
}
