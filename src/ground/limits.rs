//! Every bound of the engine with its reason, and the relations between them.
//!
//! A bound that an organiser may choose is in the configuration, what an order may ask for in
//! [`crate::poll`], and what a stored or published format fixes stands with the format; here is what
//! the design needs to stay bounded. What is full is refused at once with
//! [`crate::outcome::Rejection::Overloaded`]; nothing waits without a bound. A bound that no code
//! reads fails a test, and so does one of the same name elsewhere.

use std::num::NonZeroU32;
use std::time::Duration;

pub use holos_wire::limits::*;

// ---- Messages -----------------------------------------------------------------------------------

/// Bytes of a token: one with an RSA signature of 4,096 bits and all claims fits; a longer one is
/// refused before it is read.
pub const TOKEN_BYTES_MAX: usize = 2_048;
/// Bytes of one gRPC message on the way in, decoded. A full batch of the longest tokens must fit.
pub const MESSAGE_BYTES_MAX: usize = 4 * 1_024 * 1_024;
/// Bytes of one staff or results request on the way in: the longest order has under 70,000
/// characters, of four bytes at most.
pub const STAFF_MESSAGE_BYTES_MAX: usize = 512 * 1_024;
/// Bytes of a list in an answer: clients take messages of 4 MiB unless told otherwise.
pub const LIST_BYTES_MAX: usize = 3 * 1_024 * 1_024;
/// Bytes of a subject, least: 128 bits of an HMAC, so that it cannot be a tax number or a phone.
pub const SUBJECT_BYTES_MIN: usize = 16;
/// Bytes of a subject, most: a whole SHA-512 HMAC.
pub const SUBJECT_BYTES_MAX: usize = 64;
/// Polls on one page of a list: each carries its order and notice, and clients take 4 MiB unless
/// told otherwise.
pub const PAGE_POLLS_MAX: usize = 100;
/// Polls on a page when the caller does not say.
pub const PAGE_POLLS_DEFAULT: usize = 50;
/// Polls in the answer of which are open to a voter: only their titles.
pub const ELIGIBLE_POLLS_MAX: usize = 1_000;

// ---- Tokens -------------------------------------------------------------------------------------

/// Seconds from `iat` to `exp` of a token: a stolen token is worth little after ten minutes.
pub const TOKEN_LIFETIME_SECONDS_MAX: i64 = 600;
/// Seconds by which an issuer's clock may differ from ours.
pub const TOKEN_LEEWAY_SECONDS: i64 = 5;
/// Audiences of one token: a few engines; each is compared.
pub const TOKEN_AUDIENCES_MAX: usize = 8;
/// Groups that a credential may name: each is compared with those that the poll admits.
pub const CLAIM_GROUPS_MAX: usize = 32;
/// Bytes of an issuer's id: a URL fits.
pub const ISSUER_ID_BYTES_MAX: usize = 128;
/// Bytes of a key id, a subject space or a pseudonym key's id; the tag's input reserves this much
/// for the space.
pub const KEY_ID_BYTES_MAX: usize = 64;
/// Bytes of the id under which the ledger knows a key: `spki:` and a hash, with room.
pub const LEDGER_KEY_ID_BYTES_MAX: usize = 128;
/// Bits of an RSA key, least: what is still deemed safe (NIST SP 800-57, to 2030).
pub const RSA_BITS_MIN: usize = 2_048;
/// Bits of an RSA key, most: a signature and a check that grow with it must fit a token and a
/// core.
pub const RSA_BITS_MAX: usize = 4_096;
/// Bytes of a key set: 32 RSA keys with their certificates beside them.
pub const JWKS_BYTES_MAX: usize = 64 * 1_024;
/// Keys of a key set: an issuer signs with one and announces the next.
pub const JWKS_KEYS_MAX: usize = 32;
/// Seconds between two fetches of a key set, least: an issuer's server is not ours to load.
pub const JWKS_REFRESH_SECONDS_MIN: u32 = 60;
/// Seconds between two fetches of a key set, most: a key that left the set must stop within a day.
pub const JWKS_REFRESH_SECONDS_MAX: u32 = 86_400;
/// How long a fetched key set holds when it cannot be fetched again: a key that left the set, or
/// was stolen, must stop within a day also when somebody keeps us from hearing of it.
pub const JWKS_STALE_MAX: Duration = Duration::from_secs(86_400);
/// How long the fetch of a key set may take.
pub const JWKS_FETCH_TIMEOUT: Duration = Duration::from_secs(5);
/// Between two fetches that unknown key ids start: anybody can invent those.
pub const JWKS_MISSED_INTERVAL: Duration = Duration::from_secs(30);
/// Between two looks at the issuers' files.
pub const ISSUER_FILES_INTERVAL: Duration = Duration::from_secs(2);
/// Keys of all issuers that a process remembers, so that none comes to name another: a new set of
/// 32 every day for a year.
pub const ISSUER_KEYS_REMEMBERED_MAX: usize = 16_384;
/// Client certificates whose issuer is remembered; past it all are looked up again.
pub const CERTIFICATES_REMEMBERED_MAX: usize = 1_024;
/// Signatures that do not hold, of one connection at once: a client with a stale key and its
/// retries.
pub const BAD_SIGNATURES_BURST: NonZeroU32 = NonZeroU32::new(32).expect("not zero");
/// Signatures that do not hold, of one connection a second in the long run.
pub const BAD_SIGNATURES_PER_SECOND: NonZeroU32 = NonZeroU32::new(2).expect("not zero");
/// Signatures that hold for each of the same connection that does not hold and is forgiven: one
/// voter's altered tokens must not shut out the backend that passes them on with all others'.
pub const GOOD_SIGNATURES_PER_BAD: u32 = 16;
/// Bad signatures that a connection's good ones can have earned and not used, most: what comes with
/// a full batch. More would let who behaved for a day flood for a minute.
pub const FORGIVEN_SIGNATURES_MAX: u32 = 64;
/// Tokens waiting for a signature check: about a quarter of a second of work for two cores at 7 us
/// each.
pub const VERIFY_QUEUE_TOKENS_MAX: usize = 65_536;
/// Signatures checked as one batch: the gain flattens out (9.3 us at 16, 6.7 us at 1,024; 5 % fewer
/// instructions here), and a lone call behind a full batch waits twice as long with each doubling.
pub const VERIFY_BATCH_SIGNATURES_MAX: usize = 2_048;

