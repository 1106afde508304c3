# SPDX-License-Identifier: Apache-2.0
"""Killed at any moment, the daemon leaves nothing that its next start does not put right."""

import random
import re
import shutil
import signal
import subprocess
import unittest
from pathlib import Path

import harness
from harness import BILLING, LEGACY, MOBILE, Case, counted_ids, key

OLD = [key(BILLING, "billing-old", True), key(MOBILE, "mobile-old", True), key(LEGACY, "legacy-old", True)]
NEW = [key(BILLING, "billing-new", True), *OLD[1:]]

# What a change makes the program do to the outside world, and so where killing it makes a difference: the mark
# and the record are written and made durable, the request goes out, the answer comes in.
STEPS = ("pwrite64", "fdatasync", "fsync", "sendto", "recvfrom")


class Killed(Case):
    def test_again_and_again(self) -> None:
        """SIGKILL at random moments, while the file changes and the server misbehaves."""
        rounds, count = 30, 40
        chance = random.Random(20240607)
        ids = counted_ids(count)
        faults = ["reset-before", "reset-after", "close-after", "truncate", "500", "503", "html", "hang-after", "ok"]
        self.start_sandbox("--count", str(count), "--latency", "2")
        wanted: list[harness.Key] = []
        for number in range(rounds):
            self.sandbox.faults(";".join(chance.choices(faults, k=6)))
            wanted = self.save(*(key(id_, f"round-{number if chance.random() < 0.5 else 'same'}",
                                     chance.random() < 0.8) for id_ in ids))
            before = self.sandbox.seq()
            daemon = self.start("--api-timeout", "500ms", "--max-disable", "100%")
            # Somewhere between its first requests and its last.
            far = chance.randrange(1, 30)
            harness.wait_for(lambda: self.sandbox.seq() - before >= far
                             or daemon.events_of("reconcile_finished"), "it is under way", also=daemon.tail)
            daemon.kill()
            self.assertEqual(daemon.events_of("state_unavailable"), [], daemon.tail())
        self.sandbox.faults("")
        daemon = self.start("--api-timeout", "500ms", "--max-disable", "100%")
        self.wait_settled(daemon, 0, wanted)
        self.assertEqual(daemon.stop(), 0)
        before = self.sandbox.seq()
        self.assertEqual(self.command("drift").returncode, 0)
        again = self.start("--max-disable", "100%")
        self.wait_settled(again, 0, wanted)
        self.assertEqual(self.sandbox.journal(before), [], "a start with nothing in doubt sends nothing")

    def in_sync_with_old(self) -> None:
        self.save(*OLD)
        done = self.command("apply")
        self.assertEqual(done.returncode, 0, done.stderr)

    def test_sent_applied_killed_and_reverted(self) -> None:
        """The house's rule: the mark outlives the process, and the file that went back is asserted."""
        for fault in ("hang-after", "hang", "drip"):
            with self.subTest(fault):
                self.start_sandbox()
                self.in_sync_with_old()
                before = self.sandbox.seq()
                self.sandbox.faults(f"{fault}@{BILLING}")
                self.save(*NEW)
                daemon = self.start()
                harness.wait_for(lambda: self.sandbox.journal(before), "the request arrived", also=daemon.tail)
                daemon.kill()
                self.assertEqual(self.sandbox.key(BILLING)["name"],
                                 "billing-old" if fault == "hang" else "billing-new")
                self.save(*OLD)

                drift = self.command("drift")
                self.assertEqual(drift.returncode, 2, drift.stdout)
                self.assertIn("in doubt", drift.stdout)
                status = self.command("status")
                self.assertIn("IN DOUBT", status.stdout)

                again = self.start()
                self.wait_settled(again, 0, OLD)
                self.assertEqual([one["input"] for one in self.sandbox.sent(before)],
                                 [{"id": BILLING, "name": name} for name in ("billing-new", "billing-old")])
                self.assertEqual(again.events_of("api_key_updated")[0]["reason"], "in_doubt")
                self.assertEqual(again.stop(), 0)
                self.assertEqual(self.command("drift").returncode, 0)
                self.state_file.unlink()
                self.sandbox.stop()

    def test_in_doubt_and_no_longer_managed(self) -> None:
        """What the file has let go of is told, and not touched."""
        self.start_sandbox()
        self.in_sync_with_old()
        before = self.sandbox.seq()
        self.sandbox.faults(f"hang-after@{BILLING}")
        self.save(*NEW)
        daemon = self.start()
        harness.wait_for(lambda: self.sandbox.journal(before), "the request arrived")
        daemon.kill()
        before = self.sandbox.seq()
        self.save(*OLD[1:])
        again = self.start()
        again.wait_event("key_in_doubt", id=BILLING)
        self.wait_settled(again, 0, OLD[1:])
        self.assertEqual(self.sandbox.journal(before), [])

    def test_killed_while_the_request_waits(self) -> None:
        """The server takes its time, and applies what a dead client asked for."""
        self.start_sandbox()
        self.in_sync_with_old()
        self.sandbox.latency(400)
        before = self.sandbox.seq()
        self.save(*NEW)
        daemon = self.start()
        harness.wait_for(lambda: self.sandbox.stats()["concurrent"] >= 1, "the request is under way")
        daemon.kill()
        harness.wait_for(lambda: self.sandbox.key(BILLING)["name"] == "billing-new", "it was applied all the same")
        self.save(*OLD)
        self.wait_settled(self.start(), 0, OLD)
        self.assertEqual(len(self.sandbox.sent(before)), 2)

    def test_timeout_and_reverted_without_a_restart(self) -> None:
        self.start_sandbox()
        self.in_sync_with_old()
        daemon = self.start("--api-timeout", "500ms")
        self.wait_settled(daemon, 0, OLD)
        self.sandbox.faults(f"hang-after*inf@{BILLING}")
        mark = daemon.mark()
        self.save(*NEW)
        daemon.wait_event("api_key_retry", mark, id=BILLING)
        self.sandbox.faults("")
        mark = daemon.mark()
        self.save(*OLD)
        daemon.wait_event("api_key_updated", mark, name="billing-old")
        self.wait_settled(daemon, mark, OLD)


