//! What inputs name polls, orders, voters and tokens by: stand-ins of the same length, as ids and
//! tokens are made anew with each engine.

use std::collections::HashMap;

use bytes::Bytes;
use holos::count::authenticate::mint::{Claims, TestIssuer};
use holos_wire::proto;
use holos::poll::{Order, PollId, kyiv};
use jiff::{SignedDuration, Timestamp, Unit};

/// What every stand-in for a poll ends with; eight digits stand before it.
const STAND_IN: &str = "-0000-4000-8000-000000000000";
const POLL_ID_BYTES: usize = 36;
/// What every stand-in for a token begins with; the voter's and the poll's digit follow.
const TOKEN: &[u8] = b"TOKEN";
/// What every stand-in for an order's hash begins with; the poll's digit follows.
const HASH: &[u8] = b"HASH";
const HASH_BYTES: usize = 64;
/// The stand-in for an order's reference: a new one where an order is filed, the newest order's where
/// one is corrected.
pub const REFERENCE: &str = "REFERENCE-";
/// The stand-in for the number of the last proposal, incident, request or account.
pub const NUMBER: u8 = 99;
/// The options of every poll here.
pub const OPTIONS: [&str; 3] = ["working-day", "day-off", "undecided"];
/// The polls that inputs can name by a stand-in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Slot {
    /// Open to everybody.
    Open = 1,
    /// Open to those who meet every condition.
    Demanding,
    /// Approved, not scheduled.
    Approved,
    /// Closed and published.
    Published,
    /// Closed, and never published.
    Withheld,
    /// The last one that an input made.
    Newest,
    /// Filed, not approved.
    Filed,
    /// Open to everybody, and published while it is.
    Live,
    /// Suspended.
    Suspended,
}

/// All of them.
pub const SLOTS: [Slot; 9] = [
    Slot::Open,
    Slot::Demanding,
    Slot::Approved,
    Slot::Published,
    Slot::Withheld,
    Slot::Newest,
    Slot::Filed,
    Slot::Live,
    Slot::Suspended,
];

/// The stand-in for a poll's id.
pub fn poll_stand_in(slot: Slot) -> String {
    format!("{:08}{STAND_IN}", slot as u8)
}

/// The stand-in for the hash of a poll's order as it is when the input is taken.
pub fn hash_stand_in(slot: Slot) -> String {
    let start = format!("HASH{}", slot as u8);
    format!("{start:x<HASH_BYTES$}")
}

/// The stand-in for a token of a voter, from 0 to 9, for a poll.
pub fn token_stand_in(voter: u8, slot: Slot) -> String {
    let start = format!("TOKEN{voter}{}", slot as u8);
    let length = mint(voter, PollId::from_bytes([0; 16]), Timestamp::UNIX_EPOCH + NOW).len();
    format!("{start:x<length$}")
}

/// An order that passes its check, open from this second for so many days.
///
/// # Panics
/// Never: the file is good.
pub fn order(reference: &str, now: Timestamp, days: i64) -> Order {
    let mut order =
        Order::from_toml(include_str!("../../it/support/order.toml")).expect("a good order");
    reference.clone_into(&mut order.reference);
    let second = Timestamp::from_second(now.as_second()).expect("a moment");
    let opens = second.to_zoned_datetime(kyiv());
    let closes = opens.saturating_add(SignedDuration::from_hours(24 * days));
    order.opens_at = opens.round(Unit::Second).expect("a moment").to_string();
    order.closes_at = closes.to_string();
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

/// A reference of the length of its stand-in.
pub fn reference(number: u64) -> String {
    format!("{number:0width$}", width = REFERENCE.len())
}

/// Puts a reference in place of its stand-ins.
pub fn fill_reference(filled: &mut [u8], reference: &str) {
    if reference.len() != REFERENCE.len() {
        return;
    }
    for at in 0..filled.len() {
        if filled[at..].starts_with(REFERENCE.as_bytes()) {
            filled[at..at + REFERENCE.len()].copy_from_slice(reference.as_bytes());
        }
    }
}

/// Puts real ids, hashes and tokens in place of the stand-ins; the tokens, with their subjects, go to
/// `minted`.
pub fn fill_in(
    data: &[u8],
    polls: &HashMap<u8, PollId>,
    hash: impl Fn(PollId) -> String,
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
    for at in 0..filled.len().saturating_sub(HASH_BYTES - 1) {
        if let Some([slot, ..]) = filled[at..].strip_prefix(HASH)
            && let Some(poll) = polls.get(&slot.wrapping_sub(b'0'))
        {
            filled[at..at + HASH_BYTES].copy_from_slice(hash(*poll).as_bytes());
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
