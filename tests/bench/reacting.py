# SPDX-License-Identifier: Apache-2.0
"""Rows 9, 14: how soon the running daemon reacts to an edit."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from contextlib import ExitStack
from pathlib import Path

from live import daemon
from measure import Line, NotMeasured, compare, median, seconds
from servers import Arrivals, running, wait_until
from world import World, clean_environment, program, tool

# What people put together: on a change, everything is sent again.
SCRIPT = r"""set -euo pipefail
inotifywait --quiet --monitor --event moved_to --format %f "$FOLDER" | while read -r _; do
  yq -r --arg url "$URL" '.keys[] | "next
url = \"\($url)/api-key?id=\(.id)\"
request = PUT
header = \"Content-Type: application/json\"
data = \({input: {id, name, enabled}} | tojson | tojson)
output = /dev/null
"' "$FOLDER/keys.yaml" | sed 1d | curl --silent --parallel --parallel-max 16 --config -
done
"""


class Edited:
    """A desired file in a folder of its own, one key of which gets another name with each edit."""

    def __init__(self, world: World, label: str, keys: Path) -> None:
        self.folder = world.folder / f"edited-{label}"
        self.folder.mkdir()
        self.path = self.folder / "keys.yaml"
        self._beside = world.out / f"edited-{label}.new"  # in no folder that is watched
        self._text = keys.read_text()
        self._round = 0
        self.path.write_text(self._text)

    def edit(self) -> float:
        """When the new file was in place."""
        self._round += 1
        middle = self._text.index("name: ", len(self._text) // 2)
        end = self._text.index("\n", middle)
        self._beside.write_text(f"{self._text[:middle]}name: edited-{self._round:011d}{self._text[end:]}")
        begin = time.monotonic()
        self._beside.rename(self.path)
        return begin


class Reaction:
    """Somebody who watches a file and sends; and how long that takes after an edit."""

    def __init__(self, edited: Edited, server: Arrivals, requests: int = 1) -> None:
        self._edited, self._server, self._requests = edited, server, requests
        self()  # the first one opens connections and fills caches

    def __call__(self) -> float:
        begin = self._edited.edit()
        arrived = self._server.wait(count=self._requests)
        self._server.idle(0.05)  # until it rests again
        return arrived - begin


class Watchers:
    """Ours and the others over files of so many keys, all running beside each other, each with a file of its own."""

    def __init__(self, world: World, stack: ExitStack, count: int) -> None:
        self._world, self._stack, self._count = world, stack, count
        self._keys = world.keys(count)
        self._server = Arrivals()
        stack.callback(self._server.close)

    def _edited(self, label: str) -> Edited:
        return Edited(self._world, f"{label}-{self._count}", self._keys)

    def ours(self) -> Reaction:
        edited = self._edited("ours")
        state = self._world.copy_of(self._world.state(self._keys))
        self._stack.enter_context(daemon(self._world, edited.path, state, self._server.url))
        return Reaction(edited, self._server)

    def bare(self) -> Reaction:
        edited = self._edited("bare")
        process = self._stack.enter_context(running([program("bare_watch"), edited.path, str(self._server.port)],
                                                    stdout=subprocess.PIPE))
        assert process.stdout
        if process.stdout.readline() != b"watching\n":
            raise RuntimeError("bare_watch does not watch")
        return Reaction(edited, self._server)

    def script(self) -> Reaction:
        for name in ("inotifywait", "yq", "curl"):
            tool(name)
        edited = self._edited("script")
        process = self._stack.enter_context(
            running([tool("bash"), "-c", SCRIPT], start_new_session=True, stderr=subprocess.DEVNULL,
                    env=clean_environment(FOLDER=str(edited.folder), URL=self._server.url)))
        self._stack.callback(stop_group, process)
        wait_until(lambda: watches(edited.folder, process), "inotifywait watches")
        return Reaction(edited, self._server, self._count)


def stop_group(process: subprocess.Popen[bytes]) -> None:
    """The pipeline's processes, too: it has a session of its own."""
    try:
        os.killpg(process.pid, signal.SIGTERM)
    except ProcessLookupError:
        pass


def watches(folder: Path, shell: subprocess.Popen[bytes]) -> bool:
    """Whether a child of the shell has an inotify watch on the folder."""
    inode = f"ino:{folder.stat().st_ino:x} "
    for child in Path(f"/proc/{shell.pid}/task/{shell.pid}/children").read_text().split():
        for info in Path(f"/proc/{child}/fdinfo").glob("*"):
            try:
                if "inotify wd:" in (text := info.read_text()) and inode in text:
                    return True
            except OSError:
                continue
    return False


def edits(world: World) -> list[Line]:
    lines: list[Line] = []
    for place, count in enumerate(world.sizes.watched):
        with ExitStack() as stack:
            watchers = Watchers(world, stack, count)
            ours, bare = watchers.ours(), watchers.bare()
            pairs = compare(max(world.sizes.edits, world.sizes.pairs), ours, bare)
            beyond = [(mine - other) * 1000 for mine, other in zip(pairs.ours, pairs.limit, strict=True)]
            lines.append(Line(f"9{'ac'[place]}", f"file of {count:,} keys renamed into place → PUT at the server",
                              "≤ 2 ms + bare inotify and parse", 2, unit=" ms more")
                         .figure(median(beyond), beyond, seconds(median(pairs.ours)), seconds(median(pairs.limit))))
            line = Line(f"9{'bd'[place]}", "the same, beside inotifywait + yq + curl", "≥ 10 × faster", 10,
                        at_most=False)
            try:
                script = watchers.script()
                scripts = compare(world.sizes.script_edits, ours, script).inverse()
                lines.append(line.figure(median(scripts.ratios), scripts.ratios, seconds(median(scripts.limit)),
                                         seconds(median(scripts.ours))))
            except NotMeasured as why:
                lines.append(line.noted(f"not measured here: {why}"))
    return lines


def one_edit(world: World) -> list[Line]:
    count = world.sizes.load
    with ExitStack() as stack:
        watchers = Watchers(world, stack, count)
        ours, bare = watchers.ours(), watchers.bare()
        pairs = compare(world.sizes.pairs, ours, bare)
    return [Line("14", f"one key edited in {count:,}: rename → PUT at the server", "≤ 1.1 × bare yaml-cpp", 1.1)
            .measured(pairs, seconds)]
