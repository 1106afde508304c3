# SPDX-License-Identifier: Apache-2.0
"""Every fault that the sandbox knows, and how it ends."""

from datetime import datetime

import harness
from harness import Case, Key, counted_ids, key

# Answered with a failure or not at all, and worth another try. Fault: what it is taken for, whether it may have
# been applied.
TRIED_AGAIN = {
    "500": ("retryable", True),
    "503": ("retryable", True),
    "503=1": ("retryable", True),
    "429": ("throttled", False),
    "429=1": ("throttled", False),
    "429=date+2": ("throttled", False),
    "429=nonsense": ("throttled", False),
    "reset-before": ("unknown", True),
    "reset-after": ("unknown", True),
    "close-before": ("unknown", True),
    "close-after": ("unknown", True),
    "truncate": ("unknown", True),
    "html": ("retryable", True),
    "redirect": ("retryable", True),
    "empty": ("retryable", True),
    "hang": ("unknown", True),
    "hang-after": ("unknown", True),
    "drip": ("unknown", True),
    "wrong-id": ("unknown", True),
}
# Odd, and good all the same.
ACCEPTED = ["ok", "extra", "early-103"]
# Final: the same request is not sent twice.
REJECTED = ["500=NOT_FOUND", "500=BAD_USER_INPUT", "500=GRAPHQL_VALIDATION_FAILED", "500=FORBIDDEN"]


def moment(entry: harness.Json) -> float:
    return datetime.fromisoformat(entry["time"]).timestamp()


