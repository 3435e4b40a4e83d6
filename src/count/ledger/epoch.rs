//! An epoch while it is open: what one epoch key seals.

use std::collections::HashMap;
use std::sync::Arc;

use crate::keys::SealKey;
use crate::tally::{GroupId, Joint};

/// The journal of one epoch as the writer knows it. The ballots in it are on disk.
pub(super) struct Epoch {
    pub(super) number: u64,
    pub(super) key: Arc<SealKey>,
    /// Next journal record.
    pub(super) sequence: u64,
    /// Ballots journalled.
    pub(super) ballots: u64,
    pub(super) joints: HashMap<GroupId, Joint>,
}

impl Epoch {
    pub(super) fn new(number: u64, key: Arc<SealKey>) -> Self {
        Self { number, key, sequence: 0, ballots: 0, joints: HashMap::new() }
    }

    /// Takes in a round that is on disk.
    pub(super) fn absorb(&mut self, round: Vec<Joint>) {
        self.sequence += 1;
        for joint in round {
            self.ballots += joint.sums.ballots;
            match self.joints.get_mut(&joint.group) {
                Some(held) => held.absorb(&joint),
                None => {
                    self.joints.insert(joint.group, joint);
                }
            }
        }
    }
}
