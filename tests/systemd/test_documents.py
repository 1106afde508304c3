# SPDX-License-Identifier: Apache-2.0
"""The commands that the documents tell the operator to give, given as they stand there."""

import re

import servicecase
from harness import ROOT
from servicecase import CONFIG, ONE, STATE, TWO, UNIT, ServiceCase, package

EXAMPLES = "/usr/share/doc/apikeyd/examples/systemd"


def commands(document: str, beginning: str) -> str:
    """The block of commands of the document that has a line beginning so; without the prompts of root."""
    text = (ROOT / document).read_text(encoding="utf-8")
    blocks = re.findall(r"^```(?:sh|console)\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)
    found, = [block for block in blocks if re.search(rf"(?m)^(# )?{re.escape(beginning)}", block)]
    return re.sub("(?m)^# ", "", found)


class Documents(ServiceCase):
    def test_a_user_that_lasts(self) -> None:
        """examples/systemd/README.md: a new token without a restart."""
        self.begin()
        readme = "examples/systemd/README.md"
        self.machine.shell(f"cd {EXAMPLES}\n" + commands(readme, "systemd-sysusers"))
        self.machine.push(f"{CONFIG}/apikeyd.yaml",
                          f"api:\n  url: {self.sandbox.url}\n  token_file: {CONFIG}/token\n")
        sent = self.sandbox.seq()
        self.machine.systemctl("start", UNIT)
        pid = self.main_pid()
        self.assertRegex(self.machine.stat(f"{STATE}/state.db"), "^600 [0-9]{3} regular file$")

        # A wrong one, and the right one again, while it runs.
        renew = "cd /root; printf '%s\\n' \"$1\" >new-token; " + commands(readme, "install -m 0600 -o apikeyd new")
        self.machine.shell(renew, "wrong-token-0123456789")
        self.save(TWO)
        self.machine.wait_event(UNIT, "api_access_denied")
        self.machine.shell(renew, self.sandbox.token)
        self.wait_converged(TWO)
        self.assertEqual((self.main_pid(), self.machine.property(UNIT, "NRestarts")), (pid, "0"))
        self.assertEqual({one["id"] for one in self.sandbox.sent(sent)}, {TWO[0]["id"]}, "the state came along")

        # And back.
        self.machine.systemctl("stop", UNIT)
        self.undo_all()
        self.machine.run("userdel", "apikeyd")
        self.write_settings(self.sandbox)
        sent, since = self.sandbox.seq(), self.machine.cursor()
        self.machine.systemctl("start", UNIT)
        self.wait_settled(TWO, since=since)
        self.assertEqual(self.sandbox.sent(sent), [])

    def undo_all(self) -> None:
        self.machine.undo_drop_in(UNIT)
        self.machine.run("rm", "/etc/sysusers.d/apikeyd.conf")

    def test_an_encrypted_token(self) -> None:
        """docs/operations.md, with a token that is piped in rather than asked for."""
        self.begin()
        script = commands("docs/operations.md", "systemd-ask-password")
        self.machine.shell(re.sub("(?m)^systemd-ask-password -n ", "cat ", script), stdin=self.sandbox.token)
        self.assertFalse(self.machine.exists(f"{CONFIG}/api-token"))
        self.assertNotIn(self.sandbox.token, self.machine.read(f"{CONFIG}/api-token.cred"))
        self.assertEqual(self.machine.property(UNIT, "ActiveState"), "active")
        self.save(TWO)
        self.wait_converged(TWO)

    def test_tarball_over_an_older_one(self) -> None:
        """README.md: the operator's settings stay, and what ran goes on as before."""
        self.begin()
        self.machine.run("dpkg", "--remove", "apikeyd")
        tarball, = package().parent.glob("apikeyd-*.tar.gz")
        self.machine.push("/root/FILE", tarball)
        script = "cd /root\n" + commands("README.md", "tar -xzf FILE")
        self.machine.shell(script)
        since = self.machine.cursor()
        self.machine.systemctl("start", UNIT)
        self.wait_settled(ONE, since=since)
        settings, pid = self.machine.read(f"{CONFIG}/apikeyd.yaml"), self.main_pid()
        self.assertIn(self.sandbox.url, settings)
        self.machine.shell(script)
        self.assertEqual(self.machine.read(f"{CONFIG}/apikeyd.yaml"), settings)
        self.machine.wait_property(UNIT, "ActiveState", "active")
        self.assertNotEqual(self.main_pid(), pid)
        self.assertIn("Subject: A reconciliation ended with", self.machine.run(
            "journalctl", "--catalog", "--unit", UNIT).stdout)


if __name__ == "__main__":
    servicecase.main()
