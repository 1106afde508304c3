# SPDX-License-Identifier: Apache-2.0
"""What is measured with: programs, desired files, states. What was prepared is kept under build/bench/."""

from __future__ import annotations

import hashlib
import inspect
import os
import random
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from copy import copy
from dataclasses import dataclass
from pathlib import Path

import measure
from measure import NotMeasured, Usage

ROOT = Path(__file__).resolve().parents[2]
BUILD = ROOT / "build" / "release"
TOOLS = ROOT / "build" / "tools"
TOKEN = "bench-token-0123456789"
SECRET = "bench-secret"  # of every key; record_state writes the same
NAME = "benchmark-service1"  # of keys that are sent: the server answers all with one body. Makes 80 bytes a key.
NOWHERE = "http://127.0.0.1:9/rest/v1"  # for what sends nothing
FILE_KEYS = 500_000  # in one file at most: it may have 64 MiB


@dataclass(frozen=True)
class Sizes:
    """How much of everything; the small ones only show that everything runs."""

    pairs: int = 5
    load: int = 100_000  # keys of a file that is large
    many: int = 1_000_000
    puts: int = 10_000
    slow_puts: int = 5_120  # with latency: 80 for each of 64 connections
    loop_puts: int = 200
    ansible: tuple[int, int] = (2, 12)
    wrk: float = 1.5  # seconds
    edits: int = 15
    script_edits: int = 5
    watched: tuple[int, int] = (100, 1_000)
    idle: float = 60  # seconds
    starts: int = 21
    rows: int = 2_000_000
    commits: int = 200


SMOKE = Sizes(pairs=1, load=500, many=2_000, puts=200, slow_puts=128, loop_puts=3, ansible=(1, 2), wrk=0.3, edits=2,
              script_edits=1, watched=(10, 20), idle=2, starts=2, rows=5_000, commits=5)


def tool(name: str) -> str:
    """Where a program is, the ones under build/tools included."""
    path = os.pathsep.join([os.environ.get("PATH", ""), str(TOOLS / "usr" / "sbin"), str(TOOLS / "usr" / "bin")])
    if found := shutil.which(name, path=path):
        return found
    raise NotMeasured(f"no {name} on this machine")


def program(name: str) -> Path:
    """One that was built."""
    path = BUILD / {"apikeyd": "daemon/apikeyd", "apikeyd-sandbox": "examples/sandbox/apikeyd-sandbox"}.get(
        name, f"tests/bench/{name}")
    if not path.exists():
        raise FileNotFoundError(f"{path} is not built; tests/bench/run.sh does that")
    return path


def clean_environment(**more: str) -> dict[str, str]:
    """Nothing of the caller's settings."""
    kept = {name: value for name, value in os.environ.items()
            if not name.startswith("APIKEYD_") and not name.lower().endswith("_proxy")}
    return {**kept, **more}