// ---- Ledger -------------------------------------------------------------------------------------

/// Ballots waiting for the writer, all polls together: a quarter of a second of work at a million a
/// second.
pub const QUEUE_BALLOTS_MAX: usize = 262_144;
/// Ballots in one synced write: large enough to pay for the sync, small enough to answer within
/// milliseconds.
pub const ROUND_BALLOTS_MAX: usize = 16_384;
/// Batches of one stream that wait for their answers; then the server stops reading and HTTP/2
/// holds the client back.
pub const STREAM_BATCHES_IN_FLIGHT: usize = 32;
/// Smallest k: a group of fewer people is never shown or told apart.
pub const K_MIN: u64 = 10;
/// Ballots that lie between any two releases, least: the smallest group that may be told apart.
pub const BALLOTS_APART_MIN: u64 = K_MIN;
/// The largest floor an operator may set for it, and for the people whom a poll asks.
pub const FLOOR_MAX: u64 = 1_000_000;
/// Largest k an operator may set; past this no local poll could be published.
pub const K_MAX: u64 = 10_000;
/// Longest fold delay in seconds: the epoch key must not live an hour.
pub const FOLD_DELAY_SECONDS_MAX: u32 = 3_600;
/// Fewest ballots that start a fold early: a fold rewrites every touched vector and must be worth
/// it.
pub const FOLD_BALLOTS_MIN: u64 = 1_000;
/// Most ballots of an epoch: what a restart reads back, about a minute.
pub const FOLD_BALLOTS_MAX: u64 = 5_000_000;
/// Longest time in seconds that a quiet group is carried before it is folded all the same.
pub const CARRY_SECONDS_MAX: u32 = 86_400;

// ---- Procedure ----------------------------------------------------------------------------------

