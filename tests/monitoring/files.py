# SPDX-License-Identifier: Apache-2.0
"""What examples/monitoring says: its rules, their tests, and the panels of the dashboard."""

import json
import re
from typing import Any, Iterator

import yaml

from harness import ROOT

FOLDER = ROOT / "examples" / "monitoring"
# What Grafana puts in place of its variables.
VARIABLES = {"$__rate_interval": "5m", "$__range": "6h", "$job": ".*", "$instance": ".*"}

Json = dict[str, Any]


def rules() -> list[Json]:
    document = yaml.safe_load((FOLDER / "alerts.yaml").read_text())
    return [rule for group in document["groups"] for rule in group["rules"]]


def rule_tests() -> list[Json]:
    return yaml.safe_load((FOLDER / "alerts_test.yaml").read_text())["tests"]


def dashboard() -> Json:
    return json.loads((FOLDER / "dashboard.json").read_text())


def panels() -> list[Json]:
    return dashboard()["panels"]


def filled_in(expression: str) -> str:
    for variable, value in VARIABLES.items():
        expression = expression.replace(variable, value)
    if left := re.search(r"\$\w+", expression):
        raise AssertionError(f"{left[0]} is a variable of nobody: {expression}")
    return expression


def dashboard_expressions() -> Iterator[tuple[str, str]]:
    """Where, and what."""
    for panel in panels():
        for target in panel.get("targets", []):
            yield f"panel {panel['title']!r}, {target['refId']}", filled_in(target["expr"])
    for annotation in dashboard()["annotations"]["list"]:
        yield f"annotation {annotation['name']!r}", filled_in(annotation["expr"])
    for variable in dashboard()["templating"]["list"]:
        if variable["type"] == "query":
            match = re.fullmatch(r"label_values\((.+), (\w+)\)", variable["definition"])
            assert match, variable["definition"]
            yield f"variable {variable['name']!r}", filled_in(f"count by ({match[2]}) ({match[1]})")


def expressions() -> Iterator[tuple[str, str]]:
    for rule in rules():
        yield f"alert {rule['alert']}", rule["expr"]
    yield from dashboard_expressions()
