# SPDX-License-Identifier: Apache-2.0
"""The real daemon and the real sandbox, started, watched and stopped.

Binaries: $APIKEYD_BIN and $APIKEYD_SANDBOX_BIN, else the newest under build/. Everything listens on loopback,
on ports that the kernel picks, and lives in a temporary folder of its test. $APIKEYD_TIME_FACTOR stretches
every bound, for builds with sanitizers.
"""

from __future__ import annotations

import json
import os
import secrets
import shutil
import signal
import ssl
import subprocess
import tempfile
import threading
import time
import unittest
import urllib.error
import urllib.request
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
FACTOR = float(os.environ.get("APIKEYD_TIME_FACTOR", "1"))
BOUND = 20.0  # seconds; how long something may take that takes milliseconds

BILLING = "5e5677d71bdc2ae76344968c"
MOBILE = "5e5677d71bdc2ae76344968d"
LEGACY = "5e5677d71bdc2ae76344968e"

Json = dict[str, Any]
Key = dict[str, Any]


def binary(variable: str, name: str) -> str:
    """Where a binary is: what the environment names, else the newest that was built."""
    if named := os.environ.get(variable):
        return str(Path(named).absolute())
    built = [path for path in (ROOT / "build").glob(f"*/**/{name}") if path.is_file() and os.access(path, os.X_OK)]
    if not built:
        raise FileNotFoundError(f"{name}: not built, and ${variable} names none")
    return str(max(built, key=lambda path: path.stat().st_mtime))


def wait_for(condition: Callable[[], Any], what: str, timeout: float = BOUND, also: Callable[[], str] = str) -> Any:
    """What `condition` returns once that is true. `also` says more when it never is."""
    end = time.monotonic() + timeout * FACTOR
    while True:
        if result := condition():
            return result
        if time.monotonic() > end:
            raise AssertionError(f"did not come about within {timeout * FACTOR:g} s: {what}\n{also()}")
        time.sleep(0.02)


def stays(condition: Callable[[], Any], what: str, seconds: float = 0.5) -> None:
    """Gives what must not happen the time to happen. Nothing may wait for the end of it but this."""
    try:
        wait_for(lambda: not condition(), what, seconds)
    except AssertionError:
        return
    raise AssertionError(f"did not stay so: {what}")


def key(id_: str, name: str | None = None, enabled: bool | None = None) -> Key:
    """One entry of a desired file; what is None is not managed."""
    entry: Key = {"id": id_}
    if name is not None:
        entry["name"] = name
    if enabled is not None:
        entry["enabled"] = enabled
    return entry


def desired_text(keys: Iterable[Key]) -> str:
    """A desired file. JSON texts and booleans are YAML, too, but for escaped surrogates."""
    lines = ["version: 1", "keys:"]
    for entry in keys:
        fields = [f"{field}: {json.dumps(value, ensure_ascii=False)}" for field, value in entry.items() if field != "id"]
        lines += [f"  - id: {entry['id']}"] + [f"    {field}" for field in fields]
    if len(lines) == 2:
        lines[1] = "keys: []"
    return "\n".join(lines) + "\n"


def write_atomically(path: Path, text: str) -> None:
    """As careful programs save: a file beside it, then a rename over it."""
    beside = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    beside.write_text(text, encoding="utf-8")
    beside.rename(path)


def make_certificate(folder: Path) -> tuple[Path, Path]:
    """One for localhost that nobody signed, and its key: to be trusted by name alone."""
    certificate, private_key = folder / "certificate.pem", folder / "certificate-key.pem"
    subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
                    "-days", "2", "-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost",
                    "-out", str(certificate), "-keyout", str(private_key)],
                   stdin=subprocess.DEVNULL, capture_output=True, check=True)
    return certificate, private_key


