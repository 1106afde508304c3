# SPDX-License-Identifier: Apache-2.0
"""The service at work: edits, reloads, and every way in which its process may come to an end."""

import re

import servicecase
from harness import BILLING, BOUND, desired_text, key, wait_for
from servicecase import CONFIG, ONE, STATE, TWO, UNIT, ServiceCase

THREE = [key(BILLING, "billing-three", True), *ONE[1:]]


class Edit(ServiceCase):
    def test_an_edit_arrives_and_a_bad_one_is_shown(self) -> None:
        self.begin()
        self.machine.wait_property(UNIT, "StatusText", lambda text: text.startswith("in sync, 3 keys"))
        self.save(TWO)
        self.wait_converged(TWO)
        # Saved again, with a slip in line 5.
        self.machine.push(f"{CONFIG}/keys.yaml", desired_text(THREE).replace("enabled: true", "enabled: perhaps", 1))
        shown = self.machine.wait_property(UNIT, "StatusText", lambda text: text.startswith("DEGRADED"))
        self.assertRegex(shown, r"keys\.yaml:5")
        self.assertIn(shown, self.machine.systemctl("status", UNIT).stdout)
        self.assertEqual(self.machine.property(UNIT, "ActiveState"), "active")
        self.assertEqual(self.sandbox.differences(TWO), [])
        self.save(THREE)
        self.wait_converged(THREE)
        self.machine.wait_property(UNIT, "StatusText", lambda text: text.startswith("in sync, 3 keys"))


class Reload(ServiceCase):
    def test_other_settings_in_the_same_process(self) -> None:
        self.begin()
        pid, since = self.main_pid(), self.machine.cursor()
        self.machine.push(f"{CONFIG}/others.yaml", desired_text(TWO))
        self.write_settings(self.sandbox, f"keys: {CONFIG}/others.yaml\n")
        self.machine.systemctl("reload", UNIT)
        self.machine.wait_event(UNIT, "settings_reloaded", since)
        self.wait_converged(TWO)
        self.machine.wait_property(UNIT, "ActiveState", "active")
        self.assertEqual(self.main_pid(), pid)
        self.assertEqual(self.machine.property(UNIT, "NRestarts"), "0")

    def test_systemd_is_told(self) -> None:
        """Whoever reloads by the signal alone sees it as well. What systemd hears it logs itself, at level debug."""
        self.begin()
        self.machine.systemctl("log-level", "debug")
        since = self.machine.cursor()
        self.machine.systemctl("kill", "--signal", "HUP", "--kill-whom", "main", UNIT)

        def told() -> list[str]:
            said = self.messages_of_manager(since)
            heard = [text for text in said if re.search(r"RELOADING=1|READY=1|Changed (running -> reload|reload -> running)", text)]
            return heard if any("reload -> running" in text for text in heard) else []
        heard = wait_for(told, "reloaded", also=self.machine.tail)
        order = [re.search(r"RELOADING=1|READY=1|running -> reload|reload -> running", text)[0] for text in heard]
        self.assertEqual(order, ["RELOADING=1", "running -> reload", "READY=1", "reload -> running"], heard)
        self.assertRegex(heard[0], r"MONOTONIC_USEC=[1-9]\d+")

    def test_wrong_settings_change_nothing(self) -> None:
        self.begin()
        pid, since = self.main_pid(), self.machine.cursor()
        self.write_settings(self.sandbox, "guard:\n  max_disable: many\n")
        self.machine.systemctl("reload", UNIT)
        self.machine.wait_event(UNIT, "settings_invalid", since)
        self.save(TWO)
        self.wait_converged(TWO)
        self.assertEqual(self.main_pid(), pid)


class Ended(ServiceCase):
    def test_hanging_process_is_replaced(self) -> None:
        """It hangs in the middle of sending; the watchdog ends it, and the next one finishes what was begun."""
        self.begin(drop_in="[Service]\nWatchdogSec=2s\nTimeoutAbortSec=1s\nRestartSec=100ms\n")
        pid = self.main_pid()
        self.sandbox.faults(f"hang-after@{BILLING}")
        self.save(TWO)
        self.wait_converged(TWO)
        self.machine.systemctl("kill", "--signal", "STOP", "--kill-whom", "main", UNIT)
        # Meanwhile the file goes back: only who remembers that there is no answer yet sends anything.
        self.save(ONE)
        self.wait_restarted(pid)
        self.assertTrue(self.machine.journal(_PID="1", UNIT=UNIT, UNIT_RESULT="watchdog"), self.machine.tail())
        self.wait_converged(ONE)
        self.assertEqual(self.apikeyd_json("status")["summary"]["in_doubt"], 0)

    def test_watchdog_leaves_alone_what_works(self) -> None:
        """Many times its period, with nothing to do and with a server that doesn't answer."""
        self.begin(drop_in="[Service]\nWatchdogSec=500ms\n")
        pid = self.main_pid()
        self.sandbox.latency(2500)
        self.save(TWO)
        self.wait_converged(TWO)
        self.assertEqual((self.main_pid(), self.machine.property(UNIT, "NRestarts")), (pid, "0"))

    def test_killed_in_the_middle_of_sending(self) -> None:
        self.begin(drop_in="[Service]\nRestartSec=1s\n")
        pid = self.main_pid()
        self.sandbox.faults(f"hang-after@{BILLING}")
        self.save(TWO)
        self.wait_converged(TWO)  # applied there, and not answered
        before = self.sandbox.seq()
        self.machine.systemctl("kill", "--signal", "KILL", "--kill-whom", "main", UNIT)
        self.save(ONE)
        self.wait_restarted(pid)
        self.wait_converged(ONE)
        sent = self.sandbox.sent(before)
        self.assertEqual([one["id"] for one in sent], [BILLING], "what is in doubt is asserted, and nothing else")
        report = self.apikeyd_json("status")["summary"]
        self.assertEqual((report["known"], report["in_doubt"], report["rejected"]), (3, 0, 0), report)

    def test_stop_waits_for_the_answer(self) -> None:
        """Longer than TimeoutStopSec=, since the daemon asks for it."""
        self.begin(drop_in="[Service]\nTimeoutStopSec=1s\n")
        self.sandbox.latency(4000)
        self.save(TWO)
        self.wait_under_way()
        self.machine.systemctl("stop", UNIT)
        # Had it been killed, or ended with another code than 0, it would be "failed".
        self.assertEqual(self.machine.property(UNIT, "ActiveState"), "inactive", self.machine.tail(UNIT))
        self.assertTrue(any("Deactivated successfully" in text for text in self.messages_of_manager()))
        self.assertEqual(self.sandbox.differences(TWO), [])
        drift = self.apikeyd("drift", check=False)
        self.assertEqual(drift.returncode, 0, f"the answer is recorded: {drift.stdout}")

    def test_state_that_comes_back(self) -> None:
        """A state that can't be opened is no reason to give up for ever."""
        self.begin(drop_in="[Service]\nRestartSec=200ms\n")
        self.machine.systemctl("stop", UNIT)
        self.machine.shell(f"mv {STATE}/state.db {STATE}/kept; mkdir {STATE}/state.db")
        self.machine.systemctl("start", UNIT, check=False)
        self.machine.wait_property(UNIT, "NRestarts", lambda count: int(count) >= 2, BOUND)
        self.machine.shell(f"rmdir {STATE}/state.db; mv {STATE}/kept {STATE}/state.db")
        self.machine.wait_property(UNIT, "ActiveState", "active")


if __name__ == "__main__":
    servicecase.main()