@unittest.skipUnless(shutil.which("strace"), "strace is not installed")
class KilledAtEachStep(Case):
    """Where strace can't inject (a container without ptrace), the steps can't be reached one by one."""

    def setUp(self) -> None:
        super().setUp()
        probe = subprocess.run(["strace", "-f", "-o", "/dev/null", "-e", "trace=fsync", "true"], check=False,
                               capture_output=True)
        if probe.returncode != 0:
            self.skipTest("strace may not trace here")

    def apply_traced(self, *options: str) -> tuple[int, str]:
        trace = self.folder / "trace"
        command = ["strace", "-f", "-qq", "-o", str(trace), "-e", "trace=" + ",".join(STEPS), *options,
                   harness.binary("APIKEYD_BIN", "apikeyd"), "apply", *self.options()]
        done = subprocess.run(command, env=self.environment(LSAN_OPTIONS="detect_leaks=0"), cwd=self.folder,
                              capture_output=True, timeout=60 * harness.FACTOR, check=False)
        return done.returncode, trace.read_text(errors="replace")

    def restore(self, base: Path) -> None:
        shutil.rmtree(self.state_folder)
        shutil.copytree(base, self.state_folder)
        for one in OLD:
            self.sandbox.somebody_changes(one["id"], name=one["name"], enabled=one["enabled"])

    def test_every_step(self) -> None:
        self.start_sandbox()
        self.save(*OLD)
        self.assertEqual(self.command("apply").returncode, 0)
        base = self.folder / "base"
        shutil.copytree(self.state_folder, base)

        self.save(*NEW)
        code, trace = self.apply_traced()
        self.assertEqual(code, 0, trace)
        calls = {step: len(re.findall(rf"^\d+ +{step}\(", trace, re.MULTILINE)) for step in STEPS}
        self.assertGreaterEqual(calls["sendto"], 1, trace)
        self.assertGreaterEqual(calls["fdatasync"] + calls["fsync"], 2, trace)

        met = {"before": 0, "after": 0}
        for step, count in calls.items():
            for number in range(1, count + 1):
                with self.subTest(step=step, number=number):
                    self.restore(base)
                    self.save(*NEW)
                    before = self.sandbox.seq()
                    # The call itself does not happen; the process ends in it.
                    code, trace = self.apply_traced("-e", f"inject={step}:error=EIO:signal=SIGKILL:when={number}")
                    self.assertEqual(code, -signal.SIGKILL, f"{step} {number}\n{trace}")
                    harness.wait_for(lambda: self.sandbox.stats()["concurrent"] == 0, "nothing is under way")
                    sent = self.sandbox.sent(before)
                    met["after" if sent else "before"] += 1

                    self.save(*OLD)
                    done = self.command("apply")
                    self.assertEqual(done.returncode, 0, done.stderr)
                    self.assertEqual(self.sandbox.differences(OLD), [],
                                     f"killed in {step} {number}; sent: {sent}\n{trace}")
                    self.assertEqual(self.command("drift").returncode, 0)
        self.assertGreater(met["before"], 0)
        self.assertGreater(met["after"], 0)

    def test_every_step_and_the_file_as_it_was(self) -> None:
        """Without the revert: the change arrives, and at most one request more than without the kill."""
        self.start_sandbox()
        self.save(*OLD)
        self.assertEqual(self.command("apply").returncode, 0)
        base = self.folder / "base"
        shutil.copytree(self.state_folder, base)
        self.save(*NEW)
        for step in ("sendto", "recvfrom", "fdatasync"):
            with self.subTest(step):
                self.restore(base)
                before = self.sandbox.seq()
                self.apply_traced("-e", f"inject={step}:error=EIO:signal=SIGKILL:when=1")
                self.assertEqual(self.command("apply").returncode, 0)
                self.assertEqual(self.sandbox.differences(NEW), [])
                self.assertLessEqual(len(self.sandbox.sent(before)), 2)


