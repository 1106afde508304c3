#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The manual pages, the completion scripts and what `cmake --install` puts where.

Wants the program in $APIKEYD_BIN, the build folder in $APIKEYD_BUILD and CMake in $APIKEYD_CMAKE. What a shell or
man(1) is needed for is skipped where there is none.
"""

import os
import pathlib
import pty
import re
import select
import shutil
import signal
import subprocess
import tempfile
import time
import unittest
from typing import Dict, List, Set

ROOT = pathlib.Path(__file__).resolve().parents[2]
PROGRAM = os.environ["APIKEYD_BIN"]
BUILD = pathlib.Path(os.environ["APIKEYD_BUILD"])
MADE = BUILD / "docs" / "generate"
BASH_COMPLETION = pathlib.Path("/usr/share/bash-completion/bash_completion")
PAGES = ["apikeyd.8", "apikeyd.yaml.5", "apikeyd-keys.5"]
OPTION = re.compile(r"(?<![\w-])--[a-z][a-z-]*[a-z]")


def output_of(*command: str, **keywords: object) -> str:
    done = subprocess.run(command, check=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                          timeout=60, **keywords)  # type: ignore[call-overload]
    if done.stderr:
        raise AssertionError(f"{command}: {done.stderr}")
    return str(done.stdout)


def offered_options() -> Set[str]:
    """The options that --help-all explains, each at the begin of a line."""
    text = output_of(PROGRAM, "--help-all")
    return {name for line in re.findall(r"^  (-.*)$", text, re.M) for name in OPTION.findall(line.split("  ")[0])}


def commands() -> List[str]:
    text = output_of(PROGRAM, "--help-all")
    block = text[text.index("\nCommands:\n"):].split("\n\n")[0]
    return re.findall(r"^  (\w+) ", block, re.M)


def forms_of(command: str) -> str:
    """The forms of its reports, as what it refuses tells them."""
    done = subprocess.run([PROGRAM, command, *{"approve": ["x"], "suspend": ["--for", "1h"]}.get(command, []),
                           "--format", "none"], stderr=subprocess.PIPE, text=True, timeout=60, check=False)
    match = re.search(r"there (?:are|is) (.*)$", done.stderr)
    assert done.returncode == 64 and match, done
    return match[1].replace(", ", "|")


@unittest.skipUnless(shutil.which("man") and (MADE / "man" / PAGES[0]).is_file(), "needs man and scdoc")
class Manual(unittest.TestCase):
    def page(self, name: str) -> str:
        """As it is shown, without a hyphen that isn't written; fails on any warning."""
        environment = {**os.environ, "LC_ALL": "C.UTF-8", "MANWIDTH": "200", "MANPAGER": "cat"}
        return output_of("man", "--warnings", "--no-hyphenation", "--no-justification", "-E", "UTF-8", "-l",
                         str(MADE / "man" / name), env=environment)

    def test_pages_render_without_warnings(self) -> None:
        for name in PAGES:
            with self.subTest(name):
                self.assertIn("NAME\n", self.page(name))
                self.assertNotIn("@", self.page(name))

    def test_every_option_is_in_the_manual_and_no_other(self) -> None:
        offered = offered_options()
        self.assertGreater(len(offered), 20)
        self.assertEqual(offered - set(OPTION.findall(self.page("apikeyd.8"))), set())
        for name in PAGES:
            with self.subTest(name):
                self.assertEqual(set(OPTION.findall(self.page(name))) - offered, set())

    def test_every_command_has_its_part(self) -> None:
        text = self.page("apikeyd.8")
        for command in commands():
            self.assertRegex(text, rf"\n +apikeyd {command}[ \n]")

    def test_forms_are_those_that_each_command_takes(self) -> None:
        text = self.page("apikeyd.8")
        parts = re.split(r"\n   apikeyd ([a-z]+) [^\n]*\n", text[:text.index("\nOPTIONS\n")])
        self.assertEqual(parts[1::2], commands())
        for command, part in zip(parts[1::2], parts[2::2]):
            shown = re.findall(r"^ +--format ([\w|]+)$", part, re.M)
            self.assertEqual(shown or ["text"], [forms_of(command)], command)

    def test_sentences_end_once(self) -> None:
        self.assertNotRegex(self.page("apikeyd.8"), r"[?!]\.")

    def test_variables_are_those_of_the_flags(self) -> None:
        for flag, variable in re.findall(r"Flag (--[a-z-]+), variable (\w+)", self.page("apikeyd.yaml.5")):
            self.assertEqual(variable, "APIKEYD_" + flag[2:].upper().replace("-", "_"))

    def test_options_without_a_place_in_the_settings_file_are_named(self) -> None:
        """Whatever has a variable is a setting, or stands in the paragraph that says why it is none."""
        settings = self.page("apikeyd.yaml.5")
        text = self.page("apikeyd.8")
        with_variable = re.findall(r"^ +APIKEYD_\w+ \((--[a-z-]+)\)$", text[text.index("\nENVIRONMENT\n"):], re.M)
        flags = re.findall(r"Flag (--[a-z-]+), variable", settings)
        self.assertGreater(len(flags), 10)
        paragraph = next(part for part in re.split(r"\n\s*\n", settings) if "have no place in it" in part)
        self.assertEqual(set(OPTION.findall(paragraph)), set(with_variable) - set(flags))

    def test_defaults_are_those_of_the_example(self) -> None:
        shown: Dict[str, str] = {}
        section = ""
        for line in self.page("apikeyd.yaml.5").splitlines():
            if heading := re.match(r" +In the section (\w+)$", line):
                section = heading[1] + "."
            elif line.strip() == "At the top":
                section = ""
            elif field := re.match(r" {7}(\w+): \S+$", line):
                path = section + field[1]
            elif default := re.search(r" Default: (\S+)\.$", line):
                shown[path] = default[1]
        written: Dict[str, str] = {}
        section = ""
        for line in (ROOT / "examples" / "apikeyd.yaml").read_text(encoding="utf-8").splitlines():
            if match := re.match(r"(\s*)(\w+):\s*([^#\s]*)", line):
                section = section if match[1] else ""
                if match[3]:
                    written[section + match[2]] = match[3]
                else:
                    section = match[2] + "."
        self.assertGreater(len(shown), 8)
        for path, default in shown.items():
            with self.subTest(path):
                self.assertEqual(default, written[path])


