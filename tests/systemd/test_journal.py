# SPDX-License-Identifier: Apache-2.0
"""What the journal is told: by field, explained, and without any secret."""

import re

import servicecase
from harness import BILLING, counted_ids, desired_text, key
from servicecase import CONFIG, ONE, TWO, UNIT, ServiceCase


class Journal(ServiceCase):
    def test_events_are_entries_with_fields(self) -> None:
        self.begin()
        since = self.machine.cursor()
        self.save(TWO)
        entry = self.machine.wait_event(UNIT, "api_key_updated", since)
        self.assertEqual(entry["SYSLOG_IDENTIFIER"], "apikeyd")
        self.assertEqual(entry["PRIORITY"], "6")
        self.assertEqual(entry["_TRANSPORT"], "journal")
        self.assertEqual(entry["_PID"], str(self.main_pid()))
        self.assertEqual(entry["APIKEYD_KEY_ID"], BILLING)
        self.assertEqual(entry["APIKEYD_KEY_NAME"], "billing-two")
        self.assertEqual(entry["APIKEYD_REASON"], "changed")
        self.assertIn("api_key_updated", str(entry["MESSAGE"]))
        # As an operator asks for it: this event, and this key.
        asked = self.machine.run("journalctl", "--quiet", "--output", "cat", "APIKEYD_EVENT=api_key_updated",
                                 f"APIKEYD_KEY_ID={BILLING}").stdout
        self.assertEqual(len(asked.splitlines()), 2, asked)

        self.machine.push(f"{CONFIG}/keys.yaml", desired_text(TWO).replace("version: 1", "version: 7"))
        self.assertEqual(self.machine.wait_event(UNIT, "desired_invalid", since)["PRIORITY"], "3")
        # What came otherwise than by entries of its own would have no event.
        for one in self.machine.journal(_SYSTEMD_UNIT=UNIT):
            self.assertIn("APIKEYD_EVENT", one, one)

    def test_what_it_says_is_explained(self) -> None:
        self.begin()
        self.write_settings(self.sandbox, "reconcile:\n  resync: often\n")
        invalid = self.machine.wait_event(UNIT, "settings_invalid")
        self.write_settings(self.sandbox)
        self.machine.systemctl("stop", UNIT)
        stopping = self.machine.wait_event(UNIT, "daemon_stopping")
        ids = [entry.get("MESSAGE_ID", "") for entry in (invalid, stopping)]
        for id_ in ids:
            self.assertRegex(id_, "^[0-9a-f]{32}$")
        self.assertEqual(len(set(ids)), 2)
        # One id finds one kind of event.
        found = self.machine.journal(MESSAGE_ID=ids[0])
        self.assertEqual({entry["APIKEYD_EVENT"] for entry in found}, {"settings_invalid"})
        # The package's installation alone has made the explanations known.
        shown = self.machine.run("journalctl", "--catalog", "--no-pager", "--unit", UNIT).stdout
        self.assertRegex(shown, r"(?m)^░░ Subject: .*settings")
        self.assertIn("apikeyd validate --config", shown)
        self.assertNotRegex(shown, r"(?m)^░░.*@[A-Z_]+@", "fields are filled in")

    def test_journald_drops_nothing_of_it(self) -> None:
        """Of other services it would, after five lines an hour; a first run with many keys has thousands."""
        self.machine.push("/etc/systemd/journald.conf.d/machine.conf",
                          "[Journal]\nStorage=persistent\nRateLimitIntervalSec=1h\nRateLimitBurst=5\n")
        self.machine.systemctl("restart", "systemd-journald.service")
        ids = counted_ids(200)
        self.begin(keys=[key(id_, f"key {id_[-3:]}", True) for id_ in ids], sandbox=("--count", "200"))
        updated = self.machine.events(UNIT, "api_key_updated")
        self.assertEqual({entry["APIKEYD_KEY_ID"] for entry in updated}, set(ids))

    def test_no_secret_anywhere(self) -> None:
        """Not when all goes well, nor when an answer is refused, torn or not JSON, nor after the end."""
        self.begin("log:\n  level: debug\n")
        self.sandbox.faults("truncate;html;new-secret;500;wrong-id;401")
        self.save([{**one, "name": f"{one['name']} again"} for one in TWO])
        self.machine.wait_event(UNIT, "api_access_denied")
        pushed = self.sandbox.keys()
        self.machine.push(f"{CONFIG}/api-token", "another-token-9876543210\n", 0o600)
        self.machine.systemctl("restart", UNIT)
        self.machine.systemctl("kill", "--signal", "ABRT", "--kill-whom", "main", UNIT)
        self.machine.wait_property(UNIT, "NRestarts", "1")
        self.machine.run("journalctl", "--sync")
        exported = self.machine.run("journalctl", "--output", "export", "--all").stdout
        self.assertIn("APIKEYD_EVENT=api_access_denied", exported)
        for secret in (self.sandbox.token, "another-token-9876543210", "sandbox-secret-",
                       *(one["secret"] for one in pushed.values())):
            self.assertFalse(re.search(re.escape(secret), exported), f"a secret is in the journal: {secret[:8]}…")


if __name__ == "__main__":
    servicecase.main()
