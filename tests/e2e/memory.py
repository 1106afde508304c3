# SPDX-License-Identifier: Apache-2.0
"""What stands in a process's memory, seen from outside: by root, as /proc/PID/mem shows it."""

import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

STEP = 1 << 20  # bytes read at once


class Found(NamedTuple):
    where: str  # the mapping's name, or its address
    address: int
    around: bytes

    def __str__(self) -> str:
        return f"{self.where} {self.address:#x}: {self.around!r}"


def why_unreadable(pid: int) -> str:
    """Why the memory can't be looked at; empty: it can."""
    if os.geteuid() != 0:
        return "only root may look into the memory of a process that can't be dumped"
    try:
        with open(f"/proc/{pid}/mem", "rb"):
            return ""
    except OSError as error:
        return f"/proc/{pid}/mem can't be read here: {error.strerror}"


def mappings(pid: int) -> Iterator[tuple[int, int, str]]:
    """Start, end and name of what the process may read and write: heap, stacks, data."""
    for line in Path(f"/proc/{pid}/maps").read_text(encoding="utf-8").splitlines():
        span, rights, *rest = line.split(maxsplit=5)
        start, end = (int(part, 16) for part in span.split("-"))
        if rights.startswith("rw"):
            yield start, end, rest[3] if len(rest) == 4 else f"anonymous {span}"


def search(pid: int, needles: list[bytes]) -> list[Found]:
    """Every place where one of these bytes stands."""
    wanted = re.compile(b"|".join(re.escape(needle) for needle in needles))
    overlap = max(map(len, needles)) - 1
    found = []
    with open(f"/proc/{pid}/mem", "rb", buffering=0) as memory:
        for start, end, name in mappings(pid):
            tail = b""
            for at in range(start, end, STEP):
                try:
                    chunk = tail + os.pread(memory.fileno(), min(STEP, end - at), at)
                except OSError:  # unmapped meanwhile, or a device's
                    break
                base = at - len(tail)
                for match in wanted.finditer(chunk):
                    if match.end() > len(tail):  # else it was told with the chunk before
                        around = chunk[max(0, match.start() - 64):match.end() + 64]
                        found.append(Found(name, base + match.start(), around))
                tail = chunk[-overlap:]
    return found
