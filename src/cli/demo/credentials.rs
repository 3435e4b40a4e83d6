//! What the demo's voters show: a subject that their backend vouches for, or a token of their own.
//!
//! Tokens are made beforehand, by all cores, because an issuer makes them long before the voter
//! votes. They are kept packed: two million of them fill about 700 MB.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use jiff::Timestamp;
use serde_json::Value;

use super::host::PSEUDONYM_KEY;
use crate::count::authenticate::mint::{Claims, TestIssuer};
use crate::ground::limits;
use crate::poll::PollId;

/// Tokens of one chunk: large enough that a chunk costs nothing, small enough that the cores end
/// together.
const CHUNK_TOKENS: usize = 8192;

/// One credential for each voter, by index.
pub(super) enum Credentials {
    /// Subjects for a vouched connection.
    Stated(Vec<[u8; 32]>),
    /// Signed tokens.
    Tokens(Tokens),
}

/// Signed tokens, packed.
pub(super) struct Tokens {
    chunks: Vec<Chunk>,
}

#[derive(Default)]
struct Chunk {
    text: String,
    /// The end of each token in `text`.
    ends: Vec<u32>,
}

/// What all tokens of a set say, besides their subject.
#[derive(Clone, Copy)]
pub(super) struct TokenTerms<'a> {
    /// The engine that they are for.
    pub(super) audience: &'a str,
    /// The poll that they are for.
    pub(super) poll: PollId,
    /// When they are issued.
    pub(super) issued_at: Timestamp,
}

impl TokenTerms<'_> {
    fn mint(&self, issuer: &TestIssuer, subject: &[u8; 32]) -> String {
        let Self { audience, poll, issued_at } = *self;
        let lifetime_seconds = limits::TOKEN_LIFETIME_SECONDS_MAX;
        let (pseudonym_key, more) = (PSEUDONYM_KEY, &[("age_over_14", Value::Bool(true))][..]);
        issuer.mint(&Claims {
            audience,
            subject,
            pseudonym_key,
            poll,
            issued_at,
            lifetime_seconds,
            more,
        })
    }
}

impl Tokens {
    /// Mints a token for each subject on all cores; `minted` hears of each part that is ready.
    pub(super) fn mint(
        issuer: &TestIssuer,
        terms: &TokenTerms<'_>,
        subjects: &[[u8; 32]],
        minted: impl Fn(usize) + Sync,
    ) -> Self {
        let parts: Vec<&[[u8; 32]]> = subjects.chunks(CHUNK_TOKENS).collect();
        let next = AtomicUsize::new(0);
        let work = || {
            let mut done = Vec::new();
            loop {
                let index = next.fetch_add(1, Ordering::Relaxed);
                let Some(part) = parts.get(index) else { return done };
                done.push((index, Chunk::mint(issuer, terms, part)));
                minted(part.len());
            }
        };
        let threads = thread::available_parallelism().map_or(1, usize::from);
        let mut chunks = thread::scope(|scope| {
            let workers: Vec<_> = (0..threads).map(|_| scope.spawn(work)).collect();
            let join = |worker: thread::ScopedJoinHandle<'_, Vec<_>>| {
                worker.join().expect("minting does not panic")
            };
            workers.into_iter().flat_map(join).collect::<Vec<_>>()
        });
        chunks.sort_unstable_by_key(|&(index, _)| index);
        Self { chunks: chunks.into_iter().map(|(_, chunk)| chunk).collect() }
    }

    /// Mints one token for each subject, under the terms beside it.
    ///
    /// # Panics
    ///
    /// With more subjects than one chunk holds: for the few bad ones only.
    pub(super) fn mint_few<'a>(
        issuer: &TestIssuer,
        subjects: impl Iterator<Item = (TokenTerms<'a>, &'a [u8; 32])>,
    ) -> Self {
        let mut chunk = Chunk::default();
        for (terms, subject) in subjects {
            chunk.push(&terms.mint(issuer, subject));
        }
        assert!(chunk.ends.len() <= CHUNK_TOKENS, "a few are at most a chunk");
        Self { chunks: vec![chunk] }
    }

    /// The token of one voter.
    #[inline]
    pub(super) fn get(&self, voter: u32) -> &str {
        let voter = voter as usize;
        self.chunks[voter / CHUNK_TOKENS].get(voter % CHUNK_TOKENS)
    }
}

impl Chunk {
    fn mint(issuer: &TestIssuer, terms: &TokenTerms<'_>, subjects: &[[u8; 32]]) -> Self {
        let mut chunk = Self::default();
        for subject in subjects {
            let token = terms.mint(issuer, subject);
            if chunk.ends.is_empty() {
                // All tokens of a set are of one length, so that one exact allocation holds them.
                chunk.text.reserve_exact(token.len() * subjects.len());
                chunk.ends.reserve_exact(subjects.len());
            }
            chunk.push(&token);
        }
        chunk
    }

    fn push(&mut self, token: &str) {
        self.text.push_str(token);
        self.ends.push(u32::try_from(self.text.len()).expect("8192 tokens of 2 KiB fill 16 MiB"));
    }

    fn get(&self, index: usize) -> &str {
        let start = if index == 0 { 0 } else { self.ends[index - 1] };
        &self.text[start as usize..self.ends[index] as usize]
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::demo::plan::subjects;
    use std::sync::atomic::AtomicUsize;

    #[test]
    fn each_voter_has_the_token_of_its_own_subject_whichever_core_made_it() {
        let issuer = TestIssuer::new("issuer", "key", [7; 32]);
        let poll = PollId::from_bytes([1; 16]);
        let terms = TokenTerms { audience: "holos", poll, issued_at: Timestamp::UNIX_EPOCH };
        let voters = u32::try_from(2 * CHUNK_TOKENS + 5).unwrap();
        let subjects = subjects(1, 0..voters);
        let minted = AtomicUsize::new(0);
        let tokens = Tokens::mint(&issuer, &terms, &subjects, |part| {
            minted.fetch_add(part, Ordering::Relaxed);
        });
        assert_eq!(minted.into_inner(), subjects.len());
        let last = voters - 1;
        for voter in [0, 1, 8191, 8192, 16_384, last] {
            assert_eq!(tokens.get(voter), terms.mint(&issuer, &subjects[voter as usize]));
        }
        let few = Tokens::mint_few(&issuer, subjects[..3].iter().map(|subject| (terms, subject)));
        assert_eq!(few.get(2), tokens.get(2));
    }
}
