# SPDX-License-Identifier: Apache-2.0
"""What other processes can get of a running daemon: its descriptors, its memory, its environment."""

import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
from pathlib import Path

import harness
from gitcase import GitCase
from harness import Case, Daemon, counted_ids, key

CLOSE_ON_EXEC = 0o2000000  # in /proc/PID/fdinfo, on every architecture that Debian 12 runs on but alpha and sparc

# What another process of the same user tries. Its own code says what happened.
ATTACH = """
import ctypes, os, signal, sys
libc = ctypes.CDLL(None, use_errno=True)
PTRACE_SEIZE = 0x4206
sys.exit(0 if libc.ptrace(PTRACE_SEIZE, int(sys.argv[1]), None, None) == 0 else ctypes.get_errno())
"""
NOBODY = 65534


def description(pid: int, descriptor: str) -> str:
    try:
        return f"{descriptor} -> {os.readlink(f'/proc/{pid}/fd/{descriptor}')}"
    except OSError:
        return descriptor


def inherited(pid: int) -> list[str]:
    """Descriptors that a program started by this process would have, but for the standard ones."""
    leaks = []
    for info in Path(f"/proc/{pid}/fdinfo").iterdir():
        try:
            text = info.read_text(encoding="utf-8")
        except FileNotFoundError:  # closed meanwhile
            continue
        flags = next(int(line.split()[1], 8) for line in text.splitlines() if line.startswith("flags:"))
        if int(info.name) > 2 and not flags & CLOSE_ON_EXEC:
            leaks.append(description(pid, info.name))
    return leaks


class Descriptors(GitCase):
    def targets(self, daemon: Daemon) -> list[str]:
        return [description(daemon.pid, one) for one in os.listdir(f"/proc/{daemon.pid}/fd")]

    def test_all_are_closed_on_exec(self) -> None:
        ids = counted_ids(12)
        self.start_sandbox("--count", "12")
        # Some connections idle, some in the middle of a request.
        self.sandbox.faults(";".join(f"hang*inf@{id_}" for id_ in ids[8:]))
        self.commit(harness.desired_text(key(id_, "busy", True) for id_ in ids))
        status = self.folder / "status.sock"
        daemon = self.start("--keys", str(self.clone / "keys.yaml"), "--api-concurrency", "8",
                            "--status-listen", f"unix:{status}")
        self.wait_converged([key(id_, "busy", True) for id_ in ids[:8]], daemon)
        harness.wait_for(lambda: self.sandbox.stats()["concurrent"] == 4, "four requests hang", also=daemon.tail)
        # And somebody in the middle of asking how it goes, for whom the state may be open.
        before = len(self.targets(daemon))
        asking = socket.socket(socket.AF_UNIX)
        self.addCleanup(asking.close)
        asking.connect(str(status))
        asking.sendall(b"GET /status.json HTTP/1.1\r\n")
        harness.wait_for(lambda: len(self.targets(daemon)) > before, "the connection is taken", also=daemon.tail)
        seen = "\n".join(self.targets(daemon))
        for what in ("socket:", "inotify", "timerfd", "eventpoll", "state.db", "state.db-wal", "state.db.lock"):
            self.assertIn(what, seen)
        self.assertEqual(inherited(daemon.pid), [], seen)


class SameUser(Case):
    """What a process of the same user, who isn't root, can do."""

    def setUp(self) -> None:
        super().setUp()
        self.user = NOBODY if os.geteuid() == 0 else os.geteuid()
        self.start_sandbox("--count", "1")
        self.save(key(counted_ids(1)[0], "one"))

    def as_user(self) -> list[str]:
        if os.geteuid() != 0:
            return []
        return ["setpriv", f"--reuid={NOBODY}", f"--regid={NOBODY}", "--clear-groups"]

    def start_as_user(self) -> Daemon:
        if os.geteuid() != 0:
            return self.start()
        # Neither the build folder nor this test's must be open to others.
        place = Path(tempfile.mkdtemp(prefix="apikeyd-e2e-"))
        self.addCleanup(shutil.rmtree, place, True)
        program = shutil.copy(harness.binary("APIKEYD_BIN", "apikeyd"), place / "apikeyd")
        for path in (self.folder, *self.folder.rglob("*"), place, Path(program)):
            os.chown(path, NOBODY, NOBODY)
        os.environ["APIKEYD_BIN"], before = str(program), os.environ.get("APIKEYD_BIN")
        try:
            return self.start(prefix=self.as_user())
        finally:
            if before is None:
                del os.environ["APIKEYD_BIN"]
            else:
                os.environ["APIKEYD_BIN"] = before

    def attach(self, pid: int) -> int:
        """0, or the error."""
        return subprocess.run([*self.as_user(), sys.executable, "-I", "-c", ATTACH, str(pid)],
                              stdin=subprocess.DEVNULL, cwd="/", check=False).returncode

    def test_can_not_look_into_it(self) -> None:
        other = subprocess.Popen([*self.as_user(), "sleep", "60"], stdin=subprocess.DEVNULL, cwd="/")
        self.addCleanup(other.wait)
        self.addCleanup(other.send_signal, signal.SIGKILL)
        harness.wait_for(lambda: Path(f"/proc/{other.pid}/comm").read_text().strip() == "sleep", "it sleeps")
        daemon = self.start_as_user()
        daemon.wait_event("reconcile_finished", result="converged")
        for name in ("mem", "environ", "maps", "fd"):
            self.assertEqual(os.stat(f"/proc/{daemon.pid}/{name}").st_uid, 0, name)
            read = subprocess.run([*self.as_user(), "ls" if name == "fd" else "cat", f"/proc/{daemon.pid}/{name}"],
                                  capture_output=True, cwd="/", check=False)
            self.assertNotEqual(read.returncode, 0, name)
            self.assertIn(b"Permission denied", read.stderr)
        if self.attach(other.pid) != 0:
            self.skipTest("no process may be traced here anyway")
        self.assertNotEqual(self.attach(daemon.pid), 0)


class EveryCommand(Case):
    """Also those that need no token: what starts them may pass it to all alike."""

    def test_token_of_the_environment_is_gone(self) -> None:
        token = "zqXtokenBwjhp-0123456789"
        process = subprocess.Popen([harness.binary("APIKEYD_BIN", "apikeyd"), "validate", "-"],
                                   env=self.environment(APIKEYD_TOKEN=token), stdin=subprocess.PIPE,
                                   stdout=subprocess.PIPE, cwd=self.folder)
        self.addCleanup(process.communicate)
        place = Path(f"/proc/{process.pid}")

        harness.wait_for(lambda: "Umask:\t0077" in place.joinpath("status").read_text(), "its umask is narrow")
        if os.geteuid() == 0:
            harness.wait_for(lambda: token.encode() not in place.joinpath("environ").read_bytes(), "the token is gone")
        else:
            self.assertEqual(place.joinpath("environ").stat().st_uid, 0)
        core = next(line for line in place.joinpath("limits").read_text().splitlines() if "core file" in line)
        self.assertEqual(core.split()[4:6], ["0", "0"])
        process.communicate(harness.desired_text([]).encode())
        self.assertEqual(process.returncode, 0)


if __name__ == "__main__":
    harness.main()
