# SPDX-License-Identifier: Apache-2.0
"""Looking at keys before anything is planned: `drift --refresh`, and `reconcile.refresh: probe`."""

import json

import harness
from harness import BILLING, LEGACY, MOBILE, Case, key

WANTED = [key(BILLING, "billing-service", True), key(MOBILE, "mobile-app"), key(LEGACY, "legacy-import", False)]


class RefreshCase(Case):
    def begin(self) -> None:
        self.start_sandbox()
        self.save(*WANTED)

    def settle(self, proven: bool = True) -> None:
        """In sync; with a server at which a look was seen to change nothing."""
        self.begin()
        self.assertEqual(self.command("apply").returncode, 0)
        if proven:
            self.assertEqual(self.command("drift", "--refresh").returncode, 0)

    def probes(self, since: int = 0) -> list[str]:
        """The ids that were looked at, in order."""
        return [one["id"] for one in self.sandbox.journal(since) if set(one.get("input") or {}) == {"id"}]


class DriftRefresh(RefreshCase):
    def test_notices_what_somebody_else_changed(self) -> None:
        self.settle()
        self.sandbox.somebody_changes(MOBILE, name="by hand")
        self.assertEqual(self.command("drift").returncode, 0, "without a look nobody can know")
        since = self.sandbox.seq()
        done = self.command("drift", "--refresh", "--format", "json")
        self.assertEqual(done.returncode, 2, done.stderr)
        report = json.loads(done.stdout)
        self.assertEqual(report["summary"]["in_sync"], 2)
        (change,) = report["changes"]
        self.assertEqual(change["fields"]["name"], {"from": "by hand", "to": "mobile-app"})
        self.assertEqual(change["evidence"]["kind"], "probed")
        self.assertEqual(sorted(self.probes(since)), sorted([BILLING, MOBILE, LEGACY]))
        self.assertEqual(self.sandbox.sent(since), [], "a report changes nothing")
        # It was recorded: the next report knows it without looking.
        again = json.loads(self.command("drift", "--format", "json").stdout)
        self.assertEqual(again["changes"][0]["evidence"]["kind"], "recorded")

    def test_sends_nothing_where_only_the_settings_ask_for_looks(self) -> None:
        self.settle()
        config = self.folder / "apikeyd.yaml"
        config.write_text("reconcile:\n  refresh: probe\n", encoding="utf-8")
        since = self.sandbox.seq()
        for command in (["drift"], ["apply", "--dry-run"]):
            self.assertEqual(self.command(*command, "--config", str(config)).returncode, 0)
        self.assertEqual(self.sandbox.journal(since), [])

    def test_a_dry_run_sends_no_look_even_when_told(self) -> None:
        self.settle()
        since = self.sandbox.seq()
        self.command("apply", "--dry-run", "--refresh")
        self.assertEqual(self.sandbox.journal(since), [])

    def test_a_canary_that_moves_ends_it(self) -> None:
        self.settle(proven=False)
        since = self.sandbox.seq()
        self.sandbox.faults("new-secret")  # a server at which a look changes something
        done = self.command("drift", "--refresh")
        self.assertEqual(done.returncode, 1, done.stdout)
        self.assertEqual(len(self.probes(since)), 1)
        self.assertIn("looking stopped", done.stdout)
        self.assertIn("secret", done.stdout)
        self.assertIn(self.probes(since)[0], done.stdout)

    def test_a_canary_that_somebody_else_changed_stops_but_once(self) -> None:
        self.settle(proven=False)
        for id_ in (BILLING, MOBILE):
            self.sandbox.somebody_changes(id_, name="by hand")
        done = self.command("drift", "--refresh")
        self.assertEqual(done.returncode, 1)
        self.assertIn("somebody else", done.stdout)
        done = self.command("drift", "--refresh", "--format", "json")
        self.assertEqual(done.returncode, 2, done.stderr)
        self.assertEqual(json.loads(done.stdout)["summary"]["drifted"], 2)

    def test_the_canary_is_needed_once(self) -> None:
        self.settle()
        since = self.sandbox.seq()
        self.sandbox.faults("new-secret")
        done = self.command("drift", "--refresh")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual(len(self.probes(since)), 3)

    def test_an_id_that_is_not_there(self) -> None:
        self.begin()
        self.save(*WANTED, key("0" * 24, "nobody"))
        done = self.command("drift", "--refresh")
        self.assertEqual(done.returncode, 1)
        self.assertIn("0" * 24 + " could not be looked at", done.stdout)
        errors = json.loads(self.command("drift", "--refresh", "--format", "json").stdout)["errors"]
        self.assertIn("0" * 24, errors[0]["message"])

    def test_faults_on_the_way_are_retried(self) -> None:
        self.settle()
        self.sandbox.faults("503;reset-before;429=0;truncate")
        done = self.command("drift", "--refresh")
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        self.assertEqual(self.sandbox.faults_left(), "")

    def test_beside_a_running_daemon(self) -> None:
        self.settle()
        daemon = self.start()
        self.wait_settled(daemon, 0, WANTED)
        self.sandbox.somebody_changes(MOBILE, name="by hand")
        done = self.command("drift", "--refresh", "--format", "json")
        self.assertEqual(done.returncode, 2, done.stderr)
        self.assertIn("not recorded", done.stderr)
        self.assertEqual(json.loads(done.stdout)["changes"][0]["id"], MOBILE)
        self.assertEqual(self.command("drift").returncode, 0, "the daemon's state is as it was")
        self.assertEqual(daemon.stop(), 0)

    def test_no_secret_anywhere(self) -> None:
        self.settle()
        self.sandbox.somebody_changes(MOBILE, name="by hand")
        done = self.command("drift", "--refresh", "--log-level", "debug")
        for one in self.sandbox.keys().values():
            self.assertNotIn(one["secret"], done.stdout + done.stderr)
        self.assertNotIn(self.sandbox.token, done.stdout + done.stderr)


