# SPDX-License-Identifier: Apache-2.0
"""What keeps a slip of the operator from doing great harm."""

import json

import harness
from harness import Case, Key, counted_ids, key

COUNT = 20


class Guard(Case):
    def begin(self, *sandbox_arguments: str, enabled: bool = True) -> dict[str, Key]:
        """In sync with twenty keys; what is wanted, by id."""
        self.start_sandbox("--count", str(COUNT), *sandbox_arguments)
        wanted = {id_: key(id_, f"key {number}", enabled) for number, id_ in enumerate(counted_ids(COUNT))}
        self.save(*wanted.values())
        self.assertEqual(self.command("apply").returncode, 0)
        return wanted

    def disable(self, wanted: dict[str, Key], count: int) -> list[Key]:
        for id_ in list(wanted)[:count]:
            wanted[id_] = wanted[id_] | {"enabled": False}
        return self.save(*wanted.values())

    def disabled(self) -> int:
        return sum(not one["enabled"] for one in self.sandbox.keys().values())

    def test_too_many_disables_wait_for_approval(self) -> None:
        wanted = self.begin()
        daemon = self.start()
        wanted[counted_ids(COUNT)[-1]]["name"] = "renamed meanwhile"
        desired = self.disable(wanted, 10)
        held = daemon.wait_event("plan_held")
        # What does no harm goes at once.
        daemon.wait_event("api_key_updated", name="renamed meanwhile")
        harness.stays(lambda: self.disabled() == 0, "nothing is disabled")

        drift = self.command("drift", "--format", "json")
        self.assertEqual(drift.returncode, 2, drift.stderr)
        self.assertEqual(json.loads(drift.stdout)["summary"]["held"], 10)
        text = self.command("drift").stdout
        self.assertEqual(len([line for line in text.splitlines() if line.startswith("! ")]), 10, text)

        self.assertEqual(self.command("approve", "sha256:" + "0" * 64).returncode, 1)
        self.assertEqual(self.command("approve", held["digest"]).returncode, 0)
        self.wait_converged(desired, daemon)
        self.assertEqual(daemon.stop(), 0)
        self.assertEqual(self.command("drift").returncode, 0)

    def test_hold_outlives_a_restart_and_so_does_its_approval(self) -> None:
        wanted = self.begin()
        daemon = self.start()
        desired = self.disable(wanted, 10)
        digest = daemon.wait_event("plan_held")["digest"]
        daemon.kill()
        daemon = self.start()
        self.assertEqual(daemon.wait_event("plan_held")["digest"], digest)
        daemon.kill()
        self.assertEqual(self.disabled(), 0)
        self.assertEqual(self.command("approve", digest).returncode, 0)
        daemon = self.start()
        self.wait_converged(desired, daemon)

    def test_approval_is_for_that_plan_alone(self) -> None:
        wanted = self.begin()
        daemon = self.start()
        self.disable(wanted, 10)
        digest = daemon.wait_event("plan_held")["digest"]
        mark = daemon.mark()
        self.disable(wanted, 12)
        another = daemon.wait_event("plan_held", mark)["digest"]
        self.assertNotEqual(digest, another)
        self.assertEqual(self.command("approve", digest).returncode, 1)
        harness.stays(lambda: self.disabled() == 0, "nothing is disabled", 0.3)

    def test_an_approval_that_was_left_is_for_the_next_run_alone(self) -> None:
        wanted = self.begin()
        before = [dict(one) for one in wanted.values()]
        disabled = self.disable(wanted, 10)
        self.assertEqual(self.command("apply").returncode, 1)
        digest = json.loads(self.command("drift", "--format", "json").stdout)["hold_digest"]
        self.assertEqual(self.command("approve", digest).returncode, 0)
        self.assertEqual(self.command("apply", "--approve", digest).returncode, 0)
        self.save(*before)
        self.assertEqual(self.command("apply").returncode, 0)
        self.save(*disabled)
        self.assertEqual(self.command("apply").returncode, 1, "nobody approved of this one")
        self.assertEqual(self.disabled(), 0)

    def test_a_pipeline_takes_an_approval_that_was_left(self) -> None:
        wanted = self.begin()
        desired = self.disable(wanted, 10)
        done = self.command("apply")
        self.assertEqual(done.returncode, 1)
        digest = json.loads(self.command("drift", "--format", "json").stdout)["hold_digest"]
        self.assertIn(f"apply --approve {digest.removeprefix('sha256:')[:12]}", done.stderr)
        self.assertEqual(self.command("approve", digest).returncode, 0)
        self.assertEqual(self.command("apply").returncode, 0)
        self.assertEqual(self.sandbox.differences(desired), [])

    def test_another_file_lifts_the_hold(self) -> None:
        wanted = self.begin()
        before = dict(wanted)
        daemon = self.start()
        self.disable(wanted, 10)
        daemon.wait_event("plan_held")
        mark = daemon.mark()
        desired = self.disable(before, 2)
        self.wait_settled(daemon, mark, desired)
        self.assertEqual(self.disabled(), 2)

    def test_three_always_pass(self) -> None:
        wanted = self.begin()
        desired = self.disable(wanted, 3)
        self.assertEqual(self.command("apply", "--max-disable", "0").returncode, 0)
        self.assertEqual(self.sandbox.differences(desired), [])

    def test_apply_in_one_step(self) -> None:
        wanted = self.begin()
        desired = self.disable(wanted, 10)
        self.assertEqual(self.command("apply").returncode, 1)
        self.assertEqual(self.disabled(), 0)
        status = json.loads(self.command("status", "--format", "json").stdout)
        self.assertEqual(status["summary"]["held"], 10)
        digest = json.loads(self.command("drift", "--format", "json").stdout)["digest"]
        done = self.command("apply", "--approve", digest)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        self.assertEqual(self.sandbox.differences(desired), [])

    def test_approve_as_json(self) -> None:
        wanted = self.begin()
        self.disable(wanted, 10)
        self.assertEqual(self.command("apply").returncode, 1)
        digest = json.loads(self.command("drift", "--format", "json").stdout)["digest"]
        done = self.command("approve", digest, "--quiet", "--format", "json")
        self.assertEqual((done.returncode, json.loads(done.stdout)),
                         (0, {"format_version": "1.0", "result": "approved", "digest": digest, "count": 10}))

    def test_adopting_keys_that_are_disabled_holds_nothing(self) -> None:
        self.start_sandbox("--count", str(COUNT))
        for id_ in counted_ids(COUNT):
            self.sandbox.somebody_changes(id_, enabled=False)
        desired = self.save(*(key(id_, enabled=False) for id_ in counted_ids(COUNT)))
        done = self.command("apply")
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        self.assertEqual(self.sandbox.sent(), [], "a look at each is all it takes")
        self.assertEqual(self.sandbox.differences(desired), [])

    def test_first_run_can_not_switch_everything_off(self) -> None:
        self.start_sandbox("--count", str(COUNT))
        self.save(*(key(id_, enabled=False) for id_ in counted_ids(COUNT)))
        self.assertEqual(self.command("apply").returncode, 1)
        self.assertEqual(self.disabled(), 0)

    def test_dry_run_sends_no_look(self) -> None:
        self.start_sandbox("--count", str(COUNT))
        self.save(*(key(id_, enabled=False) for id_ in counted_ids(COUNT)))
        self.assertEqual(self.command("apply", "--dry-run").returncode, 2)
        self.assertEqual(self.sandbox.journal(), [])

    def test_our_own_key(self) -> None:
        """From the very first run on: the look tells which key is ours."""
        ours, other = counted_ids(2)
        self.start_sandbox("--count", "2", "--token-key", ours)
        self.save(key(ours, enabled=False), key(other, enabled=False))
        for _ in range(2):
            done = self.command("apply")
            self.assertEqual(done.returncode, 1, done.stdout + done.stderr)
            self.assertTrue(self.sandbox.key(ours)["enabled"])
        self.assertFalse(self.sandbox.key(other)["enabled"], "the other one is done all the same")
        self.save(key(ours, "still ours", enabled=True), key(other, enabled=False))
        self.assertEqual(self.command("apply").returncode, 0)
        self.save(key(ours, enabled=False), key(other, enabled=False))
        self.assertEqual(self.command("apply", "--allow-self-disable", "true").returncode, 0)
        self.assertFalse(self.sandbox.key(ours)["enabled"])

    def test_removed_keys(self) -> None:
        wanted = self.begin()
        gone = list(wanted)[:2]
        self.save(*(one for id_, one in wanted.items() if id_ not in gone))
        self.assertEqual(self.command("apply").returncode, 0)
        self.assertEqual(self.disabled(), 0)
        self.assertEqual(self.command("apply", "--removed-keys", "disable").returncode, 0)
        self.assertEqual([id_ for id_, one in self.sandbox.keys().items() if not one["enabled"]], gone)

    def test_resync(self) -> None:
        """Somebody else's change is undone at the next resync."""
        wanted = self.begin()
        daemon = self.start("--resync", "1s")
        id_ = list(wanted)[0]
        self.sandbox.somebody_changes(id_, name="changed by somebody")
        self.wait_converged(wanted.values(), daemon)
        self.assertEqual(daemon.stop(), 0)


if __name__ == "__main__":
    harness.main()
