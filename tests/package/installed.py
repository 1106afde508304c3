# SPDX-License-Identifier: Apache-2.0
"""Installing the build folder into a throw-away place, and looking at what is there then."""

import os
import pathlib
import stat
import subprocess
from typing import Dict, Tuple

ROOT = pathlib.Path(__file__).resolve().parents[2]
BUILD = os.environ["APIKEYD_BUILD"]
CMAKE = os.environ["APIKEYD_CMAKE"]


def run(*command: str, **keywords: object) -> str:
    """What the command prints, both ways; an AssertionError with it where it fails."""
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=120,
                          check=False, **keywords)  # type: ignore[call-overload]
    if done.returncode != 0:
        raise AssertionError(f"{' '.join(command)}: exit code {done.returncode}\n{done.stdout}")
    return str(done.stdout)


def install(prefix: str, *options: str, below: str = "") -> str:
    """`cmake --install` to `prefix`, of the folder `below` where that is given; what it prints."""
    return run(CMAKE, "--install", BUILD, "--prefix", prefix, *options, env={**os.environ, "DESTDIR": below})


def tree(folder: pathlib.Path) -> Dict[str, Tuple[str, bytes]]:
    """Each file below the folder: its mode, and what is in it."""
    return {path.relative_to(folder).as_posix(): (stat.filemode(path.lstat().st_mode), path.read_bytes())
            for path in folder.rglob("*") if path.is_file()}
