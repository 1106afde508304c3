# SPDX-License-Identifier: Apache-2.0
"""What `status.listen` serves: to whom, what it says, and that nobody who reads it is waited for."""

import contextlib
import fcntl
import http.client
import json
import os
import re
import shutil
import signal
import socket
import sqlite3
import stat
import subprocess
import sys
import threading
import time
from collections import Counter
from pathlib import Path
from typing import Any

import harness
from harness import BILLING, LEGACY, MOBILE, Case, Daemon, counted_ids, key, wait_for

ENDPOINTS = ["/", "/metrics", "/-/healthy", "/-/ready", "/status.json"]
SECRET_MARK = "zqXsecretWvkq"

# Starts what follows it as systemd would: with a listening socket as descriptor 3. The port goes into a file.
AS_SYSTEMD = """
import os, socket, sys
host, port_file = sys.argv[1:3]
listening = socket.create_server((host, 0))
with open(port_file + ".new", "w") as file:
    file.write(str(listening.getsockname()[1]))
os.rename(port_file + ".new", port_file)
os.dup2(listening.fileno(), 3)
os.set_inheritable(3, True)
os.environ |= {"LISTEN_FDS": "1", "LISTEN_PID": str(os.getpid())}
os.execvp(sys.argv[3], sys.argv[3:])
"""


class Answer:
    def __init__(self, response: http.client.HTTPResponse) -> None:
        self.status = response.status
        self.headers = response.headers
        self.body = response.read().decode()


class UnixConnection(http.client.HTTPConnection):
    def __init__(self, path: Path) -> None:
        super().__init__("localhost", timeout=harness.BOUND * harness.FACTOR)
        self.path = path

    def connect(self) -> None:
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(self.timeout)
        self.sock.connect(str(self.path))


def series(text: str) -> dict[str, float]:
    """The samples of a scrape, by name and labels."""
    found: dict[str, float] = {}
    for line in text.splitlines():
        if not line.startswith("#"):
            name, value = line.rsplit(" ", 1)
            assert name not in found, f"{name} stands there twice"
            found[name] = float(value)
    return found


def resident(pid: int) -> int:
    """Bytes."""
    return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")


class StatusServer(Case):
    def serve(self, *arguments: str, listen: str = "127.0.0.1:0", **options: str) -> Daemon:
        daemon = self.start("--status-listen", listen, *arguments, **options)
        self.find(daemon)
        return daemon

    def find(self, daemon: Daemon, since: int = 0) -> None:
        address = daemon.wait_event("status_listening", since)["address"]
        self.port = int(match[1]) if (match := re.search(r":(\d+)/$", address)) else 0

    def ask(self, path: str, method: str = "GET", connection: http.client.HTTPConnection | None = None,
            **headers: str) -> Answer:
        connection = connection or http.client.HTTPConnection("127.0.0.1", self.port,
                                                              timeout=harness.BOUND * harness.FACTOR)
        with contextlib.closing(connection):
            connection.request(method, path, headers=headers)
            return Answer(connection.getresponse())

    def raw(self, request: bytes) -> bytes:
        """All that comes back until the server closes; a reset ends it as well."""
        answer = b""
        with socket.create_connection(("127.0.0.1", self.port), harness.BOUND * harness.FACTOR) as client:
            with contextlib.suppress(OSError):  # it was refused before its end
                client.sendall(request)
                client.shutdown(socket.SHUT_WR)
            with contextlib.suppress(ConnectionError):
                while part := client.recv(65536):
                    answer += part
        return answer

    def metrics(self) -> dict[str, float]:
        return series(self.ask("/metrics").body)

    def wait_metrics(self, **wanted: float) -> dict[str, float]:
        def there() -> dict[str, float] | None:
            now = self.metrics()
            return now if all(now[f"apikeyd_{name}"] == value for name, value in wanted.items()) else None
        return wait_for(there, f"metrics {wanted}", also=lambda: self.ask("/metrics").body)

    def check_by_promtool(self, text: str) -> None:
        if shutil.which("promtool") is None:
            raise self.skipTest("there is no promtool (Debian: prometheus), so the metrics are not held against it")
        done = subprocess.run(["promtool", "check", "metrics"], input=text, capture_output=True, text=True, check=False)
        self.assertEqual((done.returncode, done.stdout, done.stderr), (0, "", ""))


