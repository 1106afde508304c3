# SPDX-License-Identifier: Apache-2.0
"""Root's commands beside a daemon whose user exists only for a while: neither stands in the other's way, whoever came
first and whoever wrote which file."""

import servicecase
from harness import counted_ids, key, wait_for
from servicecase import BILLING, CONFIG, ONE, STATE, TWO, UNIT, ServiceCase

SETTLED = ("status", "history", "drift")


class Beside(ServiceCase):
    def look(self) -> None:
        for command in SETTLED:
            done = self.apikeyd(command, check=False)
            self.assertEqual(done.returncode, 0, f"{command}: {done.stdout}{done.stderr}")

    def assert_works_after_a_stop(self) -> None:
        """Stopped, looked at and started again, it can still read and write all it has."""
        self.machine.systemctl("stop", UNIT)
        self.look()
        self.machine.systemctl("start", UNIT)
        uid = self.machine.stat(f"{STATE}/state.db").split()[1]
        self.assertNotEqual(uid, "0")
        wanted = [key(BILLING, "after it all", True), *ONE[1:]]
        self.save(wanted)
        self.wait_converged(wanted)
        self.assertEqual(self.machine.property(UNIT, "NRestarts"), "0")
        self.assertEqual(self.machine.events(UNIT, "state_unavailable"), [])

    def test_readers(self) -> None:
        self.begin()
        self.look()
        self.save(TWO)
        self.wait_converged(TWO)
        self.look()
        self.assert_works_after_a_stop()

    def test_suspend_and_resume(self) -> None:
        self.begin()
        self.apikeyd("suspend", "--for", "1h", "--reason", "maintenance")
        self.machine.wait_event(UNIT, "sending_suspended")
        self.assertIn("maintenance", self.apikeyd("status").stdout)
        self.apikeyd("resume")
        self.machine.wait_event(UNIT, "sending_resumed")
        self.assert_works_after_a_stop()

    def test_suspended_while_it_is_stopped(self) -> None:
        self.begin()
        self.machine.systemctl("stop", UNIT)
        self.apikeyd("suspend", "--for", "1h")
        sent, since = self.sandbox.seq(), self.machine.cursor()
        self.save_long_ago(TWO)
        self.machine.systemctl("start", UNIT)
        self.machine.wait_event(UNIT, "plan_made", since)
        self.assertEqual(self.sandbox.sent(sent), [])
        self.apikeyd("resume")
        self.wait_converged(TWO)
        self.assert_works_after_a_stop()

    def test_approve(self) -> None:
        ids = counted_ids(10)
        wanted = [key(id_, f"key {id_[-2:]}", True) for id_ in ids]
        self.begin(keys=wanted, sandbox=("--count", "10"))
        disabled = [one | {"enabled": False} for one in wanted[:6]] + wanted[6:]
        self.save(disabled)
        held = self.machine.wait_event(UNIT, "plan_held")
        shown = self.machine.wait_property(UNIT, "StatusText", lambda text: "HELD" in text)
        self.assertIn("6 disables", shown)
        self.assertEqual(self.sandbox.differences(wanted), [])
        self.assertEqual(self.apikeyd("drift", check=False).returncode, 2)
        self.apikeyd("approve", held["APIKEYD_DIGEST"])
        self.wait_converged(disabled)
        # Again, with the daemon stopped meanwhile.
        self.machine.systemctl("stop", UNIT)
        self.save_long_ago(wanted)
        since = self.machine.cursor()
        self.machine.systemctl("start", UNIT)
        self.wait_settled(wanted, since=since)
        since = self.machine.cursor()
        self.save(disabled)
        digest = self.machine.wait_event(UNIT, "plan_held", since)["APIKEYD_DIGEST"]
        self.machine.systemctl("stop", UNIT)
        self.apikeyd("approve", digest)
        self.machine.systemctl("start", UNIT)
        self.wait_converged(disabled)

    def test_apply_while_it_is_stopped(self) -> None:
        """An operator who applies by hand writes to the daemon's state as root."""
        self.begin()
        self.machine.systemctl("stop", UNIT)
        self.save_long_ago(TWO)
        self.apikeyd("apply", "--token-file", f"{CONFIG}/api-token")
        self.assertEqual(self.sandbox.differences(TWO), [])
        self.assert_works_after_a_stop()

    def test_root_makes_the_state_in_the_folder_of_the_service(self) -> None:
        """A first start that failed has left the folder, and an operator goes on by hand."""
        self.sandbox = self.start_sandbox()
        self.install()
        self.configure(self.sandbox, "reconcile:\n  resync: often\n")
        self.save_long_ago(ONE)
        self.machine.systemctl("start", UNIT, check=False)
        self.assert_failed(UNIT, 78)
        self.assertFalse(self.machine.exists(f"{STATE}/state.db"))
        self.write_settings(self.sandbox)
        self.apikeyd("apply", "--token-file", f"{CONFIG}/api-token")
        self.machine.systemctl("start", UNIT)
        self.wait_settled(ONE)
        self.assert_works_after_a_stop()

    def test_state_that_root_put_back(self) -> None:
        """Copied from a backup it is root's: the daemon says what to do, and goes on once it is done."""
        self.begin(drop_in="[Service]\nRestartSec=200ms\n")
        self.machine.systemctl("stop", UNIT)
        self.machine.shell(f"cp {STATE}/state.db /root/backup; rm {STATE}/state.db*; cp /root/backup {STATE}/state.db")
        sent = self.sandbox.seq()
        self.machine.systemctl("start", UNIT, check=False)
        command = "chown --reference=/var/lib/private/apikeyd /var/lib/private/apikeyd/state.db"
        wait_for(lambda: command in self.machine.tail(UNIT), "it says what to do", also=lambda: self.machine.tail(UNIT))
        self.machine.run(*command.split())
        self.machine.wait_property(UNIT, "ActiveState", "active")
        self.look()
        self.assertEqual(self.sandbox.sent(sent), [])

    def test_root_came_first(self) -> None:
        """The state is made by root before the service has ever run."""
        self.sandbox = self.start_sandbox()
        self.install()
        self.configure(self.sandbox)
        self.save_long_ago(ONE)
        self.assertEqual(self.apikeyd("drift", check=False).returncode, 2)
        self.assertFalse(self.machine.exists(STATE), "a look leaves nothing")
        self.machine.run("mkdir", "--mode", "700", STATE)
        self.apikeyd("apply", "--token-file", f"{CONFIG}/api-token")
        sent = self.sandbox.seq()
        self.machine.systemctl("start", UNIT)
        self.wait_settled(ONE)
        self.assertEqual(self.sandbox.sent(sent), [])
        self.assert_works_after_a_stop()


if __name__ == "__main__":
    servicecase.main()
