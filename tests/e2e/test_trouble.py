# SPDX-License-Identifier: Apache-2.0
"""When the ground gives way: the state can't be written, or the process is told to stop in the middle."""

import os
import shutil
import signal
import sqlite3
import subprocess
import tempfile
from pathlib import Path

import harness
from harness import Case, counted_ids, key


class State(Case):
    def begin(self, count: int = 3) -> list[harness.Key]:
        self.start_sandbox("--count", str(count))
        desired = self.save(*(key(id_, "at first", True) for id_ in counted_ids(count)))
        self.assertEqual(self.command("apply").returncode, 0)
        return desired

    def renamed(self, name: str, count: int = 3) -> list[harness.Key]:
        return self.save(*(key(id_, name, True) for id_ in counted_ids(count)))

    def test_locked_by_a_backup_tool(self) -> None:
        self.begin()
        daemon = self.start()
        daemon.wait_event("reconcile_finished")
        sent = self.sandbox.seq()
        backup = sqlite3.connect(self.state_file, isolation_level=None)
        backup.execute("BEGIN IMMEDIATE")
        desired = self.renamed("while it was locked")
        daemon.wait_event("state_unavailable")
        self.assertEqual(self.sandbox.sent(sent), [], "nothing is sent that could not be marked")
        self.assertTrue(daemon.running())
        backup.execute("ROLLBACK")
        backup.close()
        daemon.wait_event("state_recovered")
        self.wait_converged(desired, daemon)
        self.assertEqual(daemon.stop(), 0)

    def test_killed_between_the_answer_and_its_commit(self) -> None:
        self.begin()
        self.sandbox.latency(300)
        daemon = self.start()
        daemon.wait_event("reconcile_finished")
        sent = self.sandbox.seq()
        self.renamed("never recorded")
        harness.wait_for(lambda: self.command("drift", "--quiet").returncode == 2 and "in doubt" in
                         self.command("drift").stdout, "the marks are there")
        backup = sqlite3.connect(self.state_file, isolation_level=None)
        backup.execute("BEGIN IMMEDIATE")  # from here on nothing can be recorded
        harness.wait_for(lambda: len([one for one in self.sandbox.journal(sent) if one["status"]]) == 3, "all answered")
        daemon.kill()
        backup.execute("ROLLBACK")
        backup.close()
        self.assertIn("in doubt", self.command("drift").stdout)
        desired = self.renamed("at first")  # as it was: what the last recorded answers say
        self.assertEqual(self.command("apply").returncode, 0)
        self.assertEqual(self.sandbox.differences(desired), [])

    def test_disk_full(self) -> None:
        if os.geteuid() != 0:
            self.skipTest("mounting a small file system takes root")
        self.begin()
        small = Path(tempfile.mkdtemp(prefix="apikeyd-e2e-small-"))
        if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=256k", "tmpfs", small], check=False).returncode != 0:
            small.rmdir()
            self.skipTest("no tmpfs can be mounted here")
        try:
            for file in self.state_file.parent.glob(self.state_file.name + "*"):
                shutil.copy(file, small)
            self.state_file = small / self.state_file.name
            daemon = self.start()
            daemon.wait_event("reconcile_finished")
            sent = self.sandbox.seq()
            filler = small / "filler"
            with filler.open("wb", buffering=0) as file:
                try:
                    while True:
                        file.write(b"x" * 4096)
                except OSError:
                    pass
            for attempt in range(50):  # until what SQLite has in reserve is used up
                mark = daemon.mark()
                self.renamed(f"name number {attempt} " + "x" * 500)
                harness.wait_for(lambda: daemon.events_of("state_unavailable") or
                                 daemon.events_of("reconcile_finished", since=mark), "it goes one way or the other")
                if daemon.events_of("state_unavailable"):
                    break
            self.assertTrue(daemon.events_of("state_unavailable"))
            self.assertTrue(daemon.running())
            sent = self.sandbox.seq()
            desired = self.renamed("when there is room")
            harness.stays(lambda: self.sandbox.sent(sent) == [], "nothing is sent that could not be marked")
            filler.unlink()
            daemon.wait_event("state_recovered")
            self.wait_converged(desired, daemon)
            self.assertEqual(daemon.stop(), 0)
        finally:
            subprocess.run(["umount", "-l", small], check=False)
            small.rmdir()

    def test_taken_away_and_put_back(self) -> None:
        self.begin()
        daemon = self.start()
        daemon.wait_event("reconcile_finished")
        away = self.state_file.with_name("elsewhere.db")
        self.state_file.rename(away)
        sent = self.sandbox.seq()
        self.renamed("while it was away")
        daemon.wait_event("state_unavailable")
        desired = self.renamed("at first")
        away.rename(self.state_file)
        daemon.wait_event("state_recovered")
        self.wait_converged(desired, daemon)
        self.assertEqual(self.sandbox.sent(sent), [], "what was superseded meanwhile is never sent")
        self.assertEqual(daemon.stop(), 0)

    def test_read_only(self) -> None:
        if os.geteuid() != 0:
            self.skipTest("mounting a file system takes root")
        desired = self.begin()
        place = Path(tempfile.mkdtemp(prefix="apikeyd-e2e-readonly-"))
        if subprocess.run(["mount", "--bind", self.state_file.parent, place], check=False).returncode != 0:
            place.rmdir()
            self.skipTest("nothing can be mounted here")
        try:
            subprocess.run(["mount", "-o", "remount,ro,bind", place], check=True)
            writable, self.state_file = self.state_file, place / self.state_file.name
            refused = self.command("apply")
            self.assertEqual(refused.returncode, 1)
            self.assertIn("Read-only file system", refused.stderr)
            self.state_file = writable
        finally:
            subprocess.run(["umount", "-l", place], check=False)
            place.rmdir()
        self.assertEqual(self.sandbox.differences(desired), [])

    def test_damaged(self) -> None:
        self.begin()
        self.state_file.write_bytes(b"SQLite format 3\0" + b"\xab" * 8192)
        damaged = self.state_file.read_bytes()
        for name in ("apply", "run", "status", "drift"):
            refused = self.command(name)
            self.assertEqual(refused.returncode, 1, name)
            self.assertIn(str(self.state_file), refused.stderr)
            self.assertEqual(self.state_file.read_bytes(), damaged, "left as it is")


