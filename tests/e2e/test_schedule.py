# SPDX-License-Identifier: Apache-2.0
"""Times in the file: a key is enabled from one moment on and until another, without an edit."""

import datetime
import json
import signal

import harness
from harness import BILLING, LEGACY, MOBILE, Case, key


def in_(seconds: float) -> str:
    """A moment to come, or one that has passed."""
    moment = datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(seconds=seconds)
    return moment.strftime("%Y-%m-%dT%H:%M:%S.") + f"{moment.microsecond // 1000:03}Z"


class Schedule(Case):
    def setUp(self) -> None:
        super().setUp()
        self.start_sandbox()

    def enabled(self, id_: str) -> bool:
        return self.sandbox.key(id_)["enabled"]

    def test_a_key_ends_at_its_time(self) -> None:
        self.save(key(BILLING, "contractor", True) | {"enabled_until": in_(2)})
        daemon = self.start()
        self.assertEqual(daemon.wait_event("reconcile_finished")["result"], "converged")
        self.assertTrue(self.enabled(BILLING))
        daemon.wait_event("schedule_reached")
        updated = daemon.wait_event("api_key_updated", reason="scheduled", enabled=False)
        self.assertEqual(updated["changed"], ["enabled"])
        harness.wait_for(lambda: not self.enabled(BILLING), "the key is disabled")
        self.assertEqual(daemon.stop(), 0)
        entry = json.loads(self.command("history", "--format", "json").stdout)["entries"][-1]
        self.assertEqual(entry["reason"], "scheduled")

    def test_a_key_ends_at_its_time_after_changed_settings(self) -> None:
        """They begin a new run, which first looks whether the key is the one that it uses itself."""
        settings = self.folder / "apikeyd.yaml"
        harness.write_atomically(settings, "api: {concurrency: 2}\n")
        self.save(key(BILLING, "contractor", True) | {"enabled_until": in_(3)})
        daemon = self.start("--config", str(settings))
        daemon.wait_event("reconcile_finished")
        mark = daemon.mark()
        harness.write_atomically(settings, "api: {concurrency: 3}\n")
        daemon.wait_event("reconcile_finished", mark)
        daemon.wait_event("api_key_updated", mark, reason="look")
        self.assertEqual(daemon.wait_event("api_key_updated", mark, enabled=False)["reason"], "scheduled")
        self.assertEqual(daemon.stop(), 0)
        entry = json.loads(self.command("history", "--format", "json").stdout)["entries"][-1]
        self.assertEqual((entry["reason"], entry["asked"]), ("scheduled", {"enabled": False}))

    def test_a_key_begins_at_its_time(self) -> None:
        self.save(key(BILLING, "launch") | {"enabled_from": in_(2)})
        daemon = self.start()
        daemon.wait_event("api_key_updated", enabled=False)
        daemon.wait_event("api_key_updated", enabled=True, reason="scheduled")
        self.assertTrue(self.enabled(BILLING))

    def test_a_moment_that_passed_while_nothing_ran(self) -> None:
        self.save(key(BILLING, "contractor", True) | {"enabled_until": in_(1.5)})
        self.assertEqual(self.command("apply").returncode, 0)
        self.assertTrue(self.enabled(BILLING))
        harness.wait_for(lambda: self.command("drift").returncode == 2, "the report knows that the time has come")
        report = json.loads(self.command("drift", "--format", "json").stdout)
        self.assertEqual([(one["action"], one["reason"]) for one in report["changes"]], [("disable", "scheduled")])
        self.assertEqual(self.command("apply").returncode, 0)
        self.assertFalse(self.enabled(BILLING))

    def test_what_is_to_come_is_listed(self) -> None:
        until, begin = in_(3600), in_(7200)
        self.save(key(BILLING, "contractor", True) | {"enabled_until": until},
                  key(MOBILE, "launch") | {"enabled_from": begin}, key(LEGACY, "legacy", False))
        self.assertEqual(self.command("apply").returncode, 0)
        for command in ("drift", "status"):
            with self.subTest(command):
                done = self.command(command)
                self.assertEqual(done.returncode, 0, done.stderr)
                for word in ("contractor", "launch", "disable", "enable"):
                    self.assertIn(word, done.stdout)
                upcoming = json.loads(self.command(command, "--format", "json").stdout)["upcoming"]
                self.assertEqual([(one["id"], one["at"], one["action"]) for one in upcoming],
                                 [(BILLING, until, "disable"), (MOBILE, begin, "enable")])

    def test_false_outranks_the_times(self) -> None:
        self.save(key(BILLING, "stopped", False) | {"enabled_from": in_(-60)})
        self.assertEqual(self.command("apply").returncode, 0)
        self.assertFalse(self.enabled(BILLING))
        done = self.command("validate")
        self.assertEqual(done.returncode, 0)
        self.assertIn("warning", done.stdout + done.stderr)

    def test_a_time_that_has_passed_is_warned_of(self) -> None:
        self.save(key(BILLING, "over", True) | {"enabled_until": in_(-60)})
        done = self.command("validate")
        self.assertEqual(done.returncode, 0)
        self.assertIn("warning", done.stdout)

    def test_a_dry_run_reports_at_that_time(self) -> None:
        self.save(key(BILLING, "contractor", True) | {"enabled_until": in_(2)})
        report = self.folder / "report.json"
        daemon = self.start("--dry-run", "--format", "json", "--output", str(report))

        def wanted() -> bool:
            return report.exists() and json.loads(report.read_text())["changes"][0]["fields"]["enabled"]["to"]

        harness.wait_for(wanted, "a report of what is wanted now")
        harness.wait_for(lambda: not wanted(), "a report of what is wanted then", also=daemon.tail)
        self.assertEqual(self.sandbox.journal(), [])
        self.assertEqual(daemon.stop(), 0)

    def test_what_ended_while_it_was_asleep_is_not_sent_any_more(self) -> None:
        """A stopped process stands for a machine that slept: everything is due at once when it goes on."""
        until = in_(2.5)
        self.save(key(BILLING, "contractor", False))
        daemon = self.start()
        daemon.wait_event("reconcile_finished", result="converged")
        self.assertEqual(self.command("suspend", "--for", "2s").returncode, 0)
        mark = daemon.mark()
        self.save(key(BILLING, "contractor") | {"enabled_until": until})
        daemon.wait_event("plan_made", mark, changes=1)
        daemon.send(signal.SIGSTOP)
        harness.wait_for(lambda: in_(0) > until, "the time has passed")
        since = self.sandbox.seq()
        daemon.send(signal.SIGCONT)
        daemon.wait_event("sending_resumed", mark)
        daemon.wait_event("reconcile_finished", mark, result="converged")
        self.assertEqual([one["input"] for one in self.sandbox.sent(since)], [])

    def test_the_guard_counts_what_a_moment_disables(self) -> None:
        self.sandbox.stop()
        self.start_sandbox("--count", "20")
        ids = harness.counted_ids(20)
        moment = in_(3)
        self.save(*[key(id_, f"key {n}", True) | {"enabled_until": moment} for n, id_ in enumerate(ids)])
        daemon = self.start()
        daemon.wait_event("reconcile_finished", result="converged")
        held = daemon.wait_event("plan_held")
        self.assertEqual(held["held"], 20)
        self.assertTrue(all(one["enabled"] for one in self.sandbox.keys().values()))
        self.assertEqual(self.command("approve", held["digest"]).returncode, 0)
        harness.wait_for(lambda: not any(one["enabled"] for one in self.sandbox.keys().values()), "all are disabled",
                         also=daemon.tail)


if __name__ == "__main__":
    harness.main()
