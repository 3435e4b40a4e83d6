//! Reads give way to ballots.