class Faults(Case):
    def begin(self, count: int, *arguments: str) -> harness.Daemon:
        """A daemon in sync with so many keys."""
        self.start_sandbox("--count", str(count))
        self.ids = counted_ids(count)
        self.wanted: dict[str, Key] = {id_: key(id_, f"first-{number}", True)
                                       for number, id_ in enumerate(self.ids)}
        self.save(*self.wanted.values())
        daemon = self.start("--api-timeout", "1s", *arguments)
        self.wait_settled(daemon, 0, self.wanted.values())
        return daemon

    def edit(self, id_: str, **fields: object) -> None:
        self.wanted[id_] = self.wanted[id_] | fields
        self.save(*self.wanted.values())

    def test_tried_again(self) -> None:
        daemon = self.begin(len(TRIED_AGAIN))
        for id_, (fault, (outcome, in_doubt)) in zip(self.ids, TRIED_AGAIN.items()):
            with self.subTest(fault):
                before, mark = self.sandbox.seq(), daemon.mark()
                self.sandbox.faults(f"{fault}@{id_}")
                self.edit(id_, name=f"after {fault}")
                retry = daemon.wait_event("api_key_retry", mark, id=id_)
                self.assertEqual((retry["outcome"], retry["in_doubt"]), (outcome, in_doubt), retry)
                self.assertTrue(retry["why"])
                updated = daemon.wait_event("api_key_updated", mark, id=id_)
                self.assertEqual((updated["attempt"], updated["status"]), (2, 200))
                self.wait_settled(daemon, mark, self.wanted.values())
                requests = self.sandbox.journal(before)
                self.assertEqual([one["id"] for one in requests], [id_, id_])
                self.assertEqual([one["fault"] for one in requests], [fault, None], requests)
        self.assertEqual(daemon.stop(), 0, daemon.tail())
        self.assert_in_sync()

    def test_accepted(self) -> None:
        daemon = self.begin(len(ACCEPTED) + 1)
        for id_, fault in zip(self.ids, ACCEPTED):
            with self.subTest(fault):
                before, mark = self.sandbox.seq(), daemon.mark()
                self.sandbox.faults(f"{fault}@{id_}")
                self.edit(id_, name=f"after {fault}")
                self.wait_settled(daemon, mark, self.wanted.values())
                self.assertEqual(len(self.sandbox.journal(before)), 1)
                # What came unasked is not taken for the answer to the next request.
                mark = daemon.mark()
                self.edit(self.ids[-1], name=f"next after {fault}")
                updated = daemon.wait_event("api_key_updated", mark)
                self.assertEqual(updated["api_key"]["name"], f"next after {fault}")
                self.wait_settled(daemon, mark, self.wanted.values())
        self.assertEqual(daemon.stop(), 0, daemon.tail())

    def test_rejected(self) -> None:
        daemon = self.begin(len(REJECTED) + 1)
        for id_, fault in zip(self.ids, REJECTED):
            with self.subTest(fault):
                before, mark = self.sandbox.seq(), daemon.mark()
                first = self.wanted[id_]
                self.sandbox.faults(f"{fault}@{id_}")
                self.edit(id_, name="refused")
                event = daemon.wait_event("api_key_rejected", mark, id=id_)
                self.assertIn(fault.split("=")[1], event["why"])
                self.assertEqual(event["status"], 500)
                daemon.wait_event("reconcile_finished", mark, result="incomplete")
                # Another key's edit doesn't bring it back, and the other key is not held up.
                mark = daemon.mark()
                self.edit(self.ids[-1], name=f"beside {fault}")
                daemon.wait_event("api_key_updated", mark, id=self.ids[-1])
                daemon.wait_event("reconcile_finished", mark)
                self.assertEqual(len(self.sandbox.sent(before, id_)), 1)
                # Its own does.
                mark = daemon.mark()
                self.wanted[id_] = first | {"name": f"accepted after {fault}"}
                self.save(*self.wanted.values())
                self.wait_settled(daemon, mark, self.wanted.values())
                self.assertEqual(len(self.sandbox.sent(before, id_)), 2)

    def test_unknown_id_is_rejected(self) -> None:
        daemon = self.begin(2)
        nobody = "f" * 24
        before, mark = self.sandbox.seq(), daemon.mark()
        self.save(*self.wanted.values(), key(nobody, "nobody"))
        event = daemon.wait_event("api_key_rejected", mark, id=nobody)
        self.assertIn("NOT_FOUND", event["why"])
        daemon.wait_event("reconcile_finished", mark, result="incomplete")
        self.assertEqual(len(self.sandbox.journal(before)), 1)
        drift = self.command("drift")
        self.assertEqual(drift.returncode, 2, drift.stdout + drift.stderr)
        self.assertIn(nobody, drift.stdout)

    def test_stored_otherwise(self) -> None:
        daemon = self.begin(2)
        one, two = self.ids
        before, mark = self.sandbox.seq(), daemon.mark()
        self.sandbox.faults(f"other-name*inf@{one};ignore-enabled*inf@{two}")
        self.wanted[one]["name"] = "asked"
        self.wanted[two]["enabled"] = False
        self.save(*self.wanted.values())
        name = daemon.wait_event("api_key_rejected", mark, id=one)
        self.assertIn('"asked-renamed"', name["why"])
        self.assertIn('"asked"', name["why"])
        enabled = daemon.wait_event("api_key_rejected", mark, id=two)
        self.assertIn("true", enabled["why"])
        self.assertIn("false", enabled["why"])
        daemon.wait_event("reconcile_finished", mark, result="incomplete")
        harness.stays(lambda: len(self.sandbox.journal(before)) == 2, "one request for each key")
        # What the API stored is what is known, after a restart as well.
        self.assertEqual(daemon.stop(), 0)
        daemon = self.start("--api-timeout", "1s")
        daemon.wait_event("reconcile_finished")
        self.assertEqual(len(self.sandbox.journal(before)), 2)
        # The operator takes the API's name: in sync without a request.
        mark = daemon.mark()
        self.sandbox.faults("")
        self.wanted[one]["name"] = "asked-renamed"
        self.wanted[two]["enabled"] = True
        self.save(*self.wanted.values())
        self.wait_settled(daemon, mark, self.wanted.values())
        self.assertEqual(len(self.sandbox.journal(before)), 2)

    def test_secret_missing_or_odd(self) -> None:
        """No ApiKey as the vendor's document has it; whatever is made of it, the end is the file's."""
        daemon = self.begin(2)
        for id_, fault in zip(self.ids, ("no-secret", "secret-number")):
            with self.subTest(fault):
                mark = daemon.mark()
                self.sandbox.faults(f"{fault}@{id_}")
                self.edit(id_, name=f"after {fault}")
                self.wait_settled(daemon, mark, self.wanted.values())
                self.assertEqual(daemon.events_of("api_key_updated", mark)[-1]["api_key"]["secret"], "[redacted]")

    def test_new_secret_is_noticed(self) -> None:
        daemon = self.begin(2)
        mark = daemon.mark()
        self.sandbox.faults(f"new-secret@{self.ids[0]}")
        self.edit(self.ids[0], name="with a new secret")
        daemon.wait_event("secret_changed", mark, id=self.ids[0])
        self.wait_settled(daemon, mark, self.wanted.values())
        self.assertEqual(len(daemon.events_of("secret_changed")), 1)
        mark = daemon.mark()
        self.edit(self.ids[0], name="with the same secret")
        self.wait_settled(daemon, mark, self.wanted.values())
        self.assertEqual(daemon.events_of("secret_changed", mark), [])

    def test_throttling_pauses_everything(self) -> None:
        self.start_sandbox("--count", "60", "--faults", "429=2")
        wanted = self.save(*(key(id_, "throttled") for id_ in counted_ids(60)))
        daemon = self.start("--api-concurrency", "4")
        self.wait_settled(daemon, 0, wanted)
        journal = self.sandbox.journal()
        throttled = moment(journal[0])
        self.assertEqual(journal[0]["status"], 429)
        # What was on its way with it may come through; then nothing for two seconds.
        early = [one for one in journal[1:] if moment(one) - throttled < 1.9]
        self.assertLess(len(early), 20, f"{len(early)} requests in the pause")
        self.assertTrue(all(moment(one) - throttled < 0.5 for one in early), early[-1:])
        for id_ in counted_ids(60):
            self.assertEqual(len([one for one in journal if one["id"] == id_ and one["status"] == 200]), 1)

    def denied(self, count: int, status: int) -> harness.Daemon:
        daemon = self.begin(count)
        if status == 401:
            self.sandbox.set_token("another-token-than-the-daemon-has")
        else:
            self.sandbox.faults("403*inf")
        before, mark = self.sandbox.seq(), daemon.mark()
        for id_ in self.ids:
            self.wanted[id_] = self.wanted[id_] | {"name": f"after {status}"}
        self.save(*self.wanted.values())
        event = daemon.wait_event("api_access_denied", mark)
        self.assertEqual(event["status"], status)
        # Those under way when the first was refused, and no more.
        harness.wait_for(lambda: self.sandbox.stats()["concurrent"] == 0, "nothing is under way")
        sent = len(self.sandbox.journal(before))
        self.assertLessEqual(sent, 8)
        harness.stays(lambda: len(self.sandbox.journal(before)) == sent, "nothing sent while denied")
        self.assertEqual(len(daemon.events_of("api_access_denied", mark)), 1, daemon.tail())
        return daemon

    def test_unauthenticated_until_the_token_is_replaced(self) -> None:
        daemon = self.denied(40, 401)
        mark = daemon.mark()
        self.write_token(self.sandbox.token)
        daemon.wait_event("token_loaded", mark)
        self.wait_settled(daemon, mark, self.wanted.values())

    def test_forbidden_until_the_token_is_replaced(self) -> None:
        daemon = self.denied(40, 403)
        self.sandbox.faults("")
        mark = daemon.mark()
        self.write_token(self.sandbox.key(self.ids[0])["secret"])
        self.wait_settled(daemon, mark, self.wanted.values())

    def test_wrong_token_file_keeps_the_old_one(self) -> None:
        daemon = self.begin(2)
        mark = daemon.mark()
        self.write_token("two words")
        daemon.wait_event("token_invalid", mark)
        self.write_token("readable-by-all", mode=0o644)
        harness.wait_for(lambda: len(daemon.events_of("token_invalid", mark)) == 2, "told of the mode",
                         also=daemon.tail)
        self.edit(self.ids[0], name="with the old token")
        self.wait_settled(daemon, mark, self.wanted.values())

    def test_new_file_supersedes_a_retry(self) -> None:
        """Nobody waits for the delay of a value that isn't wanted any more."""
        daemon = self.begin(2)
        mark = daemon.mark()
        self.sandbox.faults(f"503=60@{self.ids[0]}")
        self.edit(self.ids[0], name="not wanted for long")
        retry = daemon.wait_event("api_key_retry", mark, id=self.ids[0])
        self.assertGreaterEqual(retry["delay_ms"], 60_000)
        self.edit(self.ids[0], name="wanted")
        self.wait_settled(daemon, mark, self.wanted.values())

    def test_one_bad_key_holds_up_no_other(self) -> None:
        daemon = self.begin(30)
        mark = daemon.mark()
        self.sandbox.faults(f"503=60*inf@{self.ids[0]}")
        for id_ in self.ids:
            self.wanted[id_] = self.wanted[id_] | {"name": "changed"}
        self.save(*self.wanted.values())
        self.wait_converged([self.wanted[id_] for id_ in self.ids[1:]], daemon)
        self.assertNotEqual(self.sandbox.differences([self.wanted[self.ids[0]]]), [])
        daemon.wait_event("api_key_retry", mark, id=self.ids[0])
        self.assertEqual(daemon.stop(), 0, daemon.tail())

    def test_bad_keys_hold_up_no_other(self) -> None:
        """So many that fail in a row might be taken for a server that is dead."""
        daemon = self.begin(30)
        bad, good = self.ids[:12], self.ids[12:]
        self.sandbox.faults(";".join(f"503*inf@{id_}" for id_ in bad))
        for name in ("changed", "changed again"):
            for id_ in self.ids:
                self.wanted[id_] = self.wanted[id_] | {"name": name}
            self.save(*self.wanted.values())
            self.wait_converged([self.wanted[id_] for id_ in good], daemon)
        self.sandbox.faults("")
        self.wait_converged(self.wanted.values(), daemon)

    def test_dead_server_is_left_in_peace(self) -> None:
        daemon = self.begin(200)
        before, mark = self.sandbox.seq(), daemon.mark()
        self.sandbox.faults("503*inf")
        for id_ in self.ids:
            self.wanted[id_] = self.wanted[id_] | {"name": "while it was dead"}
        self.save(*self.wanted.values())
        daemon.wait_event("api_unavailable", mark)
        # What was handed out already comes back failed; then a trial now and then, and not one of each key.
        harness.stays(lambda: len(self.sandbox.journal(before)) < 60, "few requests", 1.0)
        self.sandbox.faults("")
        mark = daemon.mark()
        self.wanted[self.ids[0]] = self.wanted[self.ids[0]] | {"name": "a new file"}
        self.save(*self.wanted.values())
        self.wait_settled(daemon, mark, self.wanted.values())

    def test_server_away_and_back(self) -> None:
        daemon = self.begin(3)
        mark, port = daemon.mark(), self.sandbox.port
        self.sandbox.stop()
        for id_ in self.ids:
            self.wanted[id_] = self.wanted[id_] | {"name": "while it was away"}
        self.save(*self.wanted.values())
        retry = daemon.wait_event("api_key_retry", mark)
        self.assertEqual((retry["outcome"], retry["in_doubt"]), ("not_sent", False), retry)
        self.start_sandbox("--count", "3", port=port)
        self.wait_settled(daemon, mark, self.wanted.values())

    def test_storm(self) -> None:
        """Everything at once, on many keys, and in the end the file's word holds."""
        count = 150
        # A good answer now and then: a server without any is taken for dead, and left in peace for longer.
        schedule = ";".join(f"{fault}*3;ok" for fault in (*TRIED_AGAIN, "extra", "early-103", "new-secret")
                            if not fault.startswith("429") and fault not in ("hang", "hang-after", "drip"))
        self.start_sandbox("--count", str(count), "--faults", schedule + ";hang-after;429=1;hang")
        wanted = self.save(*(key(id_, "through the storm", number % 3 != 0)
                             for number, id_ in enumerate(counted_ids(count))))
        daemon = self.start("--api-timeout", "1s", "--max-disable", "100%")
        self.wait_settled(daemon, 0, wanted, timeout=60)
        self.assertEqual(self.sandbox.faults_left(), "", "every fault was met")
        self.assertEqual(self.sandbox.stats()["max_concurrent_per_key"], 1)
        self.assertEqual(daemon.stop(), 0)
        self.assert_in_sync()

    def assert_in_sync(self) -> None:
        drift = self.command("drift")
        self.assertEqual(drift.returncode, 0, drift.stdout + drift.stderr)


if __name__ == "__main__":
    harness.main()
