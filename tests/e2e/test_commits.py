# SPDX-License-Identifier: Apache-2.0
"""By which commit a key was changed: the desired file in a git work tree."""

import json
import os

import harness
from gitcase import GitCase
from harness import BILLING, MOBILE, desired_text, key

WANTED = [key(BILLING, "billing-service", True), key(MOBILE, "mobile-app")]


class Commits(GitCase):
    def setUp(self) -> None:
        super().setUp()
        self.start_sandbox()
        self.push(desired_text(WANTED))
        self.deployed = self.folder / "deployed"
        self.git("clone", "--quiet", str(self.bare), str(self.deployed), cwd=self.folder)
        self.keys_file = self.deployed / "keys.yaml"

    def last_entry(self) -> harness.Json:
        return json.loads(self.command("history", "--format", "json").stdout)["entries"][-1]

    def test_a_pull_in_place_is_that_commit(self) -> None:
        """git writes the file before it moves HEAD; the daemon must not take the commit before for it."""
        daemon = self.start()
        self.wait_settled(daemon, 0, WANTED)
        for number in range(5):
            mark = daemon.mark()
            commit = self.push(desired_text([key(BILLING, f"billing-{number}", True), WANTED[1]]))
            self.git("pull", "--quiet", cwd=self.deployed)
            daemon.wait_event("reconcile_finished", mark, result="converged")
            entry = self.last_entry()
            self.assertEqual(entry["asked"]["name"], f"billing-{number}")
            self.assertEqual((entry["commit"]["id"], entry["commit"]["uncommitted"]), (commit, False))
            self.assertEqual((entry["commit"]["author"], entry["commit"]["subject"]),
                             ("Ada <ada@example.org>", "change"))
        self.assertIn(f"commit {commit[:12]} by Ada", self.command("drift").stdout)
        self.assertEqual(self.command("history", "--verify").returncode, 0)

    def test_an_edit_that_is_not_committed_says_so(self) -> None:
        daemon = self.start()
        self.wait_settled(daemon, 0, WANTED)
        mark = daemon.mark()
        self.save(key(BILLING, "by hand", True), WANTED[1])
        daemon.wait_event("reconcile_finished", mark, result="converged")
        commit = self.last_entry()["commit"]
        self.assertTrue(commit["uncommitted"])
        self.assertIn("not committed", self.command("drift").stdout)

    def test_a_repository_that_hangs_its_readers_stops_neither_command_nor_daemon(self) -> None:
        config = self.deployed / ".git" / "config"
        config.unlink()
        os.mkfifo(config)
        self.assertIsNone(json.loads(self.command("drift", "--format", "json").stdout)["revision"]["commit"])
        daemon = self.start()
        self.wait_settled(daemon, 0, WANTED)
        mark = daemon.mark()
        self.save(key(BILLING, "by hand", True), WANTED[1])
        daemon.wait_event("reconcile_finished", mark, result="converged")
        self.assertIsNone(self.last_entry()["commit"])
        self.assertEqual(daemon.stop(), 0)

    def test_outside_of_a_work_tree_there_is_none(self) -> None:
        self.keys_file = self.keys_folder / "keys.yaml"
        self.save(*WANTED)
        self.assertEqual(self.command("apply").returncode, 0)
        self.assertIsNone(self.last_entry()["commit"])


if __name__ == "__main__":
    harness.main()
