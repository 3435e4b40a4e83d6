#!/usr/bin/env bash
# Fuzzes what comes from outside: tokens, key sets, every call of every service, every file that is
# read.
#
#   deploy/fuzz.sh [SECONDS] [TARGET...]   15 seconds each of all targets unless told otherwise
#
# Builds the targets of tests/fuzz with libFuzzer's instrumentation, with the RocksDB of
# every build, and runs each from the inputs in tests/fuzz/corpus and those that
# earlier runs found. Stops at the first finding with the path of its input. What runs find is kept
# in HOLOS_FUZZ_DIR.
set -euo pipefail
# shellcheck source=deploy/environment.sh
source "$(dirname "${BASH_SOURCE[0]}")/environment.sh"

all=(token jwks public_key grpc publication audit_entry order_toml config_toml region)
triple=x86_64-unknown-linux-gnu
work="${HOLOS_FUZZ_DIR:-$HOME/.cache/holos/fuzz}"

say() { printf 'fuzz: %s\n' "$*" >&2; }

seconds=${1-15}
[[ $seconds =~ ^[1-9][0-9]*$ ]] || {
  say "not a number of seconds: $seconds"
  exit 2
}
targets=("${@:2}")
[[ ${#targets[@]} -gt 0 ]] || targets=("${all[@]}")
for target in "${targets[@]}"; do
  [[ " ${all[*]} " == *" $target "* ]] || {
    say "unknown target: $target; there are: ${all[*]}"
    exit 2
  }
done

# RocksDB is not instrumented: the library of every build will do.
use_rocksdb

flags=(
  --cfg fuzzing
  -Cpasses=sancov-module
  -Cllvm-args=-sanitizer-coverage-level=4
  -Cllvm-args=-sanitizer-coverage-inline-8bit-counters
  -Cllvm-args=-sanitizer-coverage-pc-table
  -Cllvm-args=-sanitizer-coverage-trace-compares
  -Ccodegen-units=1
)
# With a target named, build scripts and macros get none of the flags.
CARGO_TARGET_DIR=$work RUSTC_BOOTSTRAP=1 RUSTFLAGS="${flags[*]}" \
  cargo build --release --locked --target "$triple" --manifest-path tests/fuzz/Cargo.toml --bins

# The targets write a file for each input: in memory, where there is such a place.
memory=/dev/shm
[[ -d $memory ]] || memory=${TMPDIR:-/tmp}
TMPDIR=$(mktemp -d "$memory/holos-fuzz.XXXXXX")
export TMPDIR
trap 'rm -rf "$TMPDIR"' EXIT

for target in "${targets[@]}"; do
  found="$work/corpus/$target"
  findings="$work/findings/$target"
  # Where a finding comes from what an engine was given before, all of that.
  life="$findings/life"
  rm -rf "$life"
  mkdir -p "$found" "$findings" "$life"
  log="$findings/log"
  say "$target for $seconds s"
  # New inputs go to the first folder; the second is only read.
  if ! HOLOS_FUZZ_LIFE=$life "$work/$triple/release/$target" -max_total_time="$seconds" -timeout=30 \
    -rss_limit_mb=4096 -print_final_stats=1 -artifact_prefix="$findings/" \
    "$found" "tests/fuzz/corpus/$target" >"$log" 2>&1; then
    tail -n 40 "$log" >&2
    [[ -z $(ls -A "$life") ]] || say "$target: what its engine was given, in order: $life"
    say "$target: a finding; input: $(grep -o 'Test unit written to .*' "$log" | tail -n 1)"
    exit 1
  fi
  executions=$(sed -n 's/^stat::number_of_executed_units: *//p' "$log")
  coverage=$(grep -o 'cov: [0-9]*' "$log" | tail -n 1)
  say "$target: $executions executions, $((executions / seconds)) a second, ${coverage:-cov: 0}"
done
say 'no findings'
