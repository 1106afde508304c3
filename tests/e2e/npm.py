# SPDX-License-Identifier: Apache-2.0
"""What a test needs of the npm world, as its lock file says; or the test is skipped, with a word why."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

SKIPPED = 77
NETWORK_ERRORS = ("ENOTFOUND", "EAI_AGAIN", "ECONNREFUSED", "ECONNRESET", "ETIMEDOUT", "ENETUNREACH")


def skip(why: str) -> None:
    print(f"SKIPPED: {why}", flush=True)
    sys.exit(SKIPPED)


def install(sources: Path, folder: Path, what: str) -> None:
    """npm ci into `folder`, never among the sources; unless what the lock file says is there already."""
    if not shutil.which("node") or not shutil.which("npm"):
        skip(f"{what} needs node and npm, and one of them isn't installed")
    folder.mkdir(parents=True, exist_ok=True)
    lock, installed = sources / "package-lock.json", folder / "installed-lock.json"
    if (folder / "node_modules").exists() and installed.exists() and installed.read_bytes() == lock.read_bytes():
        return
    installed.unlink(missing_ok=True)
    for name in ("package.json", "package-lock.json", ".npmrc"):
        shutil.copy(sources / name, folder / name)
    done = subprocess.run(["npm", "ci", "--ignore-scripts", "--no-progress"], cwd=folder, stdin=subprocess.DEVNULL,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=240, check=False)
    if done.returncode != 0:
        print(done.stdout)
        if any(error in done.stdout for error in NETWORK_ERRORS):
            skip("npm can't reach its registry")
        sys.exit("npm ci failed")
    shutil.copy(lock, installed)
