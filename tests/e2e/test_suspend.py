# SPDX-License-Identifier: Apache-2.0
"""`suspend` and `resume`: nothing is sent for a while, and everything else goes on."""

import contextlib
import json
import signal
import socket
import sqlite3

import harness
from harness import BILLING, MOBILE, Case, key


class Suspend(Case):
    def setUp(self) -> None:
        super().setUp()
        self.start_sandbox()

    def begin(self) -> harness.Daemon:
        desired = self.save(key(BILLING, "one", True))
        daemon = self.start()
        self.wait_settled(daemon, 0, desired)
        return daemon

    def test_suspended_by_hand_and_resumed_by_hand(self) -> None:
        daemon = self.begin()
        done = self.command("suspend", "--for", "2h", "--reason", "the vendor's maintenance")
        self.assertEqual(done.returncode, 0, done.stderr)
        event = daemon.wait_event("sending_suspended")
        self.assertEqual(event["why"], "the vendor's maintenance")
        since, mark = self.sandbox.seq(), daemon.mark()
        desired = self.save(key(BILLING, "two", True))
        # Planning and reporting go on.
        self.assertEqual(daemon.wait_event("plan_made", mark)["changes"], 1)
        report = json.loads(self.command("drift", "--format", "json").stdout)
        self.assertEqual(report["suspension"]["reason"], "the vendor's maintenance")
        self.assertEqual(report["summary"]["drifted"], 1)
        self.assertIn("the vendor's maintenance", self.command("drift").stdout)
        self.assertIn("the vendor's maintenance", self.command("status").stdout)
        status = json.loads(self.command("status", "--format", "json").stdout)
        self.assertEqual(status["suspension"]["until"], event["until"])
        harness.stays(lambda: self.sandbox.seq() == since, "nothing is sent")

        self.assertEqual(self.command("resume").returncode, 0)
        self.wait_converged(desired, daemon)
        self.assertEqual(daemon.stop(), 0)
        entries = json.loads(self.command("history", "--format", "json").stdout)["entries"]
        told = [(entry["reason"], entry["actor"]) for entry in entries if not entry["id"]]
        self.assertEqual([reason for reason, _ in told], ["suspended", "resumed"])
        self.assertTrue(all(actor for _, actor in told), told)
        self.assertEqual(self.command("history", "--verify").returncode, 0)

    def test_the_service_manager_is_told(self) -> None:
        desired = self.save(key(BILLING, "one", True))
        told: list[str] = []
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
            manager.bind(str(self.folder / "notify"))
            manager.settimeout(harness.BOUND * harness.FACTOR)

            def status(begin: str) -> str:
                """The next sentence that begins so."""
                while True:
                    told.extend(line for line in manager.recv(4096).decode().splitlines() if line.startswith("STATUS="))
                    if told and told[-1].startswith("STATUS=" + begin):
                        return told[-1]

            daemon = self.start(NOTIFY_SOCKET=str(self.folder / "notify"))
            status("in sync")
            self.assertEqual(self.command("suspend", "--for", "1h", "--reason", "audit").returncode, 0)
            self.assertRegex(status("SUSPENDED"), r"^STATUS=SUSPENDED until \S+Z: audit; in sync, 1 key, no answer older than \S+ \S+ UTC$")
            self.assertEqual(self.command("resume").returncode, 0)
            status("in sync")
        self.wait_converged(desired, daemon)

    def test_expires_by_itself(self) -> None:
        daemon = self.begin()
        self.assertEqual(self.command("suspend", "--for", "2s").returncode, 0)
        daemon.wait_event("sending_suspended")
        desired = self.save(key(BILLING, "two", True))
        resumed = daemon.wait_event("sending_resumed")
        self.assertIn("over", resumed["why"])
        self.wait_converged(desired, daemon)

    def test_outlives_a_restart(self) -> None:
        daemon = self.begin()
        self.assertEqual(self.command("suspend", "--for", "1h").returncode, 0)
        daemon.kill()
        since = self.sandbox.seq()
        self.save(key(BILLING, "two", True))
        daemon = self.start()
        daemon.wait_event("plan_made")
        harness.stays(lambda: self.sandbox.seq() == since, "nothing is sent")
        self.assertEqual(self.command("resume").returncode, 0)
        daemon.wait_event("api_key_updated", name="two")

    def test_a_request_that_nobody_took_is_overruled_by_a_newer_one(self) -> None:
        daemon = self.begin()
        self.assertEqual(self.command("suspend", "--for", "1h").returncode, 0)
        daemon.send(signal.SIGSTOP)
        self.assertEqual(self.command("resume").returncode, 1, "it can't have been taken")
        daemon.kill()
        self.assertEqual(self.command("suspend", "--for", "2h").returncode, 0)
        self.save(key(BILLING, "two", True))
        since = self.sandbox.seq()
        daemon = self.start()
        daemon.wait_event("plan_made")
        harness.stays(lambda: self.sandbox.seq() == since, "nothing is sent")

    def test_a_request_outlives_a_crash_before_it_could_be_recorded(self) -> None:
        daemon = self.begin()
        with contextlib.closing(sqlite3.connect(self.state_file, isolation_level=None)) as other:
            other.execute("BEGIN IMMEDIATE")  # the daemon can't write
            self.assertEqual(self.command("suspend", "--for", "1h").returncode, 1)
            daemon.kill()
        self.save(key(BILLING, "two", True))
        since = self.sandbox.seq()
        daemon = self.start()
        daemon.wait_event("plan_made")
        harness.stays(lambda: self.sandbox.seq() == since, "nothing is sent")
        self.assertIn("SUSPENDED", self.command("status").stdout)

    def test_a_pipeline_that_runs_heeds_it(self) -> None:
        self.sandbox.stop()
        self.start_sandbox("--count", "200", "--latency", "50")
        ids = harness.counted_ids(200)
        self.save(*[key(id_, "renamed") for id_ in ids])
        pipeline = self.start("--api-concurrency", "2", command="apply", wait=False)
        harness.wait_for(lambda: self.sandbox.seq() > 5, "it sends")
        self.assertEqual(self.command("suspend", "--for", "1h", "--reason", "stop").returncode, 0)
        self.assertEqual(pipeline.wait(), 1)
        self.assertLess(self.sandbox.seq(), 200)
        self.assertIn(b"suspended until", pipeline.raw)

    def test_without_a_daemon(self) -> None:
        self.save(key(BILLING, "one", True))
        self.assertEqual(self.command("apply").returncode, 0)
        self.assertEqual(self.command("suspend", "--for", "1h", "--reason", "audit").returncode, 0)
        self.save(key(BILLING, "two", True))
        since = self.sandbox.seq()
        done = self.command("apply")
        self.assertEqual(done.returncode, 1)
        self.assertIn("suspended until", done.stderr)
        self.assertIn("audit", done.stderr)
        errors = json.loads(self.command("apply", "--format", "json").stdout)["errors"]
        self.assertEqual([error["file"] for error in errors], [None])
        self.assertIn("suspended until", errors[0]["message"])
        self.assertEqual(self.command("drift", "--refresh").returncode, 1)
        self.assertEqual(self.sandbox.seq(), since)
        self.assertEqual(self.command("resume").returncode, 0)
        self.assertEqual(self.command("apply").returncode, 0)
        self.assertEqual(self.sandbox.key(BILLING)["name"], "two")

    def test_nothing_to_send_is_in_sync_all_the_same(self) -> None:
        self.save(key(BILLING, "one", True))
        self.assertEqual(self.command("apply").returncode, 0)
        self.assertEqual(self.command("suspend", "--for", "1h").returncode, 0)
        self.assertEqual(self.command("apply").returncode, 0)

    def test_before_there_is_a_state(self) -> None:
        self.save(key(BILLING, "one", True))
        done = self.command("suspend", "--for", "1h")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn("when it starts", done.stdout)
        self.assertEqual(self.command("apply").returncode, 1)
        self.assertEqual(self.sandbox.journal(), [])

    def test_an_expired_one_holds_nothing_up(self) -> None:
        self.save(key(BILLING, "one", True))
        self.assertEqual(self.command("apply").returncode, 0)
        self.assertEqual(self.command("suspend", "--for", "1ms").returncode, 0)
        desired = self.save(key(BILLING, "two", True))
        self.assertEqual(self.command("apply").returncode, 0)
        self.assertEqual(self.sandbox.differences(desired), [])

    def test_resume_where_nothing_is_suspended(self) -> None:
        daemon = self.begin()
        done = self.command("resume")
        self.assertEqual((done.returncode, done.stdout), (0, "not suspended; nothing to do\n"))
        self.assertEqual(daemon.events_of("sending_resumed"), [])

    def test_wrong_words(self) -> None:
        for arguments in ([], ["--for", "soon"], ["--for", "0"], ["--for", "400d"],
                          ["--for", "1h", "--reason", "two\nlines"], ["--for", "1h", "--reason", "x" * 600]):
            with self.subTest(arguments):
                self.assertEqual(self.command("suspend", *arguments).returncode, 64)

    def test_the_newest_of_two_counts(self) -> None:
        daemon = self.begin()
        self.assertEqual(self.command("suspend", "--for", "1h", "--reason", "first").returncode, 0)
        self.assertEqual(self.command("suspend", "--for", "2h", "--reason", "second").returncode, 0)
        self.assertEqual([event["why"] for event in daemon.events_of("sending_suspended")], ["first", "second"])
        self.save(key(MOBILE, "held back"))
        daemon.wait_event("plan_made", changes=1)


if __name__ == "__main__":
    harness.main()
