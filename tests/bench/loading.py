# SPDX-License-Identifier: Apache-2.0
"""Rows 1, 2, 3, 13, 16: what a long file costs, in time and memory."""

from __future__ import annotations

import json
import re
import subprocess
import time
from pathlib import Path

import measure
from measure import Line, Usage, compare, megabytes, median, seconds
from servers import DEADLINE, nginx, running
from world import World, clean_environment, program


def part(name: str, benchmark: str, keys: Path) -> float:
    """Seconds that one go of a part takes (Google Benchmark)."""
    used = measure.run([program(name), f"--benchmark_filter=^{benchmark}/real_time$", "--benchmark_format=json",
                        "--benchmark_min_time=0.001"], env=clean_environment(APIKEYD_BENCH_KEYS=str(keys)))
    found = json.loads(used.stdout)["benchmarks"]
    assert len(found) == 1 and found[0]["time_unit"] == "ms" and not found[0].get("error_occurred"), found
    return found[0]["real_time"] / 1000


def load_line(world: World, id_: str, what: str, bound: float, keys: Path) -> Line:
    pairs = compare(world.sizes.pairs, lambda: part("parts", "load/apikeyd", keys),
                    lambda: part("bare_parts", "load/bare", keys))
    return Line(id_, what, f"≤ {bound:g} × bare yaml-cpp", bound).measured(pairs, seconds)


def load(world: World) -> list[Line]:
    count = world.sizes.load
    return [load_line(world, "1", f"load and check {count:,} keys", 1.15, world.keys(count))]


def plain_layout(world: World) -> list[Line]:
    count = world.sizes.load
    line = load_line(world, "16", f"load {count:,} keys as `import` writes them", 0.1, world.keys(count, imported=True))
    return [line.noted("read by yaml-cpp like any other file: there is no reader for this layout alone")]


def apply_nothing(world: World, keys: Path) -> Usage:
    used = world.apply(keys, world.copy_of(world.state(keys)))
    if " 0 changes planned" not in used.stdout:
        raise RuntimeError(f"something was to be done: {used.stdout}")
    return used


def bare_process(keys: Path) -> float:
    return measure.run([program("bare_events"), keys]).seconds


def apply(world: World) -> list[Line]:
    keys = world.keys(world.sizes.load)
    world.state(keys)
    pairs = compare(world.sizes.pairs, lambda: apply_nothing(world, keys).seconds, lambda: bare_process(keys))
    line = Line("3", f"apply, {world.sizes.load:,} keys, nothing to do, start to exit", "≤ 1.3 × bare yaml-cpp", 1.3)
    return [line.measured(pairs, seconds)]


def daemon_peak(world: World, keys: Path) -> int:
    """Bytes of memory that `run` has had at most once it has found that nothing is to be done."""
    with world.log.open("wb") as log, running(
            world.command("run", keys, world.copy_of(world.state(keys))), stderr=log, stdout=subprocess.DEVNULL,
            env=clean_environment()) as process:
        end = time.monotonic() + 10 * DEADLINE
        while '"reconcile_finished"' not in world.log.read_text():
            if process.poll() is not None or time.monotonic() > end:
                raise RuntimeError(f"the daemon did not converge: {world.log.read_text()[-2000:]}")
            time.sleep(0.05)
        status = Path(f"/proc/{process.pid}/status").read_text()
    found = re.search(r"^VmHWM:\s+(\d+) kB$", status, re.MULTILINE)
    assert found
    return int(found[1]) * 1024


def memory(world: World) -> list[Line]:
    count = world.sizes.many
    keys = world.keys(count)
    files = sorted(keys.iterdir()) if keys.is_dir() else [keys]
    text = max(path.stat().st_size for path in files)
    one = daemon_peak(world, world.keys(1))
    peaks = [daemon_peak(world, keys) for _ in range(min(3, world.sizes.pairs))]
    per_key = [(peak - one - text) / count for peak in peaks]
    tree = measure.run([program("node_tree"), *files]).peak
    growth = [peak - one for peak in peaks]
    in_files = f"in {len(files)} files, read one after the other, of {text / 1e6:.0f} MB" if len(files) > 1 else ""
    return [
        Line("2a", f"peak memory growth at {count:,} keys, less one file", "≤ 100 bytes a key", 100,
             unit=" bytes a key")
        .figure(median(per_key), per_key, megabytes(median(growth)), megabytes(text)).noted(in_files),
        Line("2b", "the same, the file included, beside YAML::LoadFile", "≤ 1/20", 1 / 20)
        .figure(median(growth) / tree, [one / tree for one in growth], megabytes(median(growth)), megabytes(tree)),
    ]


def apply_changes(world: World, count: int, url: str) -> float:
    """A run in which a hundredth of the keys changes."""
    used = world.apply(world.keys(count, changed=0.01), world.copy_of(world.state(world.keys(count))), url)
    planned = re.search(r" (\d+) changes planned, (\d+) applied", used.stdout)
    if not planned or planned[1] != planned[2] or int(planned[1]) != -(-count // 100):
        raise RuntimeError(f"not a hundredth: {used.stdout}")
    return used.seconds


def growth(world: World) -> list[Line]:
    less, more = world.sizes.load, world.sizes.many
    bound = 1.1 * more / less
    target = f"≤ {bound:g} × the time for {less:,}"

    def line(id_: str, what: str) -> Line:
        return Line(id_, f"{more:,} keys: {what}", target, bound)

    small, large = world.keys(less), world.keys(more)
    world.state(small), world.state(large)
    loads = compare(world.sizes.pairs, lambda: part("parts", "load/apikeyd", large),
                    lambda: part("parts", "load/apikeyd", small))
    applies = compare(world.sizes.pairs, lambda: apply_nothing(world, large).seconds,
                      lambda: apply_nothing(world, small).seconds)
    with nginx(world) as url:
        changes = compare(world.sizes.pairs, lambda: apply_changes(world, more, url),
                          lambda: apply_changes(world, less, url))
    return [line("13a", "load").measured(loads, seconds),
            line("13b", "apply, nothing to do").measured(applies, seconds),
            line("13c", "apply, 1 % changed").measured(changes, seconds)]