/// From a poll's closing time to its close: ballots that reached the server in time have left the
/// queue by then, which holds a quarter of a second of work.
pub const CLOSE_GRACE: Duration = Duration::from_secs(5);
/// How often the engine looks whether a poll opens or closes.
pub const TICK_INTERVAL: Duration = Duration::from_millis(250);
/// Seconds after a live release's time within which it is made: many ticks, and less than between
/// two times. An engine that comes later waits for the next, so that releases stand at fixed times.
pub const RELEASE_WINDOW_SECONDS: i64 = 60;
/// How often the engine looks at what expires: terms are years, and it reads the audit log.
pub const RETENTION_INTERVAL: Duration = Duration::from_secs(3_600);
/// Longest notice of an expiry in seconds: a year.
pub const EXPIRY_NOTICE_SECONDS_MAX: u64 = 366 * 24 * 60 * 60;
/// Holidays of one configuration: some years' worth.
pub const HOLIDAYS_MAX: usize = 256;
/// Profiles of one configuration.
pub const PROFILES_MAX: usize = 64;

// ---- Erasure ------------------------------------------------------------------------------------

/// Longest grace period in seconds: personal data of the portal are kept five years at most.
pub const GRACE_SECONDS_MAX: u64 = 5 * 365 * 24 * 60 * 60;
/// Longest time in seconds that a poll is seen to be due before it is erased.
pub const HOLD_SECONDS_MAX: u64 = 24 * 60 * 60;
/// How often the engine looks for polls that are due.
pub const ERASURE_INTERVAL: Duration = Duration::from_secs(1);

// ---- Connections --------------------------------------------------------------------------------

