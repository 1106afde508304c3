# SPDX-License-Identifier: Apache-2.0
"""A desired file that can't be used changes nothing, and is no reason to stop."""

import os
import unittest

import harness
from harness import BILLING, LEGACY, MOBILE, Case, desired_text, key

WANTED = [key(BILLING, "billing-service", True), key(MOBILE, "mobile-app"), key(LEGACY, "legacy-import")]
OTHER = [key(BILLING, "something-else", False), key(MOBILE, "mobile-app"), key(LEGACY, "legacy-import")]
VALID = desired_text(OTHER)  # what an invalid text is made of: it must not be acted on

# text, line and column of the first error; None where only that there is one counts
INVALID: dict[str, tuple[str, tuple[int, int] | None]] = {
    "empty": ("", None),
    "only a comment": ("# nothing\n", None),
    "no YAML": ("version: 1\nkeys: [\n", None),
    "tab": ("version: 1\nkeys:\n\t- id: x\n", None),
    "unknown field": (VALID.replace("    name: \"something", "    nane: \"something"), (4, 5)),
    "unknown top field": (VALID + "colour: red\n", (10, 1)),
    "wrong version": (VALID.replace("version: 1", "version: 2"), (1, 10)),
    "no version": (VALID.replace("version: 1\n", ""), None),
    "duplicate id": (VALID + f"  - id: {BILLING}\n", (10, 9)),
    "duplicate id in capitals": (VALID + f"  - id: {BILLING.upper()}\n", (10, 9)),
    "duplicate mapping key": (VALID.replace("    enabled: false", "    name: \"again\""), (5, 5)),
    "yes": (VALID.replace("enabled: false", "enabled: yes"), (5, 14)),
    "quoted boolean": (VALID.replace("enabled: false", "enabled: 'false'"), (5, 14)),
    "short id": (VALID.replace(BILLING, BILLING[:-1]), (3, 9)),
    "no id": (VALID.replace(f"- id: {BILLING}\n    name", "- name"), (3, 5)),
    "empty name": (VALID.replace("something-else", ""), (4, 11)),
    "control character": (VALID.replace("something-else", "some\\u0007thing"), (4, 11)),
    "second document": (VALID + "---\nversion: 1\nkeys: []\n", None),
    "anchor": (VALID.replace("name: \"something", "name: &a \"something"), (4, 11)),
    "unterminated text": (VALID.rstrip("\n")[:-1], None),
    "deep nesting": ("version: 1\nkeys: " + "[" * 2000 + "]" * 2000 + "\n", None),
}


