# SPDX-License-Identifier: Apache-2.0
"""Ten thousand keys in one run."""

import re
from pathlib import Path

import harness
from harness import Case, counted_ids, key

COUNT = 10_000
MEMORY = 150  # MiB; a bound, several times what it takes


class Scale(Case):
    def peak(self, daemon: harness.Daemon) -> float:
        """The most memory that it has had so far, in MiB."""
        status = Path(f"/proc/{daemon.pid}/status").read_text(encoding="utf-8")
        found = re.search(r"^VmHWM:\s+(\d+) kB$", status, re.MULTILINE)
        assert found
        return int(found[1]) / 1024

    def test_ten_thousand_keys(self) -> None:
        self.start_sandbox("--count", str(COUNT))
        ids = counted_ids(COUNT)
        wanted = self.save(*(key(id_, f"scale-{number}", True) for number, id_ in enumerate(ids)))
        daemon = self.start("--api-concurrency", "16", "--log-level", "info")
        self.wait_settled(daemon, 0, wanted, timeout=60)
        stats = self.sandbox.stats()
        self.assertEqual(stats["requests"], COUNT)
        self.assertLessEqual(stats["connections"], 16 + 4, "connections are kept")
        self.assertLessEqual(stats["max_concurrent"], 16)
        self.assertEqual(stats["max_concurrent_per_key"], 1)
        self.assertEqual(len(daemon.events_of("api_key_updated")), COUNT)

        # One edit among so many is one request.
        before, mark = self.sandbox.seq(), daemon.mark()
        wanted[COUNT // 2]["name"] = "the one that changed"
        self.save(*wanted)
        self.wait_settled(daemon, mark, wanted)
        self.assertEqual(len(self.sandbox.journal(before)), 1)

        peak = self.peak(daemon)
        print(f"peak memory: {peak:.0f} MiB", flush=True)
        if harness.FACTOR == 1:  # a sanitizer's memory is its own
            self.assertLess(peak, MEMORY)
        self.assertEqual(daemon.stop(), 0)

        again = self.start()
        self.wait_settled(again, 0)
        self.assertEqual(len(self.sandbox.journal(before)), 1, "a restart sends nothing")


if __name__ == "__main__":
    harness.main()
