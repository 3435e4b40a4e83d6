//! What inputs name polls, voters and tokens by: stand-ins of the same length, as ids and tokens are
//! made anew with each engine.

use std::collections::HashMap;

use bytes::Bytes;
use holos::authenticate::mint::{Claims, TestIssuer};
use holos::grpc::proto;
use holos::poll::{Order, PollId};
use jiff::{SignedDuration, Timestamp};

/// What every stand-in for a poll ends with; eight digits stand before it.
const STAND_IN: &str = "-0000-4000-8000-000000000000";
const POLL_ID_BYTES: usize = 36;
/// What every stand-in for a token begins with; the voter's and the poll's digit follow.
const TOKEN: &[u8] = b"TOKEN";
/// The options of every poll here.
pub const OPTIONS: [&str; 3] = ["working-day", "day-off", "undecided"];
/// The polls that inputs can name by a stand-in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Slot {
    /// Open to everybody.
    Open = 1,
    /// Open to those who meet every condition.
    Demanding,
    /// Not opened yet.
    Approved,
    /// Closed and published.
    Published,
    /// Closed, and never published.
    Withheld,
    /// The last one that an input made.
    Newest,
}

/// All of them.
pub const SLOTS: [Slot; 6] =
    [Slot::Open, Slot::Demanding, Slot::Approved, Slot::Published, Slot::Withheld, Slot::Newest];

/// The stand-in for a poll's id.
pub fn poll_stand_in(slot: Slot) -> String {
    format!("{:08}{STAND_IN}", slot as u8)
}

/// The stand-in for a token of a voter, from 0 to 9, for a poll.
pub fn token_stand_in(voter: u8, slot: Slot) -> String {
    let start = format!("TOKEN{voter}{}", slot as u8);
    let length = mint(voter, PollId::from_bytes([0; 16]), Timestamp::UNIX_EPOCH + NOW).len();
    format!("{start:x<length$}")
}

/// An order that passes its check.
///
/// # Panics
/// Never: the file is good.
pub fn order(reference: &str) -> Order {
    let mut order =
        Order::from_toml(include_str!("../../it/support/order.toml")).expect("a good order");
    reference.clone_into(&mut order.reference);
    order
}

/// The subject of a token's voter.
pub fn subject(voter: u8) -> [u8; 16] {
    [voter; 16]
}

/// The engine's first moment.
pub const NOW: SignedDuration = SignedDuration::from_secs(1_790_000_000);

fn mint(voter: u8, poll: PollId, now: Timestamp) -> String {
    TestIssuer::new("wallet", "k1", [42; 32]).mint(&Claims {
        audience: "holos",
        subject: &subject(voter),
        pseudonym_key: "citizens-1",
        poll,
        issued_at: now,
        lifetime_seconds: 60,
        more: &[],
    })
}

/// A stated voter's ballot.
pub fn ballot(voter: u8, option: usize) -> proto::Ballot {
    let subject = Bytes::copy_from_slice(&subject(voter));
    let voter = proto::VouchedVoter { subject, ..Default::default() };
    proto::Ballot {
        credential: Some(proto::ballot::Credential::Voter(voter)),
        notice_version: 1,
        decline_breakdowns: false,
        answers: vec![proto::Answer {
            question_id: String::new(),
            option_ids: vec![OPTIONS[option].to_owned()],
        }],
    }
}

/// Puts real ids and tokens in place of the stand-ins; the tokens, with their subjects, go to
/// `minted`.
pub fn fill_in(
    data: &[u8],
    polls: &HashMap<u8, PollId>,
    now: Timestamp,
    minted: &mut HashMap<String, Vec<u8>>,
) -> Vec<u8> {
    let mut filled = data.to_vec();
    let end = STAND_IN.as_bytes();
    for at in 0..filled.len().saturating_sub(POLL_ID_BYTES - 1) {
        let (digits, rest) = filled[at..at + POLL_ID_BYTES].split_at(8);
        if rest == end
            && digits.starts_with(b"0000000")
            && let Some(poll) = polls.get(&digits[7].wrapping_sub(b'0'))
        {
            filled[at..at + POLL_ID_BYTES].copy_from_slice(poll.to_string().as_bytes());
        }
    }
    for at in 0..filled.len() {
        let Some([voter, slot, ..]) = filled[at..].strip_prefix(TOKEN) else { continue };
        let (voter, slot) = (voter.wrapping_sub(b'0'), slot.wrapping_sub(b'0'));
        let Some(poll) = polls.get(&slot).filter(|_| voter < 10) else { continue };
        let token = mint(voter, *poll, now);
        if let Some(place) = filled.get_mut(at..at + token.len()) {
            place.copy_from_slice(token.as_bytes());
            minted.insert(token, subject(voter).to_vec());
        }
    }
    filled
}
