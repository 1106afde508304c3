# SPDX-License-Identifier: Apache-2.0
"""A terminal for the tests: a pty, and what a window would show of what is written to it."""

from __future__ import annotations

import fcntl
import os
import pty
import re
import signal
import struct
import subprocess
import termios
import threading
import unicodedata
from pathlib import Path

import harness

SEQUENCE = re.compile(r"\x1b\[(\??)([0-9;]*)([A-Za-z])")
ESCAPE = "\x1b"


def width_of(character: str) -> int:
    if unicodedata.combining(character):
        return 0
    return 2 if unicodedata.east_asian_width(character) in "WF" else 1


class Window:
    """What stands in a window. Knows the sequences that apikeyd may use; any other is an error."""

    def __init__(self, rows: int, columns: int) -> None:
        self.modes = {"25": True, "7": True, "1049": False}  # cursor, wrapping, alternate screen
        self.pending = ""
        self.touched = ""  # every sequence that came
        self.scrolled: list[str] = []
        self.overrun = False  # something was longer than a line
        self.saved: list[list[str]] | None = None
        self.resize(rows, columns)
        self.lines = [[" "] * columns for _ in range(rows)]
        self.row = self.column = 0

    def resize(self, rows: int, columns: int) -> None:
        old = getattr(self, "lines", [])
        self.rows, self.columns = rows, columns
        self.lines = [(line + [" "] * columns)[:columns] for line in old[:rows]]
        self.lines += [[" "] * columns for _ in range(rows - len(self.lines))]
        self.row = min(getattr(self, "row", 0), rows - 1)
        self.column = min(getattr(self, "column", 0), columns - 1)

    def text(self) -> str:
        return "\n".join("".join(line).rstrip() for line in self.lines).rstrip("\n")

    def feed(self, text: str) -> None:
        text = self.pending + text
        at = 0
        while at < len(text):
            if text[at] != ESCAPE:
                self._put(text[at])
                at += 1
            elif found := SEQUENCE.match(text, at):
                self._obey(*found.groups())
                self.touched += found.group()
                at = found.end()
            elif len(text) - at < 16:
                break  # its end is to come
            else:
                raise AssertionError(f"a sequence that no window of ours knows: {text[at:at + 16]!r}")
        self.pending = text[at:]

    def _put(self, character: str) -> None:
        if character == "\r":
            self.column = 0
        elif character == "\n":
            self._down()
        elif ord(character) < 32 or ord(character) == 127:
            raise AssertionError(f"a control character on the terminal: {character!r}")
        elif (width := width_of(character)) > 0:
            if self.column + width > self.columns:  # beyond the last column
                self.overrun = True
                if self.modes["7"]:
                    self.column = 0
                    self._down()
                else:
                    self.column = self.columns - width
            self.lines[self.row][self.column] = character
            for further in range(1, width):
                self.lines[self.row][self.column + further] = ""
            self.column += width

    def _down(self) -> None:
        if self.row + 1 < self.rows:
            self.row += 1
        else:
            self.scrolled.append("".join(self.lines.pop(0)).rstrip())
            self.lines.append([" "] * self.columns)

    def _obey(self, private: str, parameters: str, final: str) -> None:
        column = min(self.column, self.columns - 1)  # after the last character it is still on it
        if private and final in "hl":
            if parameters not in self.modes:
                raise AssertionError(f"mode {parameters}")
            if parameters == "1049":
                if final == "h":
                    self.saved = [list(line) for line in self.lines]
                    self.lines = [[" "] * self.columns for _ in range(self.rows)]
                elif self.saved is not None:
                    self.lines = self.saved
                    self.resize(self.rows, self.columns)
            self.modes[parameters] = final == "h"
        elif final == "H":
            row, column = (int(part or 1) for part in (parameters or "1;1").split(";"))
            self.row, self.column = min(row, self.rows) - 1, min(column, self.columns) - 1
        elif final == "K" and not parameters:
            self.lines[self.row][column:] = [" "] * (self.columns - column)
        elif final == "J" and not parameters:
            self.lines[self.row][column:] = [" "] * (self.columns - column)
            for row in range(self.row + 1, self.rows):
                self.lines[row] = [" "] * self.columns
        elif final != "m":
            raise AssertionError(f"a sequence that no window of ours knows: {parameters}{final}")


class Terminal:
    """A program on a pty, which is its controlling terminal, and the window before it."""

    def __init__(self, command: list[str], environment: dict[str, str], cwd: Path, rows: int = 24,
                 columns: int = 80, stdout: int | None = None) -> None:
        self.window = Window(rows, columns)
        self.raw = ""
        self.lock = threading.Lock()
        self.error: Exception | None = None
        self.fd, self.slave = pty.openpty()
        self._set_size(rows, columns)
        self.mode_before = termios.tcgetattr(self.slave)
        slave = self.slave

        def take_terminal() -> None:
            os.setsid()
            fcntl.ioctl(slave, termios.TIOCSCTTY, 0)

        self.process = subprocess.Popen(command, stdin=slave, stdout=slave if stdout is None else stdout,
                                        stderr=slave, env=environment, cwd=cwd, preexec_fn=take_terminal)
        self.reader = threading.Thread(target=self._read, daemon=True)
        self.reader.start()

    def _read(self) -> None:
        while True:
            try:
                data = os.read(self.fd, 65536)
            except OSError:
                return
            with self.lock:
                text = data.decode(errors="surrogateescape")
                self.raw += text
                try:
                    self.window.feed(text)
                except Exception as error:  # told to whoever looks next
                    self.error = self.error or error

    def _set_size(self, rows: int, columns: int) -> None:
        fcntl.ioctl(self.slave, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))

    def resize(self, rows: int, columns: int) -> None:
        with self.lock:
            self.window.resize(rows, columns)
        self._set_size(rows, columns)  # the kernel tells the program: SIGWINCH

    def text(self) -> str:
        with self.lock:
            if self.error:
                raise self.error
            return self.window.text()

    def wait_text(self, *wanted: str, timeout: float = harness.BOUND) -> str:
        return harness.wait_for(lambda: self.text() if all(one in self.text() for one in wanted) else None,
                                f"on the terminal: {wanted}", timeout, self.text)

    def type(self, text: str) -> None:
        os.write(self.fd, text.encode())

    def mode(self) -> list:
        return termios.tcgetattr(self.slave)

    def wait(self, timeout: float = harness.BOUND) -> int:
        try:
            code = self.process.wait(timeout * harness.FACTOR)
        except subprocess.TimeoutExpired as error:
            raise AssertionError(f"did not end; the terminal has:\n{self.text()}") from error
        self.drain()
        return code

    def drain(self) -> None:
        """All that was written is in the window: a mark behind it comes back."""
        mark = "\x1b[0;0m"  # nobody else writes just that
        before = len(self.raw)
        os.write(self.slave, mark.encode())
        harness.wait_for(lambda: self.raw.endswith(mark) and len(self.raw) > before, "the terminal is read")

    def stopped(self) -> bool:
        state = Path(f"/proc/{self.process.pid}/stat").read_text(encoding="utf-8").rsplit(")", 1)[1].split()[0]
        return state == "T"

    def close(self) -> None:
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGKILL)
            self.process.wait()
        os.close(self.slave)
        self.reader.join(harness.BOUND)
        os.close(self.fd)
