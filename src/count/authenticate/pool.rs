//! Threads that read tokens and check their signatures, off the threads that serve connections.
//!
//! Calls that wait together are checked together: a free thread takes what waits, and never waits
//! for more. So a lone token is checked at once, and under load batches grow by themselves. The
//! queue is bounded; what does not fit is refused at once.

use std::collections::VecDeque;
use std::hint::black_box;
use std::io;
use std::num::NonZeroUsize;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::{self, JoinHandle};

use ed25519_zebra::batch::Item;
use jiff::Timestamp;
use rand::SeedableRng;
use rand::rngs::StdRng;
use tokio::sync::oneshot;

use super::Voter;
use super::token::{Claimed, Fitting, Occasion, Profile, Reader};
use super::verify::verdicts;
use crate::ground::limits::{VERIFY_BATCH_SIGNATURES_MAX, VERIFY_QUEUE_TOKENS_MAX};
use crate::ground::{metrics, random};
use crate::outcome::Rejection;
use crate::poll::Needs;

/// Tokens that stay together: a longer call is spread over the threads. Past this size a batch
/// gains little, and two threads gain much.
const CHUNK_TOKENS: usize = 256;

type Answers = Vec<Result<Voter, Rejection>>;

/// What all tokens of a call are checked for.
#[derive(Clone)]
pub(super) struct Purpose {
    pub(super) occasion: Occasion,
    pub(super) needs: Arc<Needs>,
    pub(super) now: Timestamp,
    /// Whether the connection sent bad signatures of late: its batches are its own, and short.
    pub(super) suspect: bool,
}

/// Part of a call: tokens of one purpose, and where their answers go.
struct Chunk {
    tokens: Tokens,
    purpose: Purpose,
    reply: oneshot::Sender<Answers>,
}

/// Tokens, wiped on drop: each names a person, and admits for minutes.
struct Tokens(Vec<String>);

impl Drop for Tokens {
    fn drop(&mut self) {
        for token in &mut self.0 {
            // Some hundred bytes: filled at once, where a wipe byte by byte would show beside the
            // signature's check. The box is black so that the filling is not left out.
            let mut bytes = std::mem::take(token).into_bytes();
            bytes.fill(0);
            black_box(&bytes);
        }
    }
}

/// The threads. Dropping it stops them after the batch they are at; what still waits is refused as
/// shutting down.
pub(super) struct VerifyPool {
    shared: Arc<Shared>,
    threads: Vec<JoinHandle<()>>,
}

#[derive(Default)]
struct Shared {
    state: Mutex<State>,
    wake: Condvar,
}

#[derive(Default)]
struct State {
    queue: VecDeque<Chunk>,
    tokens_waiting: usize,
    threads_free: usize,
    stopping: bool,
}

impl VerifyPool {
    /// Starts `threads` threads.
    ///
    /// # Errors
    /// The system's, when it gives no thread.
    pub(super) fn start(profile: &Arc<Profile>, threads: NonZeroUsize) -> io::Result<Self> {
        let mut pool = Self { shared: Arc::default(), threads: Vec::new() };
        for number in 0..threads.get() {
            let (shared, profile) = (Arc::clone(&pool.shared), Arc::clone(profile));
            let thread = thread::Builder::new().name(format!("holos-verify-{number}"));
            pool.threads.push(thread.spawn(move || shared.work(&profile))?);
        }
        Ok(pool)
    }

    /// Checks the tokens of one call. Answers in their order.
    pub(super) async fn check(&self, tokens: Vec<String>, purpose: &Purpose) -> Answers {
        let count = tokens.len();
        let replies = match self.shared.submit(tokens, purpose) {
            Ok(replies) => replies,
            Err(rejection) => return refuse(count, rejection).collect(),
        };
        let mut answers = Vec::with_capacity(count);
        for (count, reply) in replies {
            match reply.await {
                Ok(mut chunk) => answers.append(&mut chunk),
                // The threads stopped before they came to it.
                Err(_) => answers.extend(refuse(count, Rejection::ShuttingDown)),
            }
        }
        answers
    }
}

impl Drop for VerifyPool {
    fn drop(&mut self) {
        self.shared.stop();
        for thread in self.threads.drain(..) {
            // A thread that panicked has said so on its own, and stopped the others.
            let _ = thread.join();
        }
    }
}

fn refuse(count: usize, rejection: Rejection) -> impl Iterator<Item = Result<Voter, Rejection>> {
    (0..count).map(move |_| Err(rejection))
}

/// Where the answers of a chunk come from, and how many they are.
type Reply = (usize, oneshot::Receiver<Answers>);

impl Shared {
    /// Queues a call, whole or not at all.
    fn submit(&self, tokens: Vec<String>, purpose: &Purpose) -> Result<Vec<Reply>, Rejection> {
        let count = tokens.len();
        let mut replies = Vec::new();
        let mut chunks = Vec::new();
        for tokens in split(tokens) {
            let (reply, receiver) = oneshot::channel();
            replies.push((tokens.len(), receiver));
            chunks.push(Chunk { tokens: Tokens(tokens), purpose: purpose.clone(), reply });
        }
        let mut state = self.lock();
        if state.stopping {
            return Err(Rejection::ShuttingDown);
        }
        if state.tokens_waiting + count > VERIFY_QUEUE_TOKENS_MAX {
            return Err(Rejection::Overloaded);
        }
        state.tokens_waiting += count;
        state.queue.extend(chunks);
        drop(state);
        for _ in &replies {
            self.wake.notify_one();
        }
        Ok(replies)
    }

