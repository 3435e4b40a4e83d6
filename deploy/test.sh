#!/usr/bin/env bash
# Passes everything that a commit must pass: set-up, scripts, format, protos, licences, lints,
# tests. Says before each suite how many there are and how long they have taken, and ends with
# cargo's own closing lines. The first run compiles RocksDB, once for this machine.
#
# The tests have the development profile and a feature of their own (fault points), so that
# what they build never takes the place of the command that people run.
#
# Arguments go to `cargo test`, for example: deploy/test.sh kill_under_load
set -euo pipefail
# shellcheck source=deploy/environment.sh
source "$(dirname "${BASH_SOURCE[0]}")/environment.sh"

buf_version=1.75.0
tools="${HOLOS_TOOLS_DIR:-$HOME/.cache/holos/tools}"
export HOLOS_TOOLS_DIR=$tools
timings=()
failed=()
suites=$(grep -c '^suite ' deploy/test.sh)
begun=0

# Runs one suite; a failed one fails the run, but the others still run, so that one run shows
# everything.
suite() {
  local name=$1 started=$SECONDS
  shift
  begun=$((begun + 1))
  printf '\n== %d of %d, then the tests: %s (%d s so far)\n' "$begun" "$suites" "$name" "$SECONDS"
  if "$@"; then
    timings+=("$(printf '%6d s  %s' $((SECONDS - started)) "$name")")
  else
    timings+=("$(printf '%6d s  %s: FAILED' $((SECONDS - started)) "$name")")
    failed+=("$name")
  fi
}

# The suites are called by name through `suite`.
# shellcheck disable=SC2317
scripts() {
  bash -n deploy/*.sh deploy/clients/*.sh .ci/run &&
    shellcheck -x deploy/*.sh deploy/clients/*.sh .ci/run
}

# shellcheck disable=SC2317
protos() {
  local buf="$tools/node_modules/.bin/buf"
  if [[ $("$buf" --version 2>/dev/null) != "$buf_version" ]]; then
    mkdir -p "$tools"
    npm install --prefix "$tools" --no-save --no-audit --no-fund --ignore-scripts --loglevel=error \
      "@bufbuild/buf@$buf_version" || return 1
  fi
  (cd proto && "$buf" lint) && echo 'buf lint: clean' && unbroken_protos "$buf"
}

# Nothing that clients were built against may change its meaning or go. The protos of the working
# tree are compared with those that stood before the last change of proto/ on the first-parent
# history, so that a change is looked at before and after it is committed or merged; without such a
# commit (a shallow clone), with those of HEAD. A source package has no history to compare with.
# shellcheck disable=SC2317
unbroken_protos() {
  local buf=$1 changed before folder result=0
  if ! git ls-files --error-unmatch proto/buf.yaml >/dev/null 2>&1; then
    echo 'buf breaking: not compared: no git history here'
    return 0
  fi
  changed=$(git rev-list --first-parent --max-count=1 HEAD -- proto)
  before=$(git rev-parse --quiet --verify "$changed^1^{commit}" || git rev-parse HEAD)
  folder=$(mktemp -d)
  git archive "$before" proto | tar -x -C "$folder" || result=1
  if [[ $result -eq 0 ]]; then
    (cd proto && "$buf" breaking --against "$folder/proto") || result=1
  fi
  rm -rf "$folder"
  if [[ $result -eq 0 ]]; then
    echo "buf breaking: nothing against ${before:0:12}"
  fi
  return "$result"
}

# Python programs in a place of their own, installed anew when their list changes.
# shellcheck disable=SC2317
python_tools() {
  local venv=$1 list=$2
  if ! cmp --silent "$list" "$venv/installed.txt"; then
    rm -rf "$venv"
    python3 -m venv "$venv" || return 1
    "$venv/bin/pip" install --quiet --no-input --disable-pip-version-check --retries 5 \
      --requirement "$list" || return 1
    cp "$list" "$venv/installed.txt"
  fi
}

# What reads the pages and the API of a whole engine, in the tests below.
# shellcheck disable=SC2317
reader_tools() {
  local browser="$tools/browser"
  if ! cmp --silent tests/browser/package-lock.json "$browser/installed.json"; then
    rm -rf "$browser"
    mkdir -p "$browser"
    cp tests/browser/package.json tests/browser/package-lock.json "$browser/"
    npm ci --prefix "$browser" --no-audit --no-fund --ignore-scripts --loglevel=error || return 1
    cp "$browser/package-lock.json" "$browser/installed.json"
  fi
  python_tools "$tools/api" tests/api/requirements.txt
}

# What we write, read by other people's programs: the golden files of open data, of the public log
# and of suppression.
# shellcheck disable=SC2317
independent() {
  local venv="$tools/independent" script
  python_tools "$venv" tests/independent/requirements.txt || return 1
  for script in tests/independent/*.py; do
    printf -- '-- %s\n' "$script"
    "$venv/bin/python" "$script" || return 1
  done
}

# shellcheck disable=SC2317
licences() {
  if command -v cargo-deny >/dev/null; then
    cargo deny --all-features check
  else
    echo 'bans, floors, sources and licences are held by the tests below; advisories need cargo-deny'
  fi
}

suite 'set-up' deploy/setup.sh --test
suite 'RocksDB, once for this machine' use_rocksdb
suite 'scripts' scripts
suite 'format' cargo fmt --all --check
suite 'protos' protos
suite 'advisories, where cargo-deny is installed' licences
suite "other people's programs" independent
suite 'programs that read the pages and the API' reader_tools
suite 'lints' cargo clippy --locked --workspace --all-targets -- -D warnings
suite 'build of the tests' cargo test --locked --workspace --lib --bins --tests --no-run
suite 'example clients' deploy/clients/test.sh
suite 'examples in the documentation' cargo test --locked --workspace --doc

printf '\n== seconds a suite (the tests below print their own)\n'
printf '%s\n' "${timings[@]}"
if [[ ${#failed[@]} -gt 0 ]]; then
  printf 'failed: %s\n' "${failed[*]}"
fi

# Last, so that the run ends with cargo's own closing lines; after a failed suite too.
printf '\n== tests\n'
tests=0
cargo test --locked --workspace --no-fail-fast --lib --bins --tests "$@" || tests=$?
if [[ $tests -eq 0 && ${#failed[@]} -gt 0 ]]; then
  tests=1
fi
exit "$tests"