class TwoAtOnce(Case):
    def test_second_writer_is_refused(self) -> None:
        self.start_sandbox()
        self.save(*OLD)
        daemon = self.start()
        self.wait_settled(daemon, 0, OLD)
        before = self.sandbox.seq()
        for command in ("run", "apply"):
            with self.subTest(command):
                second = self.command(command)
                self.assertEqual(second.returncode, 1, second.stderr)
                self.assertRegex(second.stderr, rf"\b{daemon.pid}\b")
        self.assertEqual(self.sandbox.journal(before), [])
        self.assertTrue(daemon.running())
        self.assertEqual(daemon.stop(), 0)
        self.assertEqual(self.command("apply").returncode, 0, "the lock is gone with its holder")

    def test_readers_beside_the_daemon(self) -> None:
        self.start_sandbox("--count", "300", "--latency", "1")
        wanted = self.save(*(key(id_, "read meanwhile") for id_ in counted_ids(300)))
        daemon = self.start("--api-concurrency", "2")
        read = 0
        while not daemon.events_of("reconcile_finished"):
            for command, codes in (("status", (0,)), ("drift", (0, 2))):
                done = self.command(command)
                self.assertIn(done.returncode, codes, done.stderr)
                read += 1
        self.wait_settled(daemon, 0, wanted)
        self.assertGreater(read, 1)
        self.assertEqual(self.command("drift").returncode, 0)

    def test_lock_of_a_dead_process_is_none(self) -> None:
        self.start_sandbox()
        self.save(*OLD)
        daemon = self.start()
        self.wait_settled(daemon, 0, OLD)
        daemon.kill()
        self.assertEqual(self.command("apply").returncode, 0)

    def test_stopped_process_still_holds_it(self) -> None:
        self.start_sandbox()
        self.save(*OLD)
        daemon = self.start()
        self.wait_settled(daemon, 0, OLD)
        daemon.send(signal.SIGSTOP)
        try:
            self.assertEqual(self.command("apply").returncode, 1)
        finally:
            daemon.send(signal.SIGCONT)


if __name__ == "__main__":
    harness.main()
