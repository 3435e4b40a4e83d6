//! Step 3: the person disappears.
//!
//! Turns an [`EligibleBallot`] into an [`AnonymousBallot`]: a tag that is good for counting this
//! person once in this poll and for nothing else. After this step no type holds a voter.

use zeroize::Zeroize;

use crate::count::authenticate::Voter;
use crate::count::check::EligibleBallot;
use crate::ground::limits::SUBJECT_BYTES_MAX;
use crate::keys::Secret;
use crate::outcome::Rejection;
use crate::poll::{Cells, IssuerKeyId, PollId};
use crate::tally::Tag;

/// Context of the key derivation; a new version of the input format gets a new context.
const CONTEXT: &[u8] = b"holos v1 tag";

/// The key that turns the voters of one poll into tags.
///
/// Everything that is the same for all voters of a poll (context, poll, subject space) is hashed
/// into it once, so that a voter costs one compression of BLAKE3 and not two.
#[derive(Debug)]
pub struct TagKey(Secret<32>);

impl TagKey {
    /// The tag key of a poll from its secret in the key store.
    pub fn new(secret: &Secret<32>, poll: PollId, space: &str) -> Self {
        let length = u8::try_from(space.len()).expect("a subject space holds at most 64 bytes");
        let mut hasher = blake3::Hasher::new_keyed(secret.expose());
        hasher.update(CONTEXT).update(poll.as_bytes()).update(&[length]).update(space.as_bytes());
        let key = Self(Secret::new(*hasher.finalize().as_bytes()));
        hasher.zeroize();
        key
    }

    // The subject carries its type and length, so that no byte can move from one field to the
    // next and leave the hash as it was.
    fn tag(&self, kind: u8, subject: &[u8]) -> Tag {
        let mut input = [0_u8; 2 + SUBJECT_BYTES_MAX];
        let end = 2 + subject.len();
        input[0] = kind;
        input[1] = u8::try_from(subject.len()).expect("a subject holds at most 64 bytes");
        input[2..end].copy_from_slice(subject);
        let hash = blake3::keyed_hash(self.0.expose(), &input[..end]);
        input.zeroize();
        let mut tag = [0_u8; Tag::LEN];
        tag.copy_from_slice(&hash.as_bytes()[..Tag::LEN]);
        Tag::from_bytes(tag)
    }
}

/// A ballot without a voter. Only [`deidentify`] makes one.
///
/// ```compile_fail,E0451
/// use holos::poll::IssuerKeyId;
/// use holos::count::deidentify::{AnonymousBallot, Tag};
/// fn forge(tag: Tag, issuer_key: IssuerKeyId) -> AnonymousBallot {
///     AnonymousBallot { tag, issuer_key, quota: None, cells: Default::default(), late: None }
/// }
/// ```
///
/// Nor does a ballot go back: what was deidentified cannot be deidentified again with another key.
///
/// ```compile_fail,E0308
/// use holos::count::deidentify::{AnonymousBallot, TagKey, deidentify};
/// fn again(ballot: AnonymousBallot, key: &TagKey) {
///     deidentify(ballot, key);
/// }
/// ```
pub struct AnonymousBallot {
    tag: Tag,
    issuer_key: IssuerKeyId,
    quota: Option<u64>,
    cells: Cells,
    late: Option<Rejection>,
}

impl AnonymousBallot {
    /// The voter's tag in this poll.
    pub(crate) fn tag(&self) -> Tag {
        self.tag
    }

    /// The issuer key under which the voter came.
    pub(crate) fn issuer_key(&self) -> IssuerKeyId {
        self.issuer_key
    }

    /// How many ballots of one poll may come under that key.
    pub(crate) fn quota(&self) -> Option<u64> {
        self.quota
    }

    /// The cells to add one to.
    pub(crate) fn cells(&self) -> &[u16] {
        &self.cells
    }

    /// The refusal to give if the tag is new.
    pub(crate) fn late(&self) -> Option<Rejection> {
        self.late
    }
}

/// Replaces the voter by a tag and drops everything else known about the person (L1, L3).
pub fn deidentify(ballot: EligibleBallot, key: &TagKey) -> AnonymousBallot {
    let (voter, cells, late) = ballot.into_parts();
    let subject = voter.subject();
    let tag = key.tag(subject.kind(), subject.as_bytes());
    let (issuer_key, quota) = (voter.issuer_key(), voter.quota());
    AnonymousBallot { tag, issuer_key, quota, cells, late }
}

/// The tag of a voter who asks whether it is known: good for that question only.
pub struct Inquiry(Tag);

impl Inquiry {
    /// The tag to look for.
    pub(crate) fn tag(&self) -> Tag {
        self.0
    }
}

/// Replaces a voter who asks about the own participation by the tag it would have (L6).
pub fn inquire(voter: Voter, key: &TagKey) -> Inquiry {
    let subject = voter.subject();
    let tag = key.tag(subject.kind(), subject.as_bytes());
    // The person ends here: what goes on knows only a tag.
    drop(voter);
    Inquiry(tag)
}

#[cfg(test)]
mod tests {
    use super::*;

    const POLL: PollId = PollId::from_bytes([7; 16]);

    fn bytes(key: u8, poll: PollId, space: &str, kind: u8, subject: &[u8]) -> [u8; 16] {
        *TagKey::new(&Secret::new([key; 32]), poll, space).tag(kind, subject).as_bytes()
    }

    #[test]
    fn the_tag_depends_on_every_field() {
        let base = bytes(1, POLL, "state", 1, &[9; 16]);
        assert_eq!(base, bytes(1, POLL, "state", 1, &[9; 16]));
        assert_ne!(base, bytes(2, POLL, "state", 1, &[9; 16]), "key");
        assert_ne!(base, bytes(1, PollId::from_bytes([8; 16]), "state", 1, &[9; 16]), "poll");
        assert_ne!(base, bytes(1, POLL, "other", 1, &[9; 16]), "space");
        assert_ne!(base, bytes(1, POLL, "state", 2, &[9; 16]), "kind");
        assert_ne!(base, bytes(1, POLL, "state", 1, &[9; 17]), "subject");
    }

    #[test]
    fn a_byte_that_moves_between_fields_changes_the_tag() {
        assert_ne!(
            bytes(1, POLL, "ab", 1, b"cdefghijklmnopqr"),
            bytes(1, POLL, "abc", 1, b"defghijklmnopqr")
        );
        assert_ne!(bytes(1, POLL, "a\u{1}", 1, &[1; 16]), bytes(1, POLL, "a", 1, &[1; 17]));
    }

    #[test]
    fn the_derivation_never_changes_silently() {
        // A tag on disk must be found again by the next version.
        let hex: String =
            bytes(1, POLL, "state", 1, &[9; 16]).iter().map(|b| format!("{b:02x}")).collect();
        assert_eq!(hex, "41d94de119d723006239041515be7a57");
    }
}