    /// A thread's life.
    fn work(&self, profile: &Profile) {
        // However this thread ends, nobody is left waiting for it.
        let _stop = StopOnDrop(self);
        let mut reader = Reader::new(profile);
        while let Some(chunks) = self.take() {
            answer(chunks, profile, &mut reader);
            reader.wipe();
        }
    }

    /// Waits for work and takes this thread's share of it; nothing once the pool stops.
    fn take(&self) -> Option<Vec<Chunk>> {
        let mut state = self.lock();
        state.threads_free += 1;
        while state.queue.is_empty() && !state.stopping {
            state = self.wake.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
        if state.stopping {
            return None;
        }
        // Another free thread gets as much, and under load, when none is free, this one takes a
        // full batch.
        let share = state.tokens_waiting.div_ceil(state.threads_free);
        state.threads_free -= 1;
        // A bad signature makes its whole batch slow: who sent some waits for its own only.
        let suspect = state.queue.front().is_some_and(|chunk| chunk.purpose.suspect);
        let longest = if suspect { CHUNK_TOKENS } else { VERIFY_BATCH_SIGNATURES_MAX };
        let most = share.clamp(CHUNK_TOKENS, longest);
        let mut taken = 0;
        let mut chunks = Vec::new();
        while let Some(chunk) = state.queue.pop_front_if(|chunk| {
            chunk.purpose.suspect == suspect && taken + chunk.tokens.0.len() <= most
        }) {
            taken += chunk.tokens.0.len();
            chunks.push(chunk);
        }
        state.tokens_waiting -= taken;
        Some(chunks)
    }

    fn stop(&self) {
        let mut state = self.lock();
        state.stopping = true;
        state.queue.clear();
        state.tokens_waiting = 0;
        drop(state);
        self.wake.notify_all();
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        // Nothing that runs under the lock leaves the state half changed.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

struct StopOnDrop<'a>(&'a Shared);

impl Drop for StopOnDrop<'_> {
    fn drop(&mut self) {
        self.0.stop();
    }
}

/// Even parts of at most [`CHUNK_TOKENS`]; at least one part unless there is nothing.
fn split(mut tokens: Vec<String>) -> Vec<Vec<String>> {
    let parts = tokens.len().div_ceil(CHUNK_TOKENS);
    let mut chunks = Vec::with_capacity(parts);
    for part in (1..=parts).rev() {
        let rest = tokens.split_off(tokens.len().div_ceil(part));
        chunks.push(tokens);
        tokens = rest;
    }
    chunks
}

/// Reads and checks what several calls brought, as one batch.
fn answer(chunks: Vec<Chunk>, profile: &Profile, reader: &mut Reader<'_>) {
    let mut items: Vec<Item> = Vec::new();
    let mut read = Vec::with_capacity(chunks.len());
    reader.renew();
    for chunk in chunks {
        // The caller went away: nobody waits for these.
        if chunk.reply.is_closed() {
            continue;
        }
        let Purpose { occasion, needs, now, .. } = &chunk.purpose;
        let fitting = Fitting::new(*occasion, needs, *now);
        let claimed = chunk.tokens.0.iter().map(|token| {
            let (claimed, item) = reader.read(token, &fitting)?;
            let waits = item.is_some();
            items.extend(item);
            Ok((claimed, waits))
        });
        read.push((chunk.reply, claimed.collect::<Vec<Result<(Claimed, bool), Rejection>>>()));
    }
    // Fresh for every batch: whoever guessed it could make bad signatures cancel out.
    let mut random = StdRng::from_seed(random::bytes());
    let mut holds = verdicts(&items, &mut random).into_iter();
    let mut checked = Checked::default();
    for (reply, claimed) in read {
        let answers = claimed.into_iter().map(|claimed| {
            let proven = claimed.and_then(|(claimed, waits)| {
                let expected = "each that waits has its signature among the items";
                let is_bad = waits && !holds.next().expect(expected);
                if is_bad { Err(Rejection::TokenSignature) } else { Ok(claimed.proven()) }
            });
            checked.count(&proven);
            admit(proven?, profile)
        });
        // An error means that the caller has gone away meanwhile.
        let _ = reply.send(answers.collect());
    }
    checked.record(items.len());
}

/// What the signatures of a batch came to, those that were checked while reading among them.
#[derive(Default)]
struct Checked {
    valid: u64,
    invalid: u64,
}

impl Checked {
    fn count(&mut self, proven: &Result<Voter, Rejection>) {
        match proven {
            Ok(_) => self.valid += 1,
            Err(Rejection::TokenSignature) => self.invalid += 1,
            // Refused before its signature was looked at.
            Err(_) => {}
        }
    }

    fn record(&self, together: usize) {
        metrics::signatures(true, self.valid);
        metrics::signatures(false, self.invalid);
        if together > 0 {
            metrics::signature_batch(together);
        }
    }
}

/// The last look at a voter whose credential holds. Only now is the issuer's rate touched: who
/// cannot sign must not use it up.
fn admit(voter: Voter, profile: &Profile) -> Result<Voter, Rejection> {
    if profile.is_revoked(voter.issuer_key) {
        Err(Rejection::IssuerKeyRevoked)
    } else if voter.terms.admits() {
        Ok(voter)
    } else {
        Err(Rejection::RateLimited)
    }
}

#[cfg(test)]
mod tests;
