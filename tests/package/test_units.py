#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The systemd units, as they are installed: that systemd takes every line of them, and how much they leave open."""

import os
import pathlib
import re
import shutil
import subprocess
import tempfile
import unittest
from typing import Dict, List, Tuple

import installed

# systemd-analyze's measure, times ten: 0 is a service that can do nothing. What is left is network, the journal's
# socket, and no root folder of its own.
EXPOSURE = 11
UNITS = {"apikeyd.service": "apikeyd.service", "apikeyd@.service": "apikeyd@acme.service"}
DROP_INS = ["static-user.conf", "encrypted-token.conf", "only-the-api.conf"]
analyze = unittest.skipUnless(shutil.which("systemd-analyze"), "needs systemd-analyze")


def lines_of(name: str) -> List[Tuple[str, str]]:
    """The unit's settings in order, each as name and value."""
    text = (installed.ROOT / "systemd" / name).read_text(encoding="utf-8")
    return [(key, value) for key, value in re.findall(r"^(\w+)=(.*)$", text, re.M)]


class Units(unittest.TestCase):
    folder: tempfile.TemporaryDirectory  # type: ignore[type-arg]
    units: pathlib.Path
    prefix: pathlib.Path

    @classmethod
    def setUpClass(cls) -> None:
        cls.folder = tempfile.TemporaryDirectory()
        cls.addClassCleanup(cls.folder.cleanup)
        cls.prefix = pathlib.Path(cls.folder.name)
        installed.install(str(cls.prefix))
        cls.units = cls.prefix / "lib" / "systemd" / "system"

    def verify(self, unit: str, folder: pathlib.Path) -> str:
        """What systemd-analyze has to say. It ends with 0 for settings that it doesn't know, and only tells of them."""
        pages = self.prefix / "share" / "man"
        manual = shutil.which("man") and pages.is_dir()
        return subprocess.run(
            ["systemd-analyze", "verify", "--man=yes" if manual else "--man=no", str(folder / unit)],
            env={**os.environ, "MANPATH": f"{pages}:"}, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
            timeout=60, check=False).stdout

    def with_drop_in(self, text: str) -> pathlib.Path:
        folder = pathlib.Path(tempfile.mkdtemp(dir=self.folder.name))
        shutil.copy(self.units / "apikeyd.service", folder)
        (folder / "apikeyd.service.d").mkdir()
        (folder / "apikeyd.service.d" / "drop-in.conf").write_text(text, encoding="utf-8")
        return folder

    @analyze
    def test_systemd_knows_every_line(self) -> None:
        for unit in UNITS.values():
            self.assertEqual(self.verify(unit, self.units), "", unit)

    @analyze
    def test_what_systemd_does_not_know_shows(self) -> None:
        self.assertIn("ProtectSytem", self.verify("apikeyd.service", self.with_drop_in("[Service]\nProtectSytem=yes\n")))

    @analyze
    def test_systemd_knows_every_line_of_the_examples(self) -> None:
        for name in DROP_INS:
            text = (installed.ROOT / "examples" / "systemd" / name).read_text(encoding="utf-8")
            self.assertEqual(self.verify("apikeyd.service", self.with_drop_in(text)), "", name)
        there = {path.name for path in (installed.ROOT / "examples" / "systemd").glob("*.conf")}
        self.assertEqual(there, {*DROP_INS, "sysusers.conf"})

    @analyze
    def test_systemd_knows_every_line_of_the_socket(self) -> None:
        folder = self.with_drop_in("")
        shutil.copy(installed.ROOT / "examples" / "systemd" / "apikeyd.socket", folder)
        self.assertEqual(self.verify("apikeyd.socket", folder), "")

    @analyze
    def test_how_much_the_units_leave_open(self) -> None:
        for name in UNITS:
            told = installed.run("systemd-analyze", "security", "--no-pager", "--offline=true",
                                 f"--threshold={EXPOSURE}", str(self.units / name))
            score = re.search(r"Overall exposure level for (\S+): ([\d.]+)", told)
            assert score, told
            print(f"systemd-analyze security {score[1]}: {score[2]}", flush=True)

    @analyze
    def test_a_static_user_leaves_no_more_open(self) -> None:
        text = (installed.ROOT / "examples" / "systemd" / "static-user.conf").read_text(encoding="utf-8")
        unit = (self.units / "apikeyd.service").read_text(encoding="utf-8")
        folder = pathlib.Path(tempfile.mkdtemp(dir=self.folder.name))
        # Offline, it heeds no drop-in: as one file. A later line outranks an earlier one.
        merged = unit.replace("[Install]", text + "[Install]")
        (folder / "apikeyd.service").write_text(merged, encoding="utf-8")
        installed.run("systemd-analyze", "security", "--no-pager", "--offline=true", f"--threshold={EXPOSURE}",
                      str(folder / "apikeyd.service"))

    def test_the_template_differs_only_where_it_must(self) -> None:
        one, several = lines_of("apikeyd.service"), lines_of("apikeyd@.service")
        self.assertEqual([key for key, _ in one], [key for key, _ in several])
        differing: Dict[str, Tuple[str, str]] = {
            key: (value, other) for (key, value), (_, other) in zip(one, several) if value != other}
        self.assertEqual(differing, {
            "Description": ("Keep API keys as a YAML file says", "Keep API keys of %i as a YAML file says"),
            "ExecStart": ("/usr/bin/apikeyd run", "/usr/bin/apikeyd run --instance %i"),
            "User": ("apikeyd", "apikeyd-%i"),
            "StateDirectory": ("apikeyd", "apikeyd-%i"),
            "RuntimeDirectory": ("apikeyd", "apikeyd-%i"),
            "ConfigurationDirectory": ("apikeyd", "apikeyd/%i"),
            "LoadCredential": ("api-token:/etc/apikeyd/api-token", "api-token:/etc/apikeyd/%i/api-token"),
        })

    def test_what_starting_again_cannot_mend_is_not_started_again(self) -> None:
        lines = dict(lines_of("apikeyd.service"))
        self.assertEqual(lines["Restart"], "on-failure")
        self.assertEqual(lines["RestartPreventExitStatus"].split(), ["64", "78", "243"])
        self.assertFalse([key for key in lines if key.startswith(("Condition", "Assert"))],
                         "it waits for its keys by itself")

    def test_units_name_the_program_that_was_installed(self) -> None:
        for name in UNITS:
            text = (self.units / name).read_text(encoding="utf-8")
            self.assertIn(f"\nExecStart={self.prefix}/bin/apikeyd run", text)
            self.assertIn(f"\nExecPaths={self.prefix}/bin/apikeyd ", text)
            self.assertNotIn("/usr/bin/apikeyd", text)


if __name__ == "__main__":
    unittest.main()
