# SPDX-License-Identifier: Apache-2.0
"""The table, for a terminal and for docs/performance.md, and the plot beside it."""

from __future__ import annotations

import math
import os
import platform
import re
import subprocess
from xml.sax.saxutils import escape

from measure import Line
from world import ROOT

DOCUMENT = ROOT / "docs" / "performance.md"
PLOT = ROOT / "docs" / "images" / "performance.svg"
HEADER = ("#", "what", "ours", "limit", "ratio", "spread", "target", "met")
PACKAGES = ("libyaml-cpp0.7", "libsqlite3-0", "libpoco-dev", "libssl3", "libsystemd0", "nginx", "wrk", "curl")


def row_of(line: Line) -> int:
    return int(re.sub(r"\D", "", line.id))


def order(line: Line) -> tuple[int, str]:
    return row_of(line), line.id


def number(value: float) -> str:
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.3g}"


def cells(line: Line) -> tuple[str, ...]:
    if line.value is None:
        return line.id, line.what, "", "", "", "", line.target, line.note
    spread = f"{number(line.spread[0])}..{number(line.spread[1])}" if line.spread else ""
    unit = f" {line.unit}" if line.unit == "×" else line.unit
    return (line.id, line.what, line.ours, line.limit, number(line.value) + unit, spread, line.target,
            "met" if line.met else "not met")


def table(lines: list[Line]) -> str:
    rows = [HEADER, *(cells(line) for line in lines)]
    widths = [max(len(row[column]) for row in rows) for column in range(len(HEADER) - 1)]
    text = ["  ".join([*(cell.ljust(width) for cell, width in zip(row, widths)), row[-1]]).rstrip() for row in rows]
    notes = [f"{line.id}: {line.note}" for line in lines if line.note and line.value is not None]
    return "\n".join([*text, *notes, summary(lines)])


def summary(lines: list[Line]) -> str:
    met = sum(line.met is True for line in lines)
    missed = [line.id for line in lines if line.met is False]
    unknown = [line.id for line in lines if line.met is None]
    return (f"{met} of {len(lines)} met" + (f"; not met: {', '.join(missed)}" if missed else "")
            + (f"; not measured: {', '.join(unknown)}" if unknown else ""))


def markdown(lines: list[Line]) -> str:
    rows = [HEADER, ("---",) * len(HEADER), *(cells(line) for line in lines)]
    text = ["| " + " | ".join(cell.replace("|", "\\|") for cell in row) + " |" for row in rows]
    notes = [f"- {line.id}: {line.note}" for line in lines if line.note and line.value is not None]
    return "\n".join([*text, "", summary(lines) + ".", "", *notes])


def output_of(*command: str) -> str:
    return subprocess.run(command, capture_output=True, text=True, check=False).stdout.strip()


def machine() -> str:
    """Where the figures come from."""
    info = open("/proc/cpuinfo", encoding="utf-8").read()
    model = re.search(r"^model name\s*:\s*(.+)$", info, re.MULTILINE)
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    packages = output_of("dpkg-query", "--show", "--showformat=${Package} ${Version}\n", *PACKAGES)
    return "\n".join([
        f"- {model[1] if model else platform.machine()}, {os.cpu_count()} cores, {memory:.0f} GiB; "
        f"Linux {platform.release()}; {output_of('findmnt', '-n', '-o', 'FSTYPE', '--target', str(ROOT))}",
        f"- {output_of('c++', '--version').splitlines()[0]}, RelWithDebInfo (-O2 -g)",
        f"- {', '.join(line for line in packages.splitlines() if not line.endswith(' '))}",
    ])


# The plot: how far each figure is from its target, on a logarithmic scale.

WIDTH, BAR, LABEL, PLOT_WIDTH, TOP = 900, 20, 420, 400, 40


def distance(line: Line) -> float:
    """How many times better than the target; below 1, it isn't met."""
    assert line.value is not None
    if line.bound == 0:  # "none"
        return 1.0 if line.met else 0.1
    value = max(line.value, line.bound / 100) if line.at_most else line.value
    return line.bound / value if line.at_most else value / line.bound


def place(factor: float) -> float:
    """Across the plot, 0.1 to 10 times the target."""
    return LABEL + PLOT_WIDTH * (math.log10(min(max(factor, 0.1), 10)) + 1) / 2


def plot(lines: list[Line]) -> str:
    shown = [line for line in lines if line.value is not None]
    height = TOP + BAR * len(shown) + 10
    parts = [f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" height="{height}" font-family="sans-serif" '
             f'font-size="12" role="img" aria-label="Each figure beside its target">',
             f'<rect width="{WIDTH}" height="{height}" fill="#ffffff"/>']
    for factor, name in ((0.1, "a tenth"), (0.5, "half"), (1, "the target"), (2, "twice as good"), (10, "ten times")):
        x = place(factor)
        colour = "#333333" if factor == 1 else "#cccccc"
        parts.append(f'<line x1="{x:.1f}" y1="{TOP - 8}" x2="{x:.1f}" y2="{height - 8}" stroke="{colour}"/>'
                     f'<text x="{x:.1f}" y="{TOP - 14}" text-anchor="middle">{name}</text>')
    for at, line in enumerate(shown):
        y = TOP + BAR * at
        one, end = place(1), place(distance(line))
        colour = "#2f7d4f" if line.met else "#b3541e"
        label = escape(f"{line.id} {line.what}"[:75])
        parts.append(f'<text x="{LABEL - 10}" y="{y + 14}" text-anchor="end">{label}</text>'
                     f'<rect x="{min(one, end):.1f}" y="{y + 4}" width="{max(abs(end - one), 1):.1f}" '
                     f'height="{BAR - 8}" fill="{colour}"/>'
                     f'<text x="{LABEL + PLOT_WIDTH + 10}" y="{y + 14}">{"met" if line.met else "not met"}</text>')
    return "\n".join([*parts, "</svg>"]) + "\n"


def replace_block(text: str, name: str, content: str) -> str:
    begin, end = f"<!-- {name}: written by tests/bench/run.sh --markdown -->", f"<!-- end of {name} -->"
    before, marked, rest = text.partition(begin)
    _, ended, after = rest.partition(end)
    if not marked or not ended:
        raise SystemExit(f"{DOCUMENT}: the marks of '{name}' are gone")
    return f"{before}{begin}\n\n{content}\n\n{end}{after}"


def write_document(lines: list[Line]) -> None:
    text = DOCUMENT.read_text(encoding="utf-8")
    text = replace_block(text, "the table", markdown(lines))
    text = replace_block(text, "the machine", machine())
    DOCUMENT.write_text(text, encoding="utf-8")
    PLOT.write_text(plot(lines), encoding="utf-8")
