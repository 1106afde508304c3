# SPDX-License-Identifier: Apache-2.0
"""Rows 9, 11, 12, 14: the daemon that is running: how soon it reacts, what it costs while nothing happens, how soon it is
ready."""

from __future__ import annotations

import os
import re
import shutil
import signal
import socket
import subprocess
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import measure
from measure import Line, NotMeasured, Pairs, compare, median, seconds
from servers import DEADLINE, Arrivals, running
from world import NOWHERE, World, clean_environment, program, tool

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


class Manager:
    """What systemd is for a service: whom it tells how it is. Reads whatever comes, for a full socket would hold up who
    tells."""

    def __init__(self, path: Path) -> None:
        self.path = path
        path.unlink(missing_ok=True)
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._socket.bind(str(path))
        self._ready = threading.Event()
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def _read(self) -> None:
        while message := self._socket.recv(4096):
            if b"READY=1" in message.split(b"\n"):
                self._ready.set()

    def wait_ready(self) -> None:
        if not self._ready.wait(10 * DEADLINE):
            raise RuntimeError("the daemon did not become ready")

    def close(self) -> None:
        self._socket.shutdown(socket.SHUT_RD)  # ends the reader
        self._reader.join()
        self._socket.close()


@contextmanager
def daemon(world: World, keys: Path, state: Path, url: str = NOWHERE) -> Iterator[subprocess.Popen[bytes]]:
    """`run`, ready."""
    manager = Manager(world.out / "notify")
    try:
        with world.log.open("wb") as log, running(
                world.command("run", keys, state, url), stderr=log, stdout=subprocess.DEVNULL,
                env=clean_environment(NOTIFY_SOCKET=str(manager.path))) as process:
            manager.wait_ready()
            yield process
    finally:
        manager.close()


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
        process = self._stack.enter_context(running([tool("bash"), "-c", SCRIPT], start_new_session=True, stderr=subprocess.DEVNULL,
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


def wait_until(condition: Callable[[], bool], what: str) -> None:
    end = time.monotonic() + DEADLINE
    while not condition():
        if time.monotonic() > end:
            raise RuntimeError(f"did not come about: {what}")
        time.sleep(0.01)


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
            line = Line(f"9{'bd'[place]}", "the same, beside inotifywait + yq + curl", "≥ 10 × faster", 10, at_most=False)
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


# Idling.

def switches(pid: int) -> int:
    """How often threads of the process have gone to sleep: none does without waking up first."""
    return sum(int(found[1]) for task in Path(f"/proc/{pid}/task").iterdir()
               if (found := re.search(r"^voluntary_ctxt_switches:\s+(\d+)$", (task / "status").read_text(), re.MULTILINE)))


def private_dirty(pid: int) -> int:
    try:
        text = Path(f"/proc/{pid}/smaps_rollup").read_text()
    except PermissionError:
        raise NotMeasured("it takes root to look into the daemon's memory") from None
    return sum(int(found[1]) for found in re.finditer(r"^Private_Dirty:\s+(\d+) kB$", text, re.MULTILINE)) * 1024


@contextmanager
def quiet_place(world: World) -> Iterator[World]:
    """A world whose files no busy folder is above: the daemon watches all the way up, so whatever else is made in /tmp,
    say, wakes it, too."""
    base = Path(tempfile.mkdtemp(prefix="apikeyd-bench-", dir="/var/lib" if os.geteuid() == 0 else Path.home()))
    try:
        yield world.moved_to(base)
    finally:
        shutil.rmtree(base)


def idle(world: World) -> list[Line]:
    count = world.sizes.watched[1]
    lines = [Line("11a", f"idle, {count:,} keys: wake-ups in {world.sizes.idle:g} s", "none", 0, unit=""),
             Line("11b", "private dirty memory meanwhile", "≤ 5 MB", 5, unit=" MB")]
    known = world.state(world.keys(count))
    with quiet_place(world) as place:
        keys = Path(shutil.copy(world.keys(count), place.folder / "keys.yaml"))
        try:
            with daemon(place, keys, place.copy_of(known)) as process:
                idle_lines(place, process.pid, *lines)
        except NotMeasured as why:
            for line in lines:
                line.noted(f"not measured here: {why}")
    return lines


def idle_lines(world: World, pid: int, wakeups: Line, memory: Line) -> None:
    wait_until(lambda: '"reconcile_finished"' in world.log.read_text(), "the daemon has converged")
    time.sleep(min(2, world.sizes.idle))  # what follows a convergence isn't idling yet
    calls = world.out / "calls"
    with running([tool("strace"), "-f", "-qq", "-p", str(pid), "-o", calls]):
        time.sleep(0.5)  # attaching interrupts what waits
        before, calls_before = switches(pid), len(calls.read_text().splitlines())
        time.sleep(world.sizes.idle)
        woken = switches(pid) - before
        called = len(calls.read_text().splitlines()) - calls_before
    dirty = private_dirty(pid)
    wakeups.figure(woken, [woken], f"{woken} switches, {called} system calls")
    wakeups.noted("the watchdog, where systemd asks for one, comes on top")
    memory.figure(dirty / 1e6, [dirty / 1e6], measure.megabytes(dirty))


def start(world: World) -> list[Line]:
    count = world.sizes.watched[1]
    keys = world.keys(count)
    state = world.copy_of(world.state(keys))

    def ours() -> float:
        begin = time.monotonic()
        with daemon(world, keys, state):
            return time.monotonic() - begin

    pairs = compare(world.sizes.starts, ours, lambda: measure.run([tool("curl"), "--version"]).seconds)
    return [Line("12", f"start to READY, {count:,} keys known", "≤ 3 × curl --version", 3).measured(pairs, seconds)]