class Settings(Case):
    def settings_text(self, token: Path, state: Path) -> str:
        return f"state: {state}\napi:\n  token_file: {token}\n"

    def test_the_state_is_no_other_file(self) -> None:
        """It isn't even opened: that would take SQLite's locks away, and whoever comes next the log."""
        self.start_sandbox()
        settings = self.folder / "apikeyd.yaml"
        keys = f"keys: {self.keys_file}\n"
        good = keys + self.settings_text(self.token_file, self.state_file)
        harness.write_atomically(settings, good)
        self.save(key("5e5677d71bdc2ae76344968d", "renamed"))
        daemon = harness.Daemon([harness.binary("APIKEYD_BIN", "apikeyd"), "run", "--config", str(settings),
                                 *harness.without(self.options(), ["--token-file", "--state", "--keys"])],
                                self.environment(), self.folder)
        self.addCleanup(daemon.kill)
        daemon.wait_event("reconcile_finished")
        log = self.state_file.with_name(self.state_file.name + "-wal")
        identity = log.stat().st_ino
        (self.folder / "link").symlink_to(self.state_file)
        for wrong in (keys + self.settings_text(self.state_file, self.state_file),
                      keys + self.settings_text(self.folder / "link", self.state_file),
                      good + f"  ca_file: {self.state_file}\n",
                      good.replace(str(self.keys_file), str(self.state_file))):
            mark = daemon.mark()
            harness.write_atomically(settings, wrong)
            self.assertIn("is the state", str(daemon.wait_event("settings_invalid", mark)["message"]))
            other = sqlite3.connect(self.state_file)
            self.assertEqual(other.execute("SELECT count(*) FROM known_key").fetchone(), (1,))
            other.close()  # the last one to close takes the log away
            self.assertEqual(log.stat().st_ino, identity, wrong)
        self.assertEqual(self.command("apply", "--state", str(self.keys_file)).returncode, 78)

    def test_settings_that_were_refused_get_another_try(self) -> None:
        self.start_sandbox()
        settings = self.folder / "apikeyd.yaml"
        later = self.folder / "later" / "state.db"
        harness.write_atomically(settings, self.settings_text(self.token_file, self.state_file))
        self.save(key("5e5677d71bdc2ae76344968d", "renamed"))
        daemon = harness.Daemon([harness.binary("APIKEYD_BIN", "apikeyd"), "run", "--config", str(settings),
                                 *harness.without(self.options(), ["--token-file", "--state"])],
                                self.environment(), self.folder)
        self.addCleanup(daemon.kill)
        daemon.wait_event("reconcile_finished")
        harness.write_atomically(settings, self.settings_text(self.token_file, later))
        daemon.wait_event("settings_invalid")
        mark = daemon.mark()
        later.parent.mkdir(mode=0o700)
        daemon.send(signal.SIGHUP)
        daemon.wait_event("settings_reloaded", mark)
        harness.wait_for(later.exists, "the other state is in use", also=daemon.tail)
        self.assertEqual(daemon.stop(), 0)

    def test_changed_settings_take_effect_at_once(self) -> None:
        self.start_sandbox()
        wrong = self.write_token("no-such-token-0000", self.folder / "wrong-token")
        settings = self.folder / "apikeyd.yaml"
        harness.write_atomically(settings, self.settings_text(wrong, self.state_file))
        desired = self.save(key("5e5677d71bdc2ae76344968d", "renamed"))
        daemon = harness.Daemon([harness.binary("APIKEYD_BIN", "apikeyd"), "run", "--config", str(settings),
                                 *harness.without(self.options(), ["--token-file", "--state"])],
                                self.environment(), self.folder)
        self.addCleanup(daemon.kill)
        daemon.wait_event("api_access_denied")
        harness.write_atomically(settings, "api:\n  no_such_setting: 1\n")
        daemon.wait_event("settings_invalid")
        # What reads well and can't be begun with changes nothing either.
        mark = daemon.mark()
        harness.write_atomically(settings, self.settings_text(self.token_file, self.folder / "none" / "state.db"))
        daemon.wait_event("settings_invalid", since=mark)
        self.assertEqual(daemon.events_of("settings_reloaded", mark), [])
        mark = daemon.mark()
        harness.write_atomically(settings, self.settings_text(self.token_file, self.state_file))
        daemon.wait_event("settings_reloaded", since=mark)
        self.wait_converged(desired, daemon)
        self.assertEqual(daemon.stop(), 0)