class Answers(StatusServer):
    def test_each_address_tells_what_it_is_for(self) -> None:
        self.start_sandbox()
        self.save(key(BILLING, "billing", True), key(MOBILE, "<script>alert(1)</script>"))
        daemon = self.serve()
        daemon.wait_event("reconcile_finished")
        self.assertEqual(self.ask("/-/healthy").body, "healthy\n")
        self.assertEqual(self.ask("/-/ready").body, "ready\n")
        self.assertEqual(self.ask("/metrics").headers["Content-Type"], "text/plain; version=0.0.4; charset=utf-8")
        self.assertEqual(self.ask("/status.json").headers["Content-Type"], "application/json")
        self.assertEqual(self.ask("/nothing").status, 404)
        for path in [*ENDPOINTS, "/nothing", "/status.json?limit=0"]:
            with self.subTest(path):
                answer, head = self.ask(path), self.ask(path, "HEAD")
                self.assertEqual((head.status, head.body), (answer.status, ""))
                self.assertEqual(head.headers["Content-Type"], answer.headers["Content-Type"])
                self.assertIn("default-src 'none'", answer.headers["Content-Security-Policy"])
                self.assertEqual(answer.headers["Cache-Control"], "no-store")
                self.assertEqual(answer.headers["X-Content-Type-Options"], "nosniff")
                self.assertIsNone(answer.headers["Server"])
                refused = self.ask(path, "POST")
                self.assertEqual((refused.status, refused.headers["Allow"]), (405, "GET, HEAD"))
                self.assertEqual(self.ask(path, Host="evil.example").status, 421)
        self.assertEqual(daemon.stop(), 0)

    def test_status_is_that_of_the_command_with_the_verdict(self) -> None:
        self.start_sandbox()
        self.save(key(BILLING, "billing", True), key(MOBILE, "mobile"), key(LEGACY, "legacy"))
        daemon = self.serve()
        daemon.wait_event("reconcile_finished")
        command = json.loads(self.command("status", "--format", "json").stdout)
        wait_for(lambda: json.loads(self.ask("/status.json").body)["verdict"] == "in_sync", "the verdict")
        served = json.loads(self.ask("/status.json").body)
        self.assertEqual(served.pop("verdict"), "in_sync")
        self.assertIn("3 keys", served.pop("sentence"))
        self.assertIsNone(served.pop("next_after"))
        del served["since"], served["generated_at"], command["generated_at"]
        self.assertEqual(served, command)
        pages, target = [], "/status.json?limit=1"
        while target:
            page = json.loads(self.ask(target).body)
            pages.append(page["keys"])
            target = page["next_after"] and f"/status.json?limit=1&after={page['next_after']}"
        self.assertEqual(pages, [[one] for one in command["keys"]])

    def test_what_is_no_request_harms_nobody(self) -> None:
        self.start_sandbox()
        self.save(key(BILLING, "billing", True))
        daemon = self.serve()
        daemon.wait_event("reconcile_finished")
        host = b"Host: localhost\r\n"
        for request in [b"", b"\r\n\r\n", b"GARBAGE\r\n\r\n", b"\0" * 5000, os.urandom(3000),
                        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + bytes(500), b"GET\r\n\r\n",
                        b"GET / HTTP/9.9\r\n" + host + b"\r\n", b"A" * 1_000_000,
                        b"GET /" + b"a" * 1_000_000 + b" HTTP/1.1\r\n" + host + b"\r\n",
                        b"GET / HTTP/1.1\r\n" + host + b"X: " + b"a" * 1_000_000 + b"\r\n\r\n",
                        b"GET / HTTP/1.1\r\n" + host + b"X: y\r\n" * 100_000 + b"\r\n",
                        b"GET / HTTP/1.1\r\n\r\n", b"GET / HTTP/1.1\r\n" + host + host + b"\r\n",
                        b"GET ftp://localhost/ HTTP/1.1\r\n" + host + b"\r\n",
                        b"POST / HTTP/1.1\r\n" + host + b"Content-Length: 1000000000\r\n\r\nabc"]:
            with self.subTest(request[:40]):
                answer = self.raw(request)
                self.assertRegex(answer[:16], rb"^(HTTP/1\.[01] (400|405|414) |HTTP/9\.9 |$)")
                self.assertEqual(self.ask("/-/healthy").status, 200)
        one = b"GET /-/ready HTTP/1.1\r\n" + host + b"\r\n"
        self.assertEqual(self.raw(one * 50).count(b"HTTP/1.1 200 OK"), 1)
        self.assertEqual(daemon.stop(), 0)

    def test_a_whole_address_is_answered_like_its_path(self) -> None:
        """A client that takes the server for a proxy sends that, and every server must understand it."""
        self.start_sandbox()
        self.save(key(BILLING, "billing", True))
        daemon = self.serve()
        daemon.wait_event("reconcile_finished")
        whole = self.ask(f"http://127.0.0.1:{self.port}/metrics")
        self.assertEqual(whole.status, 200)
        self.assertEqual(set(series(whole.body)), set(self.metrics()))
        self.assertIn("<h1", self.ask(f"http://localhost:{self.port}", Host="evil.example").body)
        self.assertEqual(self.ask("http://evil.example/metrics").status, 421)  # whatever Host says

    def test_ready_says_why_not(self) -> None:
        self.start_sandbox()
        self.keys_file.write_text("version: 1\nkeys: 3\n")
        daemon = self.serve()
        daemon.wait_event("desired_invalid")
        answer = wait_for(lambda: a if (a := self.ask("/-/ready")).status == 503 and "2:7" in a.body else None, "a reason")
        self.assertIn("not ready: ", answer.body)
        self.assertEqual(self.ask("/-/healthy").status, 200)
        self.wait_metrics(desired_last_load_successful=0, desired_last_load_success_timestamp_seconds=0)

        self.sandbox.set_token("another-token-0123456789")
        self.save(key(BILLING, "billing", True))
        daemon.wait_event("api_access_denied")
        wait_for(lambda: "access is denied" in self.ask("/-/ready").body, "the denial is told")
        self.wait_metrics(desired_last_load_successful=1, api_denied=1)
        self.assertEqual(json.loads(self.ask("/status.json").body)["verdict"], "denied")
        self.write_token(self.sandbox.token)
        wait_for(lambda: self.ask("/-/ready").status == 200, "it is ready again")
        self.wait_metrics(api_denied=0, **{'keys{state="in_sync"}': 1})

    def test_no_secret_in_any_answer(self) -> None:
        self.start_sandbox("--count", "5", "--secret-prefix", SECRET_MARK, "--faults",
                           "500=BAD_USER_INPUT;html;503=1;new-secret;401", token="zqXtokenBwjhp-0123456789")
        ids = counted_ids(5)
        self.save(*(key(id_, f"name {id_}", True) for id_ in ids))
        daemon = self.serve()
        daemon.wait_event("api_access_denied")
        seen = "".join(self.ask(path).body for path in ENDPOINTS)
        self.write_token("zqXtokenBwjhp-is-wrong")
        daemon.wait_event("token_loaded")
        seen += "".join(self.ask(path).body for path in ENDPOINTS)
        for mark in [SECRET_MARK, "zqXtokenBwjhp", *(one["secret"] for one in self.sandbox.keys().values())]:
            self.assertNotIn(mark, seen)
        metrics = self.ask("/metrics").body
        for id_ in ids:
            self.assertIn(id_, seen)  # of the status
            self.assertNotIn(id_, metrics)
            self.assertNotIn(f"name {id_}", metrics)


