#![no_main]
//! Every protobuf entry: any bytes as the message of any method, sent to a running engine.
//!
//! The engine answers with a message or with a status of its own table and goes on; nobody is
//! counted twice or without a credential, totals are what the answers said, a poll is kept as it
//! was ordered, and the auditor agrees.

use std::sync::{LazyLock, Mutex, PoisonError};

use holos_fuzz::world::{World, runtime};
use tokio::runtime::Runtime;

static RUNTIME: LazyLock<Runtime> = LazyLock::new(runtime);
static WORLD: Mutex<Option<World>> = Mutex::new(None);

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    let mut place = WORLD.lock().unwrap_or_else(PoisonError::into_inner);
    let before = place.take();
    let after = async {
        let mut world = match before {
            None => World::new().await,
            Some(world) if world.is_old() => world.renewed().await,
            Some(world) => world,
        };
        world.take(data).await;
        world
    };
    *place = Some(RUNTIME.block_on(after));
});
