# SPDX-License-Identifier: Apache-2.0
"""A test with a git repository for the desired file."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import harness
from harness import Case


class GitCase(Case):
    """A bare repository and a clone to commit in."""

    def setUp(self) -> None:
        super().setUp()
        # `apikeyd` is the one under test, whatever else the machine has.
        self.tools = self.folder / "tools"
        self.tools.mkdir()
        (self.tools / "apikeyd").symlink_to(Path(harness.binary("APIKEYD_BIN", "apikeyd")).resolve())
        self.search_path = f"{self.tools}:{os.environ['PATH']}"
        self.bare = self.folder / "bare.git"
        self.clone = self.folder / "clone"
        self.git("init", "--quiet", "--bare", "--initial-branch=main", str(self.bare), cwd=self.folder)
        self.git("clone", "--quiet", str(self.bare), str(self.clone), cwd=self.folder)
        self.git("checkout", "--quiet", "-b", "main")

    def git_environment(self) -> dict[str, str]:
        """Nothing of the tester's own configuration."""
        identity = {f"GIT_{who}_{what}": value for who in ("AUTHOR", "COMMITTER")
                    for what, value in (("NAME", "Ada"), ("EMAIL", "ada@example.org"))}
        return self.environment(PATH=self.search_path, HOME=str(self.folder), GIT_CONFIG_GLOBAL="/dev/null",
                                GIT_CONFIG_NOSYSTEM="1") | identity

    def run_git(self, *arguments: str, cwd: Path | None = None,
                **variables: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(["git", *arguments], cwd=cwd or self.clone, env=self.git_environment() | variables,
                              stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False)

    def git(self, *arguments: str, cwd: Path | None = None) -> str:
        done = self.run_git(*arguments, cwd=cwd)
        self.assertEqual(done.returncode, 0, done.stderr)
        return done.stdout.strip()

    def commit(self, text: str, message: str = "change", name: str = "keys.yaml", *options: str) -> str:
        (self.clone / name).parent.mkdir(parents=True, exist_ok=True)
        (self.clone / name).write_text(text, encoding="utf-8")
        self.git("add", name)
        self.git(*options, "commit", "--quiet", "-m", message)
        return self.git("rev-parse", "HEAD")

    def push(self, text: str, *options: str) -> str:
        commit = self.commit(text)
        self.git("push", "--quiet", *options, "origin", "HEAD:main")
        return commit
