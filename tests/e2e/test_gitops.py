# SPDX-License-Identifier: Apache-2.0
"""What examples/gitops holds, with a local bare repository: the very files that users copy.

Of GitHub there is what workflow.py says, and in place of its actions and its API: a clone of the bare repository
(actions/checkout), folders (actions/cache), and a server on loopback that keeps comments.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import harness
from gitcase import GitCase
from harness import BILLING, LEGACY, MOBILE, desired_text, key
from workflow import Workflow, yaml

GITOPS = harness.ROOT / "examples" / "gitops"
WANTED = [key(BILLING, "billing-service", True), key(MOBILE, "mobile-app"), key(LEGACY, "legacy-import", False)]
RENAMED = [key(BILLING, "invoices", True), *WANTED[1:]]
INVALID = desired_text(WANTED).replace("enabled: true", "enabled: yes")
MARKER = "<!-- apikeyd drift -->"


class Hook(GitCase):
    def setUp(self) -> None:
        super().setUp()
        shutil.copy(GITOPS / "pre-commit", self.clone / ".git" / "hooks" / "pre-commit")

    def stage(self, text: str, name: str = "keys.yaml") -> Path:
        path = self.clone / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(text, encoding="utf-8")
        self.git("add", name)
        return path

    def try_commit(self, **variables: str) -> subprocess.CompletedProcess[str]:
        return self.run_git("commit", "--quiet", "-m", "change", **variables)

    def assert_refused(self, *texts: str, **variables: str) -> None:
        done = self.try_commit(**variables)
        self.assertNotEqual(done.returncode, 0)
        for text in texts:
            self.assertIn(text, done.stderr)
        self.assertNotIn(str(self.folder), done.stderr, "names are those of the work tree")

    def assert_passes(self, **variables: str) -> None:
        done = self.try_commit(**variables)
        self.assertEqual(done.returncode, 0, done.stderr)

    def test_valid_passes_and_invalid_is_refused(self) -> None:
        self.stage(desired_text(WANTED))
        self.assert_passes()
        self.stage(INVALID)
        self.assert_refused("keys.yaml:5:14: error: 'yes' is not a boolean\n", "refused")

    def test_staged_content_counts_not_the_work_tree(self) -> None:
        path = self.stage(INVALID)
        path.write_text(desired_text(WANTED), encoding="utf-8")
        self.assert_refused("keys.yaml:5:14: error: ")
        self.git("add", "keys.yaml")
        path.write_text(INVALID, encoding="utf-8")
        self.assert_passes()

    def test_link_is_refused_and_nothing_of_its_target_shown(self) -> None:
        secret = self.folder / "elsewhere"
        secret.write_text("root:hunter2\n", encoding="utf-8")
        for keys, name in (("keys.yaml", "keys.yaml"), ("keys/", "keys/d.yaml"), ("keys", "keys")):
            with self.subTest(name):
                self.git("config", "apikeyd.keys", keys)
                link = self.clone / name
                link.parent.mkdir(exist_ok=True)
                link.symlink_to(secret)
                self.git("add", name)
                done = self.try_commit()
                self.assertNotEqual(done.returncode, 0)
                self.assertIn(f"symbolic link is staged where {keys.rstrip('/')} is expected to be files: {name}\n",
                              done.stderr)
                self.assertNotIn("hunter2", done.stdout + done.stderr)
                self.git("rm", "--quiet", "--cached", name)
                link.unlink()
                if link.parent != self.clone:
                    link.parent.rmdir()

    def test_folder_is_checked_as_a_whole(self) -> None:
        self.git("config", "apikeyd.keys", "keys/")
        self.stage(desired_text(WANTED[:1]), "keys/a.yaml")
        self.assert_passes()
        self.stage(desired_text(WANTED[:1]), "keys/b.yaml")
        self.assert_refused(f"keys/b.yaml:3:9: error: id {BILLING} is also at keys/a.yaml:3:9\n")
        self.stage(desired_text(WANTED[1:]), "keys/b.yaml")
        self.assert_passes()

    def test_commit_that_does_not_touch_it_needs_no_apikeyd(self) -> None:
        git_alone = self.folder / "git-alone"
        git_alone.mkdir()
        for tool in ("git", "bash", "env"):
            (git_alone / tool).symlink_to(shutil.which(tool) or tool)
        self.stage("text", "README")
        self.assert_passes(PATH=str(git_alone))
        self.stage(desired_text(WANTED))
        self.assert_refused("apikeyd isn't installed", PATH=str(git_alone))

    def test_removal_is_refused(self) -> None:
        self.stage(desired_text(WANTED))
        self.assert_passes()
        self.git("rm", "--quiet", "keys.yaml")
        self.assert_refused("takes keys.yaml away")

    def run_entry(self, hook: harness.Json, *folder: str) -> subprocess.CompletedProcess[str]:
        """As the framework does: it adds the names of the files only if it is let."""
        self.assertEqual((hook["language"], hook["pass_filenames"]), ("system", False))
        return subprocess.run([*hook["entry"].split(), *(folder or hook["args"])], cwd=self.clone,
                              env=self.git_environment(), stdin=subprocess.DEVNULL, capture_output=True, text=True,
                              check=False)

    def test_entry_for_the_framework(self) -> None:
        text = (GITOPS / "pre-commit-config.yaml").read_text()
        hook, = yaml.safe_load(text)["repos"][0]["hooks"]
        for name, meant in [("keys.yaml", True), ("my-keys.yaml", False), ("keysxyaml", False)]:
            self.assertEqual(bool(re.search(hook["files"], name)), meant, name)
        for content, code in [(desired_text(WANTED), 0), (INVALID, 1)]:
            self.stage(content)
            self.assertEqual(self.run_entry(hook).returncode, code)

        # What the comments say of a folder.
        named, pattern = re.search("or the folder: `(.+?)`", text), re.search("for a folder: (.+)", text)
        assert named and pattern, text
        for name, meant in [("keys/a.yaml", True), ("keys/b.yml", True), ("keys/.c.yaml", False),
                            ("keys/sub/d.yaml", False), ("keys.yaml", False)]:
            self.assertEqual(bool(re.search(pattern[1], name)), meant, name)
        self.stage(desired_text(WANTED[:1]), "keys/a.yaml")
        self.assertEqual(self.run_entry(hook, named[1]).returncode, 0)
        self.stage(desired_text(WANTED[:1]), "keys/b.yaml")
        done = self.run_entry(hook, named[1])
        self.assertEqual(done.returncode, 1)
        self.assertIn(f"keys/b.yaml:3:9: error: id {BILLING} is also at keys/a.yaml:3:9\n", done.stdout + done.stderr)


class Pull(GitCase):
    def setUp(self) -> None:
        super().setUp()
        self.place = self.folder / "pull"
        self.current = self.place / "current"

    def pull(self, *arguments: str, code: int = 0, says: str = "", **variables: str) -> None:
        environment = self.git_environment() | {"PULL_REPOSITORY": str(self.bare), "PULL_FOLDER": str(self.place)}
        done = subprocess.run([GITOPS / "pull.sh", *arguments], cwd=self.folder, env=environment | variables,
                              stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False)
        self.assertEqual(done.returncode, code, done.stderr)
        self.assertIn(says, done.stderr)
        self.assertEqual(done.stdout, "")

    def release(self) -> str:
        return os.readlink(self.current).removeprefix("releases/")

    def test_from_a_push_to_the_change_at_the_api(self) -> None:
        self.start_sandbox()
        first = self.push(desired_text(WANTED))
        self.pull(says=f"keys.yaml is now at {first}")
        daemon = self.start("--keys", str(self.current / "keys.yaml"))
        self.wait_settled(daemon, 0, WANTED)

        mark = daemon.mark()
        second = self.push(desired_text(RENAMED))
        self.pull(says=f"before at {first}")
        self.wait_settled(daemon, mark, RENAMED)
        self.assertEqual(self.release(), second)

        mark, before = daemon.mark(), self.sandbox.seq()
        self.push(INVALID)
        self.pull(code=1, says="keys.yaml:5:14: error: 'yes' is not a boolean")
        self.assertEqual(self.release(), second)
        harness.stays(lambda: daemon.mark() == mark and not self.sandbox.journal(before), "nothing was noticed")

        self.push(desired_text(WANTED))
        self.pull()
        self.wait_settled(daemon, mark, WANTED)
        self.assertEqual(daemon.events_of("desired_invalid"), [])
        self.assertEqual(daemon.stop(), 0, daemon.tail())

    def test_nothing_new_changes_nothing(self) -> None:
        commit = self.push(desired_text(WANTED))
        self.pull()
        before = os.lstat(self.current)
        self.pull()
        self.assertEqual((self.release(), os.lstat(self.current).st_ino), (commit, before.st_ino))

    def test_rewritten_history_is_refused_unless_it_is_named(self) -> None:
        self.push(desired_text(WANTED))
        good = self.push(desired_text(RENAMED))
        self.pull()
        self.git("reset", "--quiet", "--hard", "HEAD~1")
        other = self.push(desired_text(WANTED[:1]), "--force")
        self.pull(code=1, says=f"{other} isn't a fast-forward of {good}")
        self.assertEqual(self.release(), good)
        self.pull("--reset", good, code=1, says=f"is at {other}")
        self.assertEqual(self.release(), good)
        self.pull("--reset", other)
        self.assertEqual(self.release(), other)

    def test_unsigned_commit_is_refused(self) -> None:
        if not shutil.which("ssh-keygen"):
            self.skipTest("needs ssh-keygen")
        for name in ("ours", "other"):
            subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", self.folder / name], check=True)
        signers = self.folder / "allowed_signers"
        signers.write_text("ada@example.org " + (self.folder / "ours.pub").read_text())

        def push_signed(text: str, with_key: str) -> str:
            commit = self.commit(text, "change", "keys.yaml", "-c", "commit.gpgSign=true", "-c", "gpg.format=ssh", "-c",
                                 f"user.signingKey={self.folder / with_key}")
            self.git("push", "--quiet", "origin", "HEAD:main")
            return commit

        good = push_signed(desired_text(WANTED), "ours")
        self.pull(PULL_ALLOWED_SIGNERS=str(signers))
        self.assertEqual(self.release(), good)
        unsigned = self.push(desired_text(RENAMED))
        self.pull(code=1, says=f"{unsigned} has no signature", PULL_ALLOWED_SIGNERS=str(signers))
        foreign = push_signed(desired_text(WANTED[1:]), "other")
        self.pull(code=1, says=f"{foreign} has no signature", PULL_ALLOWED_SIGNERS=str(signers))
        self.assertEqual(self.release(), good)
        again = push_signed(desired_text(WANTED[:1]), "ours")
        self.pull(PULL_ALLOWED_SIGNERS=str(signers))
        self.assertEqual(self.release(), again)

    def test_links_do_not_lead_the_daemon_elsewhere(self) -> None:
        self.push(desired_text(WANTED))
        self.pull()
        before = self.release()
        (self.clone / "keys.yaml").unlink()
        (self.clone / "keys.yaml").symlink_to(self.folder / "clone" / "elsewhere")
        (self.clone / "elsewhere").write_text(desired_text(RENAMED))
        self.git("add", "keys.yaml")
        self.git("commit", "--quiet", "-m", "link")
        self.git("push", "--quiet", "origin", "HEAD:main")
        self.pull(code=1, says="refused")
        self.assertEqual(self.release(), before)

    def test_run_that_was_cut_off_is_made_good(self) -> None:
        self.push(desired_text(WANTED))
        self.pull()
        commit = self.push(desired_text(RENAMED))
        half = self.place / "releases" / commit
        half.mkdir()
        (half / "keys.yaml").write_text("version: 1\nkeys: []\n")
        (self.place / "current.new").symlink_to("nowhere")
        self.pull()
        self.assertEqual((self.current / "keys.yaml").read_text(), desired_text(RENAMED))

    def test_repository_that_is_gone_changes_nothing(self) -> None:
        commit = self.push(desired_text(WANTED))
        self.pull()
        self.bare.rename(self.folder / "moved.git")
        self.pull(code=1, says="can't fetch main")
        self.assertEqual(self.release(), commit)

    def test_two_versions_are_kept(self) -> None:
        commits = [self.push(desired_text(WANTED) + f"# {number}\n") for number in range(1)]
        for number in range(1, 5):
            self.pull()
            commits.append(self.push(desired_text(WANTED) + f"# {number}\n"))
        self.pull()
        self.assertEqual({one.name for one in (self.place / "releases").iterdir()}, set(commits[-2:]))
        worktrees = self.git("--git-dir", str(self.place / "repository.git"), "worktree", "list", "--porcelain")
        self.assertEqual(worktrees.count("detached"), 2, worktrees)

    def test_folder_and_wrong_usage(self) -> None:
        self.commit(desired_text(WANTED[:1]), name="keys/a.yaml")
        self.commit(desired_text(WANTED[1:]), name="keys/b.yaml")
        self.git("push", "--quiet", "origin", "HEAD:main")
        self.pull(PULL_KEYS="keys")
        self.assertEqual(sorted(one.name for one in (self.current / "keys").iterdir()), ["a.yaml", "b.yaml"])
        self.pull("--nonsense", code=64, says="usage")
        self.pull("--reset", code=64, says="usage")

    def test_no_instance_can_have_its_user_or_folder(self) -> None:
        """apikeyd@NAME has apikeyd-NAME, and whoever fetches has no business with a state."""
        instance = (harness.ROOT / "systemd" / "apikeyd@.service").read_text()
        named = r"^(User|(?:State|Runtime)Directory)=(.*)$"
        self.assertEqual({name for _, name in re.findall(named, instance, re.M)}, {"apikeyd-%i"})
        own = dict(re.findall(named, (GITOPS / "apikeyd-pull.service").read_text(), re.M))
        self.assertEqual(set(own), {"User", "StateDirectory"})
        for what, name in own.items():
            self.assertFalse(name.startswith("apikeyd-"), f"{what}={name} is that of apikeyd@{name[8:]}")
        for text in (GITOPS / "README.md", GITOPS / "pull.sh", GITOPS / "pull.conf"):
            folders = set(re.findall(r"/var/lib/([\w.-]+)", text.read_text()))
            self.assertLessEqual(folders, {own["StateDirectory"]}, text)
        self.assertIn(f"useradd --system --no-create-home {own['User']}\n", (GITOPS / "README.md").read_text())

    def test_units(self) -> None:
        if not shutil.which("systemd-analyze"):
            self.skipTest("needs systemd-analyze")
        units = self.folder / "units"
        units.mkdir()
        for name in ("apikeyd-pull.service", "apikeyd-pull.timer"):
            text = (GITOPS / name).read_text()
            # Where it is installed there is nothing; where it comes from, there is.
            (units / name).write_text(text.replace("/usr/local/lib/apikeyd/pull.sh", str(GITOPS / "pull.sh")))
        done = subprocess.run(["systemd-analyze", "verify", "--man=no", *sorted(units.iterdir())],
                              capture_output=True, text=True, check=False)
        self.assertEqual((done.returncode, done.stdout + done.stderr), (0, ""))


class Comments:
    """As much of GitHub's API as has to do with the comments on one pull request."""

    def __init__(self) -> None:
        self.comments: list[dict[str, Any]] = []
        self.requests: list[tuple[str, str | None]] = []
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def answer(self, code: int, body: Any) -> None:
                data = json.dumps(body).encode()
                self.send_response(code)
                self.send_header("Content-Length", str(len(data)))
                self.end_headers()
                self.wfile.write(data)

            def body(self) -> str:
                return json.loads(self.rfile.read(int(self.headers["Content-Length"])))["body"]

            def note(self) -> None:
                outer.requests.append((self.command, self.headers["Authorization"]))

            def do_GET(self) -> None:
                self.note()
                url = urlsplit(self.path)
                query = parse_qs(url.query)
                size, page = int(query["per_page"][0]), int(query["page"][0])
                assert url.path == "/repos/team/keys/issues/7/comments", url.path
                self.answer(200, outer.comments[(page - 1) * size:page * size])

            def do_POST(self) -> None:
                self.note()
                assert self.path == "/repos/team/keys/issues/7/comments", self.path
                outer.add("github-actions[bot]", self.body())
                self.answer(201, outer.comments[-1])

            def do_PATCH(self) -> None:
                self.note()
                comment, = [one for one in outer.comments
                            if self.path == f"/repos/team/keys/issues/comments/{one['id']}"]
                comment["body"] = self.body()
                self.answer(200, comment)

            def log_message(self, *_: Any) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def add(self, author: str, body: str) -> None:
        self.comments.append({"id": 1000 + len(self.comments), "user": {"login": author}, "body": body})

    def stop(self) -> None:
        self.server.shutdown()
        self.server.server_close()


