#!/usr/bin/env bash
# Counts the poll of 8 March 2023 on this machine: installs what is missing, builds, runs `holos
# demo`. The first build compiles RocksDB and takes some minutes. Arguments go to the demo, for
# example
#
#   deploy/demo.sh --ballots 20000 --signed
set -euo pipefail
# shellcheck source=deploy/environment.sh
source "$(dirname "${BASH_SOURCE[0]}")/environment.sh"

deploy/setup.sh
cargo build --release --locked --bin holos
exec "$CARGO_TARGET_DIR/release/holos" demo "$@"