class Sandbox:
    """apikeyd-sandbox, and what its admin requests say."""

    def __init__(self, folder: Path, *arguments: str, token: str = "e2e-token-0123456789", port: int = 0,
                 keys: list[Json] | None = None, prefix: Iterable[str] = (),
                 certificate: tuple[Path, Path] | None = None) -> None:
        """`certificate`: itself and its key, for a server that speaks TLS."""
        self.token = token
        port_file = folder / f"sandbox-port-{secrets.token_hex(4)}"
        command = [*prefix, binary("APIKEYD_SANDBOX_BIN", "apikeyd-sandbox"), "--quiet", "--port", str(port),
                   "--port-file", str(port_file), "--token", token, *arguments]
        if keys is not None:
            keys_file = folder / "sandbox-keys.json"
            keys_file.write_text(json.dumps(keys), encoding="utf-8")
            command += ["--keys", str(keys_file)]
        # No proxy of the environment stands between us and loopback.
        handlers: list[urllib.request.BaseHandler] = [urllib.request.ProxyHandler({})]
        if certificate:
            command += ["--tls-cert", str(certificate[0]), "--tls-key", str(certificate[1])]
            handlers.append(urllib.request.HTTPSHandler(context=ssl.create_default_context(cafile=certificate[0])))
        self._opener = urllib.request.build_opener(*handlers)
        self.stderr_path = folder / f"sandbox-{secrets.token_hex(4)}.log"
        with self.stderr_path.open("wb") as stderr:
            self.process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=stderr, stderr=stderr)

        def started() -> bool:
            if self.process.poll() is not None:
                raise AssertionError(f"the sandbox ended: {self.stderr_path.read_text()}")
            return port_file.exists() and port_file.read_text().strip() != ""

        try:
            wait_for(started, "the sandbox listens")
        except BaseException:
            self.stop()
            raise
        self.port = int(port_file.read_text())
        self.root = f"https://localhost:{self.port}" if certificate else f"http://127.0.0.1:{self.port}"
        self.url = f"{self.root}/rest/v1"

    def stop(self) -> None:
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()

    def opener(self) -> urllib.request.OpenerDirector:
        return self._opener

    def admin(self, path: str, method: str = "GET", body: str | None = None) -> Any:
        request = urllib.request.Request(f"{self.root}/sandbox/{path}", method=method,
                                         data=None if body is None else body.encode())
        try:
            with self.opener().open(request, timeout=10 * FACTOR) as response:
                text = response.read().decode()
        except urllib.error.HTTPError as error:
            raise AssertionError(f"{method} /sandbox/{path}: {error.code} {error.read().decode()}") from error
        return json.loads(text) if text else None

    def keys(self) -> dict[str, Json]:
        return {one["id"]: one for one in self.admin("keys")}

    def key(self, id_: str) -> Json:
        return self.admin(f"keys/{id_}")

    def somebody_changes(self, id_: str, **fields: Any) -> None:
        self.admin(f"keys/{id_}", "PUT", json.dumps(fields))

    def faults(self, schedule: str) -> None:
        self.admin("faults", "POST", schedule)

    def faults_left(self) -> str:
        return self.admin("faults")["faults"]

    def latency(self, milliseconds: int) -> None:
        self.admin("latency", "POST", str(milliseconds))

    def set_token(self, token: str) -> None:
        self.token = token
        self.admin("token", "POST", token)

    def journal(self, since: int = 0) -> list[Json]:
        return self.admin(f"journal?since={since}")

    def seq(self) -> int:
        """The number of the last request; journal(seq()) is what comes after it."""
        journal = self.journal()
        return journal[-1]["seq"] if journal else 0

    def sent(self, since: int = 0, id_: str | None = None) -> list[Json]:
        """Requests that would change something: looks, which name the id alone, are left out."""
        return [one for one in self.journal(since)
                if set(one.get("input") or {}) - {"id"} and (id_ is None or one["id"] == id_)]

    def stats(self) -> Json:
        return self.admin("stats")

    def differences(self, desired: Iterable[Key]) -> list[str]:
        """Where the keys aren't as a desired file says."""
        remote = self.keys()
        return [f"{entry['id']}: {field} is {remote[entry['id']][field]!r}, wanted: {value!r}"
                for entry in desired for field, value in entry.items()
                if field != "id" and remote[entry["id"]][field] != value]