class Workflows(GitCase):
    def setUp(self) -> None:
        super().setUp()
        self.github = Comments()
        self.addCleanup(self.github.stop)
        self.caches = self.folder / "caches"
        self.caches.mkdir()
        self.saved: list[str] = []  # keys, the oldest first
        self.runs = 0
        self.branch = "main"

    # Stand-ins for actions.

    def checkout(self, values: dict[str, str], workspace: Path) -> None:
        self.assertEqual(values["persist-credentials"], "False")
        self.git("clone", "--quiet", "--depth=1", "--branch", values.get("ref", self.branch), f"file://{self.bare}",
                 str(workspace), cwd=self.folder)

    def restore(self, values: dict[str, str], workspace: Path) -> None:
        fitting = [one for one in self.saved if one == values["key"] or one.startswith(values["restore-keys"])]
        if fitting:
            shutil.copytree(self.caches / fitting[-1], workspace / values["path"])

    def keep(self, values: dict[str, str], workspace: Path) -> None:
        self.assertNotIn(values["key"], self.saved, "an entry can't be replaced")
        shutil.copytree(workspace / values["path"], self.caches / values["key"])
        self.saved.append(values["key"])

    def start_workflow(self, name: str, event: dict[str, Any], **contexts: Any) -> Workflow:
        self.runs += 1
        context = {"github": {"repository": "team/keys", "api_url": self.github.url, "token": "github-token-1",
                              "ref_name": "main", "run_id": str(self.runs), "run_attempt": "1",
                              "event": {"repository": {"default_branch": "main"}} | event},
                   "vars": {}, "secrets": {}, "inputs": {}} | contexts
        stand_ins = {"actions/checkout": self.checkout, "actions/cache/restore": self.restore,
                     "actions/cache/save": self.keep}
        workflow = Workflow(GITOPS / name, self.folder / f"run-{self.runs}", context, stand_ins, self.search_path)
        workflow.run()
        self.assertNotIn(self.github_token(), workflow.log + workflow.summary)
        return workflow

    @staticmethod
    def github_token() -> str:
        return "github-token-1"

    def check(self, fork: bool = False) -> Workflow:
        return self.start_workflow("pull-request.yml", {"pull_request": {
            "number": 7, "head": {"repo": {"full_name": "stranger/keys" if fork else "team/keys"}}}})

    def apply(self, **inputs: str) -> Workflow:
        workflow = self.start_workflow("main.yml", {}, vars={"APIKEYD_API_URL": self.sandbox.url},
                                       secrets={"APIKEYD_TOKEN": self.sandbox.token}, inputs=inputs)
        self.assertNotIn(self.sandbox.token, workflow.log + workflow.summary)
        for path in [*workflow.folder.rglob("*"), *self.caches.rglob("*")]:
            if path.is_file():
                self.assertNotIn(self.sandbox.token.encode(), path.read_bytes(), path)
        return workflow

    def assert_results(self, workflow: Workflow, **results: str) -> None:
        self.assertEqual({name: job["result"] for name, job in workflow.jobs.items()}, results, workflow.log)

    def propose(self, text: str) -> None:
        """A branch with this file."""
        self.branch = "topic"
        self.git("checkout", "--quiet", "-B", "topic")
        self.commit(text)
        self.git("push", "--quiet", "--force", "origin", "topic")
        self.git("checkout", "--quiet", "main")

    def test_pull_request_has_one_comment_that_is_kept_current(self) -> None:
        self.start_sandbox()
        self.push(desired_text(WANTED))
        self.assert_results(self.apply(), apply="success")
        self.github.add("mallory", f"{MARKER} mine")
        for number in range(120):
            self.github.add("ada", f"comment {number}")
        self.propose(desired_text(RENAMED))
        workflow = self.check()
        self.assert_results(workflow, check="success", comment="success")
        comment = self.github.comments[-1]
        self.assertEqual(comment["user"]["login"], "github-actions[bot]")
        self.assertTrue(comment["body"].startswith(MARKER), comment["body"])
        self.assertIn("`billing-service` → `invoices`", comment["body"])
        self.assertIn(comment["body"].strip(), workflow.summary)

        self.propose(desired_text([key(BILLING, "payments", True), *WANTED[1:]]))
        self.assert_results(self.check(), check="success", comment="success")
        self.assertEqual(len(self.github.comments), 122)
        self.assertIn("`billing-service` → `payments`", self.github.comments[-1]["body"])
        self.assertEqual(self.github.comments[0]["body"], f"{MARKER} mine")
        self.assertEqual({one[1] for one in self.github.requests}, {"Bearer github-token-1"})

    def test_pull_request_without_a_state_sees_every_key_first(self) -> None:
        self.push(desired_text(WANTED))
        self.propose(desired_text(RENAMED))
        self.assert_results(self.check(), check="success", comment="success")
        self.assertIn("first seen", self.github.comments[0]["body"])

    def test_invalid_pull_request_fails_with_annotations_and_a_comment(self) -> None:
        self.push(desired_text(WANTED))
        self.propose(INVALID)
        workflow = self.check()
        self.assert_results(workflow, check="failure", comment="success")
        self.assertIn("::error file=keys.yaml,line=5,col=14,title=apikeyd::'yes' is not a boolean", workflow.log)
        self.assertIn("'yes' is not a boolean", self.github.comments[0]["body"])

    def test_fork_gets_a_summary_and_no_comment(self) -> None:
        self.push(desired_text(WANTED))
        self.propose(desired_text(RENAMED))
        workflow = self.check(fork=True)
        self.assert_results(workflow, check="success", comment="skipped")
        self.assertIn("invoices", workflow.summary)
        self.assertEqual(self.github.requests, [])

    def test_push_is_applied_and_known_the_next_time(self) -> None:
        self.start_sandbox()
        self.push(desired_text(WANTED))
        workflow = self.apply()
        self.assert_results(workflow, apply="success")
        self.assertEqual(self.sandbox.differences(WANTED), [], workflow.log)
        self.assertIn("converged", workflow.summary)
        before = self.sandbox.seq()
        self.push(desired_text(RENAMED))
        self.assert_results(self.apply(), apply="success")
        self.assertEqual([one["input"] for one in self.sandbox.journal(before)], [{"id": BILLING, "name": "invoices"}])

    def test_run_started_again_applies_the_newest(self) -> None:
        self.start_sandbox()
        self.push(desired_text(WANTED))
        self.push(desired_text(RENAMED))
        self.assert_results(self.apply(), apply="success")
        before = self.sandbox.seq()
        self.assert_results(self.apply(), apply="success")
        self.assertEqual(self.sandbox.journal(before), [])

    def test_run_that_never_kept_its_state_has_the_next_assert_everything(self) -> None:
        self.start_sandbox()
        self.push(desired_text(WANTED))
        self.assert_results(self.apply(), apply="success")
        self.push(desired_text(RENAMED))
        self.assert_results(self.apply(), apply="success")
        # The runner died after it had sent the change: what it knew is gone, and the change is taken back.
        self.saved.pop()
        self.push(desired_text(WANTED))
        workflow = self.apply()
        self.assert_results(workflow, apply="success")
        self.assertEqual(self.sandbox.differences(WANTED), [], workflow.log)
        self.assertFalse((self.caches / self.saved[-1] / "unfinished").exists())

    def test_failed_apply_keeps_what_it_learned(self) -> None:
        self.start_sandbox()
        self.push(desired_text([*WANTED, key("5e5677d71bdc2ae7634496ff", "nobody's", True)]))
        workflow = self.apply()
        self.assert_results(workflow, apply="failure")
        self.assertEqual(self.sandbox.differences(WANTED), [], workflow.log)
        before = self.sandbox.seq()
        self.push(desired_text(WANTED))
        self.assert_results(self.apply(), apply="success")
        self.assertEqual(self.sandbox.journal(before), [])

    def test_invalid_push_sends_nothing(self) -> None:
        self.start_sandbox()
        self.push(INVALID)
        workflow = self.apply()
        self.assert_results(workflow, apply="failure")
        self.assertEqual((self.sandbox.journal(), self.saved), ([], []))

    def test_held_plan_goes_once_it_is_approved(self) -> None:
        self.start_sandbox("--count", "10")
        ids = harness.counted_ids(10)
        self.push(desired_text([key(one, None, True) for one in ids]))
        self.assert_results(self.apply(), apply="success")
        wanted = [key(one, None, False) for one in ids]
        self.push(desired_text(wanted))
        held = self.apply()
        self.assert_results(held, apply="failure")
        digest = re.search(r'approve="apikeyd approve ([0-9a-f]+)"', held.log)
        assert digest, held.log
        self.assertEqual(len(self.sandbox.differences(wanted)), 10, "nothing is disabled yet")
        self.assert_results(self.apply(approve=digest[1]), apply="success")
        self.assertEqual(self.sandbox.differences(wanted), [])

    def test_other_branch_is_not_applied(self) -> None:
        workflow = self.start_workflow("main.yml", {"repository": {"default_branch": "trunk"}})
        self.assert_results(workflow, apply="skipped")

    def test_workflows_may_do_no_more_than_they_must(self) -> None:
        granted = {"pull-request.yml": {"check": {"contents": "read"}, "comment": {"pull-requests": "write"}},
                   "main.yml": {"apply": {"contents": "read"}}}
        for name, jobs in granted.items():
            text = (GITOPS / name).read_text()
            workflow = yaml.safe_load(text)
            self.assertEqual(workflow["permissions"], {}, name)
            self.assertEqual({job: one["permissions"] for job, one in workflow["jobs"].items()}, jobs)
            self.assertEqual(workflow["defaults"]["run"]["shell"], "bash")
            for action in re.findall(r"uses: (\S+)", text):
                self.assertRegex(action, r"^actions/[a-z/]+@[0-9a-f]{40}$")
            self.assertTrue(all(one["timeout-minutes"] <= 30 for one in workflow["jobs"].values()))
        pull_request = (GITOPS / "pull-request.yml").read_text()
        self.assertNotIn("secrets.", pull_request)
        self.assertNotIn("pull_request_target", pull_request)


class Scripts(harness.Case):
    def test_shellcheck_has_nothing_to_say(self) -> None:
        if not shutil.which("shellcheck"):
            self.skipTest("needs shellcheck")
        scripts = [(GITOPS / name).read_text() for name in ("pre-commit", "pull.sh")]
        for name in ("pull-request.yml", "main.yml"):
            workflow = yaml.safe_load((GITOPS / name).read_text())
            scripts += ["#!/usr/bin/env bash\nset -eo pipefail\n" + step["run"]
                        for job in workflow["jobs"].values() for step in job["steps"] if "run" in step]
        for script in scripts:
            done = subprocess.run(["shellcheck", "-"], input=script, capture_output=True, text=True, check=False)
            self.assertEqual(done.stdout, "")


if __name__ == "__main__":
    harness.main()
