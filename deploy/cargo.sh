#!/usr/bin/env bash
# Runs cargo with the environment of the other scripts: their target folder, and RocksDB as a library
# that is built once for this machine. For those who work on Holos:
#
#   deploy/cargo.sh test --lib ledger
#   deploy/cargo.sh build --bin holos
set -euo pipefail
# shellcheck source=deploy/environment.sh
source "$(dirname "${BASH_SOURCE[0]}")/environment.sh"
use_rocksdb
exec cargo "$@"
