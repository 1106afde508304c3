#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# Tries apikeyd without touching a real key: installs what is missing (Debian), builds, starts the sandbox
# (a stand-in for the API, on loopback) and runs the daemon on examples/keys.yaml until Ctrl-C.
#
#   examples/quickstart.sh           the daemon in the foreground; edit examples/keys.yaml meanwhile
#   examples/quickstart.sh --once    converges, makes an edit, converges again, checks all of it and ends
set -euo pipefail

cd "$(dirname "${BASH_SOURCE[0]}")/.."
# shellcheck source=examples/prepare.sh disable=SC1091
source examples/prepare.sh

once=no
case "${1-}" in
  '') ;;
  --once) once=yes ;;
  -h | --help)
    sed -n '4,9s/^# \{0,1\}//p' "${BASH_SOURCE[0]}"
    exit 0
    ;;
  *)
    say "usage: examples/quickstart.sh [--once]"
    exit 64
    ;;
esac

install_missing "${BUILD_PACKAGES[@]}" "${RUN_PACKAGES[@]}"
build_release no apikeyd apikeyd-sandbox

folder=$(mktemp --directory "${TMPDIR:-/tmp}/apikeyd-quickstart.XXXXXX") # mode 0700
daemon=''
sandbox=''

# end_child PID: ends a child of ours in order, by its id; its exit code.
end_child() {
  kill -TERM "$1" 2>/dev/null || true
  wait "$1"
}

cleanup() {
  trap - EXIT
  trap '' INT TERM HUP # once is enough
  [[ -z $daemon ]] || end_child "$daemon" || true
  [[ -z $sandbox ]] || end_child "$sandbox" || true
  rm -rf "$folder"
}
trap cleanup EXIT
trap 'exit 1' INT TERM HUP

# The children are started with setsid: a Ctrl-C reaches this script alone, which then ends them in order.
start_sandbox() {
  token=$(od -An -N24 -tx1 /dev/urandom | tr -d ' \n')
  (umask 077 && printf '%s\n' "$token" >"$folder/token")
  setsid build/release/examples/sandbox/apikeyd-sandbox --quiet --port 0 --port-file "$folder/port" \
    --token "$token" &
  sandbox=$!
  for ((i = 0; i < 500; i++)); do
    [[ ! -s $folder/port ]] || break
    kill -0 "$sandbox" 2>/dev/null || break
    sleep 0.02
  done
  if [[ ! -s $folder/port ]]; then
    say "The sandbox did not start."
    exit 1
  fi
  root="http://127.0.0.1:$(<"$folder/port")"
}

# start_daemon KEYS: apikeyd on that file, writing wherever standard error leads just now.
start_daemon() {
  setsid build/release/daemon/apikeyd run --api-url "$root/rest/v1" --token-file "$folder/token" --keys "$1" \
    --state "$folder/state.db" --log-format text &
  daemon=$!
}

if [[ $once == no ]]; then
  start_sandbox
  say ""
  say "The sandbox is at $root and has three keys:"
  say "    curl $root/sandbox/keys"
  say ""
  say "apikeyd now makes them what examples/keys.yaml says, and then waits. Open that file in another"
  say "terminal, change a name, or 'enabled', and save: the change is made at once, and a line here tells"
  say "of it. Save something wrong, and a line says what and where; the last good version stays in force."
  say "Ctrl-C ends it, and nothing is left behind."
  say ""
  start_daemon examples/keys.yaml
  interrupted=no
  trap 'interrupted=yes' INT TERM HUP
  code=0
  wait "$daemon" || code=$?
  if [[ $interrupted == yes ]]; then
    trap '' INT TERM HUP
    code=0
    end_child "$daemon" || code=$?
  fi
  daemon=''
  exit "$code"
fi

# keys COMMAND [FILE]: looks at the sandbox's keys, or edits the file.
#   matches FILE   whether the sandbox's keys are as the file says; prints where they aren't
#   edit FILE      renames the file's first key, disables its second, and replaces the file by rename
#   leaks FILE     prints the ids of the keys whose secret is in the file; '-': the token
keys() {
  TOKEN=$token python3 - "$root" "$@" <<'PYTHON'
import json, os, re, sys, urllib.request

root, command, path = sys.argv[1:]

def desired(text):
    """The simple YAML of examples/keys.yaml: a list of keys, each with its fields on lines of their own."""
    keys = []
    for line in text.splitlines():
        field = re.fullmatch(r"\s*(- )?\s*(id|name|enabled):\s*(.*?)\s*(?:\s#.*)?", line)
        if not field:
            continue
        if field[1]:
            keys.append({})
        value = field[3].strip("\"'")
        keys[-1][field[2]] = value == "true" if field[2] == "enabled" else value
    return keys

def remote():
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    with opener.open(root + "/sandbox/keys", timeout=10) as response:
        return {key["id"]: key for key in json.load(response)}

with open(path, encoding="utf-8") as file:
    text = file.read()
if command == "edit":
    first, second = desired(text)[:2]
    first["name"] += "-renamed"
    second["enabled"] = False
    lines = ["version: 1", "keys:"]
    for key in [first, second, *desired(text)[2:]]:
        lines.append(f"  - id: {key.pop('id')}")
        lines += [f"    {field}: {json.dumps(value)}" for field, value in key.items()]
    with open(path + ".new", "w", encoding="utf-8") as file:
        file.write("\n".join(lines) + "\n")
    os.rename(path + ".new", path)
elif command == "matches":
    keys, there = desired(text), remote()
    wrong = [f"{key['id']}: {field} is {there[key['id']][field]}, the file says {value}"
             for key in keys for field, value in key.items() if there[key["id"].lower()][field] != value]
    print("\n".join(wrong))
    sys.exit(1 if wrong or not keys else 0)
elif command == "leaks":
    marks = {"-": os.environ["TOKEN"]} | {id: key["secret"] for id, key in remote().items()}
    found = [id for id, mark in marks.items() if mark in text]
    print("\n".join(found))
    sys.exit(1 if found else 0)
PYTHON
}

fail() {
  say "FAILED: $1"
  [[ ! -s $folder/log ]] || sed 's/^/    /' "$folder/log" >&2
  exit 1
}

# wait_until_matching WHAT: until the sandbox's keys are as the file says, 30 s at most.
wait_until_matching() {
  local end=$((SECONDS + 30))
  until wrong=$(keys matches "$folder/keys.yaml"); do
    kill -0 "$daemon" 2>/dev/null || fail "$1: apikeyd ended"
    ((SECONDS < end)) || fail "$1: the sandbox's keys are not as the file says: $wrong"
    sleep 0.02
  done
  echo "ok: $1: the sandbox's keys are as the file says"
}

cp examples/keys.yaml "$folder/keys.yaml"
start_sandbox
exec {terminal}>&2 2>"$folder/log"
start_daemon "$folder/keys.yaml"
exec 2>&"$terminal" {terminal}>&-

wait_until_matching "first run"
keys edit "$folder/keys.yaml"
wait_until_matching "after an edit (one key renamed, one disabled)"

code=0
end_child "$daemon" || code=$?
daemon=''
((code == 0)) || fail "apikeyd ended with $code on SIGTERM"
echo "ok: apikeyd ended with 0 on SIGTERM"
leaks=$(keys leaks "$folder/log") || fail "a secret is in the log (of: $leaks)"
echo "ok: no secret and no token is in the log"
keys matches "$folder/keys.yaml" >/dev/null || fail "at the end the sandbox's keys are not as the file says"

echo
echo "What apikeyd said:"
sed 's/^/    /' "$folder/log"
