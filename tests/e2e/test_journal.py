# SPDX-License-Identifier: Apache-2.0
"""The log as the journal gets it: by its own protocol, whole, without secrets, and never lost."""

import os
import re
import subprocess

import fake_journal
import harness
from harness import BILLING, Case, counted_ids, key, wait_for

SECRET_MARK = "zqXsecretWvkq"
TOKEN = "zqXtokenBwjhp-0123456789-abcdefghij"


class Journal(Case):
    def setUp(self) -> None:
        super().setUp()
        self.run_folder = self.folder / "run"
        self.run_folder.mkdir()
        if why := fake_journal.missing(self.run_folder):
            self.skipTest(why)
        self.start_sandbox("--count", "5", "--secret-prefix", SECRET_MARK, token=TOKEN)
        self.ids = counted_ids(5)
        self.journal = fake_journal.FakeJournal(self.run_folder)
        self.addCleanup(self.journal.stop)

    def start_in_journal(self, *arguments: str) -> harness.Daemon:
        daemon = self.start("--log-format", "journal", *arguments, wait=False,
                            prefix=fake_journal.namespace(self.run_folder))
        wait_for(lambda: self.journal.of("daemon_started"), "it is in the journal", also=daemon.tail)
        return daemon

    def wait_entry(self, event: str, daemon: harness.Daemon, **fields: str) -> "dict[str, list[str]]":
        def found() -> "list[dict[str, list[str]]]":
            return [entry for entry in self.journal.of(event)
                    if all(entry.get("APIKEYD_" + name.upper()) == [value] for name, value in fields.items())]
        return wait_for(found, f"{event} {fields} in the journal", also=daemon.tail)[0]

    def test_entries(self) -> None:
        first = self.ids[0]
        self.save(key(first, "invoices"))
        daemon = self.start_in_journal()
        entry = self.wait_entry("api_key_updated", daemon)
        self.wait_entry("reconcile_finished", daemon, result="converged")
        self.assertEqual(daemon.stop(), 0)
        self.assertEqual(bytes(daemon.raw), b"")
        self.assertEqual(entry["APIKEYD_KEY_ID"], [first])
        self.assertEqual(entry["APIKEYD_KEY_NAME"], ["invoices"])
        self.assertEqual(entry["APIKEYD_CHANGED"], ["name"])
        self.assertEqual(entry["PRIORITY"], ["6"])
        self.assertEqual(entry["SYSLOG_IDENTIFIER"], ["apikeyd"])
        self.assertRegex(entry["MESSAGE"][0], rf"^api_key_updated api_key\.id={first} ")
        for one in self.journal.entries:
            names = [name for name, _ in one]
            self.assertEqual(len([name for name in names if name == "MESSAGE_ID"]), 1)
            # Where it stands in the source is nothing for an operator.
            self.assertEqual([name for name in names if name.startswith("CODE_")], [])

    def test_long_value(self) -> None:
        """It goes in whole: as a datagram, or as a file where the kernel takes no such datagram."""
        name = "n" * 300_000
        self.save(key(self.ids[0], name))
        daemon = self.start_in_journal()
        entry = self.wait_entry("api_key_updated", daemon)
        self.assertEqual(entry["APIKEYD_KEY_NAME"], [name])
        self.assertEqual(daemon.stop(), 0)

    def test_no_secret(self) -> None:
        """Where the server echoes the token and secrets in its errors, and where the token file is wrong."""
        first, second, third = self.ids[:3]
        secret = self.sandbox.key(first)["secret"]
        self.sandbox.faults(f"500=CODE-{TOKEN}@{first};500=NOT_FOUND-{secret}@{second}")
        keys = self.save(key(first, "one"), key(second, "two"), key(third, "three"))
        daemon = self.start_in_journal("--log-level", "debug")
        self.wait_converged(keys, daemon)
        self.wait_entry("api_key_retry", daemon, key_id=first)
        self.wait_entry("api_key_updated", daemon, key_id=second)
        self.write_token("two words " + TOKEN)
        self.wait_entry("token_invalid", daemon)
        self.write_token(TOKEN + "-wrong")
        self.wait_entry("token_loaded", daemon)
        self.save(key(first, "four"))
        self.wait_entry("api_access_denied", daemon)
        self.assertEqual(daemon.stop(), 0)
        marks = [SECRET_MARK, TOKEN, TOKEN[13:]] + [one["secret"] for one in self.sandbox.keys().values()]
        marks += [one["secret"].removeprefix(SECRET_MARK) for one in self.sandbox.keys().values()]
        content = b"\n".join(self.journal.raw) + bytes(daemon.raw)
        self.assertIn(b"[redacted]", content)
        for mark in marks:
            self.assertNotIn(mark.encode(), content)

    def test_a_journal_that_goes_away(self) -> None:
        self.save(key(self.ids[0], "one"))
        daemon = self.start_in_journal()
        self.wait_entry("reconcile_finished", daemon)
        count = len(self.journal.entries)
        self.journal.stop()
        self.save(key(self.ids[0], "two"))
        wait_for(lambda: b" reconcile_finished result=converged" in daemon.raw, "it is told elsewhere",
                 also=daemon.tail)
        self.assertRegex(bytes(daemon.raw), rb"(?m)^\S+Z info    api_key_updated api_key\.id=")
        # The journal comes back.
        self.journal.path.unlink()
        self.journal = fake_journal.FakeJournal(self.run_folder)
        self.addCleanup(self.journal.stop)
        told = len(daemon.raw)
        self.save(key(self.ids[0], "three"))
        self.wait_entry("reconcile_finished", daemon)
        self.assertEqual(len(daemon.raw), told)
        self.assertEqual(daemon.stop(), 0)
        self.assertGreater(count, 3)


