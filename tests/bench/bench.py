# SPDX-License-Identifier: Apache-2.0
"""Measures what apikeyd costs beside what it could cost at least, and prints a table. See run.sh."""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Callable

import history
import loading
import reacting
import report
import resting
import scripts
import sending
from measure import Line, NotMeasured
from world import ROOT, SMOKE, Sizes, World, world

# Rows that are measured together, by their numbers; in the order of the table but for the first column.
GROUPS: list[tuple[tuple[int, ...], Callable[[World], list[Line]]]] = [
    ((1,), loading.load),
    ((2,), loading.memory),
    ((3,), loading.apply),
    ((4, 10), sending.plain),
    ((5,), scripts.lines),
    ((6,), sending.tls),
    ((7,), sending.durable),
    ((8,), sending.latency),
    ((9,), reacting.edits),
    ((11,), resting.idle),
    ((12,), resting.start),
    ((13,), loading.growth),
    ((14,), reacting.one_edit),
    ((15,), history.lines),
    ((16,), loading.plain_layout),
]
ROWS = tuple(sorted(row for rows, _ in GROUPS for row in rows))
RESULTS = ROOT / "build" / "bench" / "results.json"


def numbers(text: str) -> set[int]:
    chosen = {int(part) for part in text.split(",")}
    if unknown := chosen - set(ROWS):
        raise argparse.ArgumentTypeError(f"there is no row {min(unknown)}")
    return chosen


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="tests/bench/run.sh", description=__doc__)
    parser.add_argument("--only", type=numbers, metavar="4,6", default=set(ROWS), help="these rows alone")
    parser.add_argument("--smoke", action="store_true", help="tiny counts, one pair: shows only that everything runs")
    parser.add_argument("--full", action="store_true",
                        help="ten million rows of history in row 15; it takes some minutes to write them the first time")
    parser.add_argument("--markdown", action="store_true",
                        help="put what was measured last of each row into docs/performance.md, and its plot beside it")
    return parser.parse_args()


def measured(made: World, only: set[int]) -> list[Line]:
    lines: list[Line] = []
    for rows, measure_rows in GROUPS:
        if only.isdisjoint(rows):
            continue
        begin = time.monotonic()
        print(f"row {', '.join(map(str, rows))} …", end="", file=sys.stderr, flush=True)
        try:
            lines += measure_rows(made)
        except NotMeasured as why:
            lines += [Line(str(row), "", "", 0, note=f"not measured here: {why}") for row in rows]
        print(f" {time.monotonic() - begin:.0f} s", file=sys.stderr, flush=True)
    return sorted((line for line in lines if report.row_of(line) in only), key=report.order)


def keep(lines: list[Line]) -> None:
    """For --markdown, and for rows that are measured one by one."""
    kept = {line.id: line.to_json() for line in kept_lines()}
    again = {report.row_of(line) for line in lines}
    kept = {id_: line for id_, line in kept.items() if report.row_of(Line.from_json(line)) not in again}
    kept |= {line.id: line.to_json() for line in lines}
    RESULTS.write_text(json.dumps(kept, indent=1))


def kept_lines() -> list[Line]:
    if not RESULTS.exists():
        return []
    return sorted((Line.from_json(line) for line in json.loads(RESULTS.read_text()).values()), key=report.order)


def require_complete(lines: list[Line], rows: set[int]) -> None:
    for row in sorted(rows):
        of_row = [line for line in lines if report.row_of(line) == row]
        if not of_row or any(line.value is None and not line.note for line in of_row):
            raise SystemExit(f"row {row} has no figure")


def main() -> None:
    options = arguments()
    sizes = SMOKE if options.smoke else Sizes(rows=10_000_000) if options.full else Sizes()
    with world(sizes) as made:
        lines = measured(made, options.only)
    print(report.table(lines))
    require_complete(lines, options.only)
    if options.smoke:
        return
    keep(lines)
    if options.markdown:
        require_complete(kept_lines(), set(ROWS))
        report.write_document(kept_lines())


main()
