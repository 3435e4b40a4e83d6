//! The bounds of staff's records and credentials, each with its reason.

/// Bytes of a staff token: those of common identity providers carry groups and names that we skip.
pub const STAFF_JWT_BYTES_MAX: usize = 4_096;
/// Seconds from `iat` to `exp` of a staff token: a working day. A token cannot be called back, but
/// whoever is struck off the register is refused with a token that still lives.
pub const STAFF_JWT_LIFETIME_SECONDS_MAX: i64 = 12 * 60 * 60;
/// Issuers of staff tokens: a ministry's own, and those of the bodies that order polls.
pub const STAFF_ISSUERS_MAX: usize = 64;
/// Keys of one staff issuer named in the configuration: the one in use and the next, with room.
pub(super) const STAFF_KEYS_MAX: usize = 32;
/// Bytes of a public key's file: RSA of 4,096 bits takes under a kilobyte.
pub(super) const PUBLIC_KEY_BYTES_MAX: usize = 8 * 1_024;
/// Bytes of a detached signature: a header with a key id, and RSA of 4,096 bits.
pub const DETACHED_JWS_BYTES_MAX: usize = 2_048;

/// Bytes of an issuer's id: a URL fits.
pub(super) const ISSUER_BYTES_MAX: usize = 128;
/// Bytes of a `sub`, as OpenID Connect bounds it.
pub(super) const SUBJECT_BYTES_MAX: usize = 255;
/// Bytes of a name in a certificate: the longest DNS name has 253.
pub(super) const CERTIFICATE_NAME_BYTES_MAX: usize = 253;
/// Bytes of a key id, as of voters' issuers.
pub(super) const KEY_ID_BYTES_MAX: usize = 64;
/// Bytes of the id under which the ledger knows a key: `spki:` and a hash, with room.
pub(super) const LEDGER_KEY_ID_BYTES_MAX: usize = 128;

/// Characters of a name, a position, a unit, a title.
pub(super) const NAME_CHARACTERS_MAX: usize = 200;
/// Characters of a document's number.
pub(super) const REFERENCE_CHARACTERS_MAX: usize = 100;
/// Characters of a part of an act: several pages.
pub(super) const ACT_CHARACTERS_MAX: usize = 10_000;
/// Characters of a note or a short description: a long paragraph.
pub(super) const NOTE_CHARACTERS_MAX: usize = 2_000;
/// Notes of one incident, and likewise notifications: hundreds are a story of weeks.
pub(super) const INCIDENT_NOTES_MAX: usize = 64;
/// Polls that one incident touches: all that run at a time, with room.
pub(super) const INCIDENT_POLLS_MAX: usize = 256;

/// Hours in which a second person must confirm: an act that nobody confirms within a day is not
/// urgent, and one left lying must not be confirmed from habit.
pub const PROPOSAL_HOURS: i64 = 24;