class Stop(Case):
    COUNT = 1000

    def begin(self) -> harness.Daemon:
        self.start_sandbox("--count", str(self.COUNT), "--latency", "400")
        self.save(*(key(id_, "renamed", True) for id_ in counted_ids(self.COUNT)))
        daemon = self.start("--api-concurrency", "8", "--api-timeout", "5s")
        harness.wait_for(lambda: self.sandbox.seq() >= 8, "requests are under way")
        return daemon

    def test_in_the_middle_of_a_thousand_changes(self) -> None:
        daemon = self.begin()
        self.assertEqual(daemon.stop(timeout=15), 0)
        received = self.sandbox.seq()
        self.assertLess(received, self.COUNT)
        recorded = {event["api_key"]["id"] for event in daemon.events_of("api_key_updated")}
        self.assertEqual(len(recorded), received, "what was under way is recorded")
        status = self.command("status", "--format", "json").stdout
        self.assertIn('"in_doubt": 0', status)
        self.assertEqual(daemon.events_of("reconcile_finished")[-1]["result"], "interrupted")

    def test_a_second_signal_ends_it_at_once_with_its_marks(self) -> None:
        daemon = self.begin()
        self.sandbox.latency(60_000)
        daemon.send(signal.SIGTERM)
        daemon.wait_event("daemon_stopping")
        daemon.send(signal.SIGTERM)
        self.assertNotEqual(daemon.wait(), 0)
        self.assertNotIn('"in_doubt": 0,', self.command("status", "--format", "json").stdout)


if __name__ == "__main__":
    harness.main()
