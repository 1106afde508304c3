# SPDX-License-Identifier: Apache-2.0
"""Rows 11, 12: what the daemon costs while nothing happens, and how soon it is ready."""

from __future__ import annotations

import os
import re
import shutil
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import measure
from live import daemon
from measure import Line, NotMeasured, compare, seconds
from servers import running, wait_until
from world import World, tool


def switches(pid: int) -> int:
    """How often threads of the process have gone to sleep: none does without waking up first."""
    counts = (re.search(r"^voluntary_ctxt_switches:\s+(\d+)$", (task / "status").read_text(), re.MULTILINE)
              for task in Path(f"/proc/{pid}/task").iterdir())
    return sum(int(found[1]) for found in counts if found)


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
