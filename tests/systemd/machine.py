# SPDX-License-Identifier: Apache-2.0
"""A machine to test on: a real systemd as process 1 of its own namespaces, up in about a second.

Its files are this host's (or those of the folder that $APIKEYD_MACHINE_ROOT names), and whatever it writes is kept in
memory and is gone with it. It has loopback and no other network. It needs root, overlayfs and cgroup2; without them
`Machine.boot()` raises `unittest.SkipTest` and says what is missing.

Nothing waits for ever, and nothing is left behind: the processes end with this one, even by SIGKILL, and then what
holds the files takes away mounts, cgroup and folder.
"""

from __future__ import annotations

import atexit
import contextlib
import ctypes
import functools
import http.client
import json
import os
import select
import shlex
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import unittest
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "e2e"))
from harness import BOUND, FACTOR, Json, Sandbox, wait_for  # noqa: E402

SCRIPT = Path(__file__).with_name("machine.sh")
NEEDED = ("unshare", "nsenter", "setpriv", "mount", "pivot_root", "dpkg", "systemctl", "journalctl", "systemd-run")
CLONE_NEWNET = 0x40000000


class Machine:
    """One machine. Make it with `Machine.boot()`; `close()` ends it, however it is."""

    def __init__(self) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="apikeyd-machine-"))
        self.tree = self.folder / "tree"
        self.tree.mkdir()
        self.console = self.folder / "console.log"
        self.name = f"apikeyd-machine-{os.getpid()}-{id(self):x}"
        self.holder: subprocess.Popen[bytes] | None = None
        self.process: subprocess.Popen[bytes] | None = None  # of the present boot; init is its child
        self.init = 0
        atexit.register(self.close)

    # Beginning and end

    @classmethod
    def boot(cls) -> Machine:
        if why := why_not():
            raise unittest.SkipTest(f"no machine can be booted here: {why}")
        machine = cls()
        try:
            machine._hold()
            machine.start()
        except BaseException:
            machine.close()
            raise
        return machine

    def _hold(self) -> None:
        lower = os.environ.get("APIKEYD_MACHINE_ROOT", "/")
        command = ["unshare", "--mount", "--net", "bash", str(SCRIPT), "hold", str(self.tree), lower, self.name]
        self.holder = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                       stderr=subprocess.STDOUT)
        assert self.holder.stdout
        said = b""
        end = time.monotonic() + BOUND * FACTOR
        while not said.endswith(b"\n"):
            if not select.select([self.holder.stdout], [], [], max(0.0, end - time.monotonic()))[0]:
                raise AssertionError("what holds the machine's files says nothing")
            if not (part := os.read(self.holder.stdout.fileno(), 4096)):
                break
            said += part
        answer = said.decode(errors="replace").strip()
        if answer != "ready":
            raise unittest.SkipTest(f"no machine can be booted here: {answer.removeprefix('no: ')}")

    def start(self) -> None:
        """Boots, until everything that is enabled was started."""
        assert self.holder and not self.process
        within = [f"--mount=/proc/{self.holder.pid}/ns/mnt", f"--net=/proc/{self.holder.pid}/ns/net"]
        with self.console.open("ab") as console:
            # Should this process be killed, so is the machine.
            self.process = subprocess.Popen(
                ["setpriv", "--pdeathsig", "KILL", "nsenter", *within,
                 "bash", str(SCRIPT), "boot", str(self.tree), self.name],
                stdin=subprocess.DEVNULL, stdout=console, stderr=console)
        children = Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children")

        def systemd_runs() -> int:
            if self.process is None or self.process.poll() is not None:
                raise AssertionError("the boot ended")
            pids = [int(pid) for pid in children.read_text().split()]
            return pids[0] if pids and Path(f"/proc/{pids[0]}/comm").read_text() == "systemd\n" else 0
        self.init = wait_for(systemd_runs, "systemd runs", also=self.console_text)
        # "degraded" counts as well: what of the host's fails in here is no matter of ours.
        wait_for(lambda: self.run("systemctl", "is-system-running", check=False).stdout.strip()
                 in ("running", "degraded"), "the machine is up", 2 * BOUND, also=self.jobs)

    def power_off(self) -> None:
        self._shut_down("poweroff", signal.SIGINT)

    def reboot(self) -> None:
        """An orderly end, and another boot with the same files."""
        self._shut_down("reboot", signal.SIGHUP)
        self.start()

    def _shut_down(self, how: str, ends_with: int) -> None:
        assert self.process
        self.run("systemctl", "--no-block", how)
        try:
            code = self.process.wait(2 * BOUND * FACTOR)
        except subprocess.TimeoutExpired as error:
            raise AssertionError(f"no {how}\n{self.jobs()}") from error
        self.process = None
        # unshare(1) dies as its child did: the kernel ends process 1 of a pid namespace by a signal that says which.
        if code != -ends_with:
            raise AssertionError(f"{how}: ended with {code}\n{self.console_text()}")

    def close(self) -> None:
        """Pulls the plug: all processes at once, then what they leave."""
        atexit.unregister(self.close)
        if self.process:
            with contextlib.suppress(FileNotFoundError):
                if self.process.poll() is None and self.init:
                    os.kill(self.init, signal.SIGKILL)  # and with it all others of its namespace
                elif self.process.poll() is None:
                    self.process.kill()
            self.process.wait()
            self.process = None
        if self.holder:
            assert self.holder.stdin and self.holder.stdout
            self.holder.stdin.close()
            self.holder.wait()
            self.holder.stdout.close()
            self.holder = None
        shutil.rmtree(self.folder, ignore_errors=True)

    # What goes on inside

    def inside(self, *command: str) -> list[str]:
        """The command line that runs `command` in the machine, as its root."""
        return ["nsenter", "--target", str(self.init), "--mount", "--uts", "--ipc", "--net", "--pid", "--cgroup",
                "env", "-i", "PATH=/usr/sbin:/usr/bin:/sbin:/bin", "HOME=/root", "LC_ALL=C.UTF-8",
                "SYSTEMD_PAGER=", "DEBIAN_FRONTEND=noninteractive", *command]

    def run(self, *command: str, check: bool = True, stdin: str = "", timeout: float = 2 * BOUND
            ) -> subprocess.CompletedProcess[str]:
        """Runs a command to its end. With `check`, any exit code but 0 fails the test."""
        shown = shlex.join(command)
        try:
            done = subprocess.run(self.inside(*command), input=stdin, capture_output=True, text=True,
                                  errors="replace", timeout=timeout * FACTOR, check=False)
        except subprocess.TimeoutExpired as error:
            raise AssertionError(f"{shown}: did not end\n{self.jobs()}") from error
        if check and done.returncode != 0:
            raise AssertionError(f"{shown}: {done.returncode}\n{done.stdout}{done.stderr}\n{self.tail()}")
        return done

    def shell(self, script: str, *arguments: str, **options: Any) -> subprocess.CompletedProcess[str]:
        return self.run("bash", "-euc", script, "bash", *arguments, **options)

    def push(self, path: str, content: str | bytes | Path, mode: int = 0o644) -> None:
        """Writes a file as careful programs do: a new one beside it, then a rename over it."""
        if isinstance(content, str):
            content = content.encode()
        script = 'mkdir -p "${1%/*}"; umask 077; cat >"$1.new"; chmod "$2" "$1.new"; mv "$1.new" "$1"'
        command = self.inside("bash", "-euc", script, "bash", path, f"{mode:o}")
        with contextlib.ExitStack() as stack:
            source: Any = {"input": content}
            if isinstance(content, Path):
                source = {"stdin": stack.enter_context(content.open("rb"))}
            subprocess.run(command, check=True, timeout=BOUND * FACTOR, **source)

    def read(self, path: str) -> str:
        return self.run("cat", path).stdout

    def sha256(self, path: str) -> str:
        return self.run("sha256sum", path).stdout.split()[0]

    def exists(self, path: str) -> bool:
        return self.run("test", "-e", path, check=False).returncode == 0

    def stat(self, path: str) -> str:
        """Mode, owner's uid, kind: "600 61234 regular file". Follows links."""
        return self.run("stat", "--dereference", "--format", "%a %u %F", path).stdout.strip()

    # systemd

    def systemctl(self, *arguments: str, check: bool = True) -> subprocess.CompletedProcess[str]:
        return self.run("systemctl", *arguments, check=check)

    def properties(self, unit: str, *names: str) -> dict[str, str]:
        shown = self.systemctl("show", unit, "--property", ",".join(names)).stdout
        return dict(line.split("=", 1) for line in shown.splitlines())

    def property(self, unit: str, name: str) -> str:
        return self.properties(unit, name)[name]

    def wait_property(self, unit: str, name: str, wanted: str | Callable[[str], Any], timeout: float = BOUND) -> str:
        fits = wanted if callable(wanted) else wanted.__eq__
        last = ""

        def found() -> bool:
            nonlocal last
            last = self.property(unit, name)
            return bool(fits(last))
        wait_for(found, f"{name} of {unit}" + ("" if callable(wanted) else f" is {wanted}"), timeout,
                 lambda: f"it is {last}\n{self.tail(unit)}")
        return last

    def drop_in(self, unit: str, text: str) -> None:
        self.push(f"/etc/systemd/system/{unit}.d/test.conf", text)
        self.systemctl("daemon-reload")

    def undo_drop_in(self, unit: str) -> None:
        self.run("rm", "-rf", f"/etc/systemd/system/{unit}.d")
        self.systemctl("daemon-reload")

    def cursor(self) -> str:
        """Now, as a place in the journal: `journal` and `wait_event` take it as `since`."""
        shown = self.run("journalctl", "--lines", "0", "--show-cursor", "--quiet").stdout
        return shown.partition("-- cursor: ")[2].strip()

    def journal(self, since: str = "", /, **fields: str) -> list[Json]:
        """The entries with these fields."""
        # Picked here and not by journalctl, which after a cursor would leave out the first that matches.
        after = ["--after-cursor", since] if since else []
        shown = self.run("journalctl", "--quiet", "--output", "json", "--all", *after).stdout
        entries = [json.loads(line) for line in shown.splitlines()]
        return [entry for entry in entries if all(entry.get(field) == value for field, value in fields.items())]

    def events(self, unit: str, name: str, /, since: str = "", **fields: Any) -> list[Json]:
        return self.journal(since, _SYSTEMD_UNIT=unit, APIKEYD_EVENT=name, **fields)

    def wait_event(self, unit: str, name: str, /, since: str = "", timeout: float = BOUND, **fields: Any) -> Json:
        return wait_for(lambda: self.events(unit, name, since, **fields), f"event {name} {fields} of {unit}", timeout,
                        lambda: self.tail(unit))[0]

    # For messages

    def console_text(self) -> str:
        return f"console:\n{self.console.read_text(errors='replace')[-4000:]}"

    def tail(self, unit: str = "") -> str:
        """What the journal ends with."""
        which = ["--unit", unit] if unit else []
        return "journal:\n" + self._output("journalctl", "--lines", "60", "--output", "short-precise", *which)

    def jobs(self) -> str:
        return "\n".join([self.console_text(), self._output("systemctl", "list-jobs"), self.tail()])

    def _output(self, *command: str) -> str:
        try:
            return subprocess.run(self.inside(*command), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                  stderr=subprocess.STDOUT, timeout=BOUND, text=True, errors="replace",
                                  check=False).stdout
        except subprocess.TimeoutExpired:
            return f"{shlex.join(command)}: no answer"

    # Its network

    @contextlib.contextmanager
    def network(self) -> Iterator[None]:
        """Sockets that this thread makes meanwhile are the machine's."""
        assert self.holder
        with open("/proc/thread-self/ns/net", "rb") as own, open(f"/proc/{self.holder.pid}/ns/net", "rb") as other:
            enter_network(other.fileno())
            try:
                yield
            finally:
                enter_network(own.fileno())

    def sandbox(self, *arguments: str, **options: Any) -> MachineSandbox:
        """The sandbox, in the machine's network. It isn't part of the machine: it stays through a reboot."""
        return MachineSandbox(self, *arguments, **options)