class Daemon:
    """A running apikeyd: its process, and what it has logged so far."""

    def __init__(self, command: list[str], environment: dict[str, str], cwd: Path) -> None:
        self.events: list[Json] = []
        self.raw = bytearray()  # all that came from standard error
        self.process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                        stderr=subprocess.PIPE, env=environment, cwd=cwd)
        self.stdout = b""
        self._readers = [threading.Thread(target=self._read_log, daemon=True),
                         threading.Thread(target=self._read_stdout, daemon=True)]
        for reader in self._readers:
            reader.start()

    def _read_log(self) -> None:
        assert self.process.stderr
        for line in self.process.stderr:
            self.raw += line
            try:
                event = json.loads(line)
            except ValueError:
                event = {"event": "not JSON", "line": line.decode(errors="replace")}
            self.events.append(event)

    def _read_stdout(self) -> None:
        assert self.process.stdout
        self.stdout = self.process.stdout.read()

    @property
    def pid(self) -> int:
        return self.process.pid

    def running(self) -> bool:
        return self.process.poll() is None

    def mark(self) -> int:
        """Now, as a place in the log: wait_event and events_of take it as `since`."""
        return len(self.events)

    def events_of(self, name: str, /, since: int = 0, **fields: Any) -> list[Json]:
        def fits(event: Json) -> bool:
            return event.get("event") == name and all(
                event.get(field, event.get("api_key", {}).get(field)) == value for field, value in fields.items())
        return [event for event in self.events[since:] if fits(event)]

    def wait_event(self, name: str, /, since: int = 0, timeout: float = BOUND, **fields: Any) -> Json:
        def found() -> list[Json]:
            # Whether it still runs comes first: what it says last is read after its end.
            alive = self.running()
            events = self.events_of(name, since, **fields)
            if not events and not alive:
                self.wait()
                events = self.events_of(name, since, **fields)
                if not events:
                    raise AssertionError(f"ended with {self.process.returncode} before {name} {fields}\n{self.tail()}")
            return events
        return wait_for(found, f"event {name} {fields}", timeout, self.tail)[0]

    def tail(self) -> str:
        return "log:\n" + self.raw[-6000:].decode(errors="replace")

    def send(self, number: int) -> None:
        self.process.send_signal(number)

    def wait(self, timeout: float = BOUND) -> int:
        try:
            code = self.process.wait(timeout * FACTOR)
        except subprocess.TimeoutExpired as error:
            raise AssertionError(f"apikeyd did not end\n{self.tail()}") from error
        for reader in self._readers:
            reader.join(BOUND * FACTOR)
        for stream in (self.process.stdout, self.process.stderr):
            if stream:
                stream.close()
        return code

    def stop(self, number: int = signal.SIGTERM, timeout: float = BOUND) -> int:
        self.send(number)
        return self.wait(timeout)

    def kill(self) -> None:
        if self.running():
            self.process.kill()
        self.wait()


