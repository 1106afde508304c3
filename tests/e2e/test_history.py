# SPDX-License-Identifier: Apache-2.0
"""The audit trail: what is in it, how it is asked for, and what becomes of it when somebody edits it."""

import datetime
import json
import shutil
import sqlite3
import subprocess
import time
from contextlib import closing
from typing import Any

import harness
from harness import BILLING, LEGACY, MOBILE, Case, key

OK, ERROR, USAGE = 0, 1, 64
FIRST = [key(BILLING, "billing-service", True), key(MOBILE, "mobile-app")]


class History(Case):
    def setUp(self) -> None:
        super().setUp()
        self.start_sandbox()

    def assert_code(self, done: "subprocess.CompletedProcess[str]", code: int) -> None:
        self.assertEqual(done.returncode, code, f"{done.args}\n{done.stdout}\n{done.stderr}")
        self.assertNotIn("terminate called", done.stderr)

    def entries(self, *arguments: str) -> list[dict[str, Any]]:
        done = self.command("history", "--format", "json", *arguments)
        self.assert_code(done, OK)
        report = json.loads(done.stdout)
        self.assertEqual(report["format_version"], "1.0")
        return report["entries"]

    def shown(self, *arguments: str) -> set[str]:
        """The keys that `status` shows."""
        done = self.command("status", "--format", "json", *arguments)
        self.assert_code(done, OK)
        return {one["id"] for one in json.loads(done.stdout)["keys"]}

    def apply(self, *keys: dict[str, Any], code: int = OK) -> None:
        self.save(*keys)
        self.assert_code(self.command("apply"), code)

    def edit(self, statement: str) -> None:
        with closing(sqlite3.connect(self.state_file)) as db, db:
            db.execute(statement)

    def test_edits_under_a_running_daemon(self) -> None:
        """Who and what: the file's revision and line, before and after; and it can be asked for meanwhile."""
        self.save(*FIRST)
        daemon = self.start()
        self.wait_settled(daemon, 0, FIRST)
        mark = daemon.mark()
        second = self.save(FIRST[0] | {"enabled": False}, FIRST[1])
        self.wait_settled(daemon, mark, second)
        revision = daemon.wait_event("desired_loaded", mark)["revision"]
        entry = self.entries()[-1]
        self.assertEqual((entry["id"], entry["reason"], entry["outcome"]), (BILLING, "changed", "applied"))
        self.assertEqual(entry["asked"], {"enabled": False})
        self.assertEqual(entry["before"], {"name": "billing-service", "enabled": True})
        self.assertEqual(entry["after"], {"name": "billing-service", "enabled": False})
        self.assertEqual((entry["http_status"], entry["attempt"]), (200, 1))
        self.assertEqual(entry["revision"], revision)
        self.assertRegex(entry["source"], r"keys\.yaml:3$")
        text = self.command("history").stdout
        self.assertIn(f"{BILLING}  billing-service  enabled: true -> false\n", text)
        self.assertIn("keys.yaml:3, revision " + revision.removeprefix("sha256:")[:12], text)
        self.assert_code(self.command("history", "--verify"), OK)
        self.assertEqual(daemon.stop(), OK)
        self.assert_code(self.command("history", "--verify"), OK)

    def test_filters(self) -> None:
        self.apply(*FIRST)
        self.apply(key(BILLING, "one"), key(MOBILE, "two"))
        everything = self.entries()
        self.assertGreaterEqual(len(everything), 4)
        self.assertEqual([e["seq"] for e in everything], sorted(e["seq"] for e in everything))
        self.assertEqual({e["id"] for e in self.entries("--key", MOBILE)}, {MOBILE})
        self.assertEqual({e["id"] for e in self.entries("--key", MOBILE.upper())}, {MOBILE})
        self.assertEqual(self.entries("--key", LEGACY), [])
        self.assertEqual(self.entries("--limit", "2"), everything[-2:])
        done = json.loads(self.command("history", "--format", "json", "--limit", "2").stdout)
        self.assertTrue(done["more"])
        self.assertEqual(self.entries("--since", "1h"), everything)
        self.assertEqual(self.entries("--since", "2999-01-01"), [])
        at = everything[-1]["at"]
        self.assertEqual(self.entries("--since", at), [e for e in everything if e["at"] >= at])
        self.assertEqual(self.command("history", "--key", LEGACY).stdout, "no entries\n")

    def test_rejection_and_lack_of_an_answer(self) -> None:
        self.apply(*FIRST)
        self.sandbox.faults(f"other-name@{BILLING}")
        self.apply(key(BILLING, "refused"), FIRST[1], code=ERROR)
        self.assertIn("REJECTED name: 'billing-service' -> 'refused'", self.command("history").stdout)
        self.assertEqual(self.entries()[-1]["outcome"], "rejected")
        self.assertEqual(self.shown("--only", "rejected"), {BILLING})
        self.sandbox.faults(f"500*inf@{MOBILE}")
        self.apply(FIRST[0], key(MOBILE, "unheard"), code=ERROR)
        entry = self.entries("--key", MOBILE)[-1]
        self.assertEqual((entry["outcome"], entry["http_status"]), ("retryable", 500))
        self.assertEqual(entry["after"], {"name": None, "enabled": None})
        self.assertGreater(entry["attempt"], 1)
        self.assertIn(f"attempt {entry['attempt']}", self.command("history", "--key", MOBILE).stdout)
        self.assertEqual(self.shown(), {BILLING, MOBILE})
        self.assertEqual(self.shown("--only", "in-doubt"), {MOBILE})
        self.assertEqual(self.shown("--only", "rejected"), set())
        self.assertEqual(self.shown("--only", "rejected,in-doubt"), {MOBILE})
        self.assertEqual(self.shown("--only", "rejected", "--only", "in-doubt"), {MOBILE})
        self.assertEqual(self.shown("--key", BILLING), {BILLING})
        self.assertIn("no such key\n", self.command("status", "--key", LEGACY).stdout)

    def test_quiet_leaves_json(self) -> None:
        self.apply(*FIRST)
        for command in (["history"], ["history", "--verify"], ["status"]):
            with self.subTest(command):
                self.assertEqual(self.command(*command, "--quiet").stdout, "")
                json.loads(self.command(*command, "--quiet", "--format", "json").stdout)

    def test_verify(self) -> None:
        self.apply(*FIRST)
        self.apply(key(BILLING, "one"), key(MOBILE, "two"))
        rows = len(self.entries())
        done = self.command("history", "--verify")
        self.assert_code(done, OK)
        self.assertRegex(done.stdout, rf"^history: {rows} rows, intact, head sha256:[0-9a-f]{{64}}\n$")
        whole = self.folder / "whole.db"
        shutil.copy(self.state_file, whole)
        for statement, kind, seq in (
                ("UPDATE history SET after_name = 'x' WHERE seq = 2", "changed", 2),
                ("UPDATE history SET detail = 'x' WHERE seq = 1", "changed", 1),
                ("DELETE FROM history WHERE seq = 2", "missing", 2),
                ("DELETE FROM history WHERE seq = 1", "missing", 1),
                (f"DELETE FROM history WHERE seq = {rows}", "missing", rows),
                ("DELETE FROM meta WHERE name = 'history_head'", "head_missing", rows)):
            with self.subTest(statement):
                shutil.copy(whole, self.state_file)
                self.edit(statement)
                done = self.command("history", "--verify")
                self.assert_code(done, ERROR)
                self.assertIn("NOT INTACT", done.stdout)
                verdict = json.loads(self.command("history", "--verify", "--format", "json").stdout)
                self.assertFalse(verdict["intact"])
                self.assertEqual(verdict["fault"], {"kind": kind, "seq": seq})
                self.assert_code(self.command("history", "--verify", "--quiet"), ERROR)

                # And the daemon goes on, but doesn't heal it.
                self.apply(key(BILLING, "later"), key(MOBILE, "two"))
                self.assert_code(self.command("history", "--verify"), ERROR)

    def test_retention(self) -> None:
        self.apply(*FIRST)
        self.apply(key(BILLING, "later"), *FIRST[1:])
        before = json.loads(self.command("history", "--format", "json").stdout)["entries"]
        newest = datetime.datetime.fromisoformat(before[-1]["at"].replace("Z", "+00:00"))
        old = datetime.timedelta(seconds=1.2)
        harness.wait_for(lambda: datetime.datetime.now(datetime.timezone.utc) - newest > old, "all of it is old")
        self.prove_clock()
        daemon = self.start("--history-retention", "1s")
        pruned = daemon.wait_event("history_pruned")
        self.assertEqual(daemon.stop(), 0)
        self.assertEqual((pruned["rows"], pruned["up_to"]), (len(before), before[-1]["seq"]))
        left = json.loads(self.command("history", "--format", "json").stdout)["entries"]
        self.assertLess(len(left), len(before))
        self.assertEqual(left[-1]["reason"], "pruned")
        self.assert_code(self.command("history", "--verify"), OK)

    def test_retention_of_a_pipeline(self) -> None:
        """`apply` keeps to the retention, too, even where it has nothing to send."""
        self.apply(*FIRST)
        newest = datetime.datetime.fromisoformat(self.entries()[-1]["at"].replace("Z", "+00:00"))
        old = datetime.timedelta(seconds=1.2)
        harness.wait_for(lambda: datetime.datetime.now(datetime.timezone.utc) - newest > old, "all of it is old")
        self.prove_clock()
        before = self.sandbox.seq()
        self.assert_code(self.command("apply", "--history-retention", "1s"), OK)
        self.assertEqual(self.sandbox.sent(before), [])
        self.assertEqual([one["reason"] for one in self.entries()], ["pruned"])
        self.assert_code(self.command("history", "--verify"), OK)

    def test_retention_waits_for_the_clock(self) -> None:
        """As set back to a start without anything known of the clock: nothing is taken out for a day."""
        self.start_of_the_first_release()
        self.apply(*FIRST)
        daemon = self.start("--history-retention", "1d")
        self.wait_settled(daemon, 0, FIRST)
        self.assertEqual(daemon.stop(), OK)
        self.assertEqual(self.entries()[0]["seq"], 1)

    def test_retention_of_a_damaged_history(self) -> None:
        """What was tampered with isn't signed off by taking it out; it is told once, and all else goes on."""
        self.apply(*FIRST)
        self.edit("UPDATE history SET at = 1 WHERE seq = 1")
        self.prove_clock()
        before = self.entries()
        daemon = self.start("--history-retention", "1d")
        damaged = daemon.wait_event("history_damaged")
        self.assertEqual((damaged["level"], damaged["row"]), ("error", 1))
        self.wait_settled(daemon, 0)  # with the file as it was: else that end could be taken for the next
        mark = daemon.mark()
        self.wait_settled(daemon, mark, self.save(key(BILLING, "later"), FIRST[1]))
        self.assertEqual(daemon.stop(), OK)
        self.assertEqual(self.entries()[:len(before)], before)
        self.assert_code(self.command("history", "--verify"), ERROR)

    def start_of_the_first_release(self) -> None:
        """A state of the first release, whose rows aren't chained, with two rows of 2020."""
        source = (harness.ROOT / "tests/state/schema_1.hpp").read_text()
        self.state_file.parent.mkdir(parents=True, exist_ok=True)
        with closing(sqlite3.connect(self.state_file)) as db, db:
            db.executescript(source.split('R"sql(')[1].split(')sql"')[0])
            for seq in (1, 2):
                db.execute("INSERT INTO history VALUES (?, ?, ?, 1, 'changed', NULL, 0, 'b', 1, 'b', 0, 'applied', 200, "
                           "1, 10, 'keys.yaml:4', 'sha256:0', '')", (seq, 1_580_000_000_000 + seq, bytes.fromhex(BILLING)))

    def test_upgrade(self) -> None:
        """Rows from before there was a chain stay, are shown, said not to be checked, and pruned in their turn."""
        self.start_of_the_first_release()
        done = self.command("history")
        self.assert_code(done, ERROR)
        self.assertIn("an older apikeyd wrote this state", done.stderr)
        self.apply(*FIRST)
        self.assertEqual([e["seq"] for e in self.entries()], [1, 2, 3, 4])
        self.assertEqual(self.entries("--limit", "3", "--key", BILLING)[0]["seq"], 1)
        done = self.command("history", "--verify")
        self.assert_code(done, OK)
        self.assertRegex(done.stdout, r"^history: 2 rows, intact, head sha256:[0-9a-f]{64}\n"
                                      r"history: 2 rows older, from before rows were chained: NOT CHECKED\n$")
        self.prove_clock()
        daemon = self.start("--history-retention", "1d")
        self.assertEqual(daemon.wait_event("history_pruned")["rows"], 2)
        self.assertEqual(daemon.stop(), OK)
        verdict = json.loads(self.command("history", "--verify", "--format", "json").stdout)
        self.assertEqual((verdict["intact"], verdict["unchained"], verdict["pruned_to"]), (True, 0, 2))

    def prove_clock(self) -> None:
        """As if the daemon had looked at the clock a day ago; what it said then is now."""
        now = int(time.time() * 1000)
        for name in ("seen", "proven"):
            self.edit(f"INSERT OR REPLACE INTO meta VALUES ('history_clock_{name}', CAST('{now}' AS BLOB))")

    def test_usage(self) -> None:
        self.apply(*FIRST)
        for arguments, said in {("--key", "x"): "24 hex digits", ("--since", "yesterday"): "--since: 'yesterday'",
                                ("--limit", "0"): "--limit: '0'", ("--limit", "ten"): "--limit: 'ten'",
                                ("--limit", "-1"): "--limit: '-1'",
                                ("--limit", "1000001"): "is not a number of entries from 1 to 1000000",
                                ("--verify", "--limit", "5"): "the whole history"}.items():
            with self.subTest(arguments):
                done = self.command("history", *arguments)
                self.assert_code(done, USAGE)
                self.assertIn(said, done.stderr)
                self.assertEqual(done.stdout, "")
        done = self.command("status", "--only", "odd")
        self.assert_code(done, USAGE)
        self.assertIn("in-doubt, rejected, held", done.stderr)

    def test_no_state(self) -> None:
        for command in (["history"], ["history", "--verify"]):
            done = self.command(*command)
            self.assert_code(done, ERROR)
            self.assertIn("there is no state yet", done.stderr)

    def test_names_are_made_harmless(self) -> None:
        self.sandbox.somebody_changes(BILLING, name="a\x1b[31mb\u202ec")
        self.apply(key(BILLING, enabled=True))
        for arguments in ([], ["--format", "json"]):
            out = self.command("history", *arguments).stdout
            self.assertIn("31mb", out)
            self.assertNotIn("\x1b", out)
            self.assertNotIn("\u202e", out)


if __name__ == "__main__":
    harness.main()