/// Connections to the ingest listener: backends keep a few each; 2,000 idle ones must not shut out
/// an honest one.
pub const INGEST_CONNECTIONS_MAX: usize = 4_096;
/// Connections to the staff listener: people and one console.
pub const STAFF_CONNECTIONS_MAX: usize = 128;
/// Connections to the public listener; a cache stands in front on a busy day.
pub const PUBLIC_CONNECTIONS_MAX: usize = 4_096;
/// Reads of the public log's files, and other long answers, of the public listener at a time: enough
/// to keep a disk busy, few enough to leave threads to the engine.
pub const PUBLIC_READS_MAX: usize = 8;
/// Ballots that wait for the ledger before reads are refused: a quarter of its queue. Three quarters
/// are left to the ballots that come while the reads under way end.
pub const SHED_READS_BALLOTS: usize = QUEUE_BALLOTS_MAX / 4;
/// Seconds after which a refused read is worth another try: a queue of ballots is gone, or a disk has
/// come back.
pub const SHED_RETRY_SECONDS: u64 = 5;
/// Bytes of what was made to be read and is kept, all encodings together: the pages, tables and files
/// of some thousand polls.
pub const SHELF_BYTES_MAX: u64 = 256 * 1_024 * 1_024;
/// Files that are kept, about: at 16 KiB each they fill [`SHELF_BYTES_MAX`].
pub const SHELF_FILES: usize = 16_384;
/// Bytes of lists and searches that are kept: with every change of a poll they are made anew.
pub const SHELF_LISTING_BYTES_MAX: u64 = 32 * 1_024 * 1_024;
/// Lists and searches that are kept, about: at 16 KiB each they fill [`SHELF_LISTING_BYTES_MAX`].
pub const SHELF_LISTINGS: usize = 2_048;
/// Characters of a search, most: a title's longest line.
pub const SEARCH_CHARACTERS_MAX: usize = 200;
/// Streams of events at a time: half of the public connections, so that those who only read get in.
pub const EVENT_STREAMS_MAX: usize = PUBLIC_CONNECTIONS_MAX / 2;
/// How long a stream of events lasts: its place goes round, and a deployment drains soon.
pub const EVENT_STREAM_LIFETIME: Duration = Duration::from_secs(600);
/// How long a browser waits before it connects to a stream again.
pub const EVENT_STREAM_RETRY: Duration = Duration::from_secs(5);
/// Connections to the admin listener: probes and a scraper.
pub const ADMIN_CONNECTIONS_MAX: usize = 64;
/// Streams of one connection at a time.
pub const STREAMS_PER_CONNECTION_MAX: u32 = 128;
/// Periods of [`IDLE_CONNECTION`] in which a reader may take nothing of an answer: a watcher of a quiet
/// poll hears nothing for as long as a stream lasts.
pub const STALLED_PERIODS: u32 = 3;
/// Polls of one `WatchPolls` stream that wait for a slow client; then the stream waits too.
pub const FEED_MESSAGES_WAITING: usize = 16;
/// Streams of `WatchResults`, and of `WatchPolls`, at a time; each costs a task and a subscription.
pub const WATCHERS_MAX: usize = 1_024;
/// Bytes of the headers of one request: a bearer secret and gRPC's own, with room.
pub const HEADER_LIST_BYTES_MAX: u32 = 16 * 1_024;
/// Bytes that hyper buffers of one HTTP/1 connection, headers included.
pub const HTTP1_BUFFER_BYTES_MAX: usize = 16 * 1_024;
/// Bytes in flight on one stream: several full batches, so that a sender is never held back by the
/// window alone.
pub const STREAM_WINDOW_BYTES: u32 = 1024 * 1_024;
/// Bytes in flight on one connection: this times the connections bounds what peers can make the
/// engine hold.
pub const CONNECTION_WINDOW_BYTES: u32 = 2 * 1_024 * 1_024;
/// Streams that a peer may reset before they are accepted (rapid reset, CVE-2023-44487).
pub const PENDING_RESETS_MAX: usize = 32;
/// Streams that we reset because the peer broke the protocol, before the connection ends.
pub const LOCAL_RESETS_MAX: usize = 128;
/// TLS handshakes under way on one listener: a quarter of ingest's places, so that half handshakes
/// never hold all of them.
pub const HANDSHAKES_MAX: usize = 1_024;
/// From accepting a connection to the end of its TLS handshake: two round trips and two signatures.
pub const HANDSHAKE_TIMEOUT: Duration = Duration::from_secs(5);
/// From a connection that stands (its handshake behind it) to its first request, and from a stream's
/// beginning to its first message; slow-loris ends here.
pub const FIRST_REQUEST_TIMEOUT: Duration = Duration::from_secs(10);
/// How long a gRPC connection may stay without an open request, or a stream without another message:
/// backends ask oftener, and who comes back pays one handshake.
pub const IDLE_CONNECTION: Duration = Duration::from_secs(300);
/// From the moment that we wait for the rest of a message to its last byte: the longest message at
/// 400 KiB a second.
pub const MESSAGE_TIMEOUT: Duration = Duration::from_secs(10);
/// Bytes of incomplete messages that one listener holds: 64 of the longest, or a thousand batches.
/// Whoever fills it must send it all again every [`MESSAGE_TIMEOUT`].
pub const PARTIAL_BYTES_MAX: usize = 256 * 1_024 * 1_024;
/// Bytes of incomplete messages that one connection makes us hold: four of the longest.
pub const CONNECTION_PARTIAL_BYTES_MAX: usize = 4 * MESSAGE_BYTES_MAX;
/// Empty HTTP/2 DATA frames within one message: an honest sender has no use for any, and each costs
/// as much work as a full one.
pub const EMPTY_FRAMES_MAX: u32 = 64;
/// From one HTTP/1 request to the whole head of the next.
pub const HEADER_READ_TIMEOUT: Duration = Duration::from_secs(10);
/// Between HTTP/2 pings to a silent peer.
pub const KEEPALIVE_INTERVAL: Duration = Duration::from_secs(10);
/// How long a peer may take to answer a ping.
pub const KEEPALIVE_TIMEOUT: Duration = Duration::from_secs(10);
/// How often the files of a listener's TLS are looked at: a revocation holds this much later.
pub const TLS_WATCH_INTERVAL: Duration = Duration::from_secs(2);
/// Certificate revocation lists of one listener: one for each CA of its clients' chains.
pub const CRL_FILES_MAX: usize = 64;
/// Names in a client's certificate: a backend has one or two.
pub const CERTIFICATE_NAMES_MAX: usize = 16;
/// Bytes of a name in a client's certificate, and of the names that issuers and staff are known by:
/// a DNS name has 253 at most.
pub const CERTIFICATE_NAME_BYTES_MAX: usize = 253;
/// Pause after a failed accept (out of file descriptors), so that the loop does not spin.
pub const ACCEPT_PAUSE: Duration = Duration::from_millis(50);

// ---- Audit log ----------------------------------------------------------------------------------

