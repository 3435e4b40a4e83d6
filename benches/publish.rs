//! What does hiding small cells cost, beside a release that a poll makes a few times a day?
//!
//! Back of the envelope. 27 x 10: 297 arcs over 38 nodes. A hidden arc takes some ten searches of a
//! microsecond or two, up and down, and one more per cell that is hidden for it; then each further
//! one is tried once more. Some thousands of searches a plan, six plans: 10 to 50 ms when nearly
//! all cells are small, next to nothing when none is.
#![allow(
    missing_docs,
    clippy::unwrap_used,
    reason = "a bench exports nothing, and what fails in it should stop it"
)]

use std::hint::black_box;

use criterion::{Criterion, criterion_group, criterion_main};
use holos_suppress::{Shown, Table, protect};

const K: u64 = 10;

/// Counts that look random and are the same each time, up to `most`, skewed to the small ones.
fn table(columns: usize, rows: usize, most: u64) -> Table {
    let mut state = 0x2545_f491_4f6c_dd1d_u64;
    let mut next = || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state >> 40
    };
    Table::new(columns, (0..rows * columns).map(|_| next() % (1 + next() % most)).collect())
}

fn suppress(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("suppress");
    for (name, columns, rows) in [("27x10", 27, 10), ("8x10", 8, 10)] {
        for (kind, most) in [("tiny", 12), ("sparse", 60), ("dense", 5_000)] {
            let table = table(columns, rows, most);
            group.bench_function(format!("{name}/{kind}"), |bencher| {
                bencher.iter(|| protect(K, black_box(&table), &[]));
            });
        }
        let before = table(columns, rows, 5_000);
        let pattern = protect(K, &before, &[]).unwrap();
        let cells = (0..rows * columns).map(|index| {
            let held = before.cell(index / columns, index % columns);
            held - held / 50
        });
        let after = Table::new(columns, cells.collect());
        let earlier = [Shown { table: before, pattern }];
        group.bench_function(format!("{name}/second"), |bencher| {
            bencher.iter(|| protect(K, black_box(&after), &earlier));
        });
    }
    group.finish();
}

criterion_group!(benches, suppress);
criterion_main!(benches);
