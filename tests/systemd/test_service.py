# SPDX-License-Identifier: Apache-2.0
"""How the unit starts, as whom it runs, and what it doesn't begin with."""

import re

import servicecase
from harness import stays
from servicecase import CONFIG, ONE, STATE, UNIT, ServiceCase

# The ids that systemd gives to users that exist only for a while (DynamicUser=).
DYNAMIC_UIDS = range(61184, 65520)


class Start(ServiceCase):
    def test_active_when_the_daemon_says_so(self) -> None:
        """Not before: a start that hangs is "activating", and whoever is ordered after it waits."""
        self.sandbox = self.start_sandbox()
        self.install()
        self.configure(self.sandbox)
        self.save_long_ago(ONE)
        self.machine.drop_in(UNIT, """[Service]
ExecPaths=/bin/sh /bin/dash
ExecStart=
ExecStart=/bin/sh -c 'kill -STOP $$$$; exec /usr/bin/apikeyd run'
""")
        self.machine.systemctl("start", "--no-block", UNIT)
        self.machine.wait_property(UNIT, "MainPID", lambda pid: pid != "0")
        stays(lambda: self.machine.property(UNIT, "ActiveState") == "activating", "it has not begun")
        self.machine.systemctl("kill", "--signal", "CONT", "--kill-whom", "main", UNIT)
        self.machine.wait_property(UNIT, "ActiveState", "active")
        self.assertEqual(self.machine.property(UNIT, "Type"), "notify")
        self.wait_settled(ONE)

    def test_ready_without_a_network(self) -> None:
        """Active means that it runs, not that the API was there."""
        sandbox = self.start_sandbox()
        sandbox.stop()
        self.install()
        self.configure(sandbox)
        self.save_long_ago(ONE)
        self.machine.systemctl("start", UNIT)
        self.assertEqual(self.machine.property(UNIT, "ActiveState"), "active")
        self.sandbox = self.start_sandbox(port=sandbox.port)
        self.wait_converged(ONE)

    def test_without_a_token_file(self) -> None:
        sandbox = self.start_sandbox()
        self.install()
        self.write_settings(sandbox)
        self.save_long_ago(ONE)
        self.assertNotEqual(self.machine.systemctl("start", UNIT, check=False).returncode, 0)
        self.assert_failed(UNIT, 243)
        self.assertEqual(self.machine.property(UNIT, "Result"), "exit-code")
        self.assertIn("status=243/CREDENTIALS", self.machine.systemctl("status", UNIT, check=False).stdout)
        # What it says to do is all it takes.
        self.configure(sandbox)
        self.machine.systemctl("start", UNIT)
        self.sandbox = sandbox
        self.wait_settled(ONE)

    def test_settings_that_are_wrong(self) -> None:
        sandbox = self.start_sandbox()
        self.install()
        self.configure(sandbox, "reconcile:\n  resinc: 6h\n")
        self.assertNotEqual(self.machine.systemctl("start", UNIT, check=False).returncode, 0)
        self.assert_failed(UNIT, 78)
        said = "\n".join(str(entry["MESSAGE"]) for entry in self.machine.journal(_SYSTEMD_UNIT=UNIT))
        self.assertIn(f"{CONFIG}/apikeyd.yaml:4:3", said)
        self.assertIn("resync", said)

    def test_token_that_is_none(self) -> None:
        sandbox = self.start_sandbox()
        self.install()
        self.configure(sandbox)
        self.machine.push(f"{CONFIG}/api-token", "two words\n", 0o600)
        self.assertNotEqual(self.machine.systemctl("start", UNIT, check=False).returncode, 0)
        self.assert_failed(UNIT, 78)
        said = "\n".join(str(entry["MESSAGE"]) for entry in self.machine.journal(_SYSTEMD_UNIT=UNIT))
        self.assertIn("api-token", said)
        self.assertNotIn("two words", said)

    def test_token_that_others_may_read(self) -> None:
        """systemd's copy of it is closed to them, which is no use."""
        sandbox = self.start_sandbox()
        self.install()
        self.configure(sandbox)
        for mode in ("644", "640", "602"):
            self.machine.run("chmod", mode, f"{CONFIG}/api-token")
            since = self.machine.cursor()
            self.assertNotEqual(self.machine.systemctl("start", UNIT, check=False).returncode, 0, mode)
            self.assert_failed(UNIT, 78)
            said = "\n".join(str(entry["MESSAGE"]) for entry in self.machine.journal(since, _SYSTEMD_UNIT=UNIT))
            self.assertIn(f"{CONFIG}/api-token: others than its owner may use this file (mode 0{mode}); chmod 600", said)
        self.machine.run("chmod", "600", f"{CONFIG}/api-token")
        self.machine.systemctl("start", UNIT)

    def test_token_file_of_somebody_else(self) -> None:
        """api.token_file names root's file, and the service's user can't read that."""
        sandbox = self.start_sandbox()
        self.install()
        self.configure(sandbox)
        self.machine.push(f"{CONFIG}/token", sandbox.token + "\n", 0o600)
        self.machine.push(f"{CONFIG}/apikeyd.yaml",
                          f"api:\n  url: {sandbox.url}\n  token_file: {CONFIG}/token\n")
        self.assertNotEqual(self.machine.systemctl("start", UNIT, check=False).returncode, 0)
        self.assert_failed(UNIT, 78)
        said = "\n".join(str(entry["MESSAGE"]) for entry in self.machine.journal(_SYSTEMD_UNIT=UNIT))
        self.assertRegex(said, rf"{CONFIG}/token: can't read the token: Permission denied; it belongs to user 0, "
                               r"and this is user [0-9]+")


