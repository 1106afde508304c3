# SPDX-License-Identifier: Apache-2.0
"""Running programs and taking their time, and what becomes of the figures."""

from __future__ import annotations

import os
import statistics
import subprocess
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any


class NotMeasured(Exception):
    """Why a row can't be measured on this machine."""


@dataclass(frozen=True)
class Usage:
    """What a program took, from its start to its exit, children included."""

    seconds: float
    cpu: float  # seconds of user and system time
    peak: int  # bytes of resident memory
    stdout: str


def run(command: Sequence[str | Path], *, env: Mapping[str, str] | None = None, stderr: Path | None = None,
        cwd: Path | None = None) -> Usage:
    """Raises RuntimeError where it doesn't exit with 0. `stderr`: where that goes, instead of the error's text."""
    with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err, \
            open(stderr or os.devnull, "wb") as log:
        begin = time.monotonic()
        process = subprocess.Popen([str(part) for part in command], stdin=subprocess.DEVNULL, stdout=out,
                                   stderr=log if stderr else err, env=env, cwd=cwd)
        _, status, used = os.wait4(process.pid, 0)
        seconds = time.monotonic() - begin
        process.returncode = os.waitstatus_to_exitcode(status)
        out.seek(0)
        text = out.read().decode(errors="replace")
        if process.returncode != 0:
            err.seek(0)
            said = stderr.read_text(errors="replace") if stderr else err.read().decode(errors="replace")
            raise RuntimeError(f"{' '.join(map(str, command))} ended with {process.returncode}\n{text}{said[-3000:]}")
    return Usage(seconds, used.ru_utime + used.ru_stime, used.ru_maxrss * 1024, text)


@dataclass
class Pairs:
    """Figures of ours and of a limit, taken in turns."""

    ours: list[float] = field(default_factory=list)
    limit: list[float] = field(default_factory=list)

    def add(self, ours: float, limit: float) -> None:
        self.ours.append(ours)
        self.limit.append(limit)

    @property
    def ratios(self) -> list[float]:
        return [ours / limit for ours, limit in zip(self.ours, self.limit, strict=True)]

    def inverse(self) -> Pairs:
        """By which factor the limit takes longer."""
        return Pairs(list(self.limit), list(self.ours))


def compare(count: int, ours: Callable[[], float], limit: Callable[[], float]) -> Pairs:
    """So many pairs; which of the two comes first changes each time, so that a drift of the machine hits both."""
    pairs = Pairs()
    for number in range(count):
        if number % 2 == 0:
            mine = ours()
            pairs.add(mine, limit())
        else:
            other = limit()
            pairs.add(ours(), other)
    return pairs


median = statistics.median


@dataclass
class Line:
    """A line of the table. `value` is what the target is about; without one it wasn't measured, and `note` says why."""

    id: str
    what: str
    target: str
    bound: float  # of the target, in the unit of `value`
    at_most: bool = True  # else: at least
    ours: str = ""
    limit: str = ""
    unit: str = "×"
    value: float | None = None
    spread: tuple[float, float] | None = None
    note: str = ""

    def measured(self, pairs: Pairs, form: Callable[[float], str]) -> Line:
        """Filled with the pairs' medians, ratio and spread."""
        return self.figure(median(pairs.ratios), pairs.ratios, form(median(pairs.ours)), form(median(pairs.limit)))

    def figure(self, value: float, all_values: Sequence[float], ours: str, limit: str = "") -> Line:
        self.value, self.ours, self.limit = value, ours, limit
        self.spread = (min(all_values), max(all_values))
        return self

    def noted(self, note: str) -> Line:
        self.note = note
        return self

    @property
    def met(self) -> bool | None:
        if self.value is None:
            return None
        return self.value <= self.bound if self.at_most else self.value >= self.bound

    def to_json(self) -> dict[str, Any]:
        return asdict(self)

    @staticmethod
    def from_json(data: dict[str, Any]) -> Line:
        line = Line(**data)
        line.spread = tuple(line.spread) if line.spread else None
        return line


def seconds(value: float) -> str:
    return f"{value:.2f} s" if value >= 1 else f"{value * 1000:.3g} ms" if value >= 1e-3 else f"{value * 1e6:.3g} µs"


def per_second(value: float) -> str:
    return f"{value:,.0f}/s"


def megabytes(value: float) -> str:
    return f"{value / 1e6:,.1f} MB"
