# SPDX-License-Identifier: Apache-2.0
"""Row 15: what a long history costs."""

from __future__ import annotations

import re
from pathlib import Path

import measure
from measure import Line, compare, per_second, seconds
from world import World, clean_environment, program


def lines(world: World) -> list[Line]:
    sizes = world.sizes
    keys = world.keys(sizes.load)
    empty = world.state(keys)
    # Too large to be copied: what is measured adds a few thousand rows to it, and is measured on it again.
    long = world.state(keys, rows=sizes.rows)

    def rate(state: Path) -> float:
        used = measure.run([program("commit_rate"), state, keys, str(sizes.commits)])
        return float(used.stdout)

    def newest(state: Path) -> float:
        used = measure.run([program("apikeyd"), "history", "--config", world.settings, "--state", state,
                            "--limit", "50"],
                           env=clean_environment())
        # Each entry begins with its time.
        shown = len(re.findall(r"^\d{4}-\d\d-\d\dT", used.stdout, re.MULTILINE))
        if shown != (50 if state == long else 0):
            raise RuntimeError(f"{shown} entries\n{used.stdout[:1000]}")
        return used.seconds

    rates = compare(sizes.pairs, lambda: rate(long), lambda: rate(world.copy_of(empty)))
    looks = compare(max(sizes.pairs, sizes.starts // 2), lambda: newest(long), lambda: newest(empty))
    return [
        Line("15a", f"{sizes.rows:,} rows of history: answers recorded, 64 a commit", "≥ 0.9 × an empty history", 0.9,
             at_most=False).measured(rates, per_second),
        Line("15b", "the same: history --limit 50", "≤ 1.1 × an empty history", 1.1)
        .measured(looks, seconds),
    ]
