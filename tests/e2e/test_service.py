# SPDX-License-Identifier: Apache-2.0
"""What the service manager is told, and when: a datagram socket in its place records the messages."""

import datetime
import os
import re
import signal
import socket
import threading
import time
from pathlib import Path

import harness
from harness import BILLING, MOBILE, Case, counted_ids, key

SETTLED = "STATUS=in sync, 1 key, no answer older than "


class Manager:
    """$NOTIFY_SOCKET, and each message that came, in order."""

    def __init__(self, folder: Path) -> None:
        self.path = str(folder / "notify")
        self.messages: list[str] = []
        self.times: list[float] = []  # when each came
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._socket.bind(self.path)
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def _read(self) -> None:
        while message := self._socket.recv(8192).decode():
            self.times.append(time.monotonic())
            self.messages.append(message)

    def close(self) -> None:
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as end:
            end.sendto(b"", self.path)
        self._reader.join(harness.BOUND)
        self._socket.close()

    def mark(self) -> int:
        return len(self.messages)

    def since(self, mark: int) -> list[str]:
        return [one for one in self.messages[mark:] if not one.startswith("WATCHDOG=1")]

    def wait(self, pattern: str, mark: int = 0) -> int:
        """The place behind the first message that has this in it."""
        def found() -> int:
            places = [place for place, one in enumerate(self.messages) if place >= mark and re.search(pattern, one)]
            return places[0] + 1 if places else 0
        return harness.wait_for(found, f"the message {pattern}", also=lambda: "\n".join(self.messages))

    def status(self) -> str:
        return [one for one in self.messages if one.startswith("STATUS=")][-1]


class Service(Case):
    def setUp(self) -> None:
        super().setUp()
        self.manager = Manager(self.folder)
        self.addCleanup(self.manager.close)
        self.settings = self.folder / "apikeyd.yaml"

    def run_with_settings(self, text: str, *arguments: str, keys: bool = True) -> harness.Daemon:
        """With settings in a file, token and state among them, and the keys unless a flag names them."""
        self.write_settings(text)
        given = ["--token-file", "--state"] + ([] if keys else ["--keys"])
        daemon = harness.Daemon([harness.binary("APIKEYD_BIN", "apikeyd"), "run", "--config", str(self.settings),
                                 *harness.without(self.options(), given), *arguments],
                                self.environment(NOTIFY_SOCKET=self.manager.path), self.folder)
        self.addCleanup(daemon.kill)
        return daemon

    def write_settings(self, text: str = "", state: Path | None = None) -> None:
        harness.write_atomically(self.settings, f"state: {state or self.state_file}\n{text}")

    def own_token(self) -> str:
        return f"api:\n  token_file: {self.token_file}\n"

    def begin(self, *arguments: str, **variables: str) -> harness.Daemon:
        self.start_sandbox()
        self.save(key(BILLING, "one", True))
        daemon = self.start(*arguments, NOTIFY_SOCKET=self.manager.path, **variables)
        self.manager.wait(SETTLED)
        return daemon


