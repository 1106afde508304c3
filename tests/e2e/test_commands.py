# SPDX-License-Identifier: Apache-2.0
"""The commands, their exit codes, and what they print where."""

import json
import os
import pty
import subprocess

import harness
from harness import BILLING, LEGACY, MOBILE, Case, desired_text, key

OK, ERROR, DIFFERENCES, USAGE, SETTINGS = 0, 1, 2, 64, 78
WANTED = [key(BILLING, "billing-service", True), key(MOBILE, "mobile-app"), key(LEGACY, "legacy-import", False)]
ESCAPE = "\x1b["


class Commands(Case):
    def setUp(self) -> None:
        super().setUp()
        self.start_sandbox()
        self.save(*WANTED)

    def assert_code(self, done: "subprocess.CompletedProcess[str]", code: int) -> None:
        self.assertEqual(done.returncode, code, f"{done.args}\n{done.stdout}\n{done.stderr}")
        self.assertNotIn("terminate called", done.stderr)

    # --- what it is

    def test_version_and_help(self) -> None:
        done = self.run_apikeyd("--version")
        self.assert_code(done, OK)
        self.assertRegex(done.stdout, r"^apikeyd \d+\.\d+\.\d+\n$")
        done = self.run_apikeyd("--help")
        self.assert_code(done, OK)
        for command in ("run", "apply", "drift", "validate", "status", "history", "schema"):
            self.assertIn(f"\n  {command} ", done.stdout)
            with self.subTest(command):
                help_ = self.run_apikeyd(command, "--help")
                self.assert_code(help_, OK)
                self.assertTrue(help_.stdout)

    def test_usage(self) -> None:
        for arguments in ([], ["--no-such-option"], ["no-such-command"], ["drift", "--no-such-option"],
                          ["drift", "--keys"], ["drift", "--format", "no-such-format"], ["schema", "--format", "json"],
                          ["drift", "--format", "json", "--format", "text"], ["apply", "--format", "html"],
                          ["drift", "surplus"], ["run", "apply"], ["--token", "secret", "drift"]):
            with self.subTest(arguments):
                done = self.run_apikeyd(*arguments)
                self.assert_code(done, USAGE)
                self.assertTrue(done.stderr)
                self.assertEqual(done.stdout, "")

    # --- settings

    def test_wrong_settings(self) -> None:
        for what, arguments in {
            "http to elsewhere": ["--api-url", "http://192.0.2.1/rest/v1"],
            "no URL": ["--api-url", "api.example.com"],
            "timeout": ["--api-timeout", "soon"],
            "concurrency": ["--api-concurrency", "0"],
            "settings file missing": ["--config", str(self.folder / "nowhere.yaml")],
            "token file missing": ["--token-file", str(self.folder / "nowhere")],
            "token file is a folder": ["--token-file", str(self.folder)],
            "token file empty": ["--token-file", str(self.write_token("", self.folder / "empty"))],
            "token file readable by the group": [
                "--token-file", str(self.write_token(self.sandbox.token, self.folder / "shared", 0o640))],
            "CA file missing": ["--ca-file", str(self.folder / "nowhere"), "--api-url", "https://127.0.0.1:1/"],
        }.items():
            for command in ("apply", "run"):
                with self.subTest(what, command=command):
                    done = self.command(command, *arguments)
                    self.assert_code(done, SETTINGS)
                    self.assertTrue(done.stderr)
                    self.assertNotIn(self.sandbox.token, done.stdout + done.stderr)
        self.assertEqual(self.sandbox.journal(), [])

    def test_no_token_anywhere(self) -> None:
        done = self.run_apikeyd("apply", "--api-url", self.sandbox.url, "--keys", str(self.keys_file),
                                "--state", str(self.state_file))
        self.assert_code(done, SETTINGS)

    def test_unreadable_token_file(self) -> None:
        self.write_token(self.sandbox.token, mode=0)
        # Root reads everything; mode 0 is then as good as any private mode.
        self.assert_code(self.command("apply"), OK if os.geteuid() == 0 else SETTINGS)

    def test_settings_file(self) -> None:
        config = self.folder / "apikeyd.yaml"
        config.write_text(f"api:\n  url: {self.sandbox.url}\n  token_file: {self.token_file}\n"
                          f"keys: {self.keys_file}\nstate: {self.state_file}\n", encoding="utf-8")
        self.assert_code(self.run_apikeyd("apply", "--config", str(config)), OK)
        self.assertEqual(self.sandbox.differences(WANTED), [])
        self.assert_code(self.run_apikeyd("drift", APIKEYD_CONFIG=str(config)), OK)
        config.write_text("api:\n  uri: production\n  timeout: soon\n", encoding="utf-8")
        done = self.run_apikeyd("apply", "--config", str(config))
        self.assert_code(done, SETTINGS)
        self.assertIn(f"{config}:2:3", done.stderr)
        self.assertIn(f"{config}:3:12", done.stderr)
        self.assert_code(self.run_apikeyd("validate", "--config", str(config)), SETTINGS)

    def test_precedence(self) -> None:
        """Which of four places names the keys file shows in how many keys `validate` counts."""
        files = {}
        for count, place in enumerate(("flag", "environment", "settings"), 1):
            files[place] = self.folder / f"{place}.yaml"
            files[place].write_text(desired_text(WANTED[:count]), encoding="utf-8")
        config = self.folder / "apikeyd.yaml"
        config.write_text(f"keys: {files['settings']}\n", encoding="utf-8")

        flag = ["--keys", str(files["flag"])]
        environment = {"APIKEYD_KEYS": str(files["environment"])}
        settings = ["--config", str(config)]
        for expected, arguments, variables in (
                ("1 key", flag + settings, environment),
                ("2 keys", settings, environment),
                ("3 keys", settings, {}),
                ("/etc/apikeyd/keys.yaml", [], {})):
            with self.subTest(expected):
                done = self.run_apikeyd("validate", *arguments, **variables)
                self.assertIn(expected, done.stdout + done.stderr)

    # --- validate

    def test_validate(self) -> None:
        good = self.folder / "good.yaml"
        good.write_text(desired_text(WANTED), encoding="utf-8")
        bad = self.folder / "bad.yaml"
        bad.write_text("version: 1\nkeys:\n  - id: 12\n    nane: x\n", encoding="utf-8")
        done = self.run_apikeyd("validate", str(good))
        self.assert_code(done, OK)
        self.assertIn("3 keys", done.stdout)
        done = self.run_apikeyd("validate", str(good), str(bad), str(self.keys_folder))
        self.assert_code(done, ERROR)
        for text in (f"{good}: valid", f"{bad}:3:9", f"{bad}:4:5", "^", "name", f"{self.keys_folder}: valid"):
            self.assertIn(text, done.stdout + done.stderr)
        self.assert_code(self.run_apikeyd("validate", "--quiet", str(bad)), ERROR)
        self.assertEqual(self.run_apikeyd("validate", "--quiet", str(good)).stdout, "")
        self.assert_code(self.run_apikeyd("validate", str(self.folder / "nowhere.yaml")), ERROR)
        self.assert_code(self.run_apikeyd("validate", "/dev/zero"), ERROR)
        self.assertEqual(self.sandbox.journal(), [])
        self.assertFalse(self.state_file.exists())

    def test_validate_standard_input(self) -> None:
        """`git show :keys.yaml | apikeyd validate -`: what is committed, not what lies in the work tree."""
        for text, code, said in ((desired_text(WANTED), OK, "<stdin>: valid, 3 keys"),
                                 ("version: 1\nkeys: 7\n", ERROR, "<stdin>:2:7: error: "),
                                 ("", ERROR, "<stdin>: error: the file has no content")):
            with self.subTest(said):
                reader, writer = os.pipe()
                os.write(writer, text.encode())
                os.close(writer)
                with open(reader, encoding="utf-8") as stdin:
                    done = self.run_apikeyd("validate", "-", stdin=stdin)
                self.assert_code(done, code)
                self.assertIn(said, done.stdout)
        with open("/dev/zero", encoding="utf-8") as endless:
            done = self.run_apikeyd("validate", "-", "--format", "github", stdin=endless)
        self.assert_code(done, ERROR)
        self.assertEqual(done.stdout, "::error file=<stdin>,title=apikeyd::more than 64 MiB; no more are read\n")
        done = self.run_apikeyd("validate", "-", "--format", "json")
        self.assertEqual(json.loads(done.stdout)["files"], [{"path": "<stdin>", "valid": False, "keys": None}])

    def test_schema(self) -> None:
        done = self.run_apikeyd("schema")
        self.assert_code(done, OK)
        schema = json.loads(done.stdout)
        self.assertIn("$schema", schema)
        self.assertEqual(set(schema["required"]), {"version", "keys"})

    # --- apply, drift, status

    def test_from_nothing_to_in_sync(self) -> None:
        done = self.command("drift")
        self.assert_code(done, DIFFERENCES)
        self.assertEqual(len([line for line in done.stdout.splitlines() if line.startswith("+ ")]), 3, done.stdout)
        self.assertFalse(self.state_file.exists(), "looking makes no state file")
        self.assert_code(self.command("status"), ERROR)

        done = self.command("apply")
        self.assert_code(done, OK)
        self.assertIn("converged", done.stdout)
        self.assertEqual(self.sandbox.differences(WANTED), [])

        done = self.command("drift")
        self.assert_code(done, OK)
        self.assertIn("3 in sync", done.stdout)
        self.assertIn("oldest answer", done.stdout, "never in sync without the age of the evidence")
        before = self.sandbox.seq()
        self.assert_code(self.command("apply"), OK)
        self.assertEqual(self.sandbox.journal(before), [])
        done = self.command("status")
        self.assert_code(done, OK)
        for wanted in WANTED:
            self.assertIn(wanted["id"], done.stdout)

    def test_drift_json(self) -> None:
        self.assert_code(self.command("apply"), OK)
        self.save(key(BILLING, "billing-service", False), key(MOBILE, "phone-app"), WANTED[2],)
        done = self.command("drift", "--format", "json")
        self.assert_code(done, DIFFERENCES)
        report = json.loads(done.stdout)
        self.assertEqual(report["format_version"], "1.0")
        self.assertRegex(report["generated_at"], r"^\d{4}-\d\d-\d\dT[\d:.]+Z$")
        self.assertRegex(report["revision"]["digest"], r"^sha256:[0-9a-f]{64}$")
        self.assertIn("commit", report["revision"])
        self.assertTrue(report["digest"])
        summary = {name: report["summary"][name] for name in ("managed", "in_sync", "drifted", "unknown", "held")}
        self.assertEqual(summary, {"managed": 3, "in_sync": 1, "drifted": 2, "unknown": 0, "held": 0})
        changes = {change["id"]: change for change in report["changes"]}
        self.assertEqual(set(changes), {BILLING, MOBILE})
        disable = changes[BILLING]
        self.assertEqual((disable["name"], disable["action"], disable["reason"]),
                         ("billing-service", "disable", "changed"))
        self.assertEqual(disable["fields"], {"enabled": {"from": True, "to": False}})
        self.assertEqual(disable["evidence"]["kind"], "recorded")
        self.assertRegex(disable["evidence"]["observed_at"], r"Z$")
        self.assertEqual(disable["source"]["line"], 3)
        self.assertTrue(disable["source"]["file"].endswith("keys.yaml"))
        self.assertEqual(changes[MOBILE]["action"], "rename")
        self.assertEqual(changes[MOBILE]["fields"], {"name": {"from": "mobile-app", "to": "phone-app"}})
        self.assertEqual([change["action"] for change in report["changes"]], ["rename", "disable"],
                         "what hurts comes last")

    def test_drift_json_of_the_unknown(self) -> None:
        report = json.loads(self.command("drift", "--format", "json").stdout)
        self.assertEqual(report["summary"]["unknown"], 3)
        for change in report["changes"]:
            self.assertEqual((change["action"], change["evidence"]["kind"]), ("assert", "none"))

    def test_status_json(self) -> None:
        self.assert_code(self.command("apply"), OK)
        status = json.loads(self.command("status", "--format", "json").stdout)
        self.assertEqual(status["summary"]["known"], 3)
        self.assertEqual({one["id"]: (one["name"], one["enabled"]) for one in status["keys"]},
                         {BILLING: ("billing-service", True), MOBILE: ("mobile-app", True),
                          LEGACY: ("legacy-import", False)})
        self.assertEqual(status["last_reconciliation"]["result"], "converged")

    def test_dry_run_sends_nothing(self) -> None:
        done = self.command("apply", "--dry-run")
        self.assert_code(done, DIFFERENCES)
        self.assertIn(BILLING, done.stdout)
        self.assertFalse(self.state_file.exists())
        self.assert_code(self.command("apply"), OK)
        self.assert_code(self.command("apply", "--dry-run"), OK)
        before = self.sandbox.seq()
        self.save(key(BILLING, "other", True), *WANTED[1:])
        self.assert_code(self.command("apply", "--dry-run"), DIFFERENCES)

        daemon = self.start("--dry-run")
        daemon.wait_event("desired_loaded")
        mark = daemon.mark()
        self.save(key(BILLING, "yet-another", True), *WANTED[1:])
        daemon.wait_event("desired_loaded", mark)
        self.assertEqual(daemon.stop(), OK, daemon.tail())
        self.assertIn(b"yet-another", daemon.stdout)
        self.assertEqual(self.sandbox.journal(before), [])

    def test_dry_run_beside_the_daemon(self) -> None:
        daemon = self.start()
        self.wait_settled(daemon, 0, WANTED)
        self.assert_code(self.command("apply", "--dry-run"), OK)
        dry = self.start("--dry-run")
        dry.wait_event("desired_loaded")
        self.assertEqual(dry.stop(), OK)

    def test_error_outranks_difference(self) -> None:
        self.keys_file.write_text("version: 1\nkeys: 7\n", encoding="utf-8")
        for command in (["drift"], ["apply"], ["apply", "--dry-run"]):
            with self.subTest(command):
                done = self.command(*command)
                self.assert_code(done, ERROR)
                self.assertIn(f"{self.keys_file}:2:7", done.stderr)
        self.assertEqual(self.sandbox.journal(), [])

    def test_apply_that_does_not_converge(self) -> None:
        nobody = "f" * 24
        self.save(*WANTED, key(nobody, "nobody"))
        done = self.command("apply")
        self.assert_code(done, ERROR)
        self.assertIn("1 rejected", done.stdout)
        self.assertEqual(self.sandbox.differences(WANTED), [], "the others are done all the same")
        self.assert_code(self.command("drift"), DIFFERENCES)

    def test_apply_with_a_wrong_token(self) -> None:
        self.write_token("not-the-token")
        done = self.command("apply")
        self.assert_code(done, ERROR)
        self.assertIn("401", done.stderr)
        self.assertLessEqual(len(self.sandbox.journal()), 3)
        self.assertNotIn("not-the-token", done.stdout + done.stderr)

    def test_apply_gives_up(self) -> None:
        self.sandbox.faults(f"500*inf@{BILLING}")
        done = self.command("apply")
        self.assert_code(done, ERROR)
        self.assertEqual(self.sandbox.differences(WANTED[1:]), [])
        self.assertGreater(len(self.sandbox.sent(id_=BILLING)), 1)
        self.sandbox.faults("")
        self.assert_code(self.command("apply"), OK)
        self.assertEqual(self.sandbox.differences(WANTED), [])

    def test_state_that_can_not_be_used(self) -> None:
        text = self.folder / "text.db"
        text.write_text("no database\n", encoding="utf-8")
        for what, path in {"a folder": self.keys_folder, "no folder": self.folder / "nowhere" / "state.db",
                           "no database": text}.items():
            for command in ("apply", "run"):
                with self.subTest(what, command=command):
                    done = self.command(command, "--state", str(path))
                    self.assert_code(done, ERROR)
                    self.assertIn(str(path), done.stderr)
        self.assertEqual(self.sandbox.journal(), [])
        self.assertEqual(text.read_text(encoding="utf-8"), "no database\n")

    # --- where output goes

    def test_quiet(self) -> None:
        self.assertEqual(self.command("drift", "--quiet").stdout, "")
        self.assert_code(self.command("drift", "--quiet"), DIFFERENCES)
        self.assertEqual(self.command("apply", "--quiet").stdout, "")
        self.assert_code(self.command("drift", "--quiet"), OK)

    def on_terminal(self, *arguments: str, **variables: str) -> str:
        ours, theirs = pty.openpty()
        try:
            done = subprocess.run([harness.binary("APIKEYD_BIN", "apikeyd"), *arguments], stdin=subprocess.DEVNULL,
                                  stdout=theirs, stderr=subprocess.DEVNULL, cwd=self.folder, timeout=60, check=False,
                                  env=self.environment(TERM="xterm", **variables))
            self.assertEqual(done.returncode, DIFFERENCES)
            return os.read(ours, 65536).decode()
        finally:
            os.close(ours)
            os.close(theirs)

    def test_colour(self) -> None:
        drift = ["drift", *self.options()]
        self.assertIn(ESCAPE, self.on_terminal(*drift))
        self.assertNotIn(ESCAPE, self.on_terminal(*drift, "--no-color"))
        self.assertNotIn(ESCAPE, self.on_terminal(*drift, NO_COLOR="1"))
        self.assertNotIn(ESCAPE, self.on_terminal(*drift, "--format", "json"))
        self.assertNotIn(ESCAPE, self.command("drift").stdout, "into a pipe")

    def test_terminal_sequences_are_not_passed_on(self) -> None:
        self.sandbox.somebody_changes(BILLING, name="a\x1b[31mb\u202ec")
        self.save(key(BILLING, enabled=True))
        done = self.command("apply")
        self.assert_code(done, OK)
        self.save(key(BILLING, "plain"))
        for command in (["drift"], ["status"], ["drift", "--format", "json"]):
            done = self.command(*command)
            self.assertNotIn("\x1b", done.stdout + done.stderr)
            self.assertNotIn("\u202e", done.stdout + done.stderr)

    def test_output_that_can_not_be_written(self) -> None:
        """Incomplete output is an error, whatever it was to say."""
        self.assert_code(self.command("apply"), OK)
        commands = [["drift", *self.options()], ["drift", *self.options(), "--format", "json"],
                    ["status", *self.options()], ["schema"], ["validate", str(self.keys_file)],
                    ["apply", *self.options(), "--dry-run"], ["apply", *self.options()]]
        for arguments in commands:
            with self.subTest(arguments[0], into="/dev/full"), open("/dev/full", "w", encoding="utf-8") as full:
                self.assert_code(self.run_apikeyd(*arguments, stdout=full), ERROR)
            with self.subTest(arguments[0], into="a closed pipe"):
                reader, writer = os.pipe()
                os.close(reader)
                try:
                    self.assert_code(self.run_apikeyd(*arguments, stdout=writer), ERROR)
                finally:
                    os.close(writer)

    def test_log_into_a_closed_pipe(self) -> None:
        """A log that nobody reads any more is no reason to stop converging."""
        daemon = self.start()
        self.wait_settled(daemon, 0, WANTED)
        reader, writer = os.pipe()
        os.close(reader)
        daemon.stop()
        process = subprocess.Popen([harness.binary("APIKEYD_BIN", "apikeyd"), "run", *self.options()],
                                   stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=writer,
                                   env=self.environment(), cwd=self.folder)
        os.close(writer)
        try:
            wanted = self.save(key(BILLING, "without-a-log", True), *WANTED[1:])
            self.wait_converged(wanted)
            process.terminate()
            self.assertEqual(process.wait(harness.BOUND), OK)
        finally:
            process.kill()
            process.wait()

    def test_log_formats_and_levels(self) -> None:
        done = self.command("apply", "--log-format", "text")
        self.assert_code(done, OK)
        self.assertIn("api_key_updated", done.stderr)
        self.assertIn("[redacted]", done.stderr)
        self.save(key(BILLING, "other", True), *WANTED[1:])
        done = self.command("apply", "--log-level", "error")
        self.assert_code(done, OK)
        self.assertEqual(done.stderr, "")


if __name__ == "__main__":
    harness.main()
