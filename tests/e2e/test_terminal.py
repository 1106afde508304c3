# SPDX-License-Identifier: Apache-2.0
"""What stands on a terminal: `status --watch`, and how far `apply` is."""

import json
import os
import re
import select
import signal
import subprocess
from typing import Any

import harness
from harness import Case, counted_ids, key
from terminal import Terminal

CTRL_C, CTRL_Z, CTRL_BACKSLASH = "\x03", "\x1a", "\x1c"
EVIL = "a\u202eb\x1b[31mc"  # a direction control and a colour, in a name
WIDE = "\u6771\u4eac\u30bf\u30ef\u30fc"  # two columns each


class OnTerminal(Case):
    def open(self, *arguments: str, rows: int = 24, columns: int = 80, **variables: str) -> Terminal:
        terminal = Terminal([harness.binary("APIKEYD_BIN", "apikeyd"), *arguments],
                            self.environment(**{"TERM": "xterm", **variables}),
                            self.folder, rows, columns)
        self.addCleanup(terminal.close)
        return terminal

    def assert_restored(self, terminal: Terminal) -> None:
        self.assertEqual(terminal.window.modes, {"25": True, "7": True, "1049": False})
        self.assertEqual(terminal.mode(), terminal.mode_before)


class Watch(OnTerminal):
    def watch(self, *arguments: str, **options: Any) -> Terminal:
        return self.open("status", "--watch", "--state", str(self.state_file), "--keys", str(self.keys_file),
                         *arguments, **options)

    def begin(self, count: int = 3, **options: Any) -> list[str]:
        self.start_sandbox("--count", str(count), **options)
        ids = counted_ids(count)
        self.save(*(key(id_, f"key {number}", True) for number, id_ in enumerate(ids, 1)))
        self.assertEqual(self.command("apply").returncode, 0)
        return ids

    def test_keeps_up_with_a_daemon(self) -> None:
        ids = self.begin()
        terminal = self.watch()
        terminal.wait_text("3 known, 0 in doubt, 0 rejected", "last reconciliation: #1, converged",
                           f"{ids[0]}  enabled   'key 1'  answered")
        self.assertEqual(terminal.window.modes, {"25": False, "7": False, "1049": True})
        daemon = self.start()
        terminal.wait_text("#2, converged")
        desired = self.save(key(ids[0], "renamed", True), key(ids[1], enabled=False), key(ids[2]))
        self.wait_converged(desired, daemon)
        terminal.wait_text("'renamed'", f"{ids[1]}  disabled", "#3, converged")
        daemon.stop()
        daemon = self.start()
        self.save(key(ids[0], WIDE, True))
        terminal.wait_text(f"'{WIDE}'", "#5, converged")
        before = terminal.text()
        harness.wait_for(lambda: terminal.text() != before, "the ages go on, without a change")
        terminal.type(CTRL_C)
        self.assertEqual(terminal.wait(), 0)
        self.assert_restored(terminal)
        self.assertEqual(terminal.text(), "", "what was there before is there again")
        self.assertEqual(terminal.window.scrolled, [])
        self.assertFalse(terminal.window.overrun)
        self.assertNotIn("\x1b[2J", terminal.raw, "it would flicker")

    def test_ways_to_end(self) -> None:
        self.begin()
        for end in (CTRL_C, CTRL_BACKSLASH, "q", signal.SIGTERM, signal.SIGHUP):
            with self.subTest(end):
                terminal = self.watch()
                terminal.wait_text("3 known")
                if isinstance(end, str):
                    terminal.type(end)
                else:
                    terminal.process.send_signal(end)
                self.assertEqual(terminal.wait(), 0)
                self.assert_restored(terminal)

    def test_stopped_and_gone_on_with(self) -> None:
        self.begin()
        terminal = self.watch()
        terminal.wait_text("3 known")
        terminal.type(CTRL_Z)
        harness.wait_for(terminal.stopped, "it is stopped")
        terminal.drain()
        self.assert_restored(terminal)
        terminal.process.send_signal(signal.SIGCONT)
        terminal.wait_text("3 known")
        self.assertFalse(terminal.window.modes["25"])
        terminal.type(CTRL_C)
        self.assertEqual(terminal.wait(), 0)
        self.assert_restored(terminal)

    def test_window_sizes(self) -> None:
        ids = self.begin(30)
        self.save(*(key(id_, WIDE * 6, True) for id_ in ids))
        self.assertEqual(self.command("apply").returncode, 0)
        for rows, columns in ((24, 80), (10, 20), (40, 200), (2, 5), (1, 1), (24, 41)):
            with self.subTest(rows=rows, columns=columns):
                terminal = self.watch(rows=rows, columns=columns)
                harness.wait_for(lambda: terminal.text(), "something is shown", also=terminal.text)
                if rows * columns > 100:
                    terminal.wait_text("30 known, 0 in")
                    text = terminal.text()
                    self.assertEqual("more" in text or "don't fit" in text, rows < 40, text)
                terminal.type(CTRL_C)
                self.assertEqual(terminal.wait(), 0)
                self.assertFalse(terminal.window.overrun)
                self.assertEqual(terminal.window.scrolled, [])

    def test_resized(self) -> None:
        ids = self.begin(30)
        terminal = self.watch(rows=12)
        terminal.wait_text(ids[0], "more")
        self.assertNotIn(ids[-1], terminal.text())
        terminal.resize(50, 100)
        text = terminal.wait_text(ids[0], ids[-1])
        self.assertNotIn("more", text)
        terminal.resize(14, 30)
        terminal.wait_text("30 known, 0 in doubt,", "more")
        terminal.type(CTRL_C)
        self.assertEqual(terminal.wait(), 0)
        self.assert_restored(terminal)

    def test_what_is_wrong_is_seen_first(self) -> None:
        ids = self.begin(30)
        self.save(*(key(id_, enabled=number < 18) for number, id_ in enumerate(ids)))
        self.assertEqual(self.command("apply").returncode, 1, "twelve disables are held")
        self.assertEqual(self.command("suspend", "--for", "1h", "--reason", f"see {WIDE}").returncode, 0)
        terminal = self.watch(rows=20, columns=100)
        text = terminal.wait_text("30 known", "SUSPENDED until", f"(see {WIDE})", "HELD, begun", "apikeyd approve",
                                  ids[18], "more")
        self.assertNotIn(ids[0], text)
        terminal.type(CTRL_C)
        self.assertEqual(terminal.wait(), 0)
        narrow = self.watch(rows=24, columns=20)
        narrow.wait_text("SUSPENDED until", "HELD, begun")
        self.assertEqual(self.command("resume").returncode, 0)
        harness.wait_for(lambda: "SUSPENDED" not in narrow.text(), "the suspension is over", also=narrow.text)
        narrow.type(CTRL_C)
        self.assertEqual(narrow.wait(), 0)
        self.assertFalse(narrow.window.overrun)

    def test_filters(self) -> None:
        ids = self.begin()
        one = self.watch("--key", ids[1])
        self.assertNotIn(ids[0], one.wait_text(ids[1], "3 known"))
        none = self.watch("--only", "held,in-doubt")
        none.wait_text("no such key")
        self.save(*(key(id_, enabled=False) for id_ in ids))
        none.wait_text("3 known")
        for terminal in (one, none):
            terminal.type(CTRL_C)
            self.assertEqual(terminal.wait(), 0)

    def test_what_the_file_will_change_by_itself(self) -> None:
        ids = self.begin()
        terminal = self.watch()
        terminal.wait_text("3 known")
        harness.write_atomically(self.keys_file, "version: 1\nkeys:\n" + "".join(
            f"  - id: {id_}\n    enabled_from: 2126-01-01T00:00:00Z\n" for id_ in ids))
        terminal.wait_text("coming: 2126-01-01T00:00:00Z")
        harness.write_atomically(self.keys_file, "keys: [")
        terminal.wait_text("coming: not known")
        terminal.type(CTRL_C)
        self.assertEqual(terminal.wait(), 0)

    def test_a_state_that_comes_and_goes(self) -> None:
        terminal = self.watch(columns=200)
        terminal.wait_text("STATE UNAVAILABLE", "there is no state yet")
        self.begin()
        terminal.wait_text("3 known")
        away = self.folder / "away"
        self.state_folder.rename(away)
        terminal.wait_text("there is no state yet, or no more")
        self.assertNotIn("known", terminal.text())
        self.state_folder.mkdir(mode=0o700)
        self.save(key(counted_ids(1)[0], "only one"))
        self.assertEqual(self.command("apply").returncode, 0)
        terminal.wait_text("1 known", "'only one'")
        os.replace(away / "state.db", self.state_file)  # another file in its place
        terminal.wait_text("3 known")
        self.state_file.write_bytes(b"not a database at all" * 100)
        terminal.wait_text("STATE UNAVAILABLE", "is not an SQLite database", "3 known")
        terminal.type(CTRL_C)
        self.assertEqual(terminal.wait(), 0)
        self.assert_restored(terminal)
        # From the beginning it is an error, as without --watch.
        refused = self.watch(columns=200)
        self.assertEqual(refused.wait(), 1)
        self.assertIn("is not an SQLite database", refused.text())
        self.assert_restored(refused)

    def test_names_are_no_commands(self) -> None:
        ids = counted_ids(1)
        self.start_sandbox(keys=[{"id": ids[0], "name": EVIL}])
        self.save(key(ids[0], enabled=False))
        self.assertEqual(self.command("apply").returncode, 0)
        terminal = self.watch("--no-color")
        terminal.wait_text(r"'a\u202eb\x1b[31mc'")
        terminal.type(CTRL_C)
        self.assertEqual(terminal.wait(), 0)
        self.assertNotIn("\u202e", terminal.raw)

    def test_no_colour(self) -> None:
        self.begin()
        for variables, coloured in (({}, True), ({"NO_COLOR": "1"}, False)):
            with self.subTest(variables):
                terminal = self.watch(**variables)
                terminal.wait_text("3 known")
                terminal.type(CTRL_C)
                self.assertEqual(terminal.wait(), 0)
                self.assertEqual("\x1b[1m" in terminal.raw, coloured)

    # --- where nothing can be drawn over

    def watch_in_pipe(self, *arguments: str, **variables: str) -> subprocess.Popen:
        process = subprocess.Popen(
            [harness.binary("APIKEYD_BIN", "apikeyd"), "status", "--watch", "--state", str(self.state_file),
             "--keys", str(self.keys_file), *arguments], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
            stderr=subprocess.PIPE, env=self.environment(**variables), cwd=self.folder, bufsize=0)

        def end() -> None:
            process.kill()
            process.communicate()
        self.addCleanup(end)
        return process

    def read_line(self, process: subprocess.Popen) -> bytes:
        assert process.stdout
        ready, _, _ = select.select([process.stdout], [], [], harness.BOUND * harness.FACTOR)
        self.assertTrue(ready, "nothing came")
        return process.stdout.readline()

    def test_a_document_a_line(self) -> None:
        ids = self.begin()
        process = self.watch_in_pipe("--format", "json")
        first = json.loads(self.read_line(process))
        self.assertEqual([one["name"] for one in first["keys"]], ["key 1", "key 2", "key 3"])
        self.assertEqual(first["format_version"], "1.0")
        self.save(key(ids[0], "renamed"))
        self.assertEqual(self.command("apply").returncode, 0)
        following = json.loads(self.read_line(process))
        while following["keys"][0]["name"] != "renamed":  # the doubt before it may be a document, too
            following = json.loads(self.read_line(process))
        process.send_signal(signal.SIGINT)
        rest, errors = process.communicate(timeout=harness.BOUND * harness.FACTOR)
        self.assertEqual((process.returncode, errors), (0, b""))
        for line in rest.splitlines():
            json.loads(line)

    def test_a_report_a_change(self) -> None:
        process = self.watch_in_pipe()
        assert process.stderr
        self.assertIn(b"there is no state yet", process.stderr.readline())
        ids = self.begin()
        text = self.read_line(process)
        while b"#1, converged" not in text or not text.endswith(b"\n"):
            text += self.read_line(process)
        self.assertNotIn(b"\x1b", text)
        self.assertIn(f"{ids[2]}  enabled   'key 3'".encode(), text)
        harness.stays(lambda: not select.select([process.stdout], [], [], 0)[0], "the ages alone are no news", 2.5)
        assert process.stdout
        process.stdout.close()  # whoever read it has enough
        self.assertEqual(process.wait(harness.BOUND * harness.FACTOR), 0)
        process.stdout = None

    def test_a_dumb_terminal(self) -> None:
        self.begin()
        for term in ("dumb", ""):
            terminal = self.watch(TERM=term)
            terminal.wait_text("3 known", "converged")
            terminal.type(CTRL_C)
            self.assertEqual(terminal.wait(), 0)
            self.assertEqual(terminal.window.touched.replace("\x1b[0;0m", "") if term else "", "")
            self.assertTrue(terminal.window.modes["25"])

    def test_nothing_to_show(self) -> None:
        self.begin()
        done = self.command("status", "--watch", "--quiet")
        self.assertEqual(done.returncode, 64)
        self.assertIn("--watch", done.stderr)


