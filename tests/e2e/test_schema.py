# SPDX-License-Identifier: Apache-2.0
"""The JSON Schemas, held by an independent validator against what `apikeyd validate` says of the same documents.

Needs python3-jsonschema and python3-yaml of Debian. Where the python3 at hand has them not, Debian's own runs this.
"""

import json
import os
import re
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path
from typing import Any

import harness

DEBIAN_PYTHON = "/usr/bin/python3"
try:
    import yaml
    from jsonschema import Draft202012Validator
except ImportError:
    if os.path.realpath(sys.executable) != os.path.realpath(DEBIAN_PYTHON):
        os.execv(DEBIAN_PYTHON, [DEBIAN_PYTHON, "-B", *sys.argv])
    raise  # a failure: a comparison that nobody makes finds nothing

DOCUMENTS = harness.ROOT / "tests" / "config" / "documents"
EXAMPLES = harness.ROOT / "examples"
SCHEMAS = {"desired": harness.ROOT / "docs" / "schema" / "keys.schema.json",
           "settings": harness.ROOT / "docs" / "schema" / "settings.schema.json"}

# Where the two disagree, by the word that begins the document's name, and why.
DISAGREEMENTS = {
    "pair": "a schema sees one value at a time: not that an id stands twice, that one time is "
            "before another, or that an address wants a permission",
    "calendar": "the pattern knows how long months are, but not which years are leap years",
    "sum": "a pattern does not add up durations or compare ports",
    "scalar": "a schema sees values, not how they are written: 0o1, 1.0 and 1 are one number to it, TRUE is true, and "
              "an unquoted 123 no text",
    "yaml": "what the YAML of our files may not have is gone before a schema sees anything",
}


class CoreLoader(yaml.SafeLoader):
    """YAML 1.2's core schema (https://yaml.org/spec/1.2.2/#103-core-schema), which JSON Schema and editors go by.

    PyYAML's own is YAML 1.1, where `yes` is a boolean, 010 is 8, 12:30 is 750 and a date is an object.
    """

    yaml_implicit_resolvers: dict[str, list[tuple[str, "re.Pattern[str]"]]] = {}

    def int_of(self, node: Any) -> int:
        text = self.construct_scalar(node)
        return int(text, {"0o": 8, "0x": 16}.get(text[:2], 10))


def add_scalar(kind: str, pattern: str) -> None:
    # The None stands for "whatever it begins with"; "merge" has to have a tag of its own to be one.
    CoreLoader.add_implicit_resolver(f"tag:yaml.org,2002:{kind}", re.compile(f"^({pattern})$"), None)


add_scalar("null", "|~|null|Null|NULL")
add_scalar("bool", "true|True|TRUE|false|False|FALSE")
add_scalar("int", "[-+]?[0-9]+|0o[0-7]+|0x[0-9a-fA-F]+")
add_scalar("float", r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?|[-+]?(\.inf|\.Inf|\.INF)|\.nan|\.NaN|\.NAN")
add_scalar("merge", "<<")
CoreLoader.add_constructor("tag:yaml.org,2002:int", CoreLoader.int_of)


def apikeyd(*arguments: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run([harness.binary("APIKEYD_BIN", "apikeyd"), *arguments], env={"PATH": "/usr/bin:/bin"},
                          stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False,
                          timeout=60 * harness.FACTOR)


class Schema(unittest.TestCase):
    def setUp(self) -> None:
        folder = tempfile.TemporaryDirectory(prefix="apikeyd-schema-")
        self.addCleanup(folder.cleanup)
        self.keys = Path(folder.name) / "keys.yaml"
        self.keys.write_text("version: 1\nkeys: []\n", encoding="utf-8")
        self.printed = {"desired": apikeyd("schema").stdout, "settings": apikeyd("schema", "--settings").stdout}
        self.validators = {kind: Draft202012Validator(json.loads(text)) for kind, text in self.printed.items()}

    def accepted_by_schema(self, kind: str, path: Path) -> bool:
        try:
            document = yaml.load(path.read_text(encoding="utf-8"), CoreLoader)
        except yaml.YAMLError:
            return False
        return bool(self.validators[kind].is_valid(document))

    def accepted_by_apikeyd(self, kind: str, path: Path) -> bool:
        if kind == "desired":
            done = apikeyd("validate", str(path))
            self.assertIn(done.returncode, (0, 1), done.stderr)
        else:
            done = apikeyd("validate", "--config", str(path), str(self.keys))
            self.assertIn(done.returncode, (0, 78), done.stderr)
        return done.returncode == 0

    def test_are_schemas_of_the_2020_dialect(self) -> None:
        for kind, text in self.printed.items():
            with self.subTest(kind):
                schema = json.loads(text)
                self.assertEqual(schema["$schema"], "https://json-schema.org/draft/2020-12/schema")
                Draft202012Validator.check_schema(schema)
                self.assertTrue(text.endswith("}\n"))

    def test_files_are_what_the_command_prints(self) -> None:
        for kind, path in SCHEMAS.items():
            with self.subTest(path.name):
                self.assertEqual(path.read_text(encoding="utf-8"), self.printed[kind],
                                 f"write it anew: apikeyd schema{' --settings' * (kind == 'settings')} > {path}")

    def test_examples_name_their_schema_and_fit_it(self) -> None:
        for kind, name in (("desired", "keys.yaml"), ("settings", "apikeyd.yaml")):
            with self.subTest(name):
                path = EXAMPLES / name
                named = re.search(r"^# yaml-language-server: \$schema=(\S+)$", path.read_text(encoding="utf-8"), re.M)
                self.assertIsNotNone(named)
                assert named
                self.assertEqual((EXAMPLES / named[1]).resolve(), SCHEMAS[kind].resolve())
                self.assertTrue(self.accepted_by_schema(kind, path))
                self.assertTrue(self.accepted_by_apikeyd(kind, path))

    def test_settings_defaults_fit(self) -> None:
        """The defaults that the schema names are valid, by itself and to the loader."""
        def defaults(properties: dict[str, Any]) -> dict[str, Any]:
            found = {}
            for name, schema in properties.items():
                if "properties" in schema:
                    found[name] = defaults(schema["properties"])
                elif "default" in schema or "const" in schema:
                    found[name] = schema.get("default", schema.get("const"))
            return found

        document = defaults(json.loads(self.printed["settings"])["properties"])
        self.assertIn("concurrency", document["api"])
        path = self.keys.with_name("settings.yaml")
        path.write_text(json.dumps(document), encoding="utf-8")
        self.assertTrue(self.validators["settings"].is_valid(document))
        self.assertTrue(self.accepted_by_apikeyd("settings", path))

    def test_agrees_with_the_loader(self) -> None:
        seen: set[str] = set()
        for kind in ("desired", "settings"):
            for verdict in ("good", "bad"):
                paths = sorted((DOCUMENTS / kind / verdict).glob("*.yaml"))
                self.assertGreater(len(paths), 10)
                for path in paths:
                    with self.subTest(f"{kind}/{verdict}/{path.stem}"):
                        good = verdict == "good"
                        self.assertEqual(self.accepted_by_apikeyd(kind, path), good, "says apikeyd")
                        subject = path.stem.split("-")[0]
                        differs = subject in DISAGREEMENTS
                        seen.update({subject} if differs else ())
                        self.assertEqual(self.accepted_by_schema(kind, path), good != differs,
                                         DISAGREEMENTS.get(subject, "says the schema"))
        self.assertEqual(seen, set(DISAGREEMENTS))


if __name__ == "__main__":
    harness.main()