class MachineSandbox(Sandbox):
    def __init__(self, machine: Machine, *arguments: str, **options: Any) -> None:
        assert machine.holder
        self.machine = machine
        super().__init__(machine.folder, *arguments, **options, prefix=[
            "setpriv", "--pdeathsig", "KILL", "nsenter", f"--net=/proc/{machine.holder.pid}/ns/net"])

    def opener(self) -> urllib.request.OpenerDirector:
        return urllib.request.build_opener(urllib.request.ProxyHandler({}), MachineHandler(self.machine))


class MachineHandler(urllib.request.HTTPHandler):
    """Speaks HTTP with what listens in a machine."""

    def __init__(self, machine: Machine) -> None:
        super().__init__()
        self.machine = machine

    def http_open(self, request: urllib.request.Request) -> Any:
        machine = self.machine

        class Connection(http.client.HTTPConnection):
            def connect(self) -> None:
                with machine.network():
                    self.sock = socket.create_connection((self.host, self.port), self.timeout)
        return self.do_open(Connection, request)


def enter_network(descriptor: int) -> None:
    if ctypes.CDLL(None, use_errno=True).setns(descriptor, CLONE_NEWNET) != 0:
        raise OSError(ctypes.get_errno(), "setns")


@functools.cache
def why_not() -> str:
    """Why no machine can be booted on this host, as far as that shows before one tries; empty: it may."""
    if sys.platform != "linux" or os.geteuid() != 0:
        return "that needs root"
    lacking = [command for command in NEEDED if not shutil.which(command)]
    if not Path("/lib/systemd/systemd").exists():
        lacking.append("systemd")
    return f"not installed: {', '.join(lacking)}" if lacking else ""
