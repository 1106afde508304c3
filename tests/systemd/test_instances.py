# SPDX-License-Identifier: Apache-2.0
"""Two organizations on one machine, each with its own token, settings, keys and state."""

import servicecase
from harness import BILLING, MOBILE, key
from servicecase import CONFIG, ServiceCase

ACME = [key(BILLING, "acme billing", True), key(MOBILE, "acme mobile", True)]
OTHER = [key(BILLING, "other billing", False)]


class Instances(ServiceCase):
    def test_side_by_side(self) -> None:
        self.install()
        names, wanted = ("acme", "other-org"), (ACME, OTHER)
        sandboxes = [self.start_sandbox(token=f"token-of-{name}-0123456789") for name in names]
        units = [f"apikeyd@{name}.service" for name in names]
        for name, sandbox, keys in zip(names, sandboxes, wanted):
            self.configure(sandbox, folder=f"{CONFIG}/{name}")
            self.save_long_ago(keys, f"{CONFIG}/{name}")
        self.machine.systemctl("start", *units)
        for unit, sandbox, keys in zip(units, sandboxes, wanted):
            self.wait_settled(keys, unit, sandbox=sandbox)

        # Each is somebody else, and each state is for its owner alone.
        owners = []
        for name, unit in zip(names, units):
            mode, uid, _ = self.machine.stat(f"/var/lib/apikeyd-{name}/state.db").split(" ", 2)
            self.assertEqual(mode, "600")
            status = self.machine.read(f"/proc/{self.main_pid(unit)}/status")
            self.assertRegex(status, rf"(?m)^Uid:\t{uid}\t{uid}\t{uid}\t{uid}$")
            owners.append(uid)
        self.assertEqual(len(set(owners)), 2, owners)
        for sandbox in sandboxes:
            self.assertTrue(all(one["authorized"] for one in sandbox.journal()))
            self.assertNotIn("rejected", [one["status"] for one in sandbox.journal()])

        # An edit, a look and a restart of the one are nothing to the other.
        sent, other_pid = sandboxes[1].seq(), self.main_pid(units[1])
        changed = [key(BILLING, "acme billing", False), ACME[1]]
        self.save(changed, f"{CONFIG}/acme")
        self.wait_converged(changed, sandboxes[0])
        self.machine.systemctl("restart", units[0])
        self.assertEqual(sandboxes[1].seq(), sent)
        self.assertEqual(self.main_pid(units[1]), other_pid)

        # Root's commands find the state of the one that is named.
        for name, count in zip(names, (2, 1)):
            report = self.apikeyd_json("status", "--instance", name)
            self.assertEqual(report["summary"]["known"], count, report)
            self.assertEqual(self.apikeyd("drift", "--instance", name, check=False).returncode, 0)
        self.machine.systemctl("restart", *units)
        for unit in units:
            self.assertEqual(self.machine.property(unit, "ActiveState"), "active")

        # The one without a name was never started, and has nothing.
        self.assertFalse(self.machine.exists("/var/lib/apikeyd"))

        # Removed and purged with all of them.
        self.machine.run("dpkg", "--purge", "apikeyd")
        for name, unit in zip(names, units):
            self.assertNotEqual(self.machine.property(unit, "ActiveState"), "active")
            for folder in (f"/var/lib/apikeyd-{name}", f"/var/lib/private/apikeyd-{name}"):
                self.assertNotEqual(self.machine.run("stat", folder, check=False).returncode, 0, folder)
            self.assertTrue(self.machine.exists(f"{CONFIG}/{name}/keys.yaml"))

    def test_one_fails_alone(self) -> None:
        """Without a token, or with wrong settings, one ends; the other goes on."""
        self.install()
        sandbox = self.start_sandbox()
        self.configure(sandbox, folder=f"{CONFIG}/acme")
        self.save_long_ago(ACME, f"{CONFIG}/acme")
        self.machine.systemctl("start", "apikeyd@acme.service")
        self.assertNotEqual(self.machine.systemctl("start", "apikeyd@none.service", check=False).returncode, 0)
        self.assert_failed("apikeyd@none.service", 243)
        self.configure(sandbox, "keis: /nowhere\n", folder=f"{CONFIG}/wrong")
        self.assertNotEqual(self.machine.systemctl("start", "apikeyd@wrong.service", check=False).returncode, 0)
        self.assert_failed("apikeyd@wrong.service", 78)
        self.wait_settled(ACME, "apikeyd@acme.service", sandbox=sandbox)


if __name__ == "__main__":
    servicecase.main()
