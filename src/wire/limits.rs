//! How much one message may hold, before it is decoded.

/// Ballots in one batch. The journal pays per batch: past about a thousand ballots nothing is won,
/// and one call's answer must not wait long.
pub const BATCH_BALLOTS_MAX: usize = 1_000;

/// Answers of one ballot, most, before it is decoded: several times what a poll may ask.
pub const BALLOT_ANSWERS_MAX: usize = 64;

/// Options of one answer, most, before it is decoded: several times what a question may have.
pub const ANSWER_OPTIONS_MAX: usize = 64;

/// Ages that a stated voter is said to have reached, most: one for each year of a life.
pub const STATED_AGES_MAX: usize = 128;

/// Groups of a stated voter, most, before they are decoded: past `CLAIM_GROUPS_MAX` it is the
/// voter's claims that are refused, past this the message.
pub const STATED_GROUPS_MAX: usize = 64;

/// Other fields of one message within a ballot's request: those of this version, and as many of
/// later ones as anybody will need.
pub const WIRE_FIELDS_MAX: usize = 64;
