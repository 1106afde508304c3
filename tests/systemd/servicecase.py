# SPDX-License-Identifier: Apache-2.0
"""A machine for each test, with the package of this build installed as an operator does it."""

from __future__ import annotations

import functools
import json
import os
import signal
import sys
import tempfile
import unittest
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from machine import Machine, MachineSandbox
from harness import BILLING, BOUND, LEGACY, MOBILE, ROOT, Json, Key, desired_text, key, wait_for

UNIT = "apikeyd.service"
CONFIG = "/etc/apikeyd"
STATE = "/var/lib/apikeyd"
SKIPPED = 77  # what CTest takes for it, see CMakeLists.txt

ONE = [key(BILLING, "billing-one", True), key(MOBILE, "mobile-one", True), key(LEGACY, "legacy-one", True)]
TWO = [key(BILLING, "billing-two", True), *ONE[1:]]


@functools.cache
def package() -> Path:
    """The .deb: what $APIKEYD_DEB names, a folder or a file, else the newest under build/."""
    named = os.environ.get("APIKEYD_DEB")
    if named and Path(named).is_file():
        return Path(named)
    found = list(Path(named).glob("apikeyd_*.deb")) if named else list(ROOT.glob("build/*/packages/apikeyd_*.deb"))
    if not found:
        raise FileNotFoundError(f"no apikeyd_*.deb in {named or 'build/*'}: build the target 'package' first")
    return max(found, key=lambda path: path.stat().st_mtime)


class ServiceCase(unittest.TestCase):
    maxDiff = None

    def run(self, result: unittest.TestResult | None = None) -> unittest.TestResult | None:
        """As ever; where a test fails, the machine's last words follow it."""
        self.last_words = ""
        before = len(result.failures) + len(result.errors) if result else 0
        super().run(result)
        if result and len(result.failures) + len(result.errors) > before:
            print(f"{self.id()}: {self.last_words}", file=sys.stderr, flush=True)
        return result

    def setUp(self) -> None:
        self.machine = Machine.boot()
        self.addCleanup(self.machine.close)
        self.addCleanup(self.keep_last_words)

    def keep_last_words(self) -> None:
        self.last_words = self.machine.tail()

    # What the operator does

    def install(self, deb: Path | None = None) -> None:
        self.machine.push("/root/apikeyd.deb", deb or package())
        self.machine.run("dpkg", "--install", "/root/apikeyd.deb")

    def start_sandbox(self, *arguments: str, **options: Any) -> MachineSandbox:
        sandbox = self.machine.sandbox(*arguments, **options)
        self.addCleanup(sandbox.stop)
        return sandbox

    def configure(self, sandbox: MachineSandbox, settings: str = "", folder: str = CONFIG) -> None:
        """The token file and the settings file: where the sandbox is, and `settings`."""
        self.machine.push(f"{folder}/api-token", sandbox.token + "\n", 0o600)
        self.write_settings(sandbox, settings, folder)

    def write_settings(self, sandbox: MachineSandbox, settings: str = "", folder: str = CONFIG) -> None:
        self.machine.push(f"{folder}/apikeyd.yaml", f"api:\n  url: {sandbox.url}\n{settings}")

    def save(self, keys: Iterable[Key], folder: str = CONFIG) -> None:
        self.machine.push(f"{folder}/keys.yaml", desired_text(keys))

    def save_long_ago(self, keys: Iterable[Key], folder: str = CONFIG) -> None:
        """A start waits two seconds for a file that may still be written to: not for one that is an hour old."""
        self.save(keys, folder)
        self.machine.run("touch", "--date", "1 hour ago", f"{folder}/keys.yaml")

    def begin(self, settings: str = "", drop_in: str = "", keys: Iterable[Key] = ONE, sandbox: Iterable[str] = ()
              ) -> MachineSandbox:
        """Installed, configured, started and in sync."""
        self.sandbox = self.start_sandbox(*sandbox)
        self.install()
        self.configure(self.sandbox, settings)
        keys = list(keys)
        self.save_long_ago(keys)
        if drop_in:
            self.machine.drop_in(UNIT, drop_in)
        self.machine.systemctl("start", UNIT)
        self.wait_settled(keys)
        return self.sandbox

    def apikeyd(self, *arguments: str, check: bool = True) -> Any:
        """A command as root gives it, beside the service or without it."""
        return self.machine.run("apikeyd", *arguments, check=check)

    def apikeyd_json(self, *arguments: str) -> Json:
        done = self.apikeyd(*arguments, "--format", "json", check=False)
        self.assertIn(done.returncode, (0, 2), done.stderr)
        return json.loads(done.stdout)

    # What it comes to

    def messages_of_manager(self, since: str = "") -> list[str]:
        """What systemd itself says of the unit."""
        return [str(entry["MESSAGE"]) for entry in self.machine.journal(since, _PID="1", UNIT=UNIT)]

    def main_pid(self, unit: str = UNIT) -> int:
        """As the machine counts."""
        return int(self.machine.property(unit, "MainPID"))

    def wait_converged(self, keys: Iterable[Key], sandbox: MachineSandbox | None = None) -> None:
        asked, keys = sandbox or self.sandbox, list(keys)
        wait_for(lambda: not asked.differences(keys), "the sandbox's keys are as the file says", BOUND,
                 lambda: "\n".join(asked.differences(keys)) + "\n" + self.machine.tail())

    def wait_settled(self, keys: Iterable[Key], unit: str = UNIT, since: str = "",
                     sandbox: MachineSandbox | None = None) -> None:
        """A reconciliation is over, and the remote keys are as they should be."""
        self.machine.wait_event(unit, "reconcile_finished", since, APIKEYD_RESULT="converged")
        self.assertEqual((sandbox or self.sandbox).differences(keys), [], self.machine.tail())

    def wait_under_way(self) -> None:
        """A request has reached the sandbox and waits for its answer."""
        wait_for(lambda: self.sandbox.stats()["concurrent"] > 0, "a request is under way", also=self.machine.tail)

    def wait_restarted(self, old_pid: int, times: int = 1, unit: str = UNIT) -> int:
        """systemd has started it again by itself, and it runs; its pid."""
        self.machine.wait_property(unit, "NRestarts", str(times))
        self.machine.wait_property(unit, "ActiveState", "active")
        pid = self.main_pid(unit)
        self.assertNotIn(pid, (0, old_pid))
        return pid

    def assert_failed(self, unit: str, status: int) -> None:
        """It ended with this code, and nobody tries it again."""
        shown = self.machine.properties(unit, "ActiveState", "SubState", "ExecMainStatus", "NRestarts")
        self.assertEqual(shown, {"ActiveState": "failed", "SubState": "failed", "ExecMainStatus": str(status),
                                 "NRestarts": "0"}, self.machine.tail(unit))
        # "failed" is the end: what is to be started again is "activating (auto-restart)".

    def temporary_folder(self) -> Path:
        folder = tempfile.TemporaryDirectory(prefix="apikeyd-systemd-")
        self.addCleanup(folder.cleanup)
        return Path(folder.name)


def stop_in_order() -> None:
    """A signal ends the tests as Ctrl-C does; the machine is closed on the way out."""
    def stop(*_: Any) -> None:
        raise KeyboardInterrupt

    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, stop)


def main() -> None:
    stop_in_order()
    result = unittest.main(verbosity=2, exit=False).result
    if not result.wasSuccessful():
        sys.exit(1)
    if result.testsRun and len(result.skipped) == result.testsRun:
        print(f"skipped: {result.skipped[0][1]}")
        sys.exit(SKIPPED)
