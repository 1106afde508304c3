# SPDX-License-Identifier: Apache-2.0
"""The status server in the unit's sandbox: on a socket in its folder, on loopback, and on a socket that systemd makes."""

from __future__ import annotations

import contextlib
import http.client
import os
import socket

import servicecase
from harness import BOUND, FACTOR, ROOT, desired_text, wait_for
from servicecase import CONFIG, ONE, UNIT, ServiceCase

SOCKET_UNIT = "apikeyd.socket"
SOCKET = "/run/apikeyd-status.sock"


class StatusServer(ServiceCase):
    def ask(self, where: str | int, path: str = "/-/ready") -> tuple[int, str]:
        """Status and body: of a path in the machine, or of a port on its loopback."""
        connection = http.client.HTTPConnection("localhost", timeout=BOUND * FACTOR)
        with contextlib.closing(connection):
            with self.machine.network():
                connection.sock = socket.socket(socket.AF_UNIX if isinstance(where, str) else socket.AF_INET)
            connection.sock.settimeout(BOUND * FACTOR)
            if isinstance(where, str):
                # By a folder of the machine: the address of a socket has no room for a long path.
                folder = os.open(f"/proc/{self.machine.init}/root{os.path.dirname(where)}", os.O_PATH)
                try:
                    connection.sock.connect(f"/proc/self/fd/{folder}/{os.path.basename(where)}")
                finally:
                    os.close(folder)
            else:
                connection.sock.connect(("127.0.0.1", where))
            connection.request("GET", path)
            response = connection.getresponse()
            return response.status, response.read().decode()

    def wait_ready(self, where: str | int) -> None:
        """It answers at once; ready it is when it has read the desired file."""
        wait_for(lambda: self.ask(where)[0] == 200, "it is ready", also=self.machine.tail)

    def address(self, unit: str = UNIT, since: str = "") -> str:
        return str(self.machine.wait_event(unit, "status_listening", since)["APIKEYD_ADDRESS"])


class OwnSocket(StatusServer):
    def test_path_in_its_folder_and_then_loopback(self) -> None:
        path = "/run/apikeyd/status.sock"
        self.begin(f"status:\n  listen: unix:{path}\n")
        self.assertEqual(self.address(), f"unix:{path}")
        uid = self.machine.read(f"/proc/{self.main_pid()}/status").split("Uid:")[1].split()[0]
        self.assertEqual(self.machine.stat(path), f"660 {uid} socket")
        self.assertEqual(self.machine.stat("/run/apikeyd"), f"755 {uid} directory")
        self.wait_ready(path)
        self.assertIn('apikeyd_keys{state="in_sync"} 3', self.ask(path, "/metrics")[1])

        # One that was killed leaves its socket behind, or not; the next listens in any case.
        pid = self.main_pid()
        self.machine.drop_in(UNIT, "[Service]\nRestartSec=100ms\n")
        self.machine.systemctl("kill", "--signal", "KILL", UNIT)
        self.wait_restarted(pid)
        self.wait_ready(path)

        # In the same process to another address.
        pid, since = self.main_pid(), self.machine.cursor()
        self.write_settings(self.sandbox, "status:\n  listen: 127.0.0.1:9464\n")
        self.machine.systemctl("reload", UNIT)
        self.assertEqual(self.address(since=since), "http://127.0.0.1:9464/")
        self.wait_ready(9464)
        self.assertFalse(self.machine.exists(path))
        self.assertEqual(self.main_pid(), pid)
        self.assertEqual(self.machine.property(UNIT, "NRestarts"), "1")

    def test_each_instance_has_its_own(self) -> None:
        self.install()
        sandbox = self.start_sandbox()
        for name in ("acme", "other"):
            self.configure(sandbox, f"status:\n  listen: unix:/run/apikeyd-{name}/status.sock\n", f"{CONFIG}/{name}")
            self.save_long_ago(ONE, f"{CONFIG}/{name}")
            self.machine.systemctl("start", f"apikeyd@{name}.service")
            self.wait_settled(ONE, f"apikeyd@{name}.service", sandbox=sandbox)
        self.machine.systemctl("stop", "apikeyd@other.service")
        self.assertFalse(self.machine.exists("/run/apikeyd-other"))
        self.wait_ready("/run/apikeyd-acme/status.sock")


class SocketOfSystemd(StatusServer):
    def setUp(self) -> None:
        super().setUp()
        self.machine.push(f"/etc/systemd/system/{SOCKET_UNIT}", ROOT / "examples" / "systemd" / SOCKET_UNIT)
        self.install()
        self.machine.systemctl("enable", SOCKET_UNIT)
        self.sandbox = self.start_sandbox()
        self.configure(self.sandbox, "status:\n  listen: systemd\n")
        self.save_long_ago(ONE)
        self.machine.systemctl("start", UNIT)
        self.wait_settled(ONE)

    def test_it_answers_whom_the_socket_lets_in(self) -> None:
        self.assertEqual(self.address(), f"unix:{SOCKET}")
        shown = self.machine.run("stat", "--format", "%a %U %G", SOCKET).stdout.strip()
        self.assertEqual(shown, "660 root www-data")
        self.wait_ready(SOCKET)

    def test_it_outlives_settings_crashes_and_restarts(self) -> None:
        since = self.machine.cursor()
        self.write_settings(self.sandbox, f"keys: {CONFIG}/others.yaml\nstatus:\n  listen: systemd\n")
        self.machine.push(f"{CONFIG}/others.yaml", desired_text(ONE))
        self.machine.systemctl("reload", UNIT)
        self.machine.wait_event(UNIT, "status_listening", since)
        self.wait_ready(SOCKET)

        pid = self.main_pid()
        self.machine.drop_in(UNIT, "[Service]\nRestartSec=100ms\n")
        self.machine.systemctl("kill", "--signal", "KILL", UNIT)
        self.wait_restarted(pid)
        self.wait_ready(SOCKET)

        self.machine.systemctl("restart", UNIT)
        self.wait_ready(SOCKET)

    def test_who_asks_starts_nothing_that_was_stopped(self) -> None:
        self.machine.systemctl("stop", UNIT)
        self.machine.wait_property(SOCKET_UNIT, "ActiveState", "inactive")
        with self.assertRaises(OSError):
            self.ask(SOCKET)
        self.assertEqual(self.machine.property(UNIT, "ActiveState"), "inactive")
        self.machine.systemctl("start", UNIT)
        self.wait_ready(SOCKET)


if __name__ == "__main__":
    servicecase.main()