class Metrics(StatusServer):
    def test_every_series_from_the_start(self) -> None:
        self.start_sandbox("--count", "3")
        self.keys_file.write_text("nonsense")
        daemon = self.serve()
        daemon.wait_event("desired_invalid")
        first = self.ask("/metrics").body
        counted = {name: value for name, value in series(first).items()
                   if name not in ('apikeyd_build_info{version="0.1.0"}', "process_start_time_seconds",
                                   "process_resident_memory_bytes", "process_cpu_seconds_total")}
        self.assertEqual({name: value for name, value in counted.items() if value != 0}, {})
        for name in ['apikeyd_keys{state="held"}', 'apikeyd_reconcile_total{result="converged"}',
                     'apikeyd_api_requests_total{code="200"}', 'apikeyd_api_requests_total{code="no_answer"}',
                     'apikeyd_reconcile_duration_seconds_bucket{le="+Inf"}', "apikeyd_api_retries_total",
                     'apikeyd_api_request_duration_seconds_bucket{le="0.005"}',
                     "apikeyd_last_converged_timestamp_seconds"]:
            self.assertIn(name, counted)
        self.save(*(key(id_, f"name {id_}", True) for id_ in counted_ids(3)))
        daemon.wait_event("reconcile_finished")
        after = self.ask("/metrics").body
        self.assertEqual(set(series(after)), set(series(first)))
        self.check_by_promtool(first)
        self.check_by_promtool(after)

    def test_requests_are_counted_as_the_server_saw_them(self) -> None:
        """Every request once, whatever became of it."""
        count = 20
        self.start_sandbox("--count", str(count), "--faults",
                           "500;503=1;429=1;reset-before;close-after;truncate;html;empty;500=BAD_USER_INPUT;hang-after")
        self.save(*(key(id_, f"name {id_}") for id_ in counted_ids(count)))
        daemon = self.serve("--api-timeout", "500ms", "--api-concurrency", "4")
        daemon.wait_event("reconcile_finished", result="incomplete")  # one is rejected
        journal = self.sandbox.journal()
        # The sandbox has no status for what was cut off in its first byte or later; for us, half an answer is none.
        statuses = Counter("no_answer" if one["status"] is None or one["fault"] == "truncate" else str(one["status"])
                           for one in journal)
        now = self.metrics()
        counted = {match[1]: value for name, value in now.items()
                   if value and (match := re.match(r'apikeyd_api_requests_total\{code="(\w+)"\}', name))}
        self.assertEqual(counted, statuses, [(one["fault"], one["status"]) for one in journal])
        self.assertEqual(now["apikeyd_api_request_duration_seconds_count"], len(journal))
        self.assertEqual(now["apikeyd_api_retries_total"], len(journal) - count)
        self.assertGreater(now["apikeyd_api_request_duration_seconds_sum"], 0.5)  # one hung so long
        self.assertEqual(now['apikeyd_reconcile_total{result="incomplete"}'], 1)
        self.assertEqual(now["apikeyd_reconcile_duration_seconds_count"], 1)
        self.assertEqual(now['apikeyd_keys{state="in_sync"}'], count - 1)
        self.assertEqual(now['apikeyd_keys{state="rejected"}'], 1)
        self.assertEqual(now["apikeyd_last_converged_timestamp_seconds"], 0)

    def test_a_server_that_is_away(self) -> None:
        self.start_sandbox()
        self.save(key(BILLING, "billing"))
        self.sandbox.stop()
        daemon = self.serve()
        daemon.wait_event("api_key_retry")
        now = wait_for(lambda: m if (m := self.metrics())['apikeyd_api_requests_total{code="not_sent"}'] >= 2 else None,
                       "another try")
        self.assertEqual(now['apikeyd_api_requests_total{code="no_answer"}'], 0)
        self.assertEqual(now['apikeyd_keys{state="drifted"}'], 1)

    def test_a_server_that_was_away_when_the_edit_was_taken_back(self) -> None:
        """With nothing left to send nobody would ever see that it is back."""
        ids = counted_ids(12)
        self.start_sandbox("--count", "12")
        before = self.save(*[key(id_, enabled=True) for id_ in ids])
        daemon = self.serve()
        daemon.wait_event("reconcile_finished")
        self.sandbox.stop()
        self.save(*[key(id_, f"other-{id_}") for id_ in ids])
        self.wait_metrics(api_unavailable=1)
        self.assertEqual(self.ask("/-/ready").status, 503)
        self.save(*before)
        self.wait_metrics(api_unavailable=0)
        self.assertEqual(self.ask("/-/ready").body, "ready\n")
        status = json.loads(self.ask("/status.json").body)
        self.assertEqual(status["verdict"], "in_sync")
        self.assertIn("no answer older than", status["sentence"])
        self.save(*[key(id_, f"third-{id_}") for id_ in ids])  # it is away still
        self.wait_metrics(api_unavailable=1)
        self.assertEqual(daemon.stop(), 0, daemon.tail())

    def test_changed_settings_are_no_time_without_convergence(self) -> None:
        """What was as wanted until then is told, not when a reconciliation ended last."""
        self.start_sandbox()
        wanted = self.save(key(BILLING, "billing", True))
        settings = self.folder / "apikeyd.yaml"
        harness.write_atomically(settings, "api: {concurrency: 2}\n")
        daemon = self.serve("--config", str(settings))
        self.wait_settled(daemon, 0, wanted)
        time.sleep(1.5)
        self.assertEqual(self.metrics()['apikeyd_keys{state="in_sync"}'], 1)
        self.sandbox.faults("500*inf")
        version = self.ask("/page.version").body.strip()
        until, mark = time.time(), daemon.mark()
        self.save(key(BILLING, "renamed", True))
        harness.write_atomically(settings, "api: {concurrency: 3}\n")
        self.find(daemon, mark)
        wait_for(lambda: self.metrics()['apikeyd_keys{state="in_doubt"}'] == 1, "the edit is sent")
        self.assertGreater(self.metrics()["apikeyd_last_converged_timestamp_seconds"], until - 0.5)
        number = [int(text.rpartition(".")[2]) for text in (version, self.ask("/page.version").body.strip())]
        self.assertGreater(number[1], number[0])  # or a page would take another for itself
        self.assertEqual(daemon.stop(), 0, daemon.tail())

    def test_what_was_refused_is_told_until_it_is_mended(self) -> None:
        self.start_sandbox()
        wanted = self.save(key(BILLING, "billing", True))
        settings = self.folder / "apikeyd.yaml"
        good = f"api: {{concurrency: 2, token_file: {self.token_file}}}\n"
        harness.write_atomically(settings, good)
        daemon = self.serve("--config", str(settings))
        self.wait_settled(daemon, 0, wanted)
        self.wait_metrics(settings_refused=0, token_refused=0)
        harness.write_atomically(settings, "api: {concurrency: none}\n")
        self.wait_metrics(settings_refused=1, token_refused=0)
        harness.write_atomically(settings, good)
        self.wait_metrics(settings_refused=0, token_refused=0)

        self.write_token("two words")
        self.wait_metrics(settings_refused=0, token_refused=1)
        self.assertEqual(self.ask("/-/ready").status, 200)  # by the one from before
        self.write_token(self.sandbox.token)
        self.wait_metrics(settings_refused=0, token_refused=0)
        self.assertEqual(daemon.stop(), 0, daemon.tail())

    def test_keys_stand_in_the_same_way_everywhere_while_the_state_is_locked(self) -> None:
        self.start_sandbox()
        self.save(key(BILLING, "billing", True), key(MOBILE, "mobile", True))
        daemon = self.serve()
        daemon.wait_event("reconcile_finished")
        since = self.sandbox.seq()
        with contextlib.closing(sqlite3.connect(self.state_file, isolation_level=None)) as other:
            other.execute("BEGIN IMMEDIATE")
            self.save(key(BILLING, "renamed", True), key(MOBILE, "mobile", True))
            now = self.wait_metrics(state_unavailable=1)
            states = [now[f'apikeyd_keys{{state="{state}"}}'] for state in ("in_sync", "drifted", "in_doubt")]
            self.assertEqual(states, [1, 1, 0], "nothing was sent")
            for state, shown in [("drifted", True), ("in_doubt", False)]:
                rows = self.ask(f"/?state={state}").body.partition("<tbody")[2].partition("</tbody>")[0]
                self.assertEqual(BILLING in rows, shown, rows)
            summary = json.loads(self.ask("/status.json").body)["summary"]
            self.assertEqual(summary["in_doubt"], 0)
            report = json.loads(self.command("drift", "--format", "json").stdout)["summary"]
            self.assertEqual((report["in_sync"], report["drifted"], report["in_doubt"]), (1, 1, 0))
            self.assertEqual(self.sandbox.journal(since), [])
            other.execute("ROLLBACK")
        self.wait_metrics(state_unavailable=0, **{'keys{state="in_sync"}': 2})
        self.assertEqual(daemon.stop(), 0, daemon.tail())

    def test_keys_stand_in_one_way_each(self) -> None:
        count = 20
        ids = counted_ids(count)
        self.start_sandbox("--count", str(count))
        self.save(*(key(id_, None, True) for id_ in ids))
        daemon = self.serve()
        daemon.wait_event("reconcile_finished")
        now = self.wait_metrics(**{'keys{state="in_sync"}': count})
        self.assertGreaterEqual(now["apikeyd_last_converged_timestamp_seconds"], time.time() - 60)
        self.save(*(key(id_, None, number >= 10) for number, id_ in enumerate(ids)))
        held = daemon.wait_event("plan_held")
        now = self.wait_metrics(**{'keys{state="held"}': 10, 'keys{state="in_sync"}': 10})
        self.assertEqual(now["apikeyd_held_disables"], 10)
        self.assertEqual(sum(value for name, value in now.items() if name.startswith("apikeyd_keys{")), count)
        served = json.loads(self.ask("/status.json").body)
        self.assertEqual((served["verdict"], served["summary"]["held"]), ("held", 10))
        last = self.metrics()["apikeyd_last_converged_timestamp_seconds"]
        self.assertEqual(self.metrics()["apikeyd_last_converged_timestamp_seconds"], last)  # it was, and isn't now
        self.assertEqual(self.command("approve", held["digest"]).returncode, 0)
        self.wait_metrics(**{'keys{state="held"}': 0, 'keys{state="in_sync"}': count, "held_disables": 0})
        self.assertEqual(self.command("suspend", "--for", "1h").returncode, 0)
        self.wait_metrics(suspended=1)


