# SPDX-License-Identifier: Apache-2.0
"""The daemon that runs, and who is told that it is ready."""

from __future__ import annotations

import socket
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from servers import DEADLINE, running
from world import NOWHERE, World, clean_environment


class Manager:
    """What systemd is for a service: whom it tells how it is. Reads whatever comes, for a full socket would hold up who
    tells."""

    def __init__(self, path: Path) -> None:
        self.path = path
        path.unlink(missing_ok=True)
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._socket.bind(str(path))
        self._ready = threading.Event()
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def _read(self) -> None:
        while message := self._socket.recv(4096):
            if b"READY=1" in message.split(b"\n"):
                self._ready.set()

    def wait_ready(self) -> None:
        if not self._ready.wait(10 * DEADLINE):
            raise RuntimeError("the daemon did not become ready")

    def close(self) -> None:
        self._socket.shutdown(socket.SHUT_RD)  # ends the reader
        self._reader.join()
        self._socket.close()


@contextmanager
def daemon(world: World, keys: Path, state: Path, url: str = NOWHERE) -> Iterator[subprocess.Popen[bytes]]:
    """`run`, ready."""
    manager = Manager(world.out / "notify")
    try:
        with world.log.open("wb") as log, running(
                world.command("run", keys, state, url), stderr=log, stdout=subprocess.DEVNULL,
                env=clean_environment(NOTIFY_SOCKET=str(manager.path))) as process:
            manager.wait_ready()
            yield process
    finally:
        manager.close()
