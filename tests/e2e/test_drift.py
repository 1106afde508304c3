# SPDX-License-Identifier: Apache-2.0
"""The drift report's forms: where they go, what they hold, and that nothing in them is more than text."""

import fcntl
import json
import os
import pty
import re
import shutil
import stat
import struct
import subprocess
import termios
from html.parser import HTMLParser
from pathlib import Path

import harness
from harness import BILLING, LEGACY, MOBILE, Case, key

OK, ERROR, DIFFERENCES, SETTINGS = 0, 1, 2, 78
FORMS = ("text", "json", "markdown", "html")
GOLDEN = harness.ROOT / "tests" / "daemon" / "cli" / "golden"
HOSTILE = ["<script>alert(1)</script>", "</td></table> & \"q\" 'a'", "a|b\\|c\\\\|", "`x` ``y``", "`", " padded ",
           "**b** _i_ ~~s~~ [l](http://e.example) ![p](x)", "@octocat #1 GH-1 www.e.example a@e.example",
           "<!-- c -->", "&lt; &#64;", ":tada: $m$", "\u05d0\u05d1\u05d2 x", "\u8bf7\u6c42"]


class Page(HTMLParser):
    """The elements, the attributes and the texts of a page."""

    def __init__(self, text: str) -> None:
        super().__init__(convert_charrefs=True)
        self.tags: "set[str]" = set()
        self.attributes: "set[str]" = set()
        self.texts: "dict[str, list[str]]" = {}  # by element, the whole text of each
        self._open: "list[tuple[str, list[str]]]" = []
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: "list[tuple[str, str | None]]") -> None:
        self.tags.add(tag)
        self.attributes |= {name for name, _ in attrs}
        if tag not in ("meta", "br"):
            self._open.append((tag, []))

    def handle_endtag(self, tag: str) -> None:
        opened, parts = self._open.pop()
        assert opened == tag, f"</{tag}> closes <{opened}>"
        self.texts.setdefault(tag, []).append("".join(parts))

    def handle_data(self, data: str) -> None:
        for _, parts in self._open:
            parts.append(data)


