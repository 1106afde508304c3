# SPDX-License-Identifier: Apache-2.0
"""What the package does, and leaves to the operator: install, upgrade, remove, purge; and the next boot."""

import subprocess
from pathlib import Path

import servicecase
from servicecase import CONFIG, ONE, STATE, TWO, UNIT, ServiceCase, package

PRIVATE = "/var/lib/private/apikeyd"  # where systemd keeps the state of a user that exists only for a while
SETTINGS = f"{CONFIG}/apikeyd.yaml"


class Package(ServiceCase):
    def newer_package(self) -> Path:
        """The same once more, with a higher version and another settings file."""
        folder = self.temporary_folder()
        tree, deb = folder / "tree", folder / "apikeyd_newer.deb"

        def dpkg_deb(*arguments: str) -> None:
            subprocess.run(["dpkg-deb", *arguments], check=True, stdout=subprocess.DEVNULL)
        dpkg_deb("--raw-extract", str(package()), str(tree))
        control = tree / "DEBIAN/control"
        lines = control.read_text().splitlines()
        control.write_text("".join(f"{line}+newer\n" if line.startswith("Version: ") else f"{line}\n"
                                   for line in lines))
        with (tree / SETTINGS[1:]).open("a", encoding="utf-8") as settings:
            settings.write("# new in this version\n")
        dpkg_deb("--root-owner-group", "-Znone", "--build", str(tree), str(deb))
        return deb

    def package_status(self) -> str:
        return self.machine.run("dpkg-query", "--show", "--showformat=${Status} ${Version}", "apikeyd",
                                check=False).stdout

    def test_install_starts_nothing(self) -> None:
        self.install()
        self.assertIn("install ok installed", self.package_status())
        self.assertEqual(self.machine.systemctl("is-enabled", UNIT, check=False).stdout.strip(), "disabled")
        shown = self.machine.properties(UNIT, "LoadState", "ActiveState", "MainPID", "InvocationID")
        self.assertEqual(shown, {"LoadState": "loaded", "ActiveState": "inactive", "MainPID": "0",
                                 "InvocationID": ""}, "loaded, and never started")
        self.assertFalse(self.machine.exists(STATE))
        self.assertEqual(self.machine.run("ls", CONFIG).stdout.split(), ["apikeyd.yaml"])
        # The settings that come along are good as they are.
        self.assertEqual(self.apikeyd("validate", "--config", SETTINGS, "/dev/null", check=False).stderr.count(SETTINGS),
                         0)

    def test_upgrade_while_it_runs(self) -> None:
        self.begin()
        pid, sent = self.main_pid(), self.sandbox.seq()
        settings, since = self.machine.read(SETTINGS), self.machine.cursor()
        self.machine.push("/root/newer.deb", self.newer_package())
        self.machine.run("dpkg", "--install", "--force-confold", "/root/newer.deb")
        self.assertRegex(self.package_status(), r"install ok installed .*\+newer")
        self.machine.wait_property(UNIT, "ActiveState", "active")
        self.assertNotEqual(self.main_pid(), pid)
        running = self.machine.run("readlink", f"/proc/{self.main_pid()}/exe").stdout.strip()
        self.assertEqual(running, "/usr/bin/apikeyd", "what runs is the new file")
        self.assertEqual(self.machine.property(UNIT, "Result"), "success")
        self.assertEqual(self.machine.systemctl("is-enabled", UNIT, check=False).stdout.strip(), "disabled")

        self.assertEqual(self.machine.read(SETTINGS), settings, "the operator's")
        self.assertIn("# new in this version", self.machine.read(f"{SETTINGS}.dpkg-dist"))
        self.wait_settled(ONE, since=since)
        self.assertEqual(self.sandbox.sent(sent), [], "the state is as it was: there is nothing to send")
        self.save(TWO)
        self.wait_converged(TWO)

    def test_upgrade_starts_nothing(self) -> None:
        self.begin()
        self.machine.systemctl("stop", UNIT)
        self.machine.push("/root/newer.deb", self.newer_package())
        self.machine.run("dpkg", "--install", "--force-confold", "/root/newer.deb")
        self.assertEqual(self.machine.property(UNIT, "ActiveState"), "inactive")

    def test_remove_and_purge(self) -> None:
        self.begin()
        self.machine.systemctl("enable", UNIT)
        pid = self.main_pid()
        self.machine.run("dpkg", "--remove", "apikeyd")
        self.assertFalse(self.machine.exists(f"/proc/{pid}"), "it doesn't run on")
        self.assertFalse(self.machine.exists("/usr/bin/apikeyd"))
        for kept in (f"{STATE}/state.db", f"{PRIVATE}/state.db", SETTINGS, f"{CONFIG}/keys.yaml"):
            self.assertTrue(self.machine.exists(kept), kept)

        # Installed again, it goes on where it was.
        sent, since = self.sandbox.seq(), self.machine.cursor()
        self.install()
        self.machine.systemctl("start", UNIT)
        self.wait_settled(ONE, since=since)
        self.assertEqual(self.sandbox.sent(sent), [])

        self.machine.run("dpkg", "--purge", "apikeyd")
        self.assertEqual(self.package_status(), "")
        for gone in (STATE, PRIVATE, SETTINGS, f"/etc/systemd/system/multi-user.target.wants/{UNIT}"):
            self.assertNotEqual(self.machine.run("stat", gone, check=False).returncode, 0, f"{gone} is still there")
        for kept in (f"{CONFIG}/keys.yaml", f"{CONFIG}/api-token"):
            self.assertTrue(self.machine.exists(kept), f"{kept} is the operator's own")


class NextBoot(ServiceCase):
    def test_enabled_it_comes_up_by_itself(self) -> None:
        self.sandbox = self.start_sandbox()
        self.install()
        self.configure(self.sandbox)
        self.save_long_ago(ONE)
        self.machine.systemctl("enable", UNIT)
        self.machine.reboot()
        self.machine.wait_property(UNIT, "ActiveState", "active")
        self.wait_converged(ONE)
        sent, since = self.sandbox.seq(), self.machine.cursor()
        self.machine.reboot()
        self.machine.wait_property(UNIT, "ActiveState", "active")
        self.wait_settled(ONE, since=since)
        self.assertEqual(self.sandbox.sent(sent), [], "it remembers")
        # What was saved while the machine was off is found, too.
        self.machine.systemctl("stop", UNIT)
        self.save_long_ago(TWO)
        self.machine.reboot()
        self.wait_converged(TWO)


if __name__ == "__main__":
    servicecase.main()
