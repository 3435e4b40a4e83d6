#![no_main]
//! Every protobuf entry: any bytes as the message of any method, by anybody, sent to a running
//! engine.
//!
//! The engine answers with a message or with a status of its own table and goes on; nobody is
//! counted twice or without a credential, totals are what the answers said, an order is kept as it
//! was filed, a poll moves as the procedure says, nobody does what is another duty's or another
//! body's or takes two people, what is published or exported holds by itself, and the auditor
//! agrees.
//!
//! An engine lives for many inputs. At a finding all of its inputs are written to the folder that
//! HOLOS_FUZZ_LIFE names, in their order: the target, given these files, does it all again.

use std::path::PathBuf;
use std::sync::{LazyLock, Mutex, PoisonError};

use holos_fuzz::world::{World, runtime};
use tokio::runtime::Runtime;

static RUNTIME: LazyLock<Runtime> = LazyLock::new(|| {
    if let Some(folder) = std::env::var_os("HOLOS_FUZZ_LIFE") {
        record(folder.into());
    }
    runtime()
});
static WORLD: Mutex<Option<World>> = Mutex::new(None);
/// What the present engine was given.
static LIFE: Mutex<Vec<Vec<u8>>> = Mutex::new(Vec::new());

/// Before a panic ends the process, writes the life of the engine down.
fn record(folder: PathBuf) {
    let next = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |info| {
        let life = LIFE.lock().unwrap_or_else(PoisonError::into_inner);
        for (at, input) in life.iter().enumerate() {
            // What cannot be written must not hide the finding.
            let _unwritten = std::fs::write(folder.join(format!("{at:06}")), input);
        }
        drop(life);
        next(info);
    }));
}

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    let runtime = &*RUNTIME;
    let mut place = WORLD.lock().unwrap_or_else(PoisonError::into_inner);
    let before = place.take();
    let after = async {
        let mut world = match before {
            None => World::new().await,
            Some(world) if world.is_old() => world.renewed().await,
            Some(world) => world,
        };
        let mut life = LIFE.lock().unwrap_or_else(PoisonError::into_inner);
        if world.is_new() {
            life.clear();
        }
        life.push(data.to_vec());
        drop(life);
        world.take(data).await;
        world
    };
    *place = Some(runtime.block_on(after));
});
