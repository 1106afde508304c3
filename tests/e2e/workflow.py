# SPDX-License-Identifier: Apache-2.0
"""Runs the steps of a GitHub workflow on this machine: as much of GitHub as our workflows need.

Each `run:` step is run as GitHub does it, by `bash --noprofile --norc -eo pipefail`, with the environment that the
workflow, the job and the step declare and nothing else but PATH and GitHub's own variables. Each `uses:` step is
replaced by a function that the caller names. What isn't acted on: `on`, `runs-on`, `container`, `environment`,
`permissions`, `concurrency` and `timeout-minutes`.
"""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

try:
    import yaml
except ImportError:  # another Python than Debian's; the package is Python alone
    sys.path.append("/usr/lib/python3/dist-packages")
    import yaml

Context = dict[str, Any]
StandIn = Callable[[dict[str, str], Path], None]  # of an action: its `with`, and the workspace

TOKEN = re.compile(r"\s*(?:'((?:[^']|'')*)'|(\|\||&&|==|!=|[!()])|([A-Za-z_][\w.-]*))")
STATUS = re.compile(r"\b(always|cancelled|failure|success)\(\)")


class Expression:
    """What stands in ${{ }}: texts, names, ==, !=, !, &&, || and the functions that tell how it went so far."""

    def __init__(self, text: str, context: Context, failed: bool = False) -> None:
        self.context = context
        self.failed = failed
        self.tokens: list[tuple[str | None, str | None, str | None]] = []
        at = 0
        while at < len(text.rstrip()):
            match = TOKEN.match(text, at)
            if not match:
                raise ValueError(f"can't evaluate {text!r}")
            self.tokens.append(match.groups())  # type: ignore[arg-type]
            at = match.end()

    def value(self) -> Any:
        result = self._or()
        if self.tokens:
            raise ValueError(f"something is left over: {self.tokens}")
        return result

    def _next(self, *operators: str) -> str | None:
        if self.tokens and self.tokens[0][1] in operators:
            return self.tokens.pop(0)[1]
        return None

    def _or(self) -> Any:
        left = self._and()
        while self._next("||"):
            right = self._and()
            left = left or right
        return left

    def _and(self) -> Any:
        left = self._equal()
        while self._next("&&"):
            right = self._equal()
            left = left and right
        return left

    def _equal(self) -> Any:
        left = self._single()
        while operator := self._next("==", "!="):
            left = (left == self._single()) == (operator == "==")
        return left

    def _single(self) -> Any:
        if self._next("!"):
            return not self._single()
        if self._next("("):
            inner = self._or()
            if not self._next(")"):
                raise ValueError("')' is missing")
            return inner
        text, _, name = self.tokens.pop(0)
        if text is not None:
            return text.replace("''", "'")
        assert name is not None
        if self._next("("):
            if not self._next(")"):
                raise ValueError(f"{name} takes nothing here")
            return {"always": True, "cancelled": False, "failure": self.failed, "success": not self.failed}[name]
        found: Any = self.context
        for part in name.split("."):
            found = found.get(part, "") if isinstance(found, dict) else ""
        return "" if found is None else found


def expand(text: Any, context: Context) -> str:
    """The text with each ${{ }} replaced by its value."""
    return re.sub(r"\$\{\{(.*?)\}\}", lambda match: str(Expression(match[1], context).value()), str(text))


def holds(condition: str | None, context: Context, failed: bool) -> bool:
    """Whether an `if:` holds. Without a word on how it went so far, it must have gone well."""
    if condition is None:
        return not failed
    text = re.sub(r"^\s*\$\{\{(.*)\}\}\s*$", r"\1", str(condition), flags=re.S)
    return (bool(STATUS.search(text)) or not failed) and bool(Expression(text, context, failed).value())