/// Entries on one page of the audit log: a page to look through, far below what clients take.
pub const AUDIT_PAGE_ENTRIES_MAX: usize = 500;
/// Entries on a page when the caller does not say.
pub const AUDIT_PAGE_ENTRIES_DEFAULT: usize = 100;
/// Exports of the audit log at a time: each reads the whole log, and there are few auditors.
pub const EXPORTS_MAX: usize = 4;
/// Chunks of an export that wait for its reader: the disk is a little ahead, and no more.
pub const EXPORT_CHUNKS_WAITING: usize = 2;
/// How long a reader of an export may leave a chunk unread.
pub const EXPORT_CHUNK_TIMEOUT: Duration = Duration::from_secs(30);
/// Characters of an account's name in the audit log, with room.
pub const ACCOUNT_CHARACTERS_MAX: usize = 64;
/// Bytes of the audit log that one page reads, matching or not: some ten thousand entries, read
/// within a tenth of a second. A page of it with a line more stays below the 4 MiB that clients take.
pub const AUDIT_SCAN_BYTES_MAX: usize = 2 * 1_024 * 1_024;

// ---- Keys ---------------------------------------------------------------------------------------

/// Bytes of a token's PIN file: tokens allow 255 at most.
pub const PIN_BYTES_MAX: usize = 256;

/// Bytes of staff's token, least: 128 bits in hexadecimal.
pub const STAFF_TOKEN_BYTES_MIN: usize = 32;
/// Bytes of staff's token, most: it travels in a header of every call.
pub const STAFF_TOKEN_BYTES_MAX: usize = 1024;
/// Bytes of the file from which a command reads its user's token: a sign-in service's is longer than
/// ours, and twice what the listener reads is no token.
pub const STAFF_TOKEN_FILE_BYTES_MAX: usize = 8 * 1024;
/// Bytes of a message that a command takes from the staff listener: a page of polls with their orders
/// and notices, or the history of one order.
pub const STAFF_ANSWER_BYTES_MAX: usize = 64 * 1024 * 1024;
/// Bytes of a key in PEM, in a file or a field: RSA of 4,096 bits takes under 4 KiB.
pub const KEY_FILE_BYTES_MAX: usize = 8 * 1_024;
/// Bytes of a detached state signature file.
pub const STATE_SIGNATURE_BYTES_MAX: u64 = 65_536;

// ---- Staff and registers ------------------------------------------------------------------------

/// Bytes of a staff token: those of common identity providers carry groups and names that we skip.
pub const STAFF_JWT_BYTES_MAX: usize = 4_096;
/// Seconds from `iat` to `exp` of a staff token: a working day. A token cannot be called back, but
/// whoever is struck off the register is refused with a token that still lives.
pub const STAFF_JWT_LIFETIME_SECONDS_MAX: i64 = 12 * 60 * 60;
/// Issuers of staff tokens: a ministry's own, and those of the bodies that order polls.
pub const STAFF_ISSUERS_MAX: usize = 64;
/// Keys of one staff issuer named in the configuration: the one in use and the next, with room.
pub const STAFF_KEYS_MAX: usize = 32;
/// Bytes of a staff token's `sub`, as OpenID Connect bounds it.
pub const STAFF_SUBJECT_BYTES_MAX: usize = 255;
/// Bytes of a detached signature: a header with a key id, and RSA of 4,096 bits.
pub const DETACHED_JWS_BYTES_MAX: usize = 2_048;
/// Characters of a name, a position, a unit, a title in a register.
pub const REGISTER_NAME_CHARACTERS_MAX: usize = 200;
/// Characters of a document's number in a register: other bodies' letters have long ones. What acts
/// about polls refer to is shorter: [`crate::poll::REFERENCE_CHARACTERS_MAX`].
pub const DOCUMENT_CHARACTERS_MAX: usize = 100;
/// Characters of a part of an act: several pages.
pub const ACT_CHARACTERS_MAX: usize = 10_000;
/// Characters of a note or a short description: a long paragraph.
pub const NOTE_CHARACTERS_MAX: usize = 2_000;
/// Notes of one incident, and likewise notifications: hundreds are a story of weeks.
pub const INCIDENT_NOTES_MAX: usize = 64;
/// Polls that one incident touches: all that run at a time, with room.
pub const INCIDENT_POLLS_MAX: usize = 256;
/// Hours in which a second person must confirm: an act that nobody confirms within a day is not
/// urgent, and one left lying must not be confirmed from habit.
pub const PROPOSAL_HOURS: i64 = 24;

// ---- Process ------------------------------------------------------------------------------------

