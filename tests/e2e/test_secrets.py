# SPDX-License-Identifier: Apache-2.0
"""Neither the token nor a key's secret, nor a part of one, is found in anything that the daemon leaves behind.

Every secret here begins with a mark, and whatever is written anywhere is searched for it.
"""

import base64
import os
import resource
import subprocess
from pathlib import Path

import harness
from harness import Case, counted_ids, key

# Random enough that no path or word has them in it. A secret's own part comes after its mark.
SECRET_MARK = "zqXsecretWvkq"
TOKEN_MARK = "zqXtokenBwjhp"
TOKEN = TOKEN_MARK + "-0123456789-abcdefghij"

FAULTS = ["500", "500=NOT_FOUND", "500=BAD_USER_INPUT", "503", "429=1", "reset-before", "reset-after", "close-before",
          "close-after", "truncate", "html", "redirect", "empty", "hang-after", "wrong-id", "other-name",
          "ignore-enabled", "extra", "early-103", "no-secret", "secret-number", "new-secret"]


class Secrets(Case):
    def setUp(self) -> None:
        super().setUp()
        self.outputs: list[bytes] = []
        self.start_sandbox("--count", "40", "--secret-prefix", SECRET_MARK, token=TOKEN)
        self.ids = counted_ids(40)

    def marks(self) -> list[bytes]:
        found = [SECRET_MARK.encode(), TOKEN_MARK.encode(), base64.b64encode(TOKEN.encode())[:20]]
        # A secret without its mark is one all the same.
        found += [one["secret"].removeprefix(SECRET_MARK).encode() for one in self.sandbox.keys().values()]
        found.append(TOKEN.removeprefix(TOKEN_MARK).encode())
        self.assertTrue(all(len(mark) >= 8 for mark in found))
        return found

    def assert_clean(self, content: bytes, where: str) -> None:
        for mark in self.marks_now:
            self.assertNotIn(mark, content, f"in {where}")

    def assert_all_clean(self) -> None:
        self.marks_now = self.marks()
        for number, output in enumerate(self.outputs):
            self.assert_clean(output, f"output {number}")
        for path in self.folder.rglob("*"):
            # The token file is the tester's own; the sandbox's files are the sandbox's.
            if path.is_file() and path.name not in ("token", "token.new") and not path.name.startswith("sandbox-"):
                self.assert_clean(path.read_bytes(), str(path))

    def keep(self, daemon: harness.Daemon) -> None:
        self.outputs += [bytes(daemon.raw), daemon.stdout]

    def keep_command(self, *arguments: str, **variables: str) -> "subprocess.CompletedProcess[str]":
        done = self.command(*arguments, **variables)
        self.outputs += [done.stdout.encode(), done.stderr.encode()]
        return done

    def keep_reports(self) -> None:
        for command in (["status"], ["status", "--format", "json"], ["drift"], ["drift", "--format", "json"],
                        ["apply", "--dry-run"], ["validate"]):
            self.keep_command(*command, "--log-level", "debug")

    def test_marks_are_found_where_they_are(self) -> None:
        """The search itself: it finds the token in the token file."""
        self.marks_now = self.marks()
        with self.assertRaises(AssertionError):
            self.assert_clean(self.token_file.read_bytes(), "the token file")
        with self.assertRaises(AssertionError):
            self.assert_clean(self.sandbox.key(self.ids[0])["secret"].encode(), "a secret")

    def test_everything_that_can_go_wrong(self) -> None:
        temporary = self.folder / "tmp"
        temporary.mkdir()
        for log_format in ("json", "text"):
            daemon = self.start("--log-level", "debug", "--log-format", log_format, "--api-timeout", "500ms",
                                "--max-disable", "100%", wait=False, TMPDIR=str(temporary))
            self.sandbox.faults(";".join(f"{fault}@{id_}" for fault, id_ in zip(FAULTS, self.ids)))
            self.save(*(key(id_, f"{log_format} name", number % 2 == 0) for number, id_ in enumerate(self.ids)))
            untouched = [key(id_, f"{log_format} name") for id_ in self.ids[len(FAULTS):]]
            self.wait_converged(untouched, daemon)
            harness.wait_for(lambda: not self.sandbox.faults_left(), "every fault was met", also=daemon.tail)
            self.keep_reports()
            self.assert_all_clean()  # while it runs: the write-ahead log holds most then
            self.assertEqual(daemon.stop(), 0, daemon.tail())
            self.keep(daemon)
            self.keep_reports()
        self.assert_all_clean()
        self.assertTrue((self.state_folder / "state.db").stat().st_size)

    def test_killed(self) -> None:
        self.sandbox.faults("hang-after*3")
        self.save(*(key(id_, "killed") for id_ in self.ids))
        daemon = self.start("--log-level", "debug")
        harness.wait_for(lambda: len(self.sandbox.journal()) >= 10, "some are answered")
        daemon.kill()
        self.keep(daemon)
        self.assert_all_clean()

    def test_wrong_tokens(self) -> None:
        self.save(key(self.ids[0], "never"))
        for token in (TOKEN + "-wrong", TOKEN[:-1] + " x", TOKEN + "\nX-Injected: yes", "", TOKEN + "\u00e9"):
            with self.subTest(token):
                self.write_token(token)
                self.assertNotEqual(self.keep_command("apply", "--log-level", "debug").returncode, 0)
        self.write_token(TOKEN, mode=0o644)
        self.assertEqual(self.keep_command("apply").returncode, 78)
        # In a URL, where people put such things.
        self.write_token(TOKEN)
        self.assertEqual(self.keep_command("apply", "--api-url", TOKEN).returncode, 78)
        self.keep_command("apply", "--api-url", f"http://user:{TOKEN}@127.0.0.1:{self.sandbox.port}/rest/v1")
        self.assert_all_clean()

    def test_token_replaced_while_it_runs(self) -> None:
        self.save(key(self.ids[0], "one"))
        daemon = self.start("--log-level", "debug")
        self.wait_settled(daemon, 0)
        for token in (TOKEN + "-wrong", self.sandbox.key(self.ids[1])["secret"], "two words " + TOKEN, TOKEN):
            mark = daemon.mark()
            self.write_token(token)
            daemon.wait_event("token_invalid" if " " in token else "token_loaded", mark)
        self.save(key(self.ids[0], "two"))
        self.wait_converged([key(self.ids[0], "two")], daemon)
        self.assertEqual(daemon.stop(), 0)
        self.keep(daemon)
        self.assert_all_clean()

    def test_token_where_something_else_belongs(self) -> None:
        """Its file in place of the desired file, and itself in place of a setting's value."""
        told = []
        for output in ("text", "json", "markdown", "html"):
            told.append(self.keep_command("drift", "--keys", str(self.token_file), "--format", output))
        told.append(self.keep_command("validate", str(self.token_file)))
        told.append(self.keep_command("validate", TOKEN))
        told.append(self.keep_command("import", "--merge", str(self.token_file), self.ids[0]))
        told.append(self.keep_command("status", "--refresh=" + TOKEN))
        told.append(self.keep_command("status", APIKEYD_LOG_LEVEL=TOKEN))
        for done in told:
            self.assertNotEqual(done.returncode, 0, done.args)
            self.assertTrue(done.stdout + done.stderr)
        self.assert_all_clean()

    def test_errors_that_echo(self) -> None:
        """A server that repeats the token in its error."""
        first, second = self.ids[:2]
        secret = self.sandbox.key(first)["secret"]
        self.sandbox.faults(f"500=CODE-{TOKEN}@{first};500=NOT_FOUND-{secret}@{second}")
        self.save(key(first, "one"), key(second, "two"))
        daemon = self.start("--log-level", "debug")
        self.wait_settled(daemon, 0, [key(first, "one"), key(second, "two")])
        self.assertEqual(len(daemon.events_of("api_key_retry")), 2, daemon.tail())
        self.keep_reports()
        self.assertEqual(daemon.stop(), 0)
        self.keep(daemon)
        self.assert_all_clean()

    def proc(self, daemon: harness.Daemon, name: str) -> bytes:
        return Path(f"/proc/{daemon.pid}/{name}").read_bytes()

    def test_process_shows_nothing(self) -> None:
        self.save(key(self.ids[0], "one"))
        daemon = self.start()
        self.wait_settled(daemon, 0)
        self.marks_now = self.marks()
        self.assert_clean(self.proc(daemon, "cmdline"), "cmdline")
        self.assert_clean(self.proc(daemon, "environ"), "environ")

    def token_by_variable(self) -> harness.Daemon:
        self.save(key(self.ids[0], "one"))
        options = harness.without(self.options(), ["--token-file"])
        daemon = harness.Daemon([harness.binary("APIKEYD_BIN", "apikeyd"), "run", *options],
                                self.environment(APIKEYD_TOKEN=TOKEN), self.folder)
        self.addCleanup(daemon.kill)
        self.wait_settled(daemon, 0, [key(self.ids[0], "one")])
        return daemon

    def test_variable_is_no_argument_and_no_output(self) -> None:
        daemon = self.token_by_variable()
        self.marks_now = self.marks()
        self.assert_clean(self.proc(daemon, "cmdline"), "cmdline")
        self.assertEqual(daemon.stop(), 0)
        self.keep(daemon)
        self.assert_all_clean()

    def test_variable_is_wiped_from_the_environment(self) -> None:
        """What ps and /proc show of a process's environment is the block that it was started with."""
        daemon = self.token_by_variable()
        self.marks_now = self.marks()
        self.assert_clean(self.proc(daemon, "environ"), "environ")

    def test_core_dump_is_off(self) -> None:
        self.save(key(self.ids[0], "one"))
        if resource.getrlimit(resource.RLIMIT_CORE)[1] == 0:
            self.skipTest("nothing may dump core here anyway")
        daemon = self.start(prefix=("sh", "-c", 'ulimit -S -c "$(ulimit -H -c)" && exec "$@"', "sh"))
        self.wait_settled(daemon, 0)
        core = next(line for line in self.proc(daemon, "limits").decode().splitlines()
                    if line.startswith("Max core file size"))
        # What may not be dumped (PR_SET_DUMPABLE) belongs to root in /proc.
        undumpable = os.geteuid() != 0 and os.stat(f"/proc/{daemon.pid}/environ").st_uid == 0
        self.assertTrue(undumpable or core.split()[4] == "0", core)

    def test_state_is_private(self) -> None:
        self.save(key(self.ids[0], "one"))
        daemon = self.start()
        self.wait_settled(daemon, 0)
        for path in self.state_folder.iterdir():
            self.assertEqual(path.stat().st_mode & 0o077, 0, path)


if __name__ == "__main__":
    harness.main()