class World:
    """A folder for this run, and the prepared files of all runs."""

    def __init__(self, sizes: Sizes) -> None:
        self.sizes = sizes
        base = ROOT / "build" / "bench"
        # What is prepared follows from these; what older ones made is of no use any more.
        made_by = [(ROOT / path).read_text() for path in ("state/schema.cpp", "tests/bench/bench_keys.hpp",
                                                          "tests/bench/record_state.cpp")]
        digest = hashlib.sha256("".join([*made_by, inspect.getsource(World._write_keys)]).encode()).hexdigest()[:12]
        self.data = base / f"data-{digest}"
        for old in base.glob("data-*"):
            if old != self.data:
                shutil.rmtree(old)
        self.data.mkdir(parents=True, exist_ok=True)
        self._set_up(Path(tempfile.mkdtemp(prefix="run-", dir=base)))

    def _set_up(self, folder: Path) -> None:
        folder.chmod(0o755)  # nginx has users of its own
        self.folder = folder
        # The daemon watches the folders of its files and those above them: what else is written goes elsewhere.
        (folder / "etc").mkdir()
        self.out = Path(tempfile.mkdtemp(prefix="out-", dir=folder))
        self.out.chmod(0o755)
        self.token = folder / "etc" / "token"
        self.token.touch(mode=0o600)
        self.token.write_text(TOKEN + "\n")
        self.settings = folder / "etc" / "settings.yaml"
        self.settings.write_text("log:\n  format: json\n")

    def moved_to(self, folder: Path) -> World:
        """The same prepared files, and another folder for this run; whoever made that removes it."""
        moved = copy(self)
        moved._set_up(folder)
        return moved

    def close(self) -> None:
        shutil.rmtree(self.folder, ignore_errors=True)

    # Desired files.

    def keys(self, count: int, *, name: str | None = None, changed: float = 0, imported: bool = False,
             counted: bool = False) -> Path:
        """A file of so many keys, or a folder of files. `name`: of all of them, else each has its own; `changed`: the
        part of them that have the server's name; `imported`: as `apikeyd import` writes it; `counted`: ids from 1 on,
        as the sandbox has them."""
        label = f"keys-{count}{f'-{name}' if name else ''}{f'-{changed}' if changed else ''}"
        label += f"{'-imported' if imported else ''}{'-counted' if counted else ''}"
        if count <= FILE_KEYS:
            path = self.data / f"{label}.yaml"
            if not path.exists():
                self._write_keys(path, 0, count, name, changed, imported, counted)
            return path
        path = self.data / label
        if not path.exists():
            making = self.data / f"{label}.making"
            shutil.rmtree(making, ignore_errors=True)
            making.mkdir()
            for first in range(0, count, FILE_KEYS):
                self._write_keys(making / f"{first:08d}.yaml", first, min(FILE_KEYS, count - first), name, changed,
                                 imported, counted)
            making.rename(path)
        return path

    @staticmethod
    def _write_keys(path: Path, first: int, count: int, name: str | None, changed: float, imported: bool,
                    counted: bool) -> None:
        source = random.Random(first)  # ids in no order: a file needn't be sorted
        every = round(1 / changed) if changed else 0
        making = path.with_suffix(".making")
        with making.open("w") as file:
            file.write("version: 1\n\nkeys:\n" if imported else "version: 1\nkeys:\n")
            for number in range(first, first + count):
                own = name or (NAME if every and number % every == 0 else f"service-{number:010d}")
                blank = "\n" if imported and number > first else ""
                created = " # created 2026-01-01T00:00:00.000Z" if imported else ""
                id_ = f"{number + 1:024x}" if counted else source.randbytes(12).hex()
                file.write(f"{blank}  - id: {id_}{created}\n    name: {own}\n    enabled: true\n")
        making.rename(path)

    # States.

    def state(self, keys: Path, rows: int = 0) -> Path:
        """That knows the keys as the file says, with so many lines of history. Kept: work on a copy."""
        path = self.data / f"state-{keys.stem}{f'-{rows}' if rows else ''}.db"
        if not path.exists():
            making = path.with_suffix(".making")
            for old in self.data.glob(f"{making.name}*"):
                old.unlink()
            measure.run([program("record_state"), making, keys, *([str(rows)] if rows else [])])
            making.rename(path)
            self.require_in_sync(keys, path)
        return path

    def require_in_sync(self, keys: Path, state: Path) -> None:
        """`drift` exits with 2 where something differs."""
        measure.run([program("apikeyd"), "drift", "--config", self.settings, "--keys", keys, "--state", state],
                    env=clean_environment())

    def copy_of(self, state: Path) -> Path:
        """To be written to."""
        made = self.folder / "state" / "state.db"
        shutil.rmtree(made.parent, ignore_errors=True)
        made.parent.mkdir()
        shutil.copyfile(state, made)
        made.chmod(0o600)
        with made.open("rb") as file:
            os.fsync(file.fileno())  # or the first commit would wait for it
        return made

    # The daemon.

    def command(self, verb: str, keys: Path, state: Path, url: str = NOWHERE, *more: str) -> list[str | Path]:
        return [program("apikeyd"), verb, "--config", self.settings, "--keys", keys, "--state", state, "--api-url", url,
                "--token-file", self.token, *more]

    def apply(self, keys: Path, state: Path, url: str = NOWHERE, *more: str) -> Usage:
        return measure.run(self.command("apply", keys, state, url, *more), env=clean_environment(), stderr=self.log)

    @property
    def log(self) -> Path:
        return self.out / "log"


@contextmanager
def world(sizes: Sizes) -> Iterator[World]:
    made = World(sizes)
    try:
        yield made
    finally:
        made.close()