class Invalid(Case):
    def setUp(self) -> None:
        super().setUp()
        self.start_sandbox()

    def repair(self, daemon: harness.Daemon) -> None:
        """Back to what is in force; the same reasons are told again after it, and not before."""
        mark = daemon.mark()
        self.save(*WANTED)
        daemon.wait_event("desired_loaded", mark)

    def test_last_good_stays_in_force(self) -> None:
        self.save(*WANTED)
        daemon = self.start()
        self.wait_settled(daemon, 0, WANTED)
        before = self.sandbox.seq()
        for what, (text, place) in INVALID.items():
            with self.subTest(what):
                mark = daemon.mark()
                harness.write_atomically(self.keys_file, text)
                event = daemon.wait_event("desired_invalid", mark)
                self.assertEqual(event["file"], str(self.keys_file))
                self.assertTrue(event["last_good_in_force"])
                self.assertEqual(event["level"], "error")
                if place:
                    daemon.wait_event("desired_invalid", mark, line=place[0], column=place[1])
                self.repair(daemon)
        self.assertEqual(self.sandbox.journal(before), [])
        mark = daemon.mark()
        self.save(*OTHER)
        self.wait_settled(daemon, mark, OTHER)
        self.assertEqual(daemon.stop(), 0, daemon.tail())

    def test_invalid_bytes(self) -> None:
        self.save(*WANTED)
        daemon = self.start()
        self.wait_settled(daemon, 0, WANTED)
        before = self.sandbox.seq()
        for what, content in {
            "not UTF-8": VALID.encode().replace(b"something", b"some\xffthing"),
            "NUL": VALID.encode().replace(b"something", b"some\0thing"),
            "UTF-16": VALID.encode("utf-16"),
            "a program": bytes(range(256)) * 64,
        }.items():
            with self.subTest(what):
                mark = daemon.mark()
                beside = self.keys_folder / "beside"
                beside.write_bytes(content)
                beside.rename(self.keys_file)
                daemon.wait_event("desired_invalid", mark)
                self.repair(daemon)
        self.assertEqual(self.sandbox.journal(before), [])
        mark = daemon.mark()
        self.save(*OTHER)
        self.wait_settled(daemon, mark, OTHER)

    def test_every_error_is_told(self) -> None:
        self.save(*WANTED)
        daemon = self.start()
        self.wait_settled(daemon, 0, WANTED)
        text = VALID.replace("enabled: false", "enabled: yes").replace(LEGACY, "legacy") + "colour: red\n"
        harness.write_atomically(self.keys_file, text)
        harness.wait_for(lambda: len(daemon.events_of("desired_invalid")) >= 3, "three errors", also=daemon.tail)
        self.assertEqual(sorted(event["line"] for event in daemon.events_of("desired_invalid")), [5, 8, 10])

    def test_back_to_the_last_good_sends_nothing(self) -> None:
        self.save(*WANTED)
        daemon = self.start()
        self.wait_settled(daemon, 0, WANTED)
        before = self.sandbox.seq()
        for _ in range(3):
            mark = daemon.mark()
            harness.write_atomically(self.keys_file, "version: 1\nkeys: 7\n")
            daemon.wait_event("desired_invalid", mark)
            self.repair(daemon)
        self.assertEqual(self.sandbox.journal(before), [])

    def test_starts_without_a_file(self) -> None:
        daemon = self.start()
        event = daemon.wait_event("desired_invalid")
        self.assertFalse(event["last_good_in_force"])
        self.assertEqual(self.sandbox.journal(), [])
        self.save(*WANTED)
        self.wait_settled(daemon, 0, WANTED)
        self.assertEqual(daemon.stop(), 0)

    def test_starts_without_a_folder(self) -> None:
        self.keys_folder.rmdir()
        daemon = self.start()
        daemon.wait_event("desired_invalid")
        self.keys_folder.mkdir()
        self.save(*WANTED)
        self.wait_settled(daemon, 0, WANTED)

    def test_starts_with_an_invalid_file(self) -> None:
        self.keys_file.write_text("version: 1\nkeys:\n  - id: nonsense\n", encoding="utf-8")
        daemon = self.start()
        event = daemon.wait_event("desired_invalid")
        self.assertEqual((event["line"], event["column"]), (3, 9))
        self.assertEqual(self.sandbox.journal(), [])
        self.save(*WANTED)
        self.wait_settled(daemon, 0, WANTED)

    def test_stops_in_order_while_degraded(self) -> None:
        daemon = self.start()
        daemon.wait_event("desired_invalid")
        self.assertEqual(daemon.stop(), 0, daemon.tail())

    @unittest.skipIf(os.geteuid() == 0, "root reads everything")
    def test_unreadable(self) -> None:
        self.save(*WANTED)
        daemon = self.start()
        self.wait_settled(daemon, 0, WANTED)
        before, mark = self.sandbox.seq(), daemon.mark()
        beside = self.keys_folder / "beside"
        beside.write_text(VALID, encoding="utf-8")
        beside.chmod(0)
        beside.rename(self.keys_file)
        daemon.wait_event("desired_invalid", mark)
        self.assertEqual(self.sandbox.journal(before), [])
        self.keys_file.chmod(0o644)
        self.wait_converged(OTHER, daemon)

    def test_fifo_does_not_block(self) -> None:
        os.mkfifo(self.keys_file)
        daemon = self.start()
        daemon.wait_event("desired_invalid")
        self.keys_file.unlink()
        self.save(*WANTED)
        self.wait_settled(daemon, 0, WANTED)
        mark = daemon.mark()
        fifo = self.keys_folder / "fifo"
        os.mkfifo(fifo)
        fifo.rename(self.keys_file)
        daemon.wait_event("desired_invalid", mark)
        self.assertEqual(daemon.stop(), 0, daemon.tail())

    def test_link_to_nothing_and_in_a_circle(self) -> None:
        self.save(*WANTED)
        daemon = self.start()
        self.wait_settled(daemon, 0, WANTED)
        for target in ("nowhere.yaml", "keys.yaml"):
            with self.subTest(target):
                mark = daemon.mark()
                link = self.keys_folder / "link"
                link.symlink_to(target)
                link.rename(self.keys_file)
                daemon.wait_event("desired_invalid", mark)
        self.keys_file.unlink()
        mark = daemon.mark()
        self.save(*OTHER)
        self.wait_settled(daemon, mark, OTHER)


if __name__ == "__main__":
    harness.main()
