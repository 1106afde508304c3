# SPDX-License-Identifier: Apache-2.0
"""That machines leave nothing behind, however the tests that use them come to an end."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import servicecase
from harness import BOUND, FACTOR, wait_for
from servicecase import ServiceCase

CHILD = """
import servicecase, time
servicecase.stop_in_order()
machine = servicecase.Machine.boot()
print(machine.name, machine.folder, flush=True)
time.sleep(600)
"""


class Ends(ServiceCase):
    def test_nothing_is_left(self) -> None:
        assert self.machine.holder
        groups = Path(f"/proc/{self.machine.holder.pid}/root{self.machine.tree}/cgroup")
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGKILL):
            # To all of them, as a terminal does; SIGKILL to the tests alone, as ctest does.
            send = os.kill if number == signal.SIGKILL else os.killpg
            with self.subTest(number.name), subprocess.Popen(
                    [sys.executable, "-B", "-c", CHILD], cwd=Path(__file__).parent, start_new_session=True,
                    stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as child:
                assert child.stdout
                name, folder = child.stdout.readline().split()
                self.assertTrue((groups / name).is_dir() and Path(folder).is_dir())
                send(child.pid, number)
                child.wait(BOUND * FACTOR)
                wait_for(lambda: not (groups / name).exists(), f"the cgroup {name} is gone")
                wait_for(lambda: not Path(folder).exists(), f"{folder} is gone")


if __name__ == "__main__":
    servicecase.main()