class Case(unittest.TestCase):
    """A test with a temporary folder, a token file, and things that are stopped at its end, however it ends."""

    maxDiff = None

    def setUp(self) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="apikeyd-e2e-"))
        self.addCleanup(shutil.rmtree, self.folder, True)
        self.keys_folder = self.folder / "config"
        self.keys_folder.mkdir()
        self.keys_file = self.keys_folder / "keys.yaml"
        self.state_folder = self.folder / "state"
        self.state_folder.mkdir(mode=0o700)
        self.state_file = self.state_folder / "state.db"
        self.token_file = self.folder / "token"

    def start_sandbox(self, *arguments: str, **options: Any) -> Sandbox:
        sandbox = Sandbox(self.folder, *arguments, **options)
        self.addCleanup(sandbox.stop)
        self.write_token(sandbox.token)
        self.sandbox = sandbox
        return sandbox

    def write_token(self, token: str, path: Path | None = None, mode: int = 0o600) -> Path:
        """Replaces the token file, which is private from its first moment."""
        path = path or self.token_file
        beside = path.with_name(path.name + ".new")
        with open(os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, mode), "w", encoding="utf-8") as file:
            file.write(token + "\n")
        beside.chmod(mode)
        beside.rename(path)
        return path

    def save(self, *keys: Key) -> list[Key]:
        write_atomically(self.keys_file, desired_text(keys))
        return list(keys)

    def environment(self, **variables: str) -> dict[str, str]:
        """Nothing of the tester's own settings, colours or proxies."""
        kept = {name: value for name, value in os.environ.items()
                if name in ("PATH", "LANG", "HOME", "TMPDIR") or name.endswith("SAN_OPTIONS")}
        return kept | variables

    def options(self, log_format: str = "json") -> list[str]:
        return ["--api-url", self.sandbox.url, "--token-file", str(self.token_file), "--keys", str(self.keys_file),
                "--state", str(self.state_file), "--log-format", log_format]

    def start(self, *arguments: str, command: str = "run", wait: bool = True, prefix: Iterable[str] = (),
              **variables: str) -> Daemon:
        """`apikeyd run` with the test's options; what `arguments` say again counts instead."""
        program = [*prefix, binary("APIKEYD_BIN", "apikeyd"), command]
        daemon = Daemon(program + without(self.options(), arguments) + list(arguments),
                        self.environment(**variables), self.folder)
        self.addCleanup(daemon.kill)
        if wait:
            daemon.wait_event("daemon_started")
        return daemon

    def run_apikeyd(self, *arguments: str, stdin: Any = subprocess.DEVNULL, stdout: Any = subprocess.PIPE,
                    **variables: str) -> subprocess.CompletedProcess[str]:
        """A command with these arguments and no other, to its end."""
        return subprocess.run([binary("APIKEYD_BIN", "apikeyd"), *arguments], stdin=stdin, stdout=stdout,
                              stderr=subprocess.PIPE, env=self.environment(**variables), cwd=self.folder, text=True,
                              timeout=60 * FACTOR, check=False)

    def command(self, name: str, *arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
        """A command that takes the test's options."""
        return self.run_apikeyd(name, *without(self.options(), arguments), *arguments, **variables)

    def wait_converged(self, desired: Iterable[Key], daemon: Daemon | None = None, timeout: float = BOUND) -> None:
        desired = list(desired)

        def more() -> str:
            return "\n".join(self.sandbox.differences(desired)) + "\n" + (daemon.tail() if daemon else "")
        wait_for(lambda: not self.sandbox.differences(desired), "the sandbox's keys are as the file says",
                 timeout, more)

    def wait_settled(self, daemon: Daemon, since: int, desired: Iterable[Key] = (), timeout: float = BOUND,
                     result: str = "converged") -> None:
        """A reconciliation that began after `since` is over, and the remote keys are as they should be."""
        daemon.wait_event("reconcile_finished", since, timeout, result=result)
        self.assertEqual(self.sandbox.differences(desired), [], daemon.tail())


def without(options: list[str], arguments: Iterable[str]) -> list[str]:
    """`options`, pairs of a name and a value, but for those that `arguments` give themselves."""
    given = set(arguments)
    return [part for name, value in zip(options[::2], options[1::2]) if name not in given for part in (name, value)]


def counted_ids(count: int) -> list[str]:
    """The ids that the sandbox's `--count` makes; their names are key-1 and so on."""
    return [f"{number:024x}" for number in range(1, count + 1)]


def main() -> None:
    unittest.main(verbosity=2)