def read_outputs(path: Path) -> dict[str, str]:
    """What a step wrote to $GITHUB_OUTPUT: NAME=VALUE, or NAME<<END, lines, END."""
    outputs = {}
    lines = iter(path.read_text(encoding="utf-8").split("\n")) if path.exists() else iter(())
    for line in lines:
        if match := re.fullmatch(r"([\w-]+)<<(.+)", line):
            value = []
            for more in lines:
                if more == match[2]:
                    break
                value.append(more)
            else:
                raise ValueError(f"{match[1]} never ends")
            outputs[match[1]] = "\n".join(value)
        elif line:
            name, _, outputs_value = line.partition("=")
            outputs[name] = outputs_value
    return outputs


class Workflow:
    """One run of a workflow. `context` has github, vars, secrets and inputs, as the workflow reads them."""

    def __init__(self, path: Path, folder: Path, context: Context, stand_ins: dict[str, StandIn],
                 search_path: str) -> None:
        self.definition = yaml.safe_load(path.read_text(encoding="utf-8"))
        self.folder = folder  # everything of the run
        self.context = context
        self.stand_ins = stand_ins
        self.search_path = search_path
        self.jobs: Context = {}  # result and outputs of those that ran
        self.log = ""  # what the steps printed
        self.summary = ""

    def run(self) -> Context:
        """Runs the jobs, in the order in which they stand; what became of each."""
        for name, job in self.definition["jobs"].items():
            needs = [job["needs"]] if isinstance(job.get("needs"), str) else job.get("needs", [])
            needed = {one: self.jobs[one] for one in needs}
            failed = any(one["result"] != "success" for one in needed.values())
            context = self.context | {"needs": needed}
            self.jobs[name] = (self._job(name, job, context) if holds(job.get("if"), context, failed)
                               else {"result": "skipped", "outputs": {}})
        return self.jobs

    def _job(self, name: str, job: Context, context: Context) -> Context:
        home = self.folder / name
        for place in ("workspace", "temp", "home"):
            (home / place).mkdir(parents=True)
        declared = {key: expand(value, context) for scope in (self.definition, job)
                    for key, value in scope.get("env", {}).items()}
        context = context | {"steps": {}, "env": declared}
        failed = False
        for number, step in enumerate(job["steps"]):
            if not holds(step.get("if"), context, failed):
                outcome: Context = {"outcome": "skipped", "outputs": {}}
            else:
                outcome = self._step(step, context, home, home / f"step-{number}")
                failed = failed or outcome["outcome"] == "failure"
            if "id" in step:
                context["steps"][step["id"]] = outcome
        outputs = {key: expand(value, context) for key, value in job.get("outputs", {}).items()}
        return {"result": "failure" if failed else "success", "outputs": outputs}

    def _step(self, step: Context, context: Context, home: Path, files: Path) -> Context:
        if "uses" in step:
            action = step["uses"].partition("@")[0]
            values = {key: expand(value, context) for key, value in step.get("with", {}).items()}
            self.stand_ins[action](values, home / "workspace")
            return {"outcome": "success", "outputs": {}}
        files.mkdir()
        (files / "script").write_text(step["run"], encoding="utf-8")
        environment = {"PATH": self.search_path, "HOME": str(home / "home"), "RUNNER_TEMP": str(home / "temp"),
                       "GITHUB_OUTPUT": str(files / "output"), "GITHUB_STEP_SUMMARY": str(files / "summary"),
                       "GITHUB_WORKSPACE": str(home / "workspace"),
                       "GITHUB_REPOSITORY": context["github"]["repository"],
                       "GITHUB_API_URL": context["github"]["api_url"]}
        environment |= context["env"]
        environment |= {key: expand(value, context) for key, value in step.get("env", {}).items()}
        if expand(step["run"], context) != step["run"]:
            raise ValueError(f"{step['name']}: values go into a script by its environment, never into its text")
        done = subprocess.run(["bash", "--noprofile", "--norc", "-eo", "pipefail", files / "script"],
                              cwd=home / "workspace", env=environment, stdin=subprocess.DEVNULL,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False)
        self.log += f"## {step['name']}\n{done.stdout}"
        if (files / "summary").exists():
            self.summary += (files / "summary").read_text(encoding="utf-8")
        return {"outcome": "success" if done.returncode == 0 else "failure", "outputs": read_outputs(files / "output")}