@unittest.skipUnless(shutil.which("bash") and BASH_COMPLETION.is_file(), "needs bash-completion")
class Bash(unittest.TestCase):
    def complete(self, *words: str) -> List[str]:
        """What is offered for the last word; words as bash takes them apart, at '=' too."""
        script = """
            source "$1"; source "$2"; shift 2
            COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); COMP_LINE="$*"; COMP_LINE=${COMP_LINE// = /=}; COMP_POINT=${#COMP_LINE}
            _apikeyd; printf '%s\\n' "${COMPREPLY[@]}" """
        # Options such as -o filenames can be set during a completion by the shell itself only.
        done = subprocess.run(["bash", "--norc", "-c", "compopt() { :; };" + script, "bash", str(BASH_COMPLETION),
                               str(MADE / "bash" / "apikeyd"), "apikeyd", *words],
                              stdout=subprocess.PIPE, text=True, timeout=60, check=True, cwd=ROOT / "examples")
        return done.stdout.split()

    def test_commands(self) -> None:
        self.assertEqual(self.complete("dr"), ["drift"])
        self.assertEqual(self.complete(""), commands())
        self.assertEqual(self.complete("--keys", "run", "dr"), ["drift"])  # 'run' is a file there

    def test_options(self) -> None:
        self.assertEqual(self.complete("apply", "--app"), ["--approve"])
        self.assertEqual(self.complete("status", "--app"), [])
        self.assertEqual(self.complete("--quiet", "apply", "--max"), ["--max-disable"])
        self.assertEqual(self.complete("status", "--max"), [])
        self.assertLessEqual({"--config", "--help", "--version"}, set(self.complete("schema", "--")))

    def test_values(self) -> None:
        self.assertEqual(self.complete("run", "--log-level", "w"), ["warning"])
        self.assertEqual(self.complete("run", "--log-level", "=", "w"), ["warning"])
        self.assertEqual(self.complete("--api-url", "s"), ["staging"])
        self.assertEqual(self.complete("apply", "--api-timeout", ""), [])
        self.assertIn("keys.yaml", self.complete("--keys", "ke"))
        self.assertIn("keys.yaml", self.complete("validate", "ke"))
        self.assertEqual(self.complete("drift", "ke"), [])

    def test_forms_are_those_of_the_command(self) -> None:
        for command in commands():
            self.assertEqual(self.complete(command, "--format", ""), forms_of(command).split("|"))
            self.assertEqual(self.complete(command, "--form"), ["--format"])
        self.assertEqual(self.complete("drift", "--format", "=", "m"), ["markdown"])
        self.assertEqual(self.complete("--format", "s"), ["sarif"])


@unittest.skipUnless(shutil.which("fish"), "needs fish")
class Fish(unittest.TestCase):
    def complete(self, line: str) -> Dict[str, str]:
        with tempfile.TemporaryDirectory() as home:
            text = output_of("fish", "--no-config", "-c", f"source $argv[1]; complete -C '{line}'",
                             str(MADE / "fish" / "apikeyd.fish"), env={**os.environ, "HOME": home},
                             cwd=ROOT / "examples")
        rows = (row.split("\t") for row in text.splitlines())
        return {row[0]: row[1] if len(row) > 1 else "" for row in rows}

    def test_commands(self) -> None:
        self.assertEqual(self.complete("apikeyd dr"),
                         {"drift": "Report what differs; sends nothing but, with --refresh, looks"})
        self.assertEqual(set(self.complete("apikeyd ")), set(commands()))
        self.assertEqual(set(self.complete("apikeyd --keys k.yaml dr")), {"drift"})

    def test_options(self) -> None:
        self.assertEqual(set(self.complete("apikeyd apply --app")), {"--approve"})
        self.assertEqual(self.complete("apikeyd status --app"), {})
        self.assertEqual(set(self.complete("apikeyd apply --max")), {"--max-disable"})
        self.assertEqual(self.complete("apikeyd status --max"), {})

    def test_values(self) -> None:
        self.assertEqual(set(self.complete("apikeyd run --log-level w")), {"warning"})
        self.assertIn("keys.yaml", self.complete("apikeyd validate ke"))
        self.assertIn("keys.yaml", self.complete("apikeyd drift --keys ke"))
        self.assertEqual(self.complete("apikeyd drift ke"), {})

    def test_forms_are_those_of_the_command(self) -> None:
        for command in commands():
            self.assertEqual(set(self.complete(f"apikeyd {command} --format ")), set(forms_of(command).split("|")))
        self.assertEqual(set(self.complete("apikeyd --format s")), {"sarif"})


