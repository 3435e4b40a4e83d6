# Sourced by the scripts beside it: where the build goes, and where cargo is.
# shellcheck shell=bash
set -euo pipefail

# One folder for all clones and all commands, so that what we depend on is compiled once;
# HOLOS_TARGET_DIR moves it.
export CARGO_TARGET_DIR="${HOLOS_TARGET_DIR:-$HOME/.cache/holos/target}"
export PATH="${CARGO_HOME:-$HOME/.cargo}/bin:$PATH"
# Downloads are retried; a build must not fail for one lost packet.
export CARGO_NET_RETRY="${CARGO_NET_RETRY:-5}"
cd "$(dirname "${BASH_SOURCE[0]}")/.."

# Cargo tells clones apart by the times of their files only: another clone's build of this very folder
# would pass for ours. So the roots of our crates are touched when the folder served another clone.
remember_clone() {
  local last=$CARGO_TARGET_DIR/holos-clone
  [[ $(cat "$last" 2>/dev/null) != "$PWD" ]] || return 0
  touch src/lib.rs src/main.rs src/*/lib.rs src/wire/build.rs tests/it/main.rs benches/*.rs
  mkdir -p "$CARGO_TARGET_DIR"
  printf '%s\n' "$PWD" >"$last"
}
remember_clone

# Points the build at RocksDB as a library (rocksdb.sh), which is compiled first where this machine
# has none yet.
use_rocksdb() {
  ROCKSDB_LIB_DIR=$(deploy/rocksdb.sh) || return 1
  export ROCKSDB_LIB_DIR ROCKSDB_STATIC=1
}
