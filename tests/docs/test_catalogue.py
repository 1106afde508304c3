#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""journalctl takes systemd/apikeyd.catalog as it is, and the commands in it are the program's.

Wants the program in $APIKEYD_BIN. That its ids and fields are the log's is tests/daemon/runtime/journal_test.cpp's.
"""

import os
import pathlib
import re
import shutil
import subprocess
import tempfile
import unittest
from typing import List

CATALOGUE = pathlib.Path(__file__).resolve().parents[2] / "systemd" / "apikeyd.catalog"
TEXT = CATALOGUE.read_text(encoding="utf-8")
# The lines to type, indented: command and arguments.
COMMAND = re.compile(r"^    (?:sudo )?(?:\w+ )*?apikeyd (\w+)(.*)$", re.M)


@unittest.skipUnless(shutil.which("journalctl"), "needs journalctl")
class Journalctl(unittest.TestCase):
    """With a folder for its root: the system's own catalogue is left alone."""

    def setUp(self) -> None:
        self.root = pathlib.Path(tempfile.mkdtemp(prefix="apikeyd-catalogue-"))
        self.addCleanup(shutil.rmtree, self.root)
        sources = self.root / "usr" / "lib" / "systemd" / "catalog"
        sources.mkdir(parents=True)
        (self.root / "var" / "lib" / "systemd" / "catalog").mkdir(parents=True)
        shutil.copy(CATALOGUE, sources)
        # It ends with 0 whatever it thinks of a file, and only says it.
        self.assertEqual(self.journalctl("--update-catalog"), "")

    def journalctl(self, *arguments: str) -> str:
        done = subprocess.run(["journalctl", f"--root={self.root}", *arguments], stdout=subprocess.PIPE,
                              stderr=subprocess.PIPE, text=True, timeout=60, check=True, env={**os.environ, "LC_ALL": "C"})
        self.assertEqual(done.stderr, "")
        return done.stdout

    def test_every_explanation_is_taken(self) -> None:
        written = sorted(f"{id_} apikeyd: {subject}" for id_, subject in
                         re.findall(r"^-- ([0-9a-f]{32})\nSubject: (.*)$", TEXT, re.M))
        self.assertGreater(len(written), 20)
        self.assertEqual(sorted(self.journalctl("--list-catalog").splitlines()), written)

    def test_it_comes_out_as_it_was_written(self) -> None:
        def explanations(text: str) -> List[str]:
            return sorted(part.strip() for part in re.split(r"^-- ", text, flags=re.M)[1:])
        self.assertEqual(explanations(self.journalctl("--dump-catalog")), explanations(TEXT))


class Commands(unittest.TestCase):
    def test_each_is_one_of_the_program(self) -> None:
        named = COMMAND.findall(TEXT)
        self.assertGreater(len(named), 10)
        for command, arguments in named:
            with self.subTest(command + arguments):
                help_text = subprocess.run([os.environ["APIKEYD_BIN"], command, "--help"], stdout=subprocess.PIPE,
                                           stderr=subprocess.PIPE, text=True, timeout=60, check=True).stdout
                for option in re.findall(r"--[a-z-]+", arguments):
                    self.assertRegex(help_text, rf"(?m){option}\b")

    def test_lines_fit_a_terminal(self) -> None:
        body = TEXT[TEXT.index("\n-- "):]
        self.assertEqual([line for line in body.splitlines() if len(line) > 77], [])  # journalctl puts three in front


if __name__ == "__main__":
    unittest.main(verbosity=2)
