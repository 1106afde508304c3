# SPDX-License-Identifier: Apache-2.0
"""Installing the build folder into a throw-away place, and looking at what is there then."""

import os
import pathlib
import shutil
import stat
import subprocess
from typing import Dict, List, Tuple

ROOT = pathlib.Path(__file__).resolve().parents[2]
BUILD = os.environ["APIKEYD_BUILD"]
CMAKE = os.environ["APIKEYD_CMAKE"]
CPACK = os.environ["APIKEYD_CPACK"]
PACKAGES = pathlib.Path(BUILD) / "packages"
SUFFIX = {"TGZ": ".tar.gz", "DEB": ".deb"}


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


def missing_for(kind: str) -> List[str]:
    """What a package of that kind can't be made without, and isn't there."""
    wanted = {"TGZ": ["tar", "gzip"], "DEB": ["dpkg-deb", "dpkg-shlibdeps", "file", "gzip"]}
    return [tool for tool in wanted[kind] if not shutil.which(tool)]


def package(kind: str, folder: pathlib.Path = PACKAGES) -> pathlib.Path:
    """The package of that kind in the folder."""
    found, = folder.glob(f"apikeyd*{SUFFIX[kind]}")
    return found


def pack(kind: str, folder: pathlib.Path, umask: int) -> pathlib.Path:
    """Makes the package of that kind in the folder, of what is built."""
    environment = {key: value for key, value in os.environ.items() if key != "SOURCE_DATE_EPOCH"}
    before = os.umask(umask)
    try:
        run(CPACK, "--config", f"{BUILD}/CPackConfig.cmake", "-G", kind, "-B", str(folder), env=environment)
    finally:
        os.umask(before)
    return package(kind, folder)


def tree(folder: pathlib.Path) -> Dict[str, Tuple[str, bytes]]:
    """Each file below the folder: its mode, and what is in it."""
    return {path.relative_to(folder).as_posix(): (stat.filemode(path.lstat().st_mode), path.read_bytes())
            for path in folder.rglob("*") if path.is_file()}