class Listening(StatusServer):
    def setUp(self) -> None:
        super().setUp()
        self.start_sandbox()
        self.save(key(BILLING, "billing", True))
        self.socket = self.folder / "status.sock"

    def test_unix_socket(self) -> None:
        daemon = self.serve(listen=f"unix:{self.socket}")
        self.assertEqual(stat.S_IMODE(self.socket.stat().st_mode), 0o660)
        self.assertEqual(self.ask("/-/healthy", connection=UnixConnection(self.socket)).status, 200)
        self.assertEqual(self.ask("/-/healthy", connection=UnixConnection(self.socket), Host="any.example").status, 200)
        second = self.start("--status-listen", f"unix:{self.socket}", "--state", str(self.folder / "other.db"),
                            wait=False)
        self.assertEqual(second.wait(), 1)
        self.assertIn("another process listens there", second.raw.decode())
        self.assertEqual(self.ask("/-/healthy", connection=UnixConnection(self.socket)).status, 200)
        daemon.kill()
        self.assertTrue(self.socket.is_socket())  # left behind, and taken away by the next
        daemon = self.serve(listen=f"unix:{self.socket}")
        self.assertEqual(self.ask("/-/healthy", connection=UnixConnection(self.socket)).status, 200)
        self.assertEqual(daemon.stop(), 0)
        self.assertFalse(self.socket.exists())

    def test_addresses_that_other_machines_reach(self) -> None:
        for listen in ["0.0.0.0:0", "[::]:0", "192.0.2.1:9464"]:
            with self.subTest(listen):
                refused = self.start("--status-listen", listen, wait=False)
                self.assertEqual(refused.wait(), 78)
                self.assertIn("other machines could reach", refused.raw.decode())
        daemon = self.serve("--status-allow-remote", "true", "--status-allowed-hosts", "metrics.example.com",
                            listen="0.0.0.0:0")
        self.assertEqual(self.ask("/-/healthy").status, 200)
        self.assertEqual(self.ask("/-/healthy", Host=f"metrics.example.com:{self.port}").status, 200)
        self.assertEqual(self.ask("/-/healthy", Host="other.example.com").status, 421)
        self.assertEqual(daemon.stop(), 0)

    def test_socket_of_systemd(self) -> None:
        port_file = self.folder / "port"

        def started_as(host: str, *behind: str, **options: bool) -> Daemon:
            port_file.unlink(missing_ok=True)
            return self.start("--status-listen", "systemd",
                              prefix=[sys.executable, "-c", AS_SYSTEMD, host, str(port_file), *behind], **options)
        daemon = started_as("127.0.0.1")
        self.find(daemon)
        self.assertEqual(self.port, int(port_file.read_text()))
        self.assertEqual(self.ask("/-/healthy").status, 200)
        self.assertEqual(daemon.stop(), 0)
        # What the units say isn't what the settings ask for: starting it again would be no use.
        for start, why in [
                (lambda: started_as("0.0.0.0", wait=False), "other machines could reach"),
                (lambda: started_as("127.0.0.1", "env", "LISTEN_FDS=2", wait=False), "systemd passed several sockets"),
                (lambda: started_as("127.0.0.1", "sh", "-c", 'exec "$@" 3</dev/null', "sh", wait=False),
                 "is no stream socket"),
                (lambda: self.start("--status-listen", "systemd", wait=False), "systemd passed no socket")]:
            with self.subTest(why):
                refused = start()
                self.assertEqual(refused.wait(), 78, refused.tail())
                self.assertIn(why, refused.raw.decode())

    def test_settings_that_ask_for_a_socket_that_was_not_passed(self) -> None:
        settings = self.folder / "apikeyd.yaml"
        harness.write_atomically(settings, "status: {listen: '127.0.0.1:0'}\n")
        daemon = self.start("--config", str(settings))
        self.find(daemon)
        mark = daemon.mark()
        harness.write_atomically(settings, "status: {listen: systemd}\n")
        self.assertIn("systemd passed no socket", json.dumps(daemon.wait_event("settings_invalid", mark)))
        self.find(daemon, mark)  # with the ones from before
        self.assertEqual(self.ask("/-/healthy").status, 200)
        self.assertEqual(daemon.stop(), 0, daemon.tail())

    def test_a_dry_run_serves_none_and_says_so(self) -> None:
        """By the same settings as the daemon's it would take the address from it."""
        daemon = self.serve()
        mine = ["--status-listen", f"127.0.0.1:{self.port}"]
        dry = self.start("--dry-run", *mine)
        warning = dry.wait_event("settings_warning")
        self.assertEqual((warning["level"], warning["message"]),
                         ("warning", "status.listen: a dry run serves no status"))
        self.assertIn("apikeyd status", warning["hint"])
        dry.wait_event("desired_loaded")
        self.assertEqual(dry.stop(), 0, dry.tail())
        self.assertEqual(len(dry.events_of("settings_warning")), 1)
        self.assertEqual(self.ask("/-/ready").status, 200)
        self.assertEqual(daemon.stop(), 0)
        silent = self.start("--dry-run")
        silent.wait_event("desired_loaded")
        self.assertEqual(silent.stop(), 0)
        self.assertEqual(silent.events_of("settings_warning"), [])

    def test_port_of_another(self) -> None:
        with socket.create_server(("127.0.0.1", 0)) as other:
            taken = f"127.0.0.1:{other.getsockname()[1]}"
            refused = self.start("--status-listen", taken, wait=False)
            self.assertEqual(refused.wait(), 1)
            self.assertIn("the status server can't listen on 127.0.0.1 port", refused.raw.decode())

            settings = self.folder / "apikeyd.yaml"
            harness.write_atomically(settings, "status: {listen: '127.0.0.1:0'}\n")
            daemon = self.start("--config", str(settings))
            self.find(daemon)
            daemon.wait_event("reconcile_finished")
            requests = self.metrics()['apikeyd_api_requests_total{code="200"}']
            self.assertGreater(requests, 0)
            mark = daemon.mark()
            harness.write_atomically(settings, f"status: {{listen: '{taken}'}}\n")
            self.assertIn("can't listen", json.dumps(daemon.wait_event("settings_invalid", mark)))
            self.find(daemon, mark)  # with the old ones again
            self.assertEqual(self.metrics()["apikeyd_settings_refused"], 1)  # from the first answer on
            self.assertEqual(self.ask("/-/healthy").status, 200)
            mark = daemon.mark()
            harness.write_atomically(settings, f"status: {{listen: 'unix:{self.socket}'}}\n")
            daemon.wait_event("status_listening", mark)
            answer = self.ask("/metrics", connection=UnixConnection(self.socket))
            self.assertGreaterEqual(series(answer.body)['apikeyd_api_requests_total{code="200"}'], requests)  # counted on
            harness.write_atomically(settings, "status: {listen: ''}\n")
            wait_for(lambda: not self.socket.exists(), "no server any more")
            self.assertEqual(daemon.stop(), 0, daemon.tail())


