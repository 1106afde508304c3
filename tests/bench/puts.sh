#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# How long 10,000 PUTs over loopback take: `apikeyd apply` on 10,000 keys that it has never seen, each marked,
# sent, answered and recorded durably, beside wrk, which only sends and counts. Both with 16 connections against
# the sandbox; five rounds of each, in turns; prints the medians and their ratio. Not a test: it needs a machine
# with nothing else to do. Takes the release build as it is; needs wrk and python3.
set -euo pipefail

cd "$(dirname "${BASH_SOURCE[0]}")/../.."
count=10000
connections=16
rounds=5
export BENCH_COUNT=$count
BENCH_TOKEN=bench-$(od -An -N12 -tx1 /dev/urandom | tr -d ' \n')
export BENCH_TOKEN

for tool in wrk python3; do
  if ! command -v "$tool" >/dev/null; then
    echo "puts.sh: $tool is not installed" >&2
    exit 1
  fi
done

folder=$(mktemp --directory)
sandbox=''
stop_sandbox() {
  if [[ -n $sandbox ]]; then
    kill "$sandbox" 2>/dev/null || true
    wait "$sandbox" || true
    sandbox=''
  fi
}
trap 'stop_sandbox; rm -rf "$folder"' EXIT

# Each measurement begins with a sandbox that nobody has spoken to.
start_sandbox() {
  rm -f "$folder/port"
  build/release/examples/sandbox/apikeyd-sandbox --quiet --count "$count" --token "$BENCH_TOKEN" \
    --port-file "$folder/port" &
  sandbox=$!
  for ((i = 0; i < 500; i++)); do
    [[ ! -s $folder/port ]] || return 0
    sleep 0.02
  done
  echo "puts.sh: the sandbox did not start" >&2
  exit 1
}

requests() {
  curl --silent "http://127.0.0.1:$(<"$folder/port")/sandbox/stats" |
    python3 -c 'import json, sys; print(json.load(sys.stdin)["requests"])'
}

now() {
  date +%s%N
}

apikeyd_seconds() {
  local begin end
  start_sandbox
  rm -rf "$folder/state"
  mkdir "$folder/state"
  begin=$(now)
  build/release/daemon/apikeyd apply --api-url "http://127.0.0.1:$(<"$folder/port")/rest/v1" \
    --token-file "$folder/token" --keys "$folder/keys.yaml" --state "$folder/state/state.db" \
    --api-concurrency "$connections" --log-format json >/dev/null 2>"$folder/log"
  end=$(now)
  if [[ $(requests) != "$count" ]]; then
    echo "puts.sh: not $count requests" >&2
    exit 1
  fi
  stop_sandbox
  awk "BEGIN { print ($end - $begin) / 1e9 }"
}

# wrk runs for a time, not for a number of requests: what it got through in that time says how long so many
# would have taken.
wrk_seconds() {
  local output
  start_sandbox
  output=$(wrk --threads 2 --connections "$connections" --duration 3s --script tests/bench/puts.lua \
    "http://127.0.0.1:$(<"$folder/port")")
  if grep -q 'Non-2xx\|Socket errors' <<<"$output"; then
    printf '%s\n' "$output" >&2
    exit 1
  fi
  stop_sandbox
  awk -v count="$count" '/^Requests\/sec:/ { print count / $2 }' <<<"$output"
}

median() {
  sort -n "$1" | sed -n "$(((rounds + 1) / 2))p"
}

(umask 077 && printf '%s\n' "$BENCH_TOKEN" >"$folder/token")
python3 - "$count" >"$folder/keys.yaml" <<'PYTHON'
import sys

print("version: 1\nkeys:")
for number in range(1, int(sys.argv[1]) + 1):
    print(f"  - id: {number:024x}\n    name: bench-{number}\n    enabled: true")
PYTHON

for ((round = 1; round <= rounds; round++)); do
  ours=$(apikeyd_seconds)
  theirs=$(wrk_seconds)
  echo "$ours" >>"$folder/ours"
  echo "$theirs" >>"$folder/theirs"
  printf 'round %d: apikeyd apply %.2f s, wrk %.2f s\n' "$round" "$ours" "$theirs"
done
ours=$(median "$folder/ours")
theirs=$(median "$folder/theirs")
printf '%d PUTs, %d connections, medians of %d: apikeyd apply %.2f s, wrk %.2f s, ratio %.2f\n' \
  "$count" "$connections" "$rounds" "$ours" "$theirs" "$(awk "BEGIN { print $ours / $theirs }")"
