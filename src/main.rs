//! The `holos` binary: parse, run, exit. What happens in between is in [`holos::cli`].

use holos::cli::{self, Exit};

// glibc's allocator keeps the arenas of busy threads; mimalloc gives memory back and is faster
// under many small batches.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> Exit {
    cli::main()
}