class Start(Service):
    def test_ready_comes_with_the_loop_and_not_with_the_keys(self) -> None:
        self.start_sandbox("--latency", "60000")
        self.save(key(BILLING, "one", True))
        daemon = self.start(NOTIFY_SOCKET=self.manager.path)
        self.manager.wait("^READY=1$")
        self.manager.wait("^STATUS=converging, 1 key: 1 change planned$")
        daemon.kill()
        self.assertEqual(self.manager.since(0)[1], "STATUS=starting: the desired file is not loaded yet")
        self.assertRegex(self.manager.since(0)[0], r"^EXTEND_TIMEOUT_USEC=\d+$", "to open the state may take long")

    def test_an_invalid_file(self) -> None:
        self.start_sandbox()
        self.keys_file.write_text("version: 1\nkeys: 3\n")
        daemon = self.start(NOTIFY_SOCKET=self.manager.path)
        self.manager.wait("^READY=1$")
        self.manager.wait("^STATUS=DEGRADED: .*keys.yaml:2:7: .*; it was not good since the start, so nothing is sent$")
        self.save(key(BILLING, "one", True))
        mark = self.manager.wait("^" + SETTLED)
        self.keys_file.write_text("version: 1\nkeys: 3\n")
        self.manager.wait("^STATUS=DEGRADED: .*keys.yaml:2:7: .*; what the file said before is in force; in sync, 1 key",
                          mark)
        self.assertEqual(daemon.stop(), 0)

    def test_no_file(self) -> None:
        self.start_sandbox()
        self.start(NOTIFY_SOCKET=self.manager.path)
        self.manager.wait("^READY=1$")
        self.manager.wait("^STATUS=DEGRADED: .*keys.yaml")

    def test_what_can_not_begin_says_why(self) -> None:
        self.start_sandbox()
        self.token_file.write_text("")
        done = self.command("run", NOTIFY_SOCKET=self.manager.path)
        self.assertEqual(done.returncode, 78)
        self.manager.wait(f"^STATUS=ended with an error: {self.token_file}: holds no token$")
        self.assertNotIn("READY=1", self.manager.messages)

    def test_dry_run(self) -> None:
        self.start_sandbox()
        self.save(key(BILLING, "one", True))
        daemon = self.start("--dry-run", "--quiet", NOTIFY_SOCKET=self.manager.path)
        self.manager.wait("^READY=1$")
        dry = "^STATUS=dry run, nothing is sent: "
        mark = self.manager.wait(dry + r"DRIFTED, 1 key: 1 difference reported \d{4}-\d\d-\d\d \d\d:\d\d UTC$")
        self.keys_file.write_text("keys: 3\n")
        mark = self.manager.wait(dry + "DEGRADED: ", mark)
        daemon.send(signal.SIGHUP)
        mark = self.manager.wait(r"^RELOADING=1\nMONOTONIC_USEC=\d+$", mark)
        self.manager.wait("^READY=1$", mark)
        self.assertEqual(daemon.stop(), 0)
        self.manager.wait("^STATUS=stopped, a dry run sends nothing$", self.manager.wait("^STOPPING=1$"))

    def test_held_with_its_approval(self) -> None:
        self.start_sandbox("--count", "10")
        self.save(*(key(id_, enabled=True) for id_ in counted_ids(10)))
        self.start(NOTIFY_SOCKET=self.manager.path)
        mark = self.manager.wait("^STATUS=in sync, 10 keys")
        self.save(*(key(id_, enabled=False) for id_ in counted_ids(10)))
        self.manager.wait("^STATUS=HELD: 10 disables wait for approval [0-9a-f]{12}$", mark)
        digest = self.manager.status()[-12:]
        mark = self.manager.mark()
        self.assertEqual(self.command("approve", digest).returncode, 0)
        self.manager.wait("^STATUS=in sync, 10 keys", mark)


class Trouble(Service):
    def begin_with(self, faults: str, *arguments: str) -> harness.Daemon:
        self.start_sandbox()
        self.sandbox.faults(faults)
        self.save(key(BILLING, "one", True))
        return self.start(*arguments, NOTIFY_SOCKET=self.manager.path)

    def test_no_verdict(self) -> None:
        self.begin_with("503=60*inf")
        self.manager.wait("^STATUS=NOT CONVERGED, 1 key: 1 tried again, 1 in doubt$")

    def test_an_assertion_that_fails_after_all_was_well(self) -> None:
        daemon = self.begin_with("", "--resync", "1s")
        self.manager.wait("^" + SETTLED)
        mark = self.manager.mark()
        self.sandbox.faults("503=60*inf")
        self.manager.wait("^STATUS=NOT CONVERGED, 1 key: 1 tried again, 1 in doubt$", mark)
        self.assertEqual(len(daemon.events_of("reconcile_finished")), 1)

    def test_an_assertion_that_is_refused_after_all_was_well(self) -> None:
        self.begin_with("", "--resync", "1s")
        self.manager.wait("^" + SETTLED)
        mark = self.manager.mark()
        self.sandbox.faults("other-name*inf")
        self.manager.wait("^STATUS=NOT CONVERGED, 1 key: 1 rejected$", mark)

    def test_denied_and_suspended(self) -> None:
        self.begin_with("403*inf")
        mark = self.manager.wait("^STATUS=DENIED: .*; 1 request waits$")
        self.assertEqual(self.command("suspend", "--for", "1h").returncode, 0)
        self.manager.wait(r"^STATUS=SUSPENDED until \S+; DENIED: .*; 1 request waits$", mark)

    def test_no_api(self) -> None:
        self.start_sandbox()
        self.sandbox.stop()
        self.save(*(key(id_, enabled=True) for id_ in counted_ids(20)))
        self.start(NOTIFY_SOCKET=self.manager.path)
        self.manager.wait(r"^STATUS=API UNAVAILABLE: .*refused; 20 requests wait")