class Progress(OnTerminal):
    COUNT = 600

    def begin(self, *arguments: str, count: int = COUNT, latency: int = 20, **options: Any) -> Terminal:
        self.start_sandbox("--count", str(count))
        self.sandbox.latency(latency)
        self.save(*(key(id_, f"{WIDE} {number}") for number, id_ in enumerate(counted_ids(count))))
        return self.open("apply", *harness.without(self.options("text"), arguments), *arguments, **options)

    def final(self, count: int = COUNT) -> str:
        return (f"converged: {count} managed keys, {count} changes planned, {count} applied, 0 rejected, 0 failed, "
                "0 held")

    def test_a_bar_that_leaves_nothing_behind(self) -> None:
        terminal = self.begin("--api-concurrency", "4", "--log-level", "warning", columns=120)
        text = terminal.wait_text("/600 [", "/s", "s left")
        self.assertRegex(text, r"^done \d+/600 \[=*> *\], \d+ %, \d+/s, \d+ s left$")
        self.assertEqual(terminal.wait(), 0)
        self.assertEqual(terminal.text(), self.final())
        self.assertFalse(terminal.window.overrun)
        self.assertTrue(terminal.window.modes["25"])

    def test_log_lines_stay_whole(self) -> None:
        terminal = self.begin("--api-concurrency", "4", rows=5, columns=2000)
        terminal.wait_text("done ", "s left")
        self.assertEqual(terminal.wait(), 0)
        lines = [*terminal.window.scrolled, *terminal.text().splitlines()]
        self.assertEqual(lines.pop(), self.final())
        self.assertEqual(sum("api_key_updated" in line for line in lines), self.COUNT)
        for line in lines:
            self.assertRegex(line, r"^20\d\d-\S+Z \w+ +\w+ [^\r]*$")
            self.assertNotIn("/600", line)

    def test_a_narrow_window(self) -> None:
        terminal = self.begin("--api-concurrency", "4", "--log-level", "warning", columns=20)
        self.assertRegex(terminal.wait_text("/600"), r"^(done )?\d+/600(, [^,]+)*$")
        terminal.resize(24, 60)
        terminal.wait_text("[", "s left")
        self.assertEqual(terminal.wait(), 0)
        self.assertNotIn("/600", terminal.text())

    def test_what_it_waits_for(self) -> None:
        self.start_sandbox()
        self.sandbox.faults("429=3")
        self.save(key(next(iter(self.sandbox.keys())), "renamed"))
        terminal = self.open("apply", *self.options("text"), "--log-level", "error")
        terminal.wait_text("done 0/1", "paused by the API for ", "1 to retry")
        self.assertEqual(terminal.wait(), 0)
        self.assertIn("1 applied", terminal.text())
        self.assertNotIn("paused", terminal.text())

    def test_interrupted(self) -> None:
        terminal = self.begin("--log-level", "warning", "--api-concurrency", "1")
        terminal.wait_text("/600")
        terminal.type(CTRL_C)
        self.assertEqual(terminal.wait(), 1)
        self.assertNotIn("/600", terminal.text())
        self.assertIn("interrupted: 600 managed keys", terminal.text())

    def test_looks(self) -> None:
        terminal = self.begin("--api-concurrency", "4", "--log-level", "error", "--refresh")
        terminal.wait_text("looked at ", "/600")
        terminal.wait_text("done ", "/600")
        self.assertEqual(terminal.wait(), 0)
        self.assertEqual(terminal.text().replace("\n", ""), self.final())

    def test_none_where_it_is_not_wanted(self) -> None:
        for arguments, term in ((["--quiet"], "xterm"), ([], "dumb")):
            with self.subTest(arguments):
                self.state_file.unlink(missing_ok=True)
                terminal = self.begin("--api-concurrency", "4", "--log-level", "warning", *arguments, count=400, TERM=term)
                self.assertEqual(terminal.wait(), 0)
                self.assertEqual(terminal.raw.replace("\x1b[0;0m", "").replace("\r", ""),
                                 "" if arguments else self.final(400)[:80] + self.final(400)[80:] + "\n")
                self.sandbox.stop()

    def test_lines_in_a_pipe(self) -> None:
        """Where the log tells of no key; each key that it does tell of is enough."""
        self.start_sandbox()
        for level, told in (("error", True), ("info", False)):
            with self.subTest(level):
                self.sandbox.faults("429=11")
                self.save(key(next(iter(self.sandbox.keys())), f"renamed {level}"))
                done = self.command("apply", "--log-format", "text", "--log-level", level, "--format", "json")
                self.assertEqual(done.returncode, 0, done.stderr)
                self.assertEqual(json.loads(done.stdout)["applied"], 1)
                lines = [line for line in done.stderr.splitlines() if not re.match(r"20\d\d-", line)]
                self.assertEqual(bool(lines), told, done.stderr)
                if told:
                    self.assertRegex(lines[0], r"^apikeyd: done: 0 of 1 keys, 1 to retry, paused by the API for \d+ s$")


if __name__ == "__main__":
    harness.main()
