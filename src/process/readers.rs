//! The threads that serve reads: their own, and after all others in the system's order.
//!
//! Ballots and reads share the machine's processors. On one runtime a flood of readers would take as
//! large a share as the ballots that wait; here the system gives the readers' threads a tenth of the
//! time of one that takes ballots while both want it, and whoever reads waits.

use std::future::Future;
use std::io;

use rustix::process::{Pid, getpriority_process, setpriority_process};
use rustix::thread::gettid;
use tokio::runtime::{Builder, Handle, Runtime};
use tokio::task::JoinHandle;

/// Threads that answer. They share their connections: one that the system left beside a busy thread
/// keeps nobody waiting while the other has time.
const THREADS: usize = 2;
/// How much nicer than the rest they are: at 10 a thread gets a tenth of the time of one that is not,
/// while both want all.
const NICENESS: i32 = 10;

/// The threads that serve reads.
#[derive(Debug)]
pub(super) struct Readers(Option<Runtime>);

impl Readers {
    /// Starts them.
    ///
    /// # Errors
    ///
    /// The system gives no more threads, or does not tell the priority of this process.
    pub(super) fn start() -> io::Result<Self> {
        // Of the process: a thread that one of these starts has theirs already.
        let niceness = getpriority_process(None)? + NICENESS;
        let runtime = Builder::new_multi_thread()
            .worker_threads(THREADS)
            .thread_name("holos-read")
            .on_thread_start(move || give_way(niceness))
            .enable_all()
            .build()?;
        Ok(Self(Some(runtime)))
    }

    /// Runs a listener on them.
    pub(super) fn spawn<T: Send + 'static>(
        &self,
        listener: impl Future<Output = T> + Send + 'static,
    ) -> JoinHandle<T> {
        self.handle().spawn(listener)
    }

    fn handle(&self) -> &Handle {
        self.0.as_ref().expect("only dropped without it").handle()
    }
}

impl Drop for Readers {
    /// Without waiting: this may be a thread of another runtime, where waiting is not allowed.
    fn drop(&mut self) {
        if let Some(runtime) = self.0.take() {
            runtime.shutdown_background();
        }
    }
}

/// Lowers the priority of this thread: on Linux priorities are those of threads (sched(7)).
fn give_way(niceness: i32) {
    let this: Pid = gettid();
    if let Err(error) = setpriority_process(Some(this), niceness) {
        tracing::warn!(%error, "reads have the priority of ballots: the system lowers none");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn its_threads_are_nicer_than_others_also_those_that_wait_for_the_disk() {
        let readers = Readers::start().unwrap();
        let own = || getpriority_process(Some(gettid())).unwrap();
        let here = own();
        assert_eq!(readers.spawn(async move { own() }).await.unwrap(), here + NICENESS);
        let apart = readers.spawn(async move { tokio::task::spawn_blocking(own).await.unwrap() });
        assert_eq!(apart.await.unwrap(), here + NICENESS);
        assert_eq!(own(), here);
    }
}
