# SPDX-License-Identifier: Apache-2.0
"""From an edit of the file to the change at the API, and to what is told of it."""

import re
import signal

import harness
from harness import BILLING, LEGACY, MOBILE, Case, key

WANTED = [key(BILLING, "billing-service", True), key(MOBILE, "mobile-app"), key(LEGACY, "legacy-import", False)]

# The contract's event, no more and no less.
API_KEY = {"id", "enabled", "name", "organization", "createdAt", "updatedAt", "secret"}
UPDATED = {"time", "level", "event", "api_key", "changed", "reason", "attempt", "status", "duration_ms", "source",
           "revision"}


class EditCycle(Case):
    def setUp(self) -> None:
        super().setUp()
        self.start_sandbox()

    def converge(self) -> harness.Daemon:
        self.save(*WANTED)
        daemon = self.start()
        self.wait_settled(daemon, 0, WANTED)
        return daemon

    def test_first_run_asserts_what_is_managed(self) -> None:
        daemon = self.converge()
        inputs = {one["id"]: one["input"] for one in self.sandbox.sent()}
        self.assertEqual(inputs, {
            BILLING: {"id": BILLING, "name": "billing-service", "enabled": True},
            MOBILE: {"id": MOBILE, "name": "mobile-app"},
            # Looked at before it is disabled; its name was so already.
            LEGACY: {"id": LEGACY, "enabled": False}})
        self.assertEqual([one["input"] for one in self.sandbox.journal() if one["id"] == LEGACY],
                         [{"id": LEGACY}, {"id": LEGACY, "enabled": False}])
        self.assertEqual(daemon.stop(), 0, daemon.tail())

    def test_request_has_the_id_in_query_and_body(self) -> None:
        self.converge()
        for request in self.sandbox.journal():
            self.assertEqual((request["method"], request["authorized"], request["status"]), ("PUT", True, 200))
            self.assertEqual(request["target"], f"/rest/v1/api-key?id={request['id']}")

    def test_edit_sends_the_changed_field_alone(self) -> None:
        daemon = self.converge()
        for wanted, sent in [
            ([key(BILLING, "invoices", True), *WANTED[1:]], {"id": BILLING, "name": "invoices"}),
            ([key(BILLING, "invoices", False), *WANTED[1:]], {"id": BILLING, "enabled": False}),
            ([key(BILLING, "billing", True), *WANTED[1:]], {"id": BILLING, "name": "billing", "enabled": True}),
        ]:
            with self.subTest(sent=sent):
                before, mark = self.sandbox.seq(), daemon.mark()
                self.save(*wanted)
                self.wait_settled(daemon, mark, wanted)
                self.assertEqual([one["input"] for one in self.sandbox.sent(before)], [sent])

    def test_unmanaged_field_is_never_sent(self) -> None:
        daemon = self.converge()
        self.sandbox.somebody_changes(MOBILE, enabled=False)
        wanted = [WANTED[0], key(MOBILE, "phone-app"), WANTED[2]]
        mark = daemon.mark()
        self.save(*wanted)
        self.wait_settled(daemon, mark, wanted)
        self.assertFalse(self.sandbox.key(MOBILE)["enabled"], "what somebody else set stays")
        for request in self.sandbox.sent(id_=MOBILE):
            self.assertNotIn("enabled", request["input"])

    def test_event_of_an_update(self) -> None:
        daemon = self.converge()
        mark = daemon.mark()
        self.save(key(BILLING, "invoices", True), *WANTED[1:])
        event = daemon.wait_event("api_key_updated", mark, id=BILLING)
        remote = self.sandbox.key(BILLING)
        self.assertEqual(set(event), UPDATED)
        self.assertEqual(set(event["api_key"]), API_KEY)
        self.assertEqual(set(event["api_key"]["organization"]), {"id", "name"})
        for field in ("id", "name", "enabled", "createdAt", "updatedAt"):
            self.assertEqual(event["api_key"][field], remote[field], field)
        self.assertEqual(event["api_key"]["secret"], "[redacted]")
        self.assertEqual((event["changed"], event["reason"], event["attempt"], event["status"]),
                         (["name"], "changed", 1, 200))
        self.assertRegex(event["time"], r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$")
        self.assertEqual(event["source"], f"{self.keys_file}:3")
        self.assertTrue(re.fullmatch(r"sha256:[0-9a-f]{64}", event["revision"]), event["revision"])
        self.assertGreaterEqual(event["duration_ms"], 0)

    def test_key_taken_out_of_the_file_is_left_alone(self) -> None:
        daemon = self.converge()
        before, mark = self.sandbox.seq(), daemon.mark()
        self.save(*WANTED[1:])
        self.wait_settled(daemon, mark)
        self.assertEqual(self.sandbox.journal(before), [])
        self.assertEqual(self.sandbox.differences(WANTED), [])

    def test_same_content_in_another_form_sends_nothing(self) -> None:
        daemon = self.converge()
        before, mark = self.sandbox.seq(), daemon.mark()
        text = "# moved about\n" + harness.desired_text(WANTED[::-1]).replace(BILLING, BILLING.upper())
        harness.write_atomically(self.keys_file, text)
        # What comes after it shows that it was seen.
        self.save(*WANTED[1:])
        self.wait_settled(daemon, mark)
        self.assertEqual(self.sandbox.journal(before), [])

    def test_signals_end_it_with_zero(self) -> None:
        for number in (signal.SIGTERM, signal.SIGINT):
            with self.subTest(signal=number):
                daemon = self.converge()
                self.assertEqual(daemon.stop(number), 0, daemon.tail())
                self.assertTrue(daemon.events_of("daemon_stopping", why=number.name))

    def test_restart_sends_nothing(self) -> None:
        self.assertEqual(self.converge().stop(), 0)
        before = self.sandbox.seq()
        again = self.start()
        self.wait_settled(again, 0, WANTED)
        self.assertEqual(self.sandbox.journal(before), [])
        self.assertEqual(again.stop(), 0)

    def test_edit_while_it_was_down(self) -> None:
        self.assertEqual(self.converge().stop(), 0)
        before = self.sandbox.seq()
        wanted = self.save(key(BILLING, "billing-service", False), *WANTED[1:])
        self.wait_settled(self.start(), 0, wanted)
        self.assertEqual([one["input"] for one in self.sandbox.sent(before)], [{"id": BILLING, "enabled": False}])

    def test_stop_waits_for_the_answer(self) -> None:
        daemon = self.converge()
        self.sandbox.latency(600)
        wanted = self.save(key(BILLING, "slow", True), *WANTED[1:])
        harness.wait_for(lambda: self.sandbox.stats()["concurrent"] >= 1, "the request is under way")
        self.assertEqual(daemon.stop(), 0, daemon.tail())
        self.assertEqual(self.sandbox.differences(wanted), [])
        self.assertTrue(daemon.events_of("api_key_updated", name="slow"), daemon.tail())
        before = self.sandbox.seq()
        self.sandbox.latency(0)
        self.wait_settled(self.start(), 0, wanted)
        self.assertEqual(self.sandbox.journal(before), [], "the answer was recorded")


if __name__ == "__main__":
    harness.main()
