# SPDX-License-Identifier: Apache-2.0
"""A stand-in for systemd-journald: its socket, and entries taken apart by its native protocol.

https://systemd.io/JOURNAL_NATIVE_PROTOCOL/
"""

from __future__ import annotations

import array
import os
import shutil
import socket
import struct
import subprocess
import threading
from pathlib import Path

Entry = list[tuple[str, bytes]]

# Mounts a folder over /run for one program alone. Its process is the program's in the end.
SCRIPT = 'mount --bind "$0" /run && exec "$@"'


def namespace(folder: Path) -> list[str]:
    """What a command begins with so that it finds `folder` as /run."""
    user = [] if os.geteuid() == 0 else ["--map-root-user"]
    return ["unshare", "--mount", *user, "sh", "-c", SCRIPT, str(folder)]


def missing(folder: Path) -> str:
    """Why no program can be shown another /run here; empty: it can."""
    if not shutil.which("unshare"):
        return "there is no unshare(1)"
    tried = subprocess.run([*namespace(folder), "true"], stderr=subprocess.PIPE, text=True, timeout=60, check=False)
    return f"no mount namespace can be made here: {tried.stderr.strip()}" if tried.returncode else ""


def parse(data: bytes) -> Entry:
    """One entry. A value with a line break in it comes with its size instead of '='."""
    entry: Entry = []
    while data:
        line, data = data.split(b"\n", 1)
        name, equals, value = line.partition(b"=")
        if not equals:
            size = struct.unpack("<Q", data[:8])[0]
            value, data = data[8:8 + size], data[8 + size + 1:]
        entry.append((name.decode("ascii"), value))
    return entry


class FakeJournal:
    """Listens where sd_journal_sendv(3) sends to, as seen by a program that has `folder` for /run."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / "systemd" / "journal" / "socket"
        self.path.parent.mkdir(parents=True, exist_ok=True)
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.socket.bind(str(self.path))
        self.path.chmod(0o666)
        self.raw: list[bytes] = []
        self.entries: list[Entry] = []
        self.thread = threading.Thread(target=self.receive, daemon=True)
        self.thread.start()

    def receive(self) -> None:
        while True:
            data, ancillary, _, _ = self.socket.recvmsg(1 << 24, socket.CMSG_SPACE(4))
            for _, kind, payload in ancillary:  # what is too large for a datagram comes as a file
                assert kind == socket.SCM_RIGHTS
                with open(array.array("i", payload)[0], "rb") as file:
                    data = os.pread(file.fileno(), os.fstat(file.fileno()).st_size, 0)
            if data == b"stop":
                return
            self.raw.append(data)
            self.entries.append(parse(data))

    def stop(self) -> None:
        """From now on nobody listens, though the socket's file is still there."""
        if self.thread.is_alive():
            with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as own:
                own.sendto(b"stop", str(self.path))
            self.thread.join()
        self.socket.close()

    def of(self, event: str) -> list[dict[str, list[str]]]:
        """The entries of an event: values by field, in their order."""
        found = []
        for entry in list(self.entries):
            fields: dict[str, list[str]] = {}
            for name, value in entry:
                fields.setdefault(name, []).append(value.decode("utf-8", "surrogateescape"))
            if fields.get("APIKEYD_EVENT") == [event]:
                found.append(fields)
        return found