class Reload(Service):
    def test_nothing_new(self) -> None:
        daemon = self.begin()
        mark, before = self.manager.mark(), time.monotonic_ns() // 1000
        daemon.send(signal.SIGHUP)
        self.manager.wait("^READY=1$", mark)
        reloading, ready = self.manager.since(mark)
        self.assertEqual(ready, "READY=1")
        self.assertRegex(reloading, r"^RELOADING=1\nMONOTONIC_USEC=\d+$")
        self.assertTrue(before <= int(reloading.split("=")[-1]) <= time.monotonic_ns() // 1000)

    def test_the_file_is_taken_before_ready(self) -> None:
        daemon = self.begin()
        mark = self.manager.mark()
        daemon.send(signal.SIGSTOP)
        self.save(key(BILLING, "two", True), key(MOBILE, "three"))
        daemon.send(signal.SIGHUP)
        daemon.send(signal.SIGCONT)
        ready = self.manager.wait("^READY=1$", mark)
        self.manager.wait("^STATUS=converging, 2 keys", mark)
        self.assertTrue([one for one in self.manager.messages[mark:ready] if one.startswith("STATUS=converging, 2 keys")],
                        self.manager.messages[mark:])

    def test_bad_settings_are_told_as_long_as_they_stand(self) -> None:
        self.start_sandbox()
        self.save(key(BILLING, "one", True))
        daemon = self.run_with_settings(self.own_token())
        self.manager.wait(SETTLED)
        self.write_settings("api:\n  no_such_setting: 1\n")
        refused = (r"^STATUS=DEGRADED: settings refused: \S+apikeyd.yaml:3:3: .*; those from before are in force; "
                   "in sync, 1 key")
        mark = self.manager.wait(refused)
        daemon.send(signal.SIGHUP)
        mark = self.manager.wait("^RELOADING=1", mark)
        self.manager.wait("^READY=1$", mark)
        self.assertRegex(self.manager.status(), refused)
        self.write_settings(self.own_token())
        self.manager.wait("^" + SETTLED, mark)
        self.assertEqual(len(daemon.events_of("daemon_started")), 1)

    def test_a_bad_token_is_told_as_long_as_it_stands(self) -> None:
        daemon = self.begin()
        mark = self.manager.mark()
        self.token_file.write_text("")
        refused = "^STATUS=DEGRADED: token refused: .*holds no token; the one before is in use; in sync, 1 key"
        mark = self.manager.wait(refused, mark)
        daemon.send(signal.SIGHUP)
        mark = self.manager.wait("^READY=1$", mark)
        self.assertRegex(self.manager.status(), refused)
        self.write_token(self.sandbox.token)
        self.manager.wait("^" + SETTLED, mark)

    def test_other_settings_are_ready_when_they_are_in_force(self) -> None:
        self.start_sandbox("--latency", "500")
        self.save(key(BILLING, "one", True))
        daemon = self.run_with_settings(self.own_token())
        harness.wait_for(lambda: self.sandbox.stats()["max_concurrent"] > 0, "a request is under way")
        mark = self.manager.mark()
        self.write_settings("reconcile:\n  resync: 6h\n" + self.own_token())
        daemon.send(signal.SIGHUP)
        told = self.manager.messages[mark:self.manager.wait("^READY=1$", mark)]
        self.assertRegex(told[0], "^RELOADING=1\n")
        self.assertEqual(len([one for one in told if one.startswith("RELOADING=1")]), 1, told)
        self.assertIn("STATUS=reloading: changed settings take effect once 1 request under way is answered", told)
        self.assertTrue([one for one in told if one.startswith("EXTEND_TIMEOUT_USEC=")], told)
        self.assertEqual(len(daemon.events_of("daemon_started")), 2, "those of the new settings are ready")
        self.manager.wait("^" + SETTLED, mark)
        self.assertEqual(daemon.stop(), 0)

    def test_an_unusable_state_and_a_lost_token_leave_all_as_it_is(self) -> None:
        self.start_sandbox()
        self.save(key(BILLING, "one", True))
        daemon = self.run_with_settings(self.own_token())
        self.manager.wait(SETTLED)
        self.token_file.write_text("")
        self.manager.wait("^STATUS=DEGRADED: token refused")
        other = self.write_token(self.sandbox.token, self.folder / "other-token")
        self.write_settings(f"api:\n  token_file: {other}\n", self.folder / "none" / "state.db")
        self.manager.wait("^STATUS=DEGRADED: settings refused: .*; token refused: .*; in sync, 1 key")
        self.assertEqual(len(daemon.events_of("daemon_started")), 1, "nothing was ended for it")
        desired = self.save(key(BILLING, "two", True))
        self.wait_converged(desired, daemon)
        self.assertEqual(daemon.stop(), 0)

    def test_what_goes_wrong_while_it_drains(self) -> None:
        self.start_sandbox("--latency", "1000")
        self.save(key(BILLING, "one", True))
        daemon = self.run_with_settings(self.own_token())
        harness.wait_for(lambda: self.sandbox.stats()["max_concurrent"] > 0, "a request is under way")
        other = self.write_token(self.sandbox.token, self.folder / "other-token")
        self.write_settings(f"api:\n  token_file: {other}\n")
        daemon.wait_event("settings_reloaded")
        other.write_text("")
        self.token_file.write_text("")
        mark = self.manager.wait("^READY=1$", self.manager.wait("^RELOADING=1"))
        self.manager.wait("^STATUS=DEGRADED: settings refused: .*other-token: holds no token; those from before are in "
                          "force; token refused: .*; the one before is in use; in sync, 1 key", mark)
        self.assertEqual(len(daemon.events_of("settings_reloaded")), 1, "it doesn't try again and again")
        self.write_token(self.sandbox.token, other)
        mark = self.manager.mark()
        daemon.send(signal.SIGHUP)
        self.manager.wait("^" + SETTLED, mark)
        self.assertEqual(daemon.stop(), 0)

    def change_while_the_file_is_bad(self, daemon: harness.Daemon) -> int:
        """Breaks the desired file, then changes a setting. Gives the place behind the new beginning."""
        mark = self.manager.mark()
        self.keys_file.write_text("version: 1\nkeys: 3\n")
        self.manager.wait("^STATUS=DEGRADED: ", mark)
        mark = self.manager.mark()
        self.write_settings("reconcile:\n  resync: 6h\n" + self.own_token())
        mark = self.manager.wait("^READY=1$", mark)
        self.assertEqual(len(daemon.events_of("daemon_started")), 2)
        return mark

    def in_force(self, rest: str) -> str:
        return "^STATUS=DEGRADED: .*keys.yaml:2:7: .*; what the file said before is in force; " + rest

    def test_a_moment_comes_though_settings_changed_while_the_file_was_bad(self) -> None:
        self.start_sandbox()
        until = datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(seconds=4)
        self.save(key(BILLING, "one", True) | {"enabled_until": until.strftime("%Y-%m-%dT%H:%M:%SZ")})
        daemon = self.run_with_settings(self.own_token())
        self.manager.wait(SETTLED)
        began = self.manager.mark()
        mark = self.change_while_the_file_is_bad(daemon)
        self.manager.wait(self.in_force("in sync, 1 key"), mark)
        daemon.wait_event("api_key_updated", enabled=False)
        self.assertFalse(self.sandbox.key(BILLING)["enabled"])
        self.assertFalse([one for one in self.manager.since(began) if "not good since the start" in one])
        mark = self.manager.mark()
        self.wait_converged(self.save(key(BILLING, "two", True)), daemon)
        self.manager.wait("^" + SETTLED, mark)
        self.assertEqual(daemon.stop(), 0)

    def test_a_key_is_tried_again_though_settings_changed_while_the_file_was_bad(self) -> None:
        self.start_sandbox()
        self.sandbox.faults("503=60*inf")
        desired = self.save(key(BILLING, "one", True))
        daemon = self.run_with_settings(self.own_token())
        self.manager.wait("^STATUS=NOT CONVERGED, 1 key: 1 tried again")
        mark = self.change_while_the_file_is_bad(daemon)
        mark = self.manager.wait(self.in_force("NOT CONVERGED, 1 key: 1 tried again"), mark)
        self.sandbox.faults("")
        self.write_settings(self.own_token())  # at once, and not when its time has come
        self.wait_converged(desired, daemon)
        self.manager.wait(self.in_force("in sync, 1 key"), mark)
        self.assertEqual(daemon.stop(), 0)

    def test_settings_that_name_other_keys_take_nothing_along(self) -> None:
        self.start_sandbox()
        self.save(key(BILLING, "one", True))
        daemon = self.run_with_settings(f"keys: {self.keys_file}\n" + self.own_token(), keys=False)
        self.manager.wait(SETTLED)
        sent, mark = self.sandbox.seq(), self.manager.mark()
        other = self.folder / "other.yaml"
        other.write_text("version: 1\nkeys: 3\n")
        self.write_settings(f"keys: {other}\n" + self.own_token())
        self.manager.wait("^STATUS=DEGRADED: .*other.yaml:2:7: .*; it was not good since the start, so nothing is sent$",
                          mark)
        self.assertEqual(self.sandbox.seq(), sent)
        self.assertEqual(daemon.stop(), 0)

    def test_a_suspension_outlives_a_change_of_the_state(self) -> None:
        self.start_sandbox()
        self.save(key(BILLING, "one", True))
        daemon = self.run_with_settings(self.own_token())
        self.manager.wait(SETTLED)
        self.assertEqual(self.command("suspend", "--for", "1h", "--reason", "audit").returncode, 0)
        mark = self.manager.wait("^STATUS=SUSPENDED")
        sent = self.sandbox.seq()
        self.write_settings(self.own_token(), self.state_folder / "other.db")
        mark = self.manager.wait("^READY=1$", mark)
        self.manager.wait(r"^STATUS=SUSPENDED until \S+: audit; 1 request waits", mark)
        self.assertEqual(len(daemon.events_of("sending_suspended")), 2)
        self.assertEqual(self.sandbox.seq(), sent)
        self.assertEqual(self.command("history", "--state", str(self.state_folder / "other.db"), "--verify").returncode, 0)
        self.assertEqual(self.command("resume", "--state", str(self.state_folder / "other.db")).returncode, 0)
        self.manager.wait("^" + SETTLED, mark)
        self.assertEqual(daemon.stop(), 0)

    def test_the_same_state_by_another_name(self) -> None:
        self.start_sandbox()
        self.save(key(BILLING, "one", True))
        daemon = self.run_with_settings(self.own_token())
        mark = self.manager.wait(SETTLED)
        (self.folder / "link").symlink_to(self.state_folder)
        self.write_settings(self.own_token(), self.folder / "link" / self.state_file.name)
        mark = self.manager.wait("^READY=1$", mark)
        self.manager.wait("^" + SETTLED, mark)
        self.assertEqual(daemon.events_of("settings_invalid"), [])
        self.assertEqual(daemon.stop(), 0)


class Stop(Service):
    def test_draining(self) -> None:
        self.start_sandbox("--latency", "700")
        self.save(key(BILLING, "one", True))
        daemon = self.start("--api-timeout", "90s", NOTIFY_SOCKET=self.manager.path)
        self.manager.wait("^STATUS=converging, 1 key")
        harness.wait_for(lambda: self.sandbox.stats()["max_concurrent"] > 0, "a request is under way")
        mark = self.manager.mark()
        self.assertEqual(daemon.stop(), 0)
        self.manager.wait("^STATUS=stopped, nothing under way$", mark)
        told = self.manager.since(mark)
        self.assertEqual(told[0], "STOPPING=1")
        self.assertRegex(told[1], r"^EXTEND_TIMEOUT_USEC=\d+$")
        self.assertGreaterEqual(int(told[1].split("=")[1]), 90_000_000)
        self.assertEqual(told[2], "STATUS=stopping: 1 request under way")

    def test_told_twice(self) -> None:
        self.start_sandbox("--latency", "60000")
        self.save(key(BILLING, "one", True))
        daemon = self.start("--api-timeout", "90s", NOTIFY_SOCKET=self.manager.path)
        harness.wait_for(lambda: self.sandbox.stats()["max_concurrent"] > 0, "a request is under way")
        daemon.send(signal.SIGTERM)
        self.manager.wait("^STATUS=stopping: 1 request under way$")
        daemon.send(signal.SIGTERM)
        self.assertEqual(daemon.wait(), 1)
        self.manager.wait("^STATUS=stopped, 1 request not recorded: what is in doubt is marked, and sent again")


class Watchdog(Service):
    def test_fed_by_the_loop_alone(self) -> None:
        daemon = self.begin(WATCHDOG_USEC="600000")
        mark = self.manager.wait("^WATCHDOG=1$")
        self.manager.wait("^WATCHDOG=1$", mark)
        self.assertFalse([one for one in self.manager.messages if "WATCHDOG_USEC" in one], "a small file changes nothing")
        daemon.send(signal.SIGSTOP)
        daemon.send(signal.SIGCONT)
        self.manager.wait("^WATCHDOG=1$", self.manager.mark())

    def test_more_patience_while_a_large_file_is_in_force(self) -> None:
        daemon = self.begin(WATCHDOG_USEC="30000000")
        mark = self.manager.mark()
        large = [key(id_, "n" * 200, True) for id_ in counted_ids(3000)]  # 0.8 MiB
        self.save(*large)
        grown = self.manager.wait(r"^WATCHDOG_USEC=\d+$", mark)
        longer = int(self.manager.messages[grown - 1].split("=")[1])
        self.assertTrue(30_000_000 < longer <= 60_000_000, "in proportion to its size")
        daemon.wait_event("desired_loaded", keys=3000)
        self.save(key(BILLING, "one", True))
        self.manager.wait("^WATCHDOG_USEC=30000000$", grown)

    def test_where_none_is_wanted_none_is_switched_on(self) -> None:
        daemon = self.begin()
        self.save(*[key(id_, "n" * 200, True) for id_ in counted_ids(3000)])
        daemon.wait_event("desired_loaded", keys=3000)
        self.assertFalse([one for one in self.manager.messages if "WATCHDOG" in one])


class Instance(Case):
    def test_each_command_looks_where_the_instance_is(self) -> None:
        name = f"no-such-{os.getpid()}"
        for arguments in (["validate"], ["drift"]):
            done = self.run_apikeyd(*arguments, "--instance", name)
            self.assertEqual(done.returncode, 1, done.stderr)
            self.assertIn(f"/etc/apikeyd/{name}/keys.yaml", done.stdout + done.stderr)
        done = self.run_apikeyd("status", APIKEYD_INSTANCE=name)
        self.assertIn(f"/var/lib/apikeyd-{name}/state.db", done.stdout + done.stderr)

    def test_a_name_that_leads_elsewhere(self) -> None:
        done = self.run_apikeyd("status", "--instance", "../etc")
        self.assertEqual(done.returncode, 64)
        self.assertIn("--instance: '../etc' is no name of an instance", done.stderr)
        done = self.run_apikeyd("status", APIKEYD_INSTANCE="a/b")
        self.assertEqual(done.returncode, 64)
        self.assertIn("APIKEYD_INSTANCE: 'a/b' is no name of an instance", done.stderr)


if __name__ == "__main__":
    harness.main()