class RefreshingDaemon(RefreshCase):
    def test_looks_before_each_plan_and_mends(self) -> None:
        self.settle()
        self.sandbox.somebody_changes(MOBILE, name="by hand")
        since = self.sandbox.seq()
        daemon = self.start("--refresh")
        self.wait_settled(daemon, 0, WANTED)
        event = daemon.wait_event("api_key_changed_elsewhere", id=MOBILE)
        self.assertEqual((event["before"], event["after"]), ({"name": "mobile-app"}, {"name": "by hand"}))
        self.assertEqual(daemon.wait_event("refresh_finished")["looked_at"], 3)
        first = next(one for one in self.sandbox.journal(since) if set(one["input"]) != {"id"})
        self.assertEqual({one["id"] for one in self.sandbox.journal(since) if one["seq"] < first["seq"]},
                         {BILLING, MOBILE, LEGACY})

        self.sandbox.somebody_changes(LEGACY, enabled=True)
        mark, since = daemon.mark(), self.sandbox.seq()
        desired = self.save(key(BILLING, "billing-renamed", True), *WANTED[1:])
        daemon.wait_event("refresh_finished", mark)
        self.wait_settled(daemon, mark, desired)
        self.assertGreaterEqual(len(self.probes(since)), 3)
        self.assertEqual(daemon.stop(), 0)

        history = json.loads(self.command("history", "--format", "json", "--key", MOBILE).stdout)["entries"]
        probe = next(entry for entry in history if entry["reason"] == "probe")
        self.assertEqual(probe["changed_by_someone_else"], ["name"])
        self.assertIn("changed by someone else: name: 'mobile-app' -> 'by hand'", self.command("history").stdout)

    def test_apply_looks_too(self) -> None:
        self.settle()
        self.sandbox.somebody_changes(MOBILE, name="by hand")
        self.assertEqual(self.command("apply").returncode, 0)
        self.assertEqual(self.sandbox.key(MOBILE)["name"], "by hand")
        self.assertEqual(self.command("apply", "--refresh").returncode, 0)
        self.assertEqual(self.sandbox.differences(WANTED), [])

    def test_a_moving_canary_stops_a_pipeline(self) -> None:
        self.settle(proven=False)
        self.sandbox.faults("new-secret")
        self.save(key(BILLING, "renamed", True), *WANTED[1:])
        since = self.sandbox.seq()
        done = self.command("apply", "--refresh")
        self.assertEqual(done.returncode, 1)
        self.assertIn("nothing was sent", done.stderr)
        self.assertEqual(self.sandbox.sent(since), [])

    def test_a_key_that_cannot_be_looked_at_fails_a_pipeline_that_goes_on(self) -> None:
        self.settle()
        self.sandbox.faults(f"500=NOT_FOUND*inf@{MOBILE}")
        self.save(key(BILLING, "renamed", True), *WANTED[1:])
        done = self.command("apply", "--refresh")
        self.assertEqual(done.returncode, 1)
        self.assertIn("could not be looked at", done.stderr)
        self.assertEqual(self.sandbox.key(BILLING)["name"], "renamed")

    def test_one_bad_key_holds_up_no_other(self) -> None:
        self.settle()
        self.sandbox.faults(f"503=3600*inf@{MOBILE}")
        desired = self.save(key(BILLING, "renamed", True), *WANTED[1:])
        daemon = self.start("--refresh")
        daemon.wait_event("api_key_probe_failed", id=MOBILE)
        daemon.wait_event("api_key_updated", name="renamed")
        self.assertEqual(self.sandbox.differences(desired), [])

    def test_a_key_that_is_gone_is_not_called_in_sync(self) -> None:
        self.settle()
        self.sandbox.faults(f"500=NOT_FOUND*inf@{MOBILE}")
        daemon = self.start("--refresh")
        self.assertEqual(daemon.wait_event("reconcile_finished")["result"], "incomplete")
        daemon.wait_event("api_key_rejected", id=MOBILE)
        status = self.command("status", "--only", "rejected", "--format", "json")
        (gone,) = json.loads(status.stdout)["keys"]
        self.assertEqual(gone["id"], MOBILE)
        self.assertIn("NOT_FOUND", gone["rejected"])
        report = self.command("drift", "--format", "json")
        self.assertEqual(report.returncode, 2, report.stderr)
        summary = json.loads(report.stdout)["summary"]
        self.assertEqual((summary["in_sync"], summary["rejected"]), (2, 1))
        for form in ("text", "markdown", "html"):
            self.assertIn("NOT_FOUND", self.command("drift", "--format", form).stdout.replace("\\", ""))

        self.sandbox.faults("")
        mark = daemon.mark()
        desired = self.save(key(BILLING, "renamed", True), *WANTED[1:])
        self.wait_settled(daemon, mark, desired)
        self.assertEqual(self.command("drift").returncode, 0)
        self.assertEqual(daemon.stop(), 0)

    def test_a_moving_canary_does_not_stop_the_daemon(self) -> None:
        self.settle(proven=False)
        self.sandbox.faults("new-secret")
        desired = self.save(key(BILLING, "renamed", True), *WANTED[1:])
        daemon = self.start("--refresh")
        self.assertTrue(daemon.wait_event("refresh_finished")["stopped"])
        self.wait_settled(daemon, 0, desired)
        daemon.wait_event("secret_changed")


if __name__ == "__main__":
    harness.main()