@unittest.skipUnless(shutil.which("zsh"), "needs zsh")
class Zsh(unittest.TestCase):
    """A real zsh at a terminal of its own; a key completes and writes down what the line is then."""

    def setUp(self) -> None:
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)
        (self.folder / ".zshrc").write_text(
            f"""fpath=({MADE / 'zsh'} $fpath); autoload -U compinit; compinit -u -D
            note() {{ zle complete-word; print -r -- "$BUFFER|" > line; zle kill-buffer }}
            zle -N note; bindkey '^X' note; unsetopt list_beep; PS1=; print > ready
            """, encoding="utf-8")
        (self.folder / "keys.yaml").touch()
        self.pid, self.terminal = pty.fork()
        if self.pid == 0:
            os.chdir(self.folder)
            os.execvpe("zsh", ["zsh", "-i"], {"PATH": os.environ["PATH"], "HOME": str(self.folder),
                                              "ZDOTDIR": str(self.folder), "TERM": "dumb", "LC_ALL": "C.UTF-8"})
        self.addCleanup(self.end)
        self.wait_for(self.folder / "ready")

    def end(self) -> None:
        os.kill(self.pid, signal.SIGKILL)
        os.waitpid(self.pid, 0)
        os.close(self.terminal)

    def wait_for(self, file: pathlib.Path) -> str:
        seen = b""
        deadline = time.monotonic() + 30
        while time.monotonic() < deadline:
            if file.is_file() and (text := file.read_text(encoding="utf-8")):
                file.unlink()
                return text
            if select.select([self.terminal], [], [], 0.02)[0]:
                seen += os.read(self.terminal, 65536)
        raise AssertionError(f"zsh wrote no {file.name}: {seen!r}")

    def complete(self, line: str) -> str:
        os.write(self.terminal, line.encode() + b"\x18")
        return self.wait_for(self.folder / "line").rstrip("|\n")

    def test_completes(self) -> None:
        for line, whole in {
            "apikeyd dr": "apikeyd drift ",
            "apikeyd --keys keys.yaml dr": "apikeyd --keys keys.yaml drift ",
            "apikeyd apply --app": "apikeyd apply --approve=",
            "apikeyd status --app": "apikeyd status --app",
            "apikeyd apply --max": "apikeyd apply --max-disable=",
            "apikeyd status --max": "apikeyd status --max",
            "apikeyd run --log-level w": "apikeyd run --log-level warning ",
            "apikeyd run --log-level=w": "apikeyd run --log-level=warning ",
            "apikeyd validate ke": "apikeyd validate keys.yaml ",
            "apikeyd drift --keys ke": "apikeyd drift --keys keys.yaml ",
            "apikeyd drift ke": "apikeyd drift ke",
            "apikeyd drift --format m": "apikeyd drift --format markdown ",
            "apikeyd validate --format=s": "apikeyd validate --format=sarif ",
            "apikeyd status --format m": "apikeyd status --format m",
            "apikeyd --format s": "apikeyd --format sarif ",
        }.items():
            with self.subTest(line):
                self.assertEqual(self.complete(line), whole)


class Installation(unittest.TestCase):
    def test_what_is_installed_where(self) -> None:
        with tempfile.TemporaryDirectory() as prefix:
            subprocess.run([os.environ["APIKEYD_CMAKE"], "--install", str(BUILD), "--prefix", prefix], check=True,
                           stdout=subprocess.DEVNULL, timeout=60)
            files = {path.relative_to(prefix).as_posix() for path in pathlib.Path(prefix).rglob("*")
                     if path.is_file()}
            wanted = {"bin/apikeyd", "share/bash-completion/completions/apikeyd",
                      "share/zsh/vendor-completions/_apikeyd", "share/fish/vendor_completions.d/apikeyd.fish",
                      "share/doc/apikeyd/examples/apikeyd.yaml", "share/doc/apikeyd/examples/keys.yaml"}
            if (MADE / "man").is_dir():
                wanted |= {f"share/man/man{page[-1]}/{page}" for page in PAGES}
            self.assertEqual(wanted - files, set())
            self.assertEqual({name for name in files if name.startswith("bin/")}, {"bin/apikeyd"})


if __name__ == "__main__":
    unittest.main()
