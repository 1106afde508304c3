# SPDX-License-Identifier: Apache-2.0
"""A token that was denied, and nothing left to send: what shows that it is taken again."""

import json
import os
import shutil
import subprocess

import harness
from harness import Daemon, counted_ids, key, wait_for
from test_status_server import StatusServer

# The monotonic clock of a process, and nothing else of it, is ahead by more than the five minutes between two tries
# as soon as a file is there.
AHEAD = """
#include <stdlib.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

int clock_gettime(clockid_t clock, struct timespec* time) {
    const int result = (int)syscall(SYS_clock_gettime, clock, time);
    if (result == 0 && clock == CLOCK_MONOTONIC && access(getenv("TEST_AHEAD"), F_OK) == 0) {
        time->tv_sec += 301;
    }
    return result;
}
"""


class Denied(StatusServer):
    def serve_with_clock(self) -> Daemon:
        """A daemon that five_minutes_later() can be said of."""
        compiler = shutil.which("cc")
        if compiler is None:
            raise self.skipTest("there is no C compiler, so no clock can be put ahead")
        source, library = self.folder / "ahead.c", self.folder / "ahead.so"
        source.write_text(AHEAD, encoding="utf-8")
        subprocess.run([compiler, "-shared", "-fPIC", "-o", str(library), str(source)], check=True)
        sanitizer = ":".join(filter(None, [os.environ.get("ASAN_OPTIONS"), "verify_asan_link_order=0"]))
        return self.serve(LD_PRELOAD=str(library), TEST_AHEAD=str(self.folder / "ahead"), ASAN_OPTIONS=sanitizer)

    def five_minutes_later(self) -> None:
        (self.folder / "ahead").touch()

    def wait_ready(self, status: int) -> None:
        """A loop that waits was told of another time: it looks at the clock when it is asked how it is."""
        wait_for(lambda: self.ask("/-/healthy").status == 200 and self.ask("/-/ready").status == status,
                 f"ready: {status}", also=lambda: self.ask("/status.json").body)

    def deny(self, daemon: Daemon) -> None:
        """For an edit that is taken back then."""
        before = self.keys_file.read_text(encoding="utf-8")
        self.sandbox.faults("401*inf")
        self.save(*[key(id_, "other") for id_ in self.ids])
        daemon.wait_event("api_access_denied")
        harness.write_atomically(self.keys_file, before)
        self.wait_metrics(api_denied=1, **{'keys{state="in_sync"}': 3})
        self.wait_ready(503)

    def begin(self) -> Daemon:
        self.ids = counted_ids(3)
        self.start_sandbox("--count", "3")
        self.save(*[key(id_, enabled=True) for id_ in self.ids])
        daemon = self.serve_with_clock()
        daemon.wait_event("reconcile_finished")
        self.deny(daemon)
        return daemon

    def test_good_again_when_the_edit_was_taken_back(self) -> None:
        daemon = self.begin()
        since = self.sandbox.seq()
        harness.stays(lambda: self.sandbox.seq() == since, "nothing is sent before it is time for a try")
        self.sandbox.faults("")
        self.five_minutes_later()
        self.wait_ready(200)
        (look,) = self.sandbox.journal(since)
        self.assertEqual(look["input"], {"id": look["id"]}, "it changes nothing")
        self.wait_metrics(api_denied=0, **{'keys{state="in_sync"}': 3})
        status = json.loads(self.ask("/status.json").body)
        self.assertEqual(status["verdict"], "in_sync")
        self.assertEqual(daemon.stop(), 0, daemon.tail())

    def test_denied_still(self) -> None:
        daemon = self.begin()
        mark, since = daemon.mark(), self.sandbox.seq()
        self.five_minutes_later()
        wait_for(lambda: self.ask("/-/healthy").status == 200 and daemon.events_of("api_access_denied", mark),
                 "told again", also=daemon.tail)
        self.wait_ready(503)
        self.assertEqual(len(self.sandbox.journal(since)), 1)
        self.assertEqual(daemon.stop(), 0, daemon.tail())

    def test_no_key_to_try_it_with(self) -> None:
        daemon = self.begin()
        self.sandbox.faults("")
        self.save()
        wait_for(lambda: "the file manages no key to try the token with" in self.ask("/status.json").body, "it says so")
        since = self.sandbox.seq()
        self.five_minutes_later()
        self.wait_ready(503)
        harness.stays(lambda: self.ask("/-/healthy").status == 200 and self.sandbox.seq() == since, "nothing is sent")
        self.save(key(self.ids[0], enabled=True))
        self.wait_ready(200)
        self.assertEqual(daemon.stop(), 0, daemon.tail())


if __name__ == "__main__":
    harness.main()
