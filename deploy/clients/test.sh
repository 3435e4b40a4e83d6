#!/usr/bin/env bash
# Runs both example clients of deploy/docs/integration.md against a live engine: in the clear, then over
# TLS, then once the poll is published. Needs the engine built: $CARGO_TARGET_DIR/debug/holos.
# What the clients need is installed anew when its list changes.
set -euo pipefail
# shellcheck source=deploy/environment.sh
source "$(dirname "${BASH_SOURCE[0]}")/../environment.sh"

holos="$CARGO_TARGET_DIR/debug/holos"
built="${HOLOS_TOOLS_DIR:-$HOME/.cache/holos/tools}/clients"
work=$(mktemp -d)
engine=''

fail() {
  printf 'clients: %s\n' "$1" >&2
  exit 1
}

stop_engine() {
  [[ -n $engine ]] || return 0
  kill "$engine" 2>/dev/null || true
  wait "$engine" || true
  engine=''
}

clean_up() {
  stop_engine
  rm -rf "$work"
}
trap clean_up EXIT

# As the guide says to do it: the client's folder with Holos' protos beside it.
build_node() {
  local client="$built/node"
  mkdir -p "$client"
  rm -rf "$client"/{proto,generated,dist}
  cp deploy/clients/node/* "$client/"
  cp -R proto "$client/"
  if ! cmp --silent "$client/package-lock.json" "$client/installed.json"; then
    (cd "$client" && npm ci --ignore-scripts --no-audit --no-fund --loglevel=error)
    cp "$client/package-lock.json" "$client/installed.json"
  fi
  (cd "$client" && npm run --silent build)
}

build_python() {
  local client="$built/python" list=deploy/clients/python/requirements.txt
  if ! cmp --silent "$list" "$client/installed.txt"; then
    rm -rf "$client"
    python3 -m venv "$client/venv"
    "$client/venv/bin/pip" install --quiet --no-input --disable-pip-version-check --retries 5 \
      --requirement "$list"
    cp "$list" "$client/installed.txt"
  fi
  rm -rf "$client/generated"
  mkdir "$client/generated"
  "$client/venv/bin/python" -m grpc_tools.protoc --proto_path=proto \
    --python_out="$client/generated" --grpc_python_out="$client/generated" \
    --pyi_out="$client/generated" holos/v1/{ballots,feed,polls,results,subjects}.proto
}

node_client() { node "$built/node/dist/main.js" "$@"; }

python_client() {
  PYTHONDONTWRITEBYTECODE=1 PYTHONPATH="$built/python/generated" \
    "$built/python/venv/bin/python" deploy/clients/python/client.py "$@"
}

# An engine with a test issuer and an open poll. Its backend may ask about its voters, and brings
# at most 1,000 ballots a second, so that a client that does not retry loses some.
make_trial() {
  local config="$work/trial/holos.toml"
  "$holos" issuer try --dir "$work/trial" --port-base 0 >"$work/try.txt"
  poll=$(grep --only-matching --max-count=1 --perl-regexp -- '--poll \K[0-9a-f-]+' "$work/try.txt")
  sed -i -e 's/^may_ask = false$/may_ask = true/' \
    -e 's/^pseudonym_key = .*/&\nrate_per_second = 1000/' "$config"
  grep --quiet '^may_ask = true$' "$config"
  grep --quiet '^rate_per_second = 1000$' "$config"
  openssl rand -hex 32 >"$work/pseudonym.key"
}

start_engine() {
  "$holos" serve --config "$work/trial/holos.toml" --json \
    >"$work/addresses.json" 2>"$work/engine.log" &
  engine=$!
  # It says where it listens once it does.
  for _ in {1..300}; do
    [[ ! -s $work/addresses.json ]] || return 0
    kill -0 "$engine" 2>/dev/null || break
    sleep 0.1
  done
  cat "$work/engine.log" >&2
  fail 'the engine does not start'
}

address() {
  python3 -c 'import json, sys; print(json.load(open(sys.argv[1]))[sys.argv[2]])' \
    "$work/addresses.json" "$1"
}

# A client casts, and says that the voter's ballots had this outcome: cast CLIENT VOTER OUTCOME ...
cast() {
  local client=$1 voter=$2 outcome=$3 said="$work/said.txt" ingest
  shift 3
  # By its name, as TLS has it.
  ingest="localhost:$(address ingest | cut -d : -f 2)"
  printf -- '-- %s casts, voter %s: %s\n' "${client%_client}" "$voter" "$outcome"
  "$client" cast --ingest "$ingest" --poll "$poll" --issuer test-issuer \
    --secret-file "$work/trial/connection.secret" --pseudonym-key-file "$work/pseudonym.key" \
    --voter "$voter" "$@" | tee "$said"
  diff - "$said" <<LINES || fail "${client%_client} says something else"
poll            Should 8 March remain a day off?: POLL_PHASE_OPEN, notice 1
eligible        this poll is open to the voter
one ballot      $outcome
the same again  ALREADY_COUNTED
another notice  FAILED_PRECONDITION NOTICE_STALE: the notice is 1
batch of 3      $outcome, REFUSED OPTION_UNKNOWN, $outcome
stream of 2500  2500 $outcome
LINES
}

# A client reads the results and ends with this status: read_results CLIENT STATUS
read_results() {
  local client=$1 expected=$2 status=0
  printf -- '-- %s reads the results\n' "${client%_client}"
  "$client" results --public "http://$(address public)" --poll "$poll" |
    tee "$work/results.$client" || status=$?
  [[ $status -eq $expected ]] || fail "${client%_client} ends with $status, not $expected"
}

end_poll() {
  local staff=(--config "$work/trial/holos.toml")
  "$holos" staff register "${staff[@]}" --token-issuer test-staff --token-subject clerk \
    --name 'Test Account' --position organiser --unit 'test office' --body-code 43220851 \
    --role organiser --undertaking-date 2022-02-07 --undertaking-reference 1 >/dev/null
  "$holos" staff test-token --dir "$work/trial" --subject clerk
  "$holos" poll end "${staff[@]}" --token-file "$work/trial/clerk.token" "$poll" \
    --reason initiator-decision --yes >/dev/null
}

[[ -x $holos ]] || fail "$holos is not there: deploy/cargo.sh build --bin holos"
build_node
build_python

make_trial
start_engine
cast node_client Olena COUNTED
cast python_client Taras COUNTED
# Both make the same subject of a person.
cast python_client Olena ALREADY_COUNTED
read_results node_client 3
read_results python_client 3

stop_engine
deploy/certificates.sh "$work/certs" backend.example 2>/dev/null |
  sed '/^$/,$d' >>"$work/trial/holos.toml"
start_engine
cast node_client Iryna COUNTED --ca-file "$work/certs/ca.pem"
cast python_client Petro COUNTED --ca-file "$work/certs/ca.pem"

end_poll
read_results node_client 0
read_results python_client 0
cmp "$work/results.node_client" "$work/results.python_client" || fail 'the clients read differently'
# Four casts of 2,503, and two of the trial's own.
grep --quiet '^over HTTP       200, 10014 answers$' "$work/results.node_client" ||
  fail 'not every ballot is in the results'

printf 'clients: both did what the guide says\n'
