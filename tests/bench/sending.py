# SPDX-License-Identifier: Apache-2.0
"""Rows 4, 6, 7, 8, 10: how fast changes are sent, answered and recorded, and what that costs."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from pathlib import Path

import measure
from loading import apply_nothing
from measure import Line, Pairs, compare, median, per_second, seconds
from servers import certificate, nginx, sandbox
from world import NAME, TOKEN, World, clean_environment, program, tool

CONNECTIONS = 16


@dataclass(frozen=True)
class Run:
    """Of so many PUTs."""

    whole: float  # seconds, from the program's start to its exit
    converging: float  # seconds, from the plan to the last record
    cpu: float  # seconds of the whole

    @staticmethod
    def finished(world: World, used: measure.Usage, puts: int) -> Run:
        if f" {puts} applied, 0 rejected, 0 failed, 0 held" not in used.stdout:
            raise RuntimeError(f"not {puts} changes: {used.stdout}")
        last = [json.loads(line) for line in world.log.read_text().splitlines() if '"reconcile_finished"' in line][-1]
        return Run(used.seconds, last["duration_ms"] / 1000, used.cpu)


def converge(world: World, url: str, count: int, *more: str) -> Run:
    """All keys get another name. The log goes to a file, at its usual level: a line for each change."""
    state = world.copy_of(world.state(world.keys(count)))
    used = world.apply(world.keys(count, name=NAME), state, url, "--api-concurrency", str(CONNECTIONS), *more)
    return Run.finished(world, used, count)


@dataclass(frozen=True)
class Rate:
    requests: float  # a second
    cpu: float  # seconds a request


def wrk(world: World, url: str, count: int, connections: int = CONNECTIONS) -> Rate:
    """One thread: with two it is slower, for the server needs a core, too."""
    used = measure.run([tool("wrk"), "--threads", "1", "--connections", str(connections), "--duration",
                        f"{max(1, round(world.sizes.wrk))}s", "--script", Path(__file__).with_name("puts.lua"),
                        url.rsplit("/rest", 1)[0]],
                       env=clean_environment(BENCH_COUNT=str(count), BENCH_NAME=NAME, BENCH_TOKEN=TOKEN))
    found = re.search(r"(\d+) requests in ([\d.]+)(ms|s|m),", used.stdout)
    rate = re.search(r"^Requests/sec:\s+([\d.]+)", used.stdout, re.MULTILINE)
    if not found or not rate or re.search("Non-2xx|Socket errors", used.stdout):
        raise RuntimeError(used.stdout)
    return Rate(float(rate[1]), used.cpu / int(found[1]))


@dataclass
class Sent:
    """Pairs of one server: ours first, wrk second."""

    rates: Pairs
    whole: Pairs
    cpu: Pairs

    @staticmethod
    def measure(world: World, url: str, *more: str) -> Sent:
        count = world.sizes.puts
        runs: list[tuple[Run, float]] = []
        limits: list[Rate] = []
        unchanged = world.keys(count)

        def ours() -> float:
            # What it takes beside the PUTs themselves: starting, loading the file, planning.
            beside = apply_nothing(world, unchanged).cpu
            run = converge(world, url, count, *more)
            runs.append((run, (run.cpu - beside) / count))
            return count / run.converging

        def limit() -> float:
            limits.append(wrk(world, url, count))
            return limits[-1].requests

        rates = compare(world.sizes.pairs, ours, limit)
        return Sent(rates, Pairs([count / run.whole for run, _ in runs], [one.requests for one in limits]),
                    Pairs([cpu for _, cpu in runs], [one.cpu for one in limits]))

    def line(self, id_: str, what: str, bound: float) -> Line:
        return (Line(id_, what, f"≥ {bound:g} × wrk", bound, at_most=False).measured(self.rates, per_second)
                .noted(f"from start to exit, loading included: {median(self.whole.ratios):.2f} ×"))


def plain(world: World) -> list[Line]:
    count = world.sizes.puts
    with nginx(world) as url:
        sent = Sent.measure(world, url)
    return [sent.line("4", f"converge {count:,} changed keys, {CONNECTIONS} connections, durable", 0.45),
            Line("10", "processor time a PUT, commits included", "≤ 3 × wrk", 3).measured(sent.cpu, seconds)]


def tls(world: World) -> list[Line]:
    trusted = str(certificate(world.out)[0])
    with nginx(world, tls=True) as url:
        sent = Sent.measure(world, url, "--ca-file", trusted)
    return [sent.line("6", "the same over TLS", 0.4)]


def without_store(world: World, url: str) -> float:
    """Seconds of our own client that records nothing."""
    used = measure.run([program("no_store"), url, world.token, str(CONNECTIONS),
                        world.keys(world.sizes.puts, name=NAME)], env=clean_environment(), stderr=world.log)
    return float(used.stdout)


def durable(world: World) -> list[Line]:
    count = world.sizes.puts
    with nginx(world) as url:
        pairs = compare(world.sizes.pairs, lambda: count / converge(world, url, count).converging,
                        lambda: count / without_store(world, url))
    line = Line("7", "durable rate beside our own client without a store", "≥ 0.85 ×", 0.85, at_most=False)
    return [line.measured(pairs, per_second)]


def latency(world: World) -> list[Line]:
    connections, delay, count = 64, 50, world.sizes.slow_puts
    ideal = connections / (delay / 1000)
    keys = world.keys(count, counted=True)
    reached: list[float] = []

    def ours(url: str) -> float:
        fresh = world.folder / "fresh.db"
        for old in world.folder.glob("fresh.db*"):
            old.unlink()
        used = world.apply(keys, fresh, url, "--api-concurrency", str(connections))
        return count / Run.finished(world, used, count).converging

    with sandbox(world, count, delay, connections) as url:
        pairs = Pairs()
        for _ in range(world.sizes.pairs):
            pairs.add(ours(url), ideal)
            reached.append(wrk(world, url, count, connections).requests)
    line = Line("8", f"{connections} connections, {delay} ms of server latency", f"≥ 0.95 × {ideal:,.0f}/s", 0.95,
                at_most=False)
    return [line.measured(pairs, per_second).noted(f"wrk there: {per_second(median(reached))}")]
