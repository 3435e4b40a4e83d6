//! What was made to be read, kept: a page or a table is made once for everybody who asks until its
//! poll changes.
//!
//! Nothing here decides what may be seen: what is kept was made from a [`PublicPoll`], and is given
//! out only while the engine still shows that one.

use std::sync::Arc;

use jiff::Timestamp;
use quick_cache::Weighter;
use quick_cache::sync::Cache;

use super::answer::Ready;
use crate::ground::limits::{
    SHELF_BYTES_MAX, SHELF_FILES, SHELF_LISTING_BYTES_MAX, SHELF_LISTINGS,
};
use crate::poll::PollId;
use crate::publish::{Language, PublicPoll};

/// What is made of a poll.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(in crate::http) enum Piece {
    /// The release in force, signed.
    Results,
    /// The same as a table.
    ResultsCsv,
    /// A release, signed.
    Release(u32),
    /// A release as a table.
    ReleaseCsv(u32),
    /// What the columns of that table mean.
    ReleaseCsvMetadata(u32),
    /// All releases without their numbers.
    Releases,
    /// The dataset passport.
    Passport,
    /// The same as a table.
    PassportCsv,
    /// The definition.
    Definition,
    /// The poll without its totals.
    Poll,
    /// Its page.
    Page(Language),
    /// The page of its processing notice.
    NoticePage(Language),
    /// The processing notice.
    Notice,
}

struct Kept {
    made_of: Arc<PublicPoll>,
    /// From when on it says something about the time that is no longer so.
    until: Option<Timestamp>,
    file: Arc<Ready>,
}

/// Something made of all polls together.
struct Listing {
    /// How often polls had changed.
    version: u64,
    until: Timestamp,
    file: Arc<Ready>,
}

#[derive(Clone)]
struct Bytes;

impl Weighter<String, Arc<Listing>> for Bytes {
    fn weight(&self, path: &String, kept: &Arc<Listing>) -> u64 {
        (path.len() + kept.file.bytes()) as u64
    }
}

impl Weighter<(PollId, Piece), Arc<Kept>> for Bytes {
    fn weight(&self, _: &(PollId, Piece), kept: &Arc<Kept>) -> u64 {
        kept.file.bytes() as u64
    }
}

/// The files that are kept; those that are asked for least go first.
pub(super) struct Shelf {
    files: Cache<(PollId, Piece), Arc<Kept>, Bytes>,
    listings: Cache<String, Arc<Listing>, Bytes>,
}

impl Shelf {
    pub(super) fn new() -> Self {
        Self {
            files: Cache::with_weighter(SHELF_FILES, SHELF_BYTES_MAX, Bytes),
            listings: Cache::with_weighter(SHELF_LISTINGS, SHELF_LISTING_BYTES_MAX, Bytes),
        }
    }

    /// The file, if it was made of this state of the poll and still holds.
    pub(super) fn find(
        &self,
        poll: &Arc<PublicPoll>,
        piece: Piece,
        now: Timestamp,
    ) -> Option<Arc<Ready>> {
        let kept = self.files.get(&(poll.id(), piece))?;
        let holds = Arc::ptr_eq(&kept.made_of, poll) && kept.until.is_none_or(|until| now < until);
        holds.then(|| Arc::clone(&kept.file))
    }

    /// Keeps a file that was made of this state of the poll.
    pub(super) fn keep(
        &self,
        made_of: Arc<PublicPoll>,
        piece: Piece,
        until: Option<Timestamp>,
        file: Arc<Ready>,
    ) {
        self.files.insert((made_of.id(), piece), Arc::new(Kept { made_of, until, file }));
    }

    /// What was made at this address, if no poll has changed since and it still holds.
    pub(super) fn find_listing(
        &self,
        path: &str,
        version: u64,
        now: Timestamp,
    ) -> Option<Arc<Ready>> {
        let kept = self.listings.get(path)?;
        (kept.version == version && now < kept.until).then(|| Arc::clone(&kept.file))
    }

    /// Keeps what was made at this address.
    pub(super) fn keep_listing(
        &self,
        path: String,
        version: u64,
        until: Timestamp,
        file: Arc<Ready>,
    ) {
        self.listings.insert(path, Arc::new(Listing { version, until, file }));
    }
}