class Priorities(Case):
    """Where standard error is the journal's stream, a plain line says its priority in front."""

    def lines(self, *arguments: str, is_stream: bool = True) -> "tuple[int, list[str]]":
        reader, writer = os.pipe()
        stat = os.fstat(writer)
        stream = f"{stat.st_dev}:{stat.st_ino if is_stream else stat.st_ino + 1}"
        command = [harness.binary("APIKEYD_BIN", "apikeyd"), *arguments]
        with open(reader, encoding="utf-8") as output:
            with open(writer, "wb") as pipe:
                process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=pipe,
                                           env=self.environment(JOURNAL_STREAM=stream), cwd=self.folder)
            lines = output.read().splitlines()
        return process.wait(), lines

    def test_why_it_did_not_start(self) -> None:
        settings = self.folder / "apikeyd.yaml"
        settings.write_text("nonsense: 1\n")
        code, lines = self.lines("run", "--config", str(settings))
        self.assertEqual(code, 78)
        self.assertRegex(lines[0], r"^<3>\S+apikeyd\.yaml:1:1: error: unknown field 'nonsense'")
        self.assertRegex(lines[-1], r"^<3>apikeyd: the settings can't be used: ")
        self.assertTrue(all(line.startswith("<3>") for line in lines), lines)
        code, lines = self.lines("run", "--config", str(settings), is_stream=False)
        self.assertEqual(code, 78)
        self.assertRegex(lines[-1], r"^apikeyd: the settings can't be used: ")

    def test_text(self) -> None:
        self.start_sandbox(keys=[])
        self.save(key(BILLING, "never"))
        _, lines = self.lines("apply", *self.options("text"))
        found = [line for line in lines if " api_key_rejected " in line]
        self.assertTrue(found, lines)
        for line in lines:
            self.assertTrue(re.match(r"<[346]>\S+Z |<3>apikeyd: ", line), line)
        self.assertRegex(found[0], r"^<3>\S+Z error   api_key_rejected ")


if __name__ == "__main__":
    harness.main()