/// From SIGTERM to the end: in-flight batches are answered, then the connections are cut. Half of
/// systemd's patience is kept for the store.
pub const DRAIN_DEADLINE: Duration = Duration::from_secs(5);
/// How often histogram samples are folded into buckets; between two folds they pile up in memory.
pub const METRICS_UPKEEP_INTERVAL: Duration = Duration::from_secs(1);
/// Bytes of a configuration file or a publication read from disk by a command.
pub const INPUT_FILE_BYTES_MAX: u64 = 16 * 1_024 * 1_024;
/// How long a listener may take to accept a command's connection.
pub const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);
/// Issuers of one configuration.
pub const ISSUERS_MAX: usize = 256;

const _: () = {
    assert!(
        // Beside its token a ballot has a notice, flags, and ten answers with their ids: under 1 KiB.
        BATCH_BALLOTS_MAX * (TOKEN_BYTES_MAX + 1_024) <= MESSAGE_BYTES_MAX,
        "a full batch must fit"
    );
    assert!(
        STREAM_BATCHES_IN_FLIGHT * BATCH_BALLOTS_MAX <= QUEUE_BALLOTS_MAX,
        "one stream must not fill the queue"
    );
    assert!(BATCH_BALLOTS_MAX <= ROUND_BALLOTS_MAX, "a batch must fit into one round");
    assert!(ROUND_BALLOTS_MAX <= QUEUE_BALLOTS_MAX, "a round is taken from the queue");
    assert!(
        VERIFY_BATCH_SIGNATURES_MAX <= VERIFY_QUEUE_TOKENS_MAX,
        "a batch is taken from the queue"
    );
    assert!(
        STREAM_BATCHES_IN_FLIGHT * BATCH_BALLOTS_MAX <= VERIFY_QUEUE_TOKENS_MAX,
        "nor fill the verify queue"
    );
    assert!(
        STREAM_WINDOW_BYTES <= CONNECTION_WINDOW_BYTES,
        "a stream's window lies within its connection's"
    );
    assert!(
        CONNECTION_PARTIAL_BYTES_MAX * 8 <= PARTIAL_BYTES_MAX,
        "a few greedy connections must not take every other's room"
    );
    assert!(MESSAGE_BYTES_MAX < CONNECTION_PARTIAL_BYTES_MAX, "a message must fit");
    assert!(
        IDLE_CONNECTION.as_secs() * STALLED_PERIODS as u64 > EVENT_STREAM_LIFETIME.as_secs(),
        "a stream without news may last"
    );
    assert!(HANDSHAKES_MAX * 4 <= INGEST_CONNECTIONS_MAX, "half handshakes leave places free");
    assert!(
        HANDSHAKE_TIMEOUT.as_secs() + FIRST_REQUEST_TIMEOUT.as_secs() < IDLE_CONNECTION.as_secs(),
        "who has asked may wait longer than who has not"
    );
    assert!(
        BATCH_BALLOTS_MAX <= (FORGIVEN_SIGNATURES_MAX * GOOD_SIGNATURES_PER_BAD) as usize,
        "a good batch earns all it can"
    );
    assert!(
        JWKS_REFRESH_SECONDS_MAX as u64 <= JWKS_STALE_MAX.as_secs(),
        "a set is asked for again before it is dropped"
    );
    assert!(CLAIM_GROUPS_MAX < STATED_GROUPS_MAX, "too many groups are the voter's mistake first");
    assert!(SUBJECT_BYTES_MIN <= SUBJECT_BYTES_MAX);
    assert!(PAGE_POLLS_DEFAULT <= PAGE_POLLS_MAX);
    assert!(AUDIT_PAGE_ENTRIES_DEFAULT <= AUDIT_PAGE_ENTRIES_MAX);
    assert!(LIST_BYTES_MAX < MESSAGE_BYTES_MAX, "a list leaves room for what stands around it");
    assert!(KEY_ID_BYTES_MAX <= LEDGER_KEY_ID_BYTES_MAX, "the ledger knows every key");
    assert!(NOTE_CHARACTERS_MAX <= ACT_CHARACTERS_MAX);
    assert!(
        4 * ACT_CHARACTERS_MAX * 3 < STAFF_MESSAGE_BYTES_MAX,
        "an act's three parts fit into a request"
    );
    assert!(K_MIN <= FOLD_BALLOTS_MIN, "an epoch must be able to hold a group of k");
    assert!(
        FOLD_DELAY_SECONDS_MAX <= CARRY_SECONDS_MAX,
        "a group is carried over at least one fold"
    );
};
