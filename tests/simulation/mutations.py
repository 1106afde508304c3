#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Shows that the simulation has teeth: breaks the code on purpose, one line at a time, and looks for the seed that
notices. Works on a copy; run by hand: tests/simulation/mutations.py [NAME...]

Each mutation names the file, the text as it stands, and the text put in its place. One that isn't found any more is
an error: the table must follow the code."""

import pathlib
import shutil
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
SEEDS = 5000
MUTATIONS = {
    "no mark before sending": (
        "daemon/reconcile/reconciler_send.cpp",
        "actions.batch.keys.push_back(mark_in_doubt(work.change, now.wall));",
        "(void)now;",
    ),
    "an unanswered request leaves no doubt": (
        "daemon/reconcile/transition.cpp",
        "return mark_in_doubt(change, marked_at);",
        "(void)marked_at; return change.known;",
    ),
    "a doubt is not asserted where the last answer is as desired": (
        "daemon/plan/plan.cpp",
        "if (to.enabled && !known.doubt.enabled && *to.enabled == known.observed->enabled) {",
        "if (to.enabled && *to.enabled == known.observed->enabled) {",
    ),
    "an unmanaged field is sent": (
        "daemon/plan/plan.cpp",
        "fields.enabled = desired.enabled;",
        "fields.enabled = desired.enabled.value_or(true);",
    ),
    "the guard is off by one": (
        "daemon/reconcile/disable_gate.cpp",
        "if (counted_.size() > allowed_) {",
        "if (counted_.size() > allowed_ + 1) {",
    ),
    "an approval outlives its file": (
        "daemon/reconcile/reconciler_guard.cpp",
        "if (held && held->revision != desired_->intent()) {",
        "if (held && held->revision.empty()) {",
    ),
    "our own key is not recognized": (
        "daemon/plan/guard.hpp",
        "return id == key || (token && observed && observed->secret == *token);",
        "return id == key && token && observed && observed->secret == *token && key == KeyId();",
    ),
    "a key is not looked at for a new secret": (
        "daemon/plan/guard.cpp",
        "const bool may_be_ours = own.token && !own.id;",
        "const bool may_be_ours = false;",
    ),
    "a key that is with a worker is queued again": (
        "daemon/reconcile/reconciler.cpp",
        "if (schedule_.is_out(change.id)) {",
        "if (false) {",
    ),
    "a rejection is forgotten": (
        "daemon/reconcile/transition.cpp",
        "key.rejection = Rejection{desired, rejected->why, now};",
        "(void)rejected;",
    ),
    "a superseded plan goes on while the next is awaited": (
        "daemon/reconcile/reconciler_send.cpp",
        "    if (plan_awaited_) {\n        return;\n    }\n    if (!refresh_) {\n        settle_gate",
        "    if (!refresh_) {\n        settle_gate",
    ),
    "the pause of a 429 is not heeded by the wake-up": (
        "daemon/reconcile/brake.cpp",
        "at = std::max(at, paused_until_);\n    return one",
        "return one",
    ),
    "what was taken back stays marked as out": (
        "daemon/reconcile/reconciler.cpp",
        "if (auto work = schedule_.returned(id)) {\n            if",
        "if (std::optional<Work> work; work && id == KeyId()) {\n            if",
    ),
    "changes go on in the middle of the looks": (
        "daemon/reconcile/reconciler_refresh.cpp",
        "if (work.change.reason != Reason::probe || !refresh_->awaits(answer.id)) {\n",
        "if (work.change.reason != Reason::probe || !refresh_->awaits(answer.id)) {\n"
        "        next_for(known, std::move(work), answer, actions, now);\n",
    ),
    "a denied token is tried only while there is something to send": (
        "daemon/reconcile/reconciler_send.cpp",
        "for (const auto& other : {resync, next_token_look()}) {",
        "for (const auto& other : {resync}) {",
    ),
    "a suspension stops only what is queued": (
        "daemon/reconcile/reconciler_send.cpp",
        "while (!stopping_ && !suspended_ &&",
        "while (!stopping_ &&",
    ),
    "a key ends one moment late": (
        "config/enabled_times.hpp",
        "moment < *until",
        "moment <= *until",
    ),
    "the guard takes all moments of a file for one": (
        "daemon/reconcile/reconciler_guard.cpp",
        "gate_.begin(desired_->intent(),",
        "gate_.begin(desired_->digest(),",
    ),
    "an answer is not recorded": (
        "daemon/reconcile/reconciler.cpp",
        "if (after != work.change.known || !work.look()) {",
        "if (after != work.change.known && answer.status != 200) {",
    ),
}


def run(*command, cwd):
    return subprocess.run(command, cwd=cwd, capture_output=True, text=True, check=False)


def main():
    wanted = sys.argv[1:] or list(MUTATIONS)
    with tempfile.TemporaryDirectory() as folder:
        tree = pathlib.Path(folder) / "tree"
        shutil.copytree(ROOT, tree, ignore=shutil.ignore_patterns("build", ".git", "node_modules"))
        build = pathlib.Path(folder) / "build"
        configured = run("cmake", "-G", "Ninja", "-S", tree, "-B", build, "-DCMAKE_BUILD_TYPE=RelWithDebInfo", cwd=tree)
        if configured.returncode != 0:
            sys.exit(configured.stderr)
        survivors = 0
        for name in wanted:
            file, before, after = MUTATIONS[name]
            path = tree / file
            original = path.read_text(encoding="utf-8")
            if original.count(before) != 1:
                sys.exit(f"{name}: the text stands {original.count(before)} times in {file}")
            path.write_text(original.replace(before, after), encoding="utf-8")
            built = run("cmake", "--build", build, "--target", "simulation", cwd=tree)
            if built.returncode != 0:
                sys.exit(f"{name}: does not build\n{built.stdout[-2000:]}")
            result = run(build / "tests/simulation/simulation", "--seeds", str(SEEDS), cwd=tree)
            path.write_text(original, encoding="utf-8")
            first = result.stdout.splitlines()[0] if result.stdout else f"died with code {result.returncode}"
            if result.returncode == 0:
                survivors += 1
                first = f"SURVIVED {SEEDS} seeds"
            print(f"{name}: {first.removeprefix('FAILED: ')}", flush=True)
    return 1 if survivors else 0


if __name__ == "__main__":
    sys.exit(main())
