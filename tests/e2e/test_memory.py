# SPDX-License-Identifier: Apache-2.0
"""What is found in the daemon's memory once it has nothing to do: its token, and no other secret."""

from pathlib import Path

import harness
import memory
from harness import Case, Daemon, Key, counted_ids, key

SECRET_MARK = "zqXsecretWvkq"
TOKEN = "zqXtokenBwjhp-0123456789-abcdefghij"

# Answers that carry a secret and take another way through the daemon than a good one.
FAULTS = ["truncate", "other-name", "wrong-id", "ignore-enabled", "extra", "early-103", "new-secret", "500=NOT_FOUND"]

# Where the token must be while the daemon works: what the file said, and what the connections are given.
TOKEN_COPIES = 2


class Memory(Case):
    tls = False
    secret_prefix = SECRET_MARK

    def setUp(self) -> None:
        super().setUp()
        self.ids = counted_ids(40)
        self.certificate = harness.make_certificate(self.folder) if self.tls else None
        self.start_sandbox("--count", str(len(self.ids)), "--secret-prefix", self.secret_prefix, token=TOKEN,
                           certificate=self.certificate)

    def begin(self, *faults: str) -> Daemon:
        """A daemon that has converged, with as many keys as could leave something behind."""
        if harness.FACTOR != 1:
            self.skipTest("a sanitizer's allocator keeps what was freed")
        self.sandbox.faults(";".join(f"{fault}@{id_}" for fault, id_ in zip(faults, self.ids)))
        self.save(*self.wanted("first", self.ids))
        daemon = self.start()
        if reason := memory.why_unreadable(daemon.pid):
            self.skipTest(reason)
        self.wait_converged(self.wanted("first", self.ids)[len(faults):], daemon)
        harness.wait_for(lambda: not self.sandbox.faults_left(), "every fault was met", also=daemon.tail)
        return daemon

    def options(self, log_format: str = "json") -> list[str]:
        trust = ["--ca-file", str(self.certificate[0])] if self.certificate else []
        return [*super().options(log_format), "--max-disable", "100%", *trust]

    def wanted(self, name: str, ids: list[str]) -> list[Key]:
        return [key(id_, name, number % 2 == 0) for number, id_ in enumerate(ids)]

    def secrets(self) -> list[bytes]:
        """What each begins with, and its two halves: memory that is used again loses its first bytes."""
        parts = [SECRET_MARK.encode()]
        for one in self.sandbox.keys().values():
            own = one["secret"].removeprefix(self.secret_prefix).encode()
            parts += [own[:len(own) // 2], own[len(own) // 2:]]
        self.assertTrue(all(len(part) >= 12 for part in parts))
        return parts

    def assert_none(self, daemon: Daemon, needles: list[bytes], what: str) -> None:
        """At rest there is none. A thread may still be busy with its last answer."""
        found: list[memory.Found] = []

        def none() -> bool:
            found[:] = memory.search(daemon.pid, needles)
            return not found

        def more() -> str:
            return f"{len(found)} places:\n" + "\n".join(map(str, found[:30]))
        harness.wait_for(none, f"nothing in the memory of {what}", 5, more)

    def test_the_search_finds_what_is_there(self) -> None:
        daemon = self.begin()
        self.assertTrue(memory.search(daemon.pid, [self.ids[0].encode(), b"key-1"]), "names and ids")
        self.assertTrue(memory.search(daemon.pid, [TOKEN.encode()]), "the token")

    def test_secrets_of_answers(self) -> None:
        daemon = self.begin()
        self.assert_none(daemon, self.secrets(), "the keys' secrets")

    def test_secrets_of_answers_that_are_wrong(self) -> None:
        daemon = self.begin(*FAULTS)
        self.assert_none(daemon, self.secrets(), "the keys' secrets")

    def test_token(self) -> None:
        """It stands where it is kept and nowhere else, however many requests went out with it."""
        daemon = self.begin()
        copies: list[memory.Found] = []

        def few() -> bool:
            copies[:] = memory.search(daemon.pid, [TOKEN.encode(), TOKEN[16:].encode()])
            return len(copies) <= TOKEN_COPIES
        harness.wait_for(few, "few copies of the token", 5, lambda: "\n".join(map(str, copies)))
        self.assertTrue(copies)

    def test_token_that_was_replaced(self) -> None:
        daemon = self.begin()
        fresh = "another-" + TOKEN[::-1]
        self.sandbox.set_token(fresh)
        mark = daemon.mark()
        self.write_token(fresh)
        daemon.wait_event("token_loaded", mark)
        # Whole, and a part that a block's being freed doesn't touch.
        self.assert_none(daemon, [TOKEN.encode(), TOKEN[16:].encode()], "the old token")
        wanted = self.save(*self.wanted("second", self.ids))
        self.wait_converged(wanted, daemon)
        self.assert_none(daemon, [TOKEN.encode(), TOKEN[16:].encode()], "the old token")

    def test_token_of_the_environment(self) -> None:
        if harness.FACTOR != 1:
            self.skipTest("a sanitizer's allocator keeps what was freed")
        self.save(*self.wanted("first", self.ids))
        options = harness.without(self.options(), ["--token-file"])
        daemon = harness.Daemon([harness.binary("APIKEYD_BIN", "apikeyd"), "run", *options],
                                self.environment(APIKEYD_TOKEN=TOKEN), self.folder)
        self.addCleanup(daemon.kill)
        daemon.wait_event("reconcile_finished")
        if reason := memory.why_unreadable(daemon.pid):
            self.skipTest(reason)
        copies = memory.search(daemon.pid, [TOKEN.encode()])
        self.assertFalse([one for one in copies if one.where == "[stack]"], "the environment is wiped")
        self.assertNotIn(TOKEN.encode(), Path(f"/proc/{daemon.pid}/environ").read_bytes())
        # Kept for settings that are read again: they may name no file.
        self.assertLessEqual(len(copies), TOKEN_COPIES + 2, "\n".join(map(str, copies)))


class MemoryTls(Memory):
    tls = True


class MemoryLong(Memory):
    """Secrets as long as a signed token: other buffers hold them."""
    secret_prefix = SECRET_MARK + "long-" * 200


if __name__ == "__main__":
    harness.main()