class Readers(StatusServer):
    def test_slow_readers_hold_up_nothing(self) -> None:
        """Hundreds that send a byte now and then, or never read: an edit goes through, and memory stays."""
        ids = counted_ids(2000)
        self.start_sandbox("--count", "2000")
        self.save(*(key(id_, f"{'long ' * 20}{id_}") for id_ in ids))
        daemon = self.serve()
        daemon.wait_event("reconcile_finished")
        self.assertGreater(len(self.ask("/status.json?limit=1000").body), 200_000)
        before = resident(daemon.pid)
        with contextlib.ExitStack() as opened:
            slow: list[socket.socket] = []
            for number in range(400):
                client = opened.enter_context(socket.socket())
                client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1)
                client.setblocking(False)
                client.connect_ex(("127.0.0.1", self.port))
                slow.append(client)

            def feed() -> int:
                """A few bytes more for those that got so far; how many did."""
                sent = 0
                for number, client in enumerate(slow):
                    with contextlib.suppress(OSError):
                        sent += client.send(b"GET /status.json?limit=1000 HTTP/1.1\r\nHost: localhost\r\n\r\n"
                                            if number % 2 else b"G") > 0
                return sent
            wait_for(lambda: feed() >= 8, "there are connections")  # as many as there are threads
            for edit in range(3):
                mark = daemon.mark()
                feed()
                desired = self.save(*(key(id_, f"{'long ' * 20}{id_}", True if n == edit else None)
                                      for n, id_ in enumerate(ids)))
                self.wait_settled(daemon, mark, desired)
            self.assertLess(resident(daemon.pid) - before, 64 * 1024 * 1024)

        def answers() -> bool:
            with contextlib.suppress(OSError, http.client.HTTPException):
                return self.ask("/-/healthy").status == 200
            return False
        wait_for(answers, "it answers again")
        self.assertEqual(self.metrics()['apikeyd_keys{state="in_sync"}'], 2000)
        self.assertEqual(daemon.stop(), 0, daemon.tail())

    def test_a_loop_that_works_on_a_large_file_is_healthy(self) -> None:
        """By the same bound as the watchdog's. Nobody reads the log, so the loop stands still for as long as we like."""
        ids = counted_ids(20_000)
        self.start_sandbox("--count", "20000")
        self.save(key(ids[0], "small", True))
        program = [harness.binary("APIKEYD_BIN", "apikeyd"), "run", *self.options(), "--status-listen", "127.0.0.1:0"]
        with subprocess.Popen(program, env=self.environment(), stderr=subprocess.PIPE, text=True) as daemon:
            self.addCleanup(daemon.kill)
            assert daemon.stderr
            fcntl.fcntl(daemon.stderr, fcntl.F_SETPIPE_SZ, 4096)
            log: list[dict[str, Any]] = []
            while not log or log[-1]["event"] != "reconcile_finished":
                log.append(json.loads(daemon.stderr.readline()))
            listening = next(one for one in log if one["event"] == "status_listening")
            self.port = int(re.search(r":(\d+)/$", listening["address"])[1])  # type: ignore[index]
            self.assertEqual(self.ask("/-/healthy").body, "healthy\n")
            self.save(*(key(id_, "n" * 200, True) for id_ in ids))  # 5 MiB
            busy = wait_for(lambda: a if (a := self.ask("/-/healthy")).body != "healthy\n" else None,
                            "the loop stands still")
            self.assertEqual((busy.status, busy.body),
                             (200, "healthy: a large file is worked on, for which there are 53 s\n"))
            threading.Thread(target=daemon.stderr.read).start()
            wait_for(lambda: self.ask("/-/healthy").body == "healthy\n", "the loop turns again")
            daemon.terminate()

    def test_reading_takes_no_lock_away(self) -> None:
        """Whoever opens and closes the state beside a daemon that serves must not take itself for alone with it."""
        self.start_sandbox()
        self.save(key(BILLING, "before", True))
        daemon = self.serve()
        daemon.wait_event("reconcile_finished")
        log = self.state_file.with_name(self.state_file.name + "-wal")
        identity = log.stat().st_ino
        self.assertEqual(self.ask("/status.json").status, 200)
        other = sqlite3.connect(self.state_file)
        self.assertEqual(other.execute("SELECT count(*) FROM known_key").fetchone(), (1,))
        other.close()  # the last one to close empties the log and takes it away
        self.assertEqual(log.stat().st_ino, identity)
        mark = daemon.mark()
        self.wait_settled(daemon, mark, self.save(key(BILLING, "after", True)))
        self.assertEqual(daemon.events_of("state_unavailable"), [])

    def test_without_listen_there_are_no_threads_for_it(self) -> None:
        """And with it none that wakes while nobody asks."""
        self.start_sandbox()
        self.save(key(BILLING, "billing", True))

        def threads(daemon: Daemon) -> list[Path]:
            """In the order in which they were started."""
            daemon.wait_event("reconcile_finished")
            return sorted(Path(f"/proc/{daemon.pid}/task").iterdir(), key=lambda path: int(path.name))
        daemon = self.start()
        without = len(threads(daemon))
        self.assertEqual(daemon.events_of("status_listening"), [])
        self.assertEqual(daemon.stop(), 0)
        daemon = self.serve()
        servers = threads(daemon)[without:]
        self.assertEqual(len(servers), 9)
        self.assertEqual(self.ask("/-/healthy").status, 200)

        def switches() -> list[str]:
            """How often each has gone to sleep."""
            return [re.findall(r"\nvoluntary_ctxt_switches:\t\d+", (thread / "status").read_text())[0]
                    for thread in servers]

        def sleeps() -> bool:
            before = switches()
            with contextlib.suppress(AssertionError):
                harness.stays(lambda: switches() == before, "asleep", 1)
                return True
            return False
        wait_for(sleeps, "for a while no thread wakes")
        self.assertEqual(daemon.stop(signal.SIGINT), 0)


if __name__ == "__main__":
    harness.main()
