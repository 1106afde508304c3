#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Holds every #include "..." of the project against the floors of the house (docs/architecture.md).

A file may include only what stands on its own floor or below it. The floors of one number stand side by side: none
may include the other. state/ is stricter: of config/ it may use the values alone. One file only may use each library
that is wrapped.
"""

import pathlib
import re
import sys

FLOORS = {
    "config": 1,
    "state": 2,
    "daemon/plan": 3,
    "daemon/api": 4,
    "daemon/reconcile": 5,
    "daemon/runtime": 6,
    "daemon/status": 6,
    "daemon/cli": 7,
    "daemon": 8,
}
# On one floor, but the status server reads what the runtime knows; not the other way round.
NEIGHBOURS = {("daemon/status", "daemon/runtime")}  # may include
STATE_MAY_USE = {"config/key.hpp", "config/secret.hpp", "config/time.hpp"}
# Which libraries may be named where: the adapters that translate them.
LIBRARIES = [
    (re.compile(r"<yaml-cpp/"), re.compile(r"config/yaml_(reader|syntax)\.(cpp|hpp)$")),
    (re.compile(r"<(SQLiteCpp/|sqlite3\.h)"), re.compile(r"state/")),
    (re.compile(r"<Poco/Net/"), re.compile(r"daemon/(api|status)/")),
    (re.compile(r"<Poco/JSON/"), re.compile(r"daemon/(api|status|runtime|cli)/")),
    (re.compile(r"<systemd/"), re.compile(r"daemon/runtime/")),
    (re.compile(r"<git2[./]"), re.compile(r"daemon/runtime/")),
    (re.compile(r"<CLI/"), re.compile(r"daemon/cli/|daemon/main\.cpp$")),
]
INCLUDE = re.compile(r'^\s*#\s*include\s+(?:"([^"]+)"|(<[^>]+>))')


def floor_of(path):
    folder = str(pathlib.PurePosixPath(path).parent)
    return (folder, FLOORS[folder]) if folder in FLOORS else None


def check(root, path, errors):
    name = path.relative_to(root).as_posix()
    here = floor_of(name)
    if here is None:
        errors.append(f"{name}: stands on no floor; add its folder to the house or move it")
        return
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        match = INCLUDE.match(line)
        if not match:
            continue
        quoted, library = match.groups()
        where = f"{name}:{number}"
        if library:
            for pattern, allowed in LIBRARIES:
                if pattern.search(library) and not allowed.match(name):
                    errors.append(f"{where}: {library} may be used only in {allowed.pattern}")
            continue
        if quoted.startswith("generated/"):
            continue
        there = floor_of(quoted)
        if there is None or not (root / quoted).is_file():
            errors.append(f'{where}: "{quoted}" is no header of ours; write it from the root, others in <>')
        elif there[0] == here[0] or (here[0], there[0]) in NEIGHBOURS:
            continue
        elif there[1] >= here[1]:
            errors.append(f"{where}: {here[0]} (floor {here[1]}) may not include {quoted} (floor {there[1]})")
        elif here[0] == "state" and quoted not in STATE_MAY_USE:
            errors.append(f"{where}: state may use only {', '.join(sorted(STATE_MAY_USE))} of config")


def main():
    root = pathlib.Path(__file__).resolve().parent.parent
    errors, count = [], 0
    for top in ("config", "state", "daemon"):
        for path in sorted((root / top).rglob("*")):
            if path.suffix in (".cpp", ".hpp"):
                count += 1
                check(root, path, errors)
    for error in errors:
        print(error)
    print(f"{count} files, {len(errors)} against the house")
    return 1 if errors or count == 0 else 0


if __name__ == "__main__":
    sys.exit(main())