class Confined(ServiceCase):
    def test_who_it_is_and_what_it_may(self) -> None:
        self.begin()
        pid = self.main_pid()
        status = dict(line.split(":\t", 1) for line in self.machine.read(f"/proc/{pid}/status").splitlines())
        uids, gids = set(status["Uid"].split()), set(status["Gid"].split())
        self.assertEqual((len(uids), len(gids)), (1, 1), status)
        uid = int(uids.pop())
        self.assertIn(uid, DYNAMIC_UIDS)
        self.assertIn(int(gids.pop()), DYNAMIC_UIDS)
        for name in ("CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb"):
            self.assertEqual(int(status[name], 16), 0, name)
        self.assertEqual(status["NoNewPrivs"], "1")
        self.assertEqual(status["Seccomp"], "2", "a filter")
        self.assertEqual(status["Umask"], "0077")

        # The state is its own alone; the configuration it can only read.
        self.assertEqual(self.machine.stat(STATE), f"700 {uid} directory")
        self.assertEqual(self.machine.stat(f"{STATE}/state.db"), f"600 {uid} regular file")
        others = self.machine.run("find", f"{STATE}/", "!", "-user", str(uid), "-o", "-type", "f", "-perm", "/077")
        self.assertEqual(others.stdout, "")
        self.assertEqual(self.machine.stat(CONFIG), "755 0 directory")
        self.assertEqual(self.machine.stat(f"{CONFIG}/api-token"), "600 0 regular file")
        mounts = [line.split() for line in self.machine.read(f"/proc/{pid}/mountinfo").splitlines()]
        at_root = [fields[5].split(",") for fields in mounts if fields[4] == "/"]
        self.assertTrue(at_root and {"ro", "noexec"} <= set(at_root[-1]), at_root)

        # The token: where it is handed over, and nowhere else.
        self.assertEqual(self.machine.stat(f"/run/credentials/{UNIT}/api-token"), f"400 {uid} regular file")
        for shown in ("environ", "cmdline"):
            self.assertNotIn(self.sandbox.token, self.machine.read(f"/proc/{pid}/{shown}"), shown)

        # The user is there for as long as it runs.
        self.assertRegex(self.machine.run("getent", "passwd", "apikeyd").stdout, rf"^apikeyd:[^:]*:{uid}:")
        self.machine.systemctl("stop", UNIT)
        self.assertNotEqual(self.machine.run("getent", "passwd", "apikeyd", check=False).returncode, 0)
        self.assertFalse(re.search("^apikeyd:", self.machine.read("/etc/passwd"), re.MULTILINE))
        self.assertFalse(self.machine.exists(f"/run/credentials/{UNIT}"))


if __name__ == "__main__":
    servicecase.main()
