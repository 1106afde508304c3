# SPDX-License-Identifier: Apache-2.0
"""What answers: nginx where throughput counts, the sandbox where it has to be slow, and a server that takes the time at
which a request comes. All on loopback."""

from __future__ import annotations

import json
import select
import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from world import NAME, SECRET, TOKEN, World, program, tool

DEADLINE = 30.0  # seconds

# One worker: it answers three times as many requests as the daemon sends, and leaves a core to the client.
NGINX = """worker_processes 1;
daemon off;
pid nginx.pid;
error_log stderr warn;
events {{ worker_connections 1024; }}
http {{
  access_log off;
  keepalive_requests 1000000000;
  keepalive_timeout 1h;
  client_body_temp_path temp; proxy_temp_path temp; fastcgi_temp_path temp; uwsgi_temp_path temp; scgi_temp_path temp;
  default_type application/json;
  server {{
    listen 127.0.0.1:{port}{tls};
    {certificate}
    location / {{ return 200 '{body}'; }}
  }}
}}
"""


def answer(id_: str, name: str, enabled: bool = True) -> str:
    return json.dumps({"id": id_, "name": name, "enabled": enabled, "secret": SECRET,
                       "organization": {"id": "5e5677d71bdc2ae7634495f0", "name": "Bench Organization",
                                        "email": "bench@example.org"},
                       "createdAt": "2026-01-01T00:00:00.000Z", "updatedAt": "2026-01-01T00:00:00.000Z"})


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def wait_for_port(port: int, process: subprocess.Popen[bytes]) -> None:
    end = time.monotonic() + DEADLINE
    while True:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
            return
        except OSError:
            if process.poll() is not None or time.monotonic() > end:
                raise RuntimeError(f"{process.args} does not listen") from None
            time.sleep(0.01)


def wait_until(condition: Callable[[], bool], what: str) -> None:
    end = time.monotonic() + DEADLINE
    while not condition():
        if time.monotonic() > end:
            raise RuntimeError(f"did not come about: {what}")
        time.sleep(0.01)


@contextmanager
def running(command: list[str | Path], **options: object) -> Iterator[subprocess.Popen[bytes]]:
    """Ended afterwards, however it stands."""
    process = subprocess.Popen([str(part) for part in command], stdin=subprocess.DEVNULL,
                               **options)  # type: ignore[call-overload]
    try:
        yield process
    finally:
        if process.poll() is None:
            process.terminate()
            try:
                process.wait(DEADLINE)
            except subprocess.TimeoutExpired:
                process.kill()
        process.wait()
        for stream in (process.stdout, process.stderr):
            if stream:
                stream.close()


def certificate(folder: Path) -> tuple[Path, Path]:
    """For localhost, signed by itself, and its key."""
    made, private = folder / "certificate.pem", folder / "certificate-key.pem"
    if not made.exists():
        subprocess.run([tool("openssl"), "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256",
                        "-nodes", "-days", "2", "-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost",
                        "-out", str(made), "-keyout", str(private)],
                       stdin=subprocess.DEVNULL, capture_output=True, check=True)
    return made, private


@contextmanager
def nginx(world: World, *, tls: bool = False) -> Iterator[str]:
    """The base URL. Answers each PUT at once with the id of its query, the same name, and enabled."""
    folder = world.out / "nginx"
    folder.mkdir(exist_ok=True)
    port = free_port()
    lines = ""
    if tls:
        made, private = certificate(world.out)
        lines = f"ssl_certificate {made}; ssl_certificate_key {private}; ssl_protocols TLSv1.2 TLSv1.3;"
    (folder / "nginx.conf").write_text(NGINX.format(port=port, tls=" ssl" if tls else "", certificate=lines,
                                                    body=answer("$arg_id", NAME)))
    command = [tool("nginx"), "-p", folder, "-c", folder / "nginx.conf"]
    with (folder / "errors").open("wb") as errors, running(command, stderr=errors) as process:
        wait_for_port(port, process)
        yield f"https://localhost:{port}/rest/v1" if tls else f"http://127.0.0.1:{port}/rest/v1"


@contextmanager
def sandbox(world: World, count: int, latency: int, connections: int) -> Iterator[str]:
    """The base URL of a server that lets each request wait for so many milliseconds; keys are 1 to count."""
    port_file = world.out / "sandbox-port"
    port_file.unlink(missing_ok=True)
    command = [program("apikeyd-sandbox"), "--quiet", "--count", str(count), "--latency", str(latency), "--threads",
               str(connections + 8), "--token", TOKEN, "--port-file", port_file]
    with running(command) as process:
        wait_until(lambda: port_file.exists() or process.poll() is not None, "the sandbox listens")
        yield f"http://127.0.0.1:{int(port_file.read_text())}/rest/v1"


class Arrivals:
    """A server without a thread of its own: whoever waits for a request is the one that answers. So nothing stands
    between a request and the time of its arrival but the kernel."""

    def __init__(self) -> None:
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=256)
        self._listener.setblocking(False)
        self._poll = select.epoll()
        self._poll.register(self._listener, select.EPOLLIN)
        self._connections: dict[int, tuple[socket.socket, bytearray]] = {}
        self.port = self._listener.getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}/rest/v1"

    def close(self) -> None:
        for connection, _ in self._connections.values():
            connection.close()
        self._poll.close()
        self._listener.close()

    def wait(self, timeout: float = DEADLINE, count: int = 1) -> float:
        """When the first of the next so many requests came (time.monotonic()); all of them are answered."""
        first = None
        end = time.monotonic() + timeout
        while count > 0:
            ready = self._poll.poll(max(0.0, end - time.monotonic()))
            now = time.monotonic()
            if not ready and now >= end:
                raise RuntimeError("no request came")
            for descriptor, _ in ready:
                served = self._accept() if descriptor == self._listener.fileno() else self._serve(descriptor)
                if served and first is None:
                    first = now
                count -= served
        assert first is not None
        return first

    def idle(self, seconds: float) -> None:
        """Answers whatever comes meanwhile."""
        try:
            self.wait(seconds, 1 << 30)
        except RuntimeError:
            pass

    def _accept(self) -> int:
        connection, _ = self._listener.accept()
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._connections[connection.fileno()] = (connection, bytearray())
        self._poll.register(connection, select.EPOLLIN)
        return 0

    def _serve(self, descriptor: int) -> int:
        connection, received = self._connections[descriptor]
        try:
            data = connection.recv(65536)
        except ConnectionError:
            data = b""
        if not data:
            del self._connections[descriptor]
            self._poll.unregister(descriptor)
            connection.close()
            return 0
        received += data
        served = 0
        while (body := self._take(received)) is not None:
            asked = json.loads(body).get("input", {})
            text = answer(asked.get("id", ""), asked.get("name", NAME), asked.get("enabled", True)).encode()
            connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%s"
                               % (len(text), text))
            served += 1
        return served

    @staticmethod
    def _take(received: bytearray) -> bytes | None:
        """The body of the first request, which is taken out, once it is whole."""
        head = received.find(b"\r\n\r\n")
        if head < 0:
            return None
        fields = dict(line.split(b":", 1) for line in bytes(received[:head]).lower().split(b"\r\n")[1:])
        end = head + 4 + int(fields.get(b"content-length", b"0"))
        if len(received) < end:
            return None
        body = bytes(received[head + 4:end])
        del received[:end]
        return body
