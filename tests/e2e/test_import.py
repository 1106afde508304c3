# SPDX-License-Identifier: Apache-2.0
"""`import`: a desired file for keys that are there already."""

import subprocess

import harness
from harness import BILLING, LEGACY, MOBILE, Case

OK, ERROR, USAGE = 0, 1, 64
NOBODY = "f" * 24


class Import(Case):
    def setUp(self) -> None:
        super().setUp()
        self.start_sandbox()

    def do_import(self, *arguments: str, text: "str | None" = None) -> "subprocess.CompletedProcess[str]":
        command = [harness.binary("APIKEYD_BIN", "apikeyd"), "import", "--api-url", self.sandbox.url,
                   "--token-file", str(self.token_file), *arguments]
        return subprocess.run(command, input=text or "", capture_output=True, text=True, env=self.environment(),
                              cwd=self.folder, timeout=60 * harness.FACTOR, check=False)

    def test_what_it_prints_is_in_sync(self) -> None:
        self.sandbox.somebody_changes(MOBILE, name='"quoted": # and {odd}', enabled=False)
        done = self.do_import(BILLING, MOBILE, LEGACY)
        self.assertEqual(done.returncode, OK, done.stderr)
        self.assertIn(self.sandbox.key(BILLING)["createdAt"][:10], done.stdout)
        self.keys_file.write_text(done.stdout, encoding="utf-8")
        self.assertEqual(self.command("validate").returncode, OK)
        since = self.sandbox.seq()
        self.assertEqual(self.command("drift", "--refresh").returncode, OK)
        self.assertEqual(self.command("apply").returncode, OK)
        self.assertEqual(self.sandbox.sent(since), [], "a file as it is printed changes nothing")
        self.assertFalse(self.state_file.with_name("keys.yaml").exists())

    def test_changes_nothing_and_leaves_no_state(self) -> None:
        self.assertEqual(self.do_import(BILLING).returncode, OK)
        self.assertEqual(self.sandbox.sent(), [])
        self.assertEqual(list(self.state_folder.iterdir()), [])

    def test_ids_from_a_file_and_from_standard_input(self) -> None:
        listed = f"# ours\n{BILLING.upper()}\n\n  {MOBILE}  # the app\n{BILLING}\n"
        file = self.folder / "ids.txt"
        file.write_text(listed, encoding="utf-8")
        outputs = {self.do_import("--ids", str(file)).stdout, self.do_import("-", text=listed).stdout,
                   self.do_import("--ids", "-", text=listed).stdout, self.do_import(BILLING, MOBILE).stdout}
        self.assertEqual(len(outputs), 1, outputs)
        self.assertEqual(outputs.pop().count("id:"), 2)

    def test_unknown_ids_are_named_and_the_others_printed(self) -> None:
        done = self.do_import(BILLING, NOBODY, MOBILE)
        self.assertEqual(done.returncode, ERROR)
        self.assertIn(NOBODY, done.stderr)
        self.assertEqual(done.stdout.count("id:"), 2)
        self.assertNotIn(NOBODY, done.stdout)

    def test_only_unknown_ids(self) -> None:
        done = self.do_import(*[f"{n:024x}" for n in range(0xF00, 0xF08)])
        self.assertEqual(done.returncode, ERROR)
        self.assertEqual(done.stderr.count("could not be looked at"), 8)

    def test_a_file_is_not_replaced_by_one_with_fewer_keys(self) -> None:
        before = f"version: 1\nkeys:\n  - id: {BILLING}\n    enabled: true\n"
        self.keys_file.write_text(before, encoding="utf-8")
        for ids in ([NOBODY], [BILLING, NOBODY]):
            with self.subTest(ids):
                done = self.do_import("--output", str(self.keys_file), *ids)
                self.assertEqual((done.returncode, done.stdout), (ERROR, ""))
                self.assertEqual(self.keys_file.read_text(encoding="utf-8"), before)
        self.assertEqual(self.do_import(NOBODY).stdout, "", "no file that says that there are no keys")

    def test_an_edit_meanwhile_is_not_lost(self) -> None:
        text = f"version: 1\nkeys:\n  - id: {BILLING}\n    enabled: true\n"
        self.keys_file.write_text(text, encoding="utf-8")
        self.sandbox.latency(1500)
        command = [harness.binary("APIKEYD_BIN", "apikeyd"), "import", "--api-url", self.sandbox.url, "--token-file",
                   str(self.token_file), "--merge", str(self.keys_file), "--output", str(self.keys_file), MOBILE]
        since = self.sandbox.stats()["connections"]
        with subprocess.Popen(command, env=self.environment(), cwd=self.folder) as process:
            harness.wait_for(lambda: self.sandbox.stats()["concurrent"] > 0 or self.sandbox.stats()["connections"] > since,
                             "it looks")
            self.keys_file.write_text(text.replace("enabled: true", "enabled: false  # EMERGENCY"), encoding="utf-8")
            self.assertEqual(process.wait(harness.BOUND * harness.FACTOR), OK)
        after = self.keys_file.read_text(encoding="utf-8")
        self.assertIn("enabled: false  # EMERGENCY", after)
        self.assertIn(MOBILE, after)

    def test_keys_of_the_folder_are_not_added_twice(self) -> None:
        (self.keys_folder / "a.yaml").write_text("version: 1\nkeys: []\n", encoding="utf-8")
        (self.keys_folder / "b.yaml").write_text(f"version: 1\nkeys:\n  - id: {MOBILE}\n    name: m\n", encoding="utf-8")
        done = self.do_import("--keys", str(self.keys_folder), "--merge", str(self.keys_folder / "a.yaml"), BILLING, MOBILE)
        self.assertEqual(done.returncode, OK, done.stderr)
        self.assertIn(BILLING, done.stdout)
        self.assertNotIn(MOBILE, done.stdout)

    def test_a_suspension_holds_for_looks_too(self) -> None:
        self.save(harness.key(BILLING, "billing"))
        self.assertEqual(self.command("apply").returncode, OK)
        self.assertEqual(self.command("suspend", "--for", "1h").returncode, OK)
        since = self.sandbox.seq()
        done = self.do_import("--state", str(self.state_file), MOBILE)
        self.assertEqual((done.returncode, done.stdout), (ERROR, ""))
        self.assertIn("suspended", done.stderr)
        self.assertEqual(self.sandbox.seq(), since)

    def test_what_is_no_id(self) -> None:
        done = self.do_import(BILLING, "billing")
        self.assertEqual(done.returncode, USAGE)
        self.assertIn("argument 2", done.stderr)
        self.assertNotIn("billing", done.stderr, "it may be a token")
        done = self.do_import("-", text=f"{BILLING}\nnonsense\n")
        self.assertEqual(done.returncode, USAGE)
        self.assertIn("<stdin>:2", done.stderr)
        self.assertEqual(self.do_import().returncode, USAGE)
        self.assertEqual(self.sandbox.journal(), [])

    def test_merge_keeps_the_file(self) -> None:
        before = ("# Ours.\nversion: 1\n\nkeys:\n  # The bill.\n"
                  f"  - id: {BILLING}   # kept\n    name: billing-service\n\n  # the end\n")
        self.keys_file.write_text(before, encoding="utf-8")
        done = self.do_import("--merge", str(self.keys_file), BILLING, MOBILE)
        self.assertEqual(done.returncode, OK, done.stderr)
        left = iter(done.stdout.splitlines())
        self.assertTrue(all(line in left for line in before.splitlines()), done.stdout)
        self.assertEqual([one["id"] for one in self.sandbox.journal() if one["id"] == BILLING], [])
        self.assertEqual(self.keys_file.read_text(encoding="utf-8"), before, "the file itself is left alone")
        self.keys_file.write_text(done.stdout, encoding="utf-8")
        self.assertIn("valid, 2 keys", self.command("validate").stdout)

    def test_merge_in_place(self) -> None:
        self.keys_file.write_text("version: 1\nkeys: []\n", encoding="utf-8")
        done = self.do_import("--merge", str(self.keys_file), "--output", str(self.keys_file), MOBILE)
        self.assertEqual((done.returncode, done.stdout), (OK, ""), done.stderr)
        self.assertIn(MOBILE, self.keys_file.read_text(encoding="utf-8"))

    def test_merge_into_a_broken_file_asks_nothing(self) -> None:
        self.keys_file.write_text("version: 1\nkeys:\n  - nonsense\n", encoding="utf-8")
        done = self.do_import("--merge", str(self.keys_file), MOBILE)
        self.assertEqual((done.returncode, done.stdout), (ERROR, ""))
        self.assertIn(f"{self.keys_file}:3", done.stderr)
        self.assertEqual(self.sandbox.journal(), [])

    def test_a_canary_that_moves(self) -> None:
        self.sandbox.faults("ok;new-secret")
        done = self.do_import(BILLING, MOBILE, LEGACY)
        self.assertEqual((done.returncode, done.stdout), (ERROR, ""))
        self.assertEqual({one["id"] for one in self.sandbox.journal()}, {BILLING})

    def test_no_secret_is_printed(self) -> None:
        done = self.do_import(BILLING, MOBILE, LEGACY, "--log-level", "debug")
        for one in self.sandbox.keys().values():
            self.assertNotIn(one["secret"], done.stdout + done.stderr)


if __name__ == "__main__":
    harness.main()
