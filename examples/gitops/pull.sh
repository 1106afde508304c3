#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# Brings a git repository's desired file to a running daemon: fetches, checks, and switches in one step. Whatever goes
# wrong before the switch, the last good version stays in force. Run by apikeyd-pull.service; by hand:
#
#   pull.sh                  fetches once
#   pull.sh --reset COMMIT   the same, but takes this very commit even where it is no fast-forward of the last one
#
# Settings are variables, as in pull.conf. The daemon's own: keys: $PULL_FOLDER/current/$PULL_KEYS
# Ends with 0 where the newest version is in force, 1 where it was refused or couldn't be fetched, 64 for wrong usage.
set -euo pipefail

repository=${PULL_REPOSITORY:?is the URL to fetch from}
branch=${PULL_BRANCH:-main}
keys=${PULL_KEYS:-keys.yaml}
folder=${PULL_FOLDER:-${STATE_DIRECTORY:-/var/lib/pull-apikeyd}}
signers=${PULL_ALLOWED_SIGNERS-} # as in ssh-keygen(1); empty: signatures aren't looked at

say() {
  printf '%s\n' "$*" >&2
}

refuse() {
  say "refused: $*"
  exit 1
}

reset=''
case "$#:${1-}" in
  0:) ;;
  2:--reset) reset=$2 ;;
  *)
    say "usage: pull.sh [--reset COMMIT]"
    exit 64
    ;;
esac

mkdir -p "$folder/releases"
exec 9>"$folder/lock"
flock 9

# From here on only the repository of our own. What comes from elsewhere is never run: no hooks, no submodules; and
# links become plain files, since one that leads out would have the daemon read, and quote, any file it can.
unset GIT_DIR GIT_WORK_TREE GIT_INDEX_FILE
export GIT_TERMINAL_PROMPT=0
ours=(git --git-dir="$folder/repository.git" -c core.hooksPath=/dev/null -c core.symlinks=false -c gc.autoDetach=false)

# remove RELEASE: takes a version away, however much of it is there.
remove() {
  rm -rf "$1"
  "${ours[@]}" worktree prune
}

[[ -d $folder/repository.git/objects ]] || git init --quiet --bare "$folder/repository.git"
if ! "${ours[@]}" fetch --quiet --no-tags --no-write-fetch-head "$repository" \
  "+refs/heads/$branch:refs/apikeyd/incoming"; then
  say "can't fetch $branch"
  exit 1
fi
new=$("${ours[@]}" rev-parse --verify 'refs/apikeyd/incoming^{commit}')

old=''
if [[ -L $folder/current ]]; then
  old=$(basename "$(readlink "$folder/current")")
fi
if [[ $new == "$old" ]]; then
  exit 0
fi

if [[ -n $reset && $new != "$reset" ]]; then
  refuse "$branch is at $new, not at $reset"
fi
if [[ -z $reset && -n $old ]] && ! "${ours[@]}" merge-base --is-ancestor "$old" "$new"; then
  refuse "$new isn't a fast-forward of $old; if that is meant: pull.sh --reset $new"
fi
if [[ -n $signers ]]; then
  "${ours[@]}" -c gpg.format=ssh -c gpg.ssh.allowedSignersFile="$signers" verify-commit "$new" ||
    refuse "$new has no signature by anyone in $signers"
fi

release=$folder/releases/$new
remove "$release" # left over from a run that was cut off
"${ours[@]}" worktree add --quiet --detach "$release" "$new"
if ! (cd "$release" && apikeyd validate "$keys") >&2; then
  remove "$release"
  refuse "$keys of $new isn't valid"
fi

# rename(2) replaces the link in one step: whoever opens the file gets the old version or the new one.
ln -sfn "releases/$new" "$folder/current.new"
mv -T "$folder/current.new" "$folder/current"
say "$keys is now at $new${old:+, before at $old}"

# The last version stays for whoever has just opened it.
for one in "$folder"/releases/*; do
  [[ $one == "$release" || $one == "$folder/releases/$old" ]] || remove "$one"
done