class Drift(Case):
    def setUp(self) -> None:
        super().setUp()
        self.start_sandbox()
        self.wanted = self.save(key(BILLING, "billing-service", True), key(MOBILE, "mobile-app"),
                                key(LEGACY, "legacy-import", False))
        self.output = self.folder / "report"

    def drift(self, form: str, code: int, *arguments: str, **variables: str) -> "subprocess.CompletedProcess[str]":
        done = self.command("drift", "--format", form, *arguments, **variables)
        self.assertEqual(done.returncode, code, f"{done.args}\n{done.stdout}\n{done.stderr}")
        return done

    def apply(self) -> None:
        done = self.command("apply")
        self.assertEqual(done.returncode, OK, done.stderr)

    def check_form(self, form: str, text: str) -> None:
        """A whole document of its form, and of no other."""
        self.assertTrue(text.endswith("\n"))
        if form == "json":
            self.assertEqual(json.loads(text)["format_version"], "1.0")
        elif form == "markdown":
            self.assertTrue(text.startswith("<!-- apikeyd drift -->\n### "), text)
        elif form == "html":
            self.assertTrue(text.startswith("<!DOCTYPE html>") and text.endswith("</html>\n"), text)
            Page(text)

    # --- each form, and the exit codes

    def test_a_file_that_cannot_be_written_leaves_a_document_on_standard_output(self) -> None:
        done = self.command("drift", "--format", "json", "--output", str(self.folder / "nowhere" / "report.json"))
        self.assertEqual(done.returncode, 1)
        self.assertIn("can't be written", json.loads(done.stdout)["errors"][0]["message"])

    def test_each_form_tells_what_differs_and_what_does_not(self) -> None:
        self.apply()
        for form in FORMS:
            with self.subTest(form):
                self.check_form(form, self.drift(form, OK).stdout)
        for form in ("text", "markdown", "html"):
            self.assertIn("oldest answer", self.drift(form, OK).stdout, "never in sync without the evidence's age")
        self.save(key(BILLING, "billing-2", True), key(MOBILE, "mobile-app"), key(LEGACY, "legacy-import", True))
        for form in FORMS:
            with self.subTest(form):
                text = self.drift(form, DIFFERENCES).stdout
                self.check_form(form, text)
                for part in ("billing-2", "billing-service", BILLING, LEGACY, "recorded", "keys.yaml", "changed"):
                    self.assertIn(part, text)
                self.assertNotIn(MOBILE, text, "in sync, and so no line of it")

    def test_text_is_grouped_and_ends_with_its_summary(self) -> None:
        self.apply()
        self.save(key(BILLING, "billing-2", True), key(MOBILE, "mobile-2"), key(LEGACY, "legacy-import", True))
        lines = self.drift("text", DIFFERENCES).stdout.splitlines()
        self.assertEqual([line for line in lines if re.fullmatch(r"[a-z ]+ \(\d.*\)", line)],
                         ["enable (1)", "rename (2)"])
        self.assertRegex(lines[-1], r"^3 managed keys: 0 in sync, 3 drifted$")
        first = next(line for line in lines if line.startswith("~ "))
        self.assertRegex(first, rf"^~ {LEGACY}  legacy-import +enabled: false -> true +\S+keys.yaml:8 +changed +"
                                r"recorded (just now|\d+ s ago)$")

    def test_text_fits_the_terminal_that_it_goes_to(self) -> None:
        self.apply()
        self.save(key(BILLING, "billing-service-of-the-second-floor", True), key(MOBILE, "mobile-2"))
        ours, theirs = pty.openpty()
        self.addCleanup(os.close, ours)
        fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 80, 0, 0))
        self.assertEqual(self.run_apikeyd("drift", *self.options(), "--no-color", stdout=theirs).returncode,
                         DIFFERENCES)
        os.close(theirs)
        lines = os.read(ours, 65536).decode().splitlines()
        self.assertLessEqual(max(map(len, lines)), 80, lines)
        self.assertIn(f"~ {BILLING}  billing-service-of-the-second-floor", lines)
        self.assertGreater(max(map(len, self.drift("text", DIFFERENCES).stdout.splitlines())), 80, "no terminal")

    def test_held_disables_come_with_the_command_that_lets_them_go(self) -> None:
        ids = harness.counted_ids(10)
        self.sandbox.stop()
        self.start_sandbox("--count", "10")
        self.save(*(key(id_, enabled=True) for id_ in ids))
        self.apply()
        desired = self.save(*(key(id_, enabled=False) for id_ in ids))
        for form in ("text", "markdown", "html"):
            command = re.search(r"apikeyd (apply --approve) ([0-9a-f]{12})", self.drift(form, DIFFERENCES).stdout)
            assert command, form
            self.assertRegex(self.drift(form, DIFFERENCES).stdout, rf"apikeyd approve {command[2]}\b")
        done = self.command("apply", command[1].split()[1], command[2])
        self.assertEqual(done.returncode, OK, done.stdout + done.stderr)
        self.assertEqual(self.sandbox.differences(desired), [])

    def test_what_a_report_gives_to_approve_works_with_a_daemon_and_in_a_pipeline(self) -> None:
        ids = harness.counted_ids(10)
        self.sandbox.stop()
        self.start_sandbox("--count", "10")
        enabled = [key(id_, enabled=True) for id_ in ids]
        for words in (["approve"], ["apply", "--approve"]):
            for recorded in (False, True):
                with self.subTest(words, recorded=recorded):
                    self.save(*enabled)
                    self.apply()
                    desired = self.save(*(key(id_, enabled=False) for id_ in ids))
                    if recorded:
                        self.assertEqual(self.command("apply").returncode, ERROR)
                    report = json.loads(self.drift("json", DIFFERENCES).stdout)
                    command = report["approve"]["daemon" if words == ["approve"] else "pipeline"].split()
                    self.assertEqual(command[:-1], ["apikeyd", *words])
                    if words == ["approve"]:
                        daemon = self.start()
                        self.assertEqual(daemon.wait_event("plan_held")["digest"], report["hold_digest"])
                        self.assertEqual(self.command(*command[1:]).returncode, OK)
                        self.wait_converged(desired, daemon)
                        self.assertEqual(daemon.stop(), OK)
                    else:
                        self.assertEqual(self.command(*command[1:]).returncode, OK)
                        self.assertEqual(self.sandbox.differences(desired), [])

    def test_dry_runs_report_in_every_form(self) -> None:
        for form in FORMS:
            with self.subTest(form):
                done = self.command("apply", "--dry-run", "--format", form, "--output", str(self.output))
                self.assertEqual((done.returncode, done.stdout), (DIFFERENCES, ""))
                self.check_form(form, self.output.read_text(encoding="utf-8"))
        self.output.unlink()
        daemon = self.start("--dry-run", "--format", "json", "--output", str(self.output))
        harness.wait_for(self.output.exists, "the report of a running dry run")
        self.assertEqual(daemon.stop(), OK)
        self.assertEqual(json.loads(self.output.read_text(encoding="utf-8"))["summary"]["unknown"], 3)
        self.assertEqual(self.sandbox.journal(), [])

    def reported(self) -> "harness.Json":
        """What the file holds by now; nothing where there is none."""
        return json.loads(self.output.read_text(encoding="utf-8")) if self.output.exists() else {}

    def test_a_running_dry_run_replaces_its_report_by_what_is_wrong(self) -> None:
        daemon = self.start("--dry-run", "--format", "json", "--output", str(self.output))
        harness.wait_for(lambda: self.reported().get("changes"), "a report")
        self.keys_file.write_text("version: 1\nkeys:\n  - id: 12\n", encoding="utf-8")
        harness.wait_for(lambda: self.reported()["errors"], "the errors", also=daemon.tail)
        report = self.reported()
        self.assertEqual((report["errors"][0]["line"], report["summary"], report["changes"]), (3, None, []))
        self.save(*self.wanted)  # just what it was before
        harness.wait_for(lambda: not self.reported()["errors"], "a report again", also=daemon.tail)
        self.assertEqual(len(self.reported()["changes"]), 3)
        self.state_file.write_text("no state", encoding="utf-8")
        self.save(*self.wanted[:2])
        harness.wait_for(lambda: self.reported()["errors"], "the state's error", also=daemon.tail)
        self.assertEqual(daemon.stop(), OK)

    def test_a_running_dry_run_goes_on_where_its_report_can_not_be_written(self) -> None:
        there = self.folder / "there"
        self.output = there / "report"
        daemon = self.start("--dry-run", "--format", "json", "--output", str(self.output))
        event = daemon.wait_event("report_unwritable")
        self.assertIn(f"{self.output}: the report can't be written: ", event["why"])
        there.mkdir()
        self.save(*self.wanted[:2])
        harness.wait_for(lambda: self.reported().get("changes"), "a report", also=daemon.tail)
        self.assertEqual(daemon.stop(), OK)

    # --- where it goes

    def test_quiet_silences_text_alone(self) -> None:
        self.assertEqual(self.drift("text", DIFFERENCES, "--quiet").stdout, "")
        for form in FORMS[1:]:
            self.check_form(form, self.drift(form, DIFFERENCES, "--quiet").stdout)
        self.assertEqual(self.drift("text", DIFFERENCES, "--quiet", "--output", str(self.output)).stdout, "")
        self.assertIn("3 managed keys", self.output.read_text(encoding="utf-8"))

    def test_output_goes_into_the_file_instead(self) -> None:
        for form in FORMS:
            with self.subTest(form):
                printed = self.drift(form, DIFFERENCES, "--output", "-").stdout
                self.check_form(form, printed)
                self.assertEqual(self.drift(form, DIFFERENCES, "--output", str(self.output)).stdout, "")
                self.assertEqual(len(self.output.read_text(encoding="utf-8").splitlines()), len(printed.splitlines()))
        self.output.unlink()
        done = self.drift("json", DIFFERENCES, APIKEYD_OUTPUT=str(self.output))
        self.assertEqual(done.stdout, "")
        self.assertNotIn("APIKEYD_OUTPUT", done.stderr)
        self.check_form("json", self.output.read_text(encoding="utf-8"))

    def test_output_keeps_the_mode_of_a_file_and_leaves_nothing_beside_it(self) -> None:
        self.output.write_text("before", encoding="utf-8")
        self.output.chmod(0o604)
        before = sorted(os.listdir(self.folder))
        self.drift("html", DIFFERENCES, "--output", str(self.output))
        self.assertEqual(stat.S_IMODE(self.output.stat().st_mode), 0o604)
        self.assertEqual(sorted(os.listdir(self.folder)), before)

    def test_output_that_can_not_be_written_is_an_error(self) -> None:
        self.apply()  # in sync, which an error outranks
        for path in (self.folder, self.folder / "nowhere" / "report", Path("/dev/full")):
            for form in FORMS:
                with self.subTest(form, path=path):
                    done = self.drift(form, ERROR, "--output", str(path))
                    self.assertIn(f"{path}: the report can't be written: ", done.stderr)

    # --- errors

    def errors(self, code: int, *arguments: str) -> "list[harness.Json]":
        """What the JSON says, which must be the same whole document in all the ways there are to get it."""
        documents = []
        for command in (["drift"], ["drift", "--quiet"], ["apply", "--dry-run"]):
            done = self.command(*command, "--format", "json", *arguments)
            self.assertEqual(done.returncode, code, done.stderr)
            self.assertTrue(done.stderr, "for people, too")
            documents.append(json.loads(done.stdout))
            self.output.write_text("of before", encoding="utf-8")
            done = self.command(*command, "--format", "json", "--output", str(self.output), *arguments)
            self.assertEqual((done.returncode, done.stdout), (code, ""))
            documents.append(json.loads(self.output.read_text(encoding="utf-8")))
        for document in documents:
            self.assertEqual(document["errors"], documents[0]["errors"])
            self.assertIsNone(document["summary"])
            self.assertEqual(document["changes"], [])
        return documents[0]["errors"]

    def test_a_wrong_desired_file(self) -> None:
        self.keys_file.write_text("version: 1\nkeys:\n  - id: 12\n    nane: x\n", encoding="utf-8")
        first, second = self.errors(ERROR)
        self.assertEqual(set(first), {"severity", "file", "line", "column", "message", "hint"})
        self.assertEqual((first["file"], first["line"], first["column"]), (str(self.keys_file), 3, 9))
        self.assertEqual((second["line"], second["column"]), (4, 5))
        self.assertIn("name", second["hint"])
        for form in ("markdown", "html"):
            text = self.drift(form, ERROR).stdout
            self.check_form(form, text)
            for part in (f"{self.keys_file}:3:9", f"{self.keys_file}:4:5", "nane: x", "^", "hint"):
                self.assertIn(part, text)
        self.assertEqual(self.drift("text", ERROR).stdout, "")
        self.drift("text", ERROR, "--output", str(self.output))
        self.assertIn(f"{self.keys_file}:4:5", self.output.read_text(encoding="utf-8"), "the file is never out of date")

    def test_a_missing_desired_file(self) -> None:
        self.keys_file.unlink()
        (error,) = self.errors(ERROR)
        self.assertEqual(error["file"], str(self.keys_file))
        self.assertIsNone(error["line"])

    def test_wrong_settings(self) -> None:
        config = self.folder / "apikeyd.yaml"
        config.write_text("api:\n  timeout: soon\n", encoding="utf-8")
        (error,) = self.errors(SETTINGS, "--config", str(config))
        self.assertEqual((error["file"], error["line"], error["column"]), (str(config), 2, 12))
        for form in ("markdown", "html"):
            self.check_form(form, self.drift(form, SETTINGS, "--config", str(config)).stdout)

    def test_a_state_that_can_not_be_used(self) -> None:
        text = self.folder / "text.db"
        text.write_text("no database\n", encoding="utf-8")
        (error,) = self.errors(ERROR, "--state", str(text))
        self.assertIn(str(text), error["message"])

    # --- what isn't ours stays text

    def hostile(self) -> None:
        ids = harness.counted_ids(len(HOSTILE))
        self.sandbox.stop()
        self.start_sandbox("--count", str(len(HOSTILE)))
        self.save(*(key(id_, name) for id_, name in zip(ids, HOSTILE)))

    def test_hostile_names_in_json(self) -> None:
        self.hostile()
        report = json.loads(self.drift("json", DIFFERENCES).stdout)
        self.assertEqual([change["name"] for change in report["changes"]], HOSTILE)

    def check_page(self, page: Page) -> None:
        self.assertEqual(page.tags - {"html", "head", "meta", "title", "style", "body", "main", "header", "footer", "b",
                                      "i", "span", "div", "p", "h1", "dl", "dt", "dd", "section", "table", "caption",
                                      "thead", "tbody", "tr", "th", "td", "code", "bdi", "time"}, set())
        self.assertEqual(page.attributes - {"lang", "charset", "http-equiv", "name", "content", "class", "style",
                                            "datetime", "scope", "data-label", "aria-hidden"}, set())

    def test_hostile_names_in_html(self) -> None:
        self.hostile()
        page = Page(self.drift("html", DIFFERENCES).stdout)
        self.check_page(page)
        for name in HOSTILE:
            self.assertEqual(page.texts["bdi"].count(name), 2, name)  # the key's, and what the field becomes
        for golden in ("rich", "hostile"):
            self.check_page(Page((GOLDEN / f"{golden}.html").read_text(encoding="utf-8")))

    def rendered(self, markdown: str) -> Page:
        """As GitHub's own program sees it; raw HTML is let through, so that any would show."""
        if not shutil.which("cmark-gfm"):
            self.skipTest("cmark-gfm isn't here")
        extensions = [part for name in ("table", "autolink", "strikethrough", "tasklist") for part in ("-e", name)]
        done = subprocess.run(["cmark-gfm", "--unsafe", *extensions], input=markdown, stdout=subprocess.PIPE, text=True,
                              encoding="utf-8", check=True)
        page = Page(done.stdout)
        self.assertEqual(page.tags - {"h3", "h4", "p", "table", "thead", "tbody", "tr", "th", "td", "code", "br",
                                      "blockquote", "details", "summary", "sub", "pre"}, set(), done.stdout)
        return page

    def test_hostile_names_in_markdown(self) -> None:
        self.hostile()
        page = self.rendered(self.drift("markdown", DIFFERENCES).stdout)
        cells = page.texts["td"]
        for id_, name in zip(harness.counted_ids(len(HOSTILE)), HOSTILE):
            self.assertIn(name + id_, cells)  # a <br> between the two
        changes = [cell for cell in cells if cell.startswith("name: ")]
        self.assertEqual(sorted(changes), sorted(f"name: ? \u2192 {name}" for name in HOSTILE))
        for golden in ("rich", "hostile", "in-sync", "errors"):
            self.rendered((GOLDEN / f"{golden}.md").read_text(encoding="utf-8"))

    def test_a_large_report_fits_a_comment(self) -> None:
        self.save(*(key(id_, f"service-{id_[-4:]}", True) for id_ in harness.counted_ids(3000)))
        text = self.drift("markdown", DIFFERENCES).stdout
        self.assertLess(len(text), 65536)
        self.assertIn("<details>", text)
        self.assertRegex(text, r"and \d+ more that find no room here")
        page = self.rendered(text)
        self.assertIn("assert (3000)", page.texts["h4"])
        self.assertEqual({len(row) for row in page.texts["summary"]}, {len("and 2980 more")})


if __name__ == "__main__":
    harness.main()
