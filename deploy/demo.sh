#!/usr/bin/env bash
# Counts the poll of 8 March 2023 on this machine: installs what is missing, builds, runs `holos
# demo`. The first build compiles RocksDB and takes some minutes. Arguments go to the demo, for
# example
#
#   deploy/demo.sh --ballots 20000 --signed
set -euo pipefail
# shellcheck source=deploy/environment.sh
source "$(dirname "${BASH_SOURCE[0]}")/environment.sh"

say() { printf 'demo: %s\n' "$*" >&2; }

say 'step 1 of 4: what the build needs'
deploy/setup.sh
say 'step 2 of 4: RocksDB, once for this machine'
use_rocksdb
say 'step 3 of 4: Holos (about 400 crates; the last one, holos, takes the longest)'
cargo build --release --locked --bin holos
say 'step 4 of 4: the poll of 8 March 2023'
exec "$CARGO_TARGET_DIR/release/holos" demo "$@"
