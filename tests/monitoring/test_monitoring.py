# SPDX-License-Identifier: Apache-2.0
"""examples/monitoring: that it names what a daemon serves, that promtool takes it, and what Prometheus makes of it."""

import contextlib
import itertools
import json
import re
import shutil
import socket
import subprocess
import sys
import tempfile
import unittest
import urllib.error
import urllib.parse
import urllib.request
from collections import defaultdict
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "e2e"))

import yaml  # noqa: E402

import files  # noqa: E402
import harness  # noqa: E402  (it lies beside the end-to-end tests)
from files import FOLDER, Json  # noqa: E402
from harness import BILLING, LEGACY, MOBILE, Case, Daemon, key, wait_for  # noqa: E402
from promql import Matcher, Named, named_in  # noqa: E402

# What Prometheus adds to what it scrapes.
OF_PROMETHEUS = {"up": {}}
TARGET_LABELS = {"job", "instance"}
# Of Grafana itself: nobody has to install anything.
OWN_PANELS = {"row", "stat", "timeseries", "state-timeline"}
GRID_WIDTH = 24

Series = dict[str, dict[str, set[str]]]  # metric -> label -> its values


def read(url: str) -> str:
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    with opener.open(url, timeout=harness.BOUND * harness.FACTOR) as answer:
        return answer.read().decode()


def series_of(scrape: str) -> Series:
    found: Series = {name: dict(labels) for name, labels in OF_PROMETHEUS.items()}
    for line in scrape.splitlines():
        if not line.startswith("#"):
            name = line.split(" ")[0].split("{")[0]
            labels = found.setdefault(name, defaultdict(set))
            for label, value in re.findall(r'(\w+)="([^"]*)"', line):
                labels[label].add(value)
    return found


def matches(matcher: Matcher, values: set[str]) -> bool:
    """Whether each value that it names, or each alternative, is one that the daemon serves."""
    if matcher.sign in ("=", "!="):
        return matcher.value in values
    return all(any(re.fullmatch(one, value) for value in values) for one in matcher.value.split("|"))


def unknown_in(named: Named, served: Series) -> list[str]:
    """What the daemon doesn't serve."""
    unknown = [f"no metric {name}" for name in sorted(named.metrics - set(served))]
    for matcher in named.matchers:
        labels = served.get(matcher.metric, {})
        if matcher.label not in TARGET_LABELS | set(labels):
            unknown.append(f"{matcher.metric} has no label {matcher.label}")
        elif matcher.label in labels and not matches(matcher, labels[matcher.label]):
            unknown.append(f"{matcher.metric} has no {matcher.label} {matcher.sign} {matcher.value}")
    known = TARGET_LABELS.union(*(served.get(name, {}) for name in named.metrics))
    return unknown + [f"no label {label} to group by" for label in sorted(named.labels - known)]


class Serving(Case):
    def serve(self, listen: str = "127.0.0.1:0") -> Daemon:
        daemon = self.start("--status-listen", listen)
        self.address = daemon.wait_event("status_listening")["address"].rstrip("/").removeprefix("http://")
        return daemon

    def scrape(self) -> Series:
        return series_of(read(f"http://{self.address}/metrics"))


class Names(Serving):
    def setUp(self) -> None:
        super().setUp()
        self.start_sandbox()
        self.save(key(BILLING, "billing", True))
        self.serve().wait_event("reconcile_finished")
        self.served = self.scrape()

    def test_everything_that_is_named_is_served(self) -> None:
        for where, expression in files.expressions():
            with self.subTest(where):
                named = named_in(expression)
                self.assertTrue(named.metrics, expression)
                self.assertEqual(unknown_in(named, self.served), [], expression)

    def test_colours_are_for_values_that_are_served(self) -> None:
        for panel in files.panels():
            overrides = panel.get("fieldConfig", {}).get("overrides", [])
            named = [named_in(target["expr"]).metrics for target in panel.get("targets", [])]
            values = {value for name in set().union(*named) for of_label in self.served[name].values()
                      for value in of_label}
            for matcher in (override["matcher"] for override in overrides):
                with self.subTest(panel["title"], **matcher):
                    pattern = matcher["options"] if matcher["id"] == "byRegexp" else re.escape(matcher["options"])
                    self.assertTrue(any(re.fullmatch(pattern, value) for value in values))

    def test_rules_are_tested_with_series_that_there_are(self) -> None:
        for test in files.rule_tests():
            for one in test["input_series"]:
                name, labels = one["series"].split("{", 1)
                # A target may have more labels, and machines have other metrics that are named so.
                labels = labels.replace(',team="a"', "")
                with self.subTest(one["series"]):
                    self.assertEqual(unknown_in(named_in(f"{name}{{{labels}"), self.served), [])

    def test_what_is_served_is_shown(self) -> None:
        """Each metric is on the dashboard: one that isn't was forgotten."""
        shown = set().union(*(named_in(expression).metrics for _, expression in files.dashboard_expressions()))
        histograms = {name.removesuffix("_bucket") for name in shown if name.endswith("_bucket")}
        shown |= {name + suffix for name in histograms for suffix in ("_sum", "_count")}
        self.assertEqual(set(self.served) - shown, set())

    def test_the_comparison_has_teeth(self) -> None:
        for expression, complaint in [
                ("rate(apikeyd_nothing_total[5m])", "no metric apikeyd_nothing_total"),
                ('apikeyd_keys{stat="held"}', "apikeyd_keys has no label stat"),
                ('sum(apikeyd_keys{state=~"held|lost"}) > 0', "apikeyd_keys has no state =~ held|lost"),
                ('apikeyd_keys{state!="insync"} unless up == 0', "apikeyd_keys has no state != insync"),
                ('sum by (code) (apikeyd_reconcile_total)', "no label code to group by"),
                ('a_metric or on (instance) up', "no metric a_metric"),
                ('time() - clamp_min(other offset 5m, 3)', "no metric other")]:
            self.assertEqual(unknown_in(named_in(expression), self.served), [complaint])

    def test_commands_that_the_readme_gives_exist(self) -> None:
        text = (FOLDER / "README.md").read_text()
        named = re.findall(r"(?:`|^# )apikeyd ([a-z]+)((?: --[a-z-]+)*)", text, re.M)
        self.assertGreater(len(named), 5)
        for command, options in named:
            with self.subTest(command):
                explained = self.run_apikeyd(command, "--help-all")
                self.assertEqual(explained.returncode, 0, explained.stderr)
                for option in options.split():
                    self.assertIn(option, explained.stdout)
        manual = (harness.ROOT / "docs" / "man" / "apikeyd.8.scd").read_text()
        for event in re.findall(r"APIKEYD_EVENT=(\w+)", text):
            self.assertIn(event, manual.replace("\\_", "_"))


class Rules(unittest.TestCase):
    def test_each_alert_says_what_is_needed(self) -> None:
        text = (FOLDER / "README.md").read_text()
        rules = files.rules()
        self.assertEqual(re.findall(r"^### (Apikeyd\w+)", text, re.M), [rule["alert"] for rule in rules])
        for rule in rules:
            with self.subTest(rule["alert"]):
                self.assertIn(rule["labels"]["severity"], ("critical", "warning", "info"))
                self.assertEqual(set(rule["annotations"]), {"summary", "description"})
                heading = re.search(rf"^### {rule['alert']} \((\w+)\)", text, re.M)
                self.assertEqual(heading and heading[1], rule["labels"]["severity"])

    def test_each_alert_is_seen_to_fire(self) -> None:
        text = json.dumps([test.get("promql_expr_test", []) + test.get("alert_rule_test", [])
                           for test in files.rule_tests()])
        for rule in files.rules():
            with self.subTest(rule["alert"]):
                fires = re.search(rf'alertname=\\"{rule["alert"]}\\"', text) or any(
                    one["alertname"] == rule["alert"] and one.get("exp_alerts")
                    for test in files.rule_tests() for one in test.get("alert_rule_test", []))
                self.assertTrue(fires)


class Dashboard(unittest.TestCase):
    def test_panels_are_apart(self) -> None:
        places = {}
        for panel in files.panels():
            grid = panel["gridPos"]
            self.assertLessEqual(grid["x"] + grid["w"], GRID_WIDTH, panel["title"])
            for cell in itertools.product(range(grid["x"], grid["x"] + grid["w"]),
                                          range(grid["y"], grid["y"] + grid["h"])):
                self.assertNotIn(cell, places, panel["title"])
                places[cell] = panel["title"]
        ids = [panel["id"] for panel in files.panels()]
        self.assertEqual(len(ids), len(set(ids)))
        self.assertTrue(all(number > 0 for number in ids))
        # On a phone they stand below each other, in this order.
        order = [(panel["gridPos"]["y"], panel["gridPos"]["x"]) for panel in files.panels()]
        self.assertEqual(order, sorted(order))

    def test_panels_need_no_plugin_and_no_one_source(self) -> None:
        source = {"type": "prometheus", "uid": "${datasource}"}
        for panel in files.panels():
            with self.subTest(panel["title"]):
                self.assertIn(panel["type"], OWN_PANELS)
                if panel["type"] == "row":
                    self.assertEqual(panel["panels"], [])
                    continue
                self.assertEqual(panel["datasource"], source)
                self.assertTrue(panel["description"])
                self.assertTrue(panel["fieldConfig"]["defaults"]["unit"])
                self.assertEqual([target["datasource"] for target in panel["targets"]],
                                 [source] * len(panel["targets"]))
                references = [target["refId"] for target in panel["targets"]]
                self.assertEqual(references, sorted(set(references)))

    def test_every_panel_heeds_the_variables(self) -> None:
        variables = {one["name"]: one for one in files.dashboard()["templating"]["list"]}
        self.assertEqual(list(variables), ["datasource", "job", "instance"])
        for panel in files.panels():
            for target in panel.get("targets", []):
                named = named_in(target["expr"])
                for metric in named.metrics:
                    with self.subTest(panel["title"], metric=metric):
                        self.assertLessEqual({Matcher(metric, "job", "=~", "$job"),
                                              Matcher(metric, "instance", "=~", "$instance")}, named.matchers)

    def test_it_is_new_to_whoever_takes_it(self) -> None:
        dashboard = files.dashboard()
        self.assertIsNone(dashboard["id"])
        self.assertTrue(dashboard["uid"] and dashboard["title"])
        self.assertGreaterEqual(dashboard["schemaVersion"], 36)


@unittest.skipUnless(shutil.which("promtool"), "there is no promtool (Debian: prometheus), so the rules, their tests "
                     "and the dashboard's expressions are not held against it")
class Promtool(unittest.TestCase):
    def promtool(self, *arguments: str) -> str:
        done = subprocess.run(["promtool", *arguments], capture_output=True, text=True, timeout=120 * harness.FACTOR,
                              check=False)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        return done.stdout + done.stderr

    def test_rules(self) -> None:
        self.assertIn(f"{len(files.rules())} rules found",
                      self.promtool("check", "rules", "--lint-fatal", str(FOLDER / "alerts.yaml")))

    def test_configuration(self) -> None:
        self.promtool("check", "config", "--lint-fatal", str(FOLDER / "prometheus.yaml"))

    def test_tests_of_the_rules(self) -> None:
        self.promtool("test", "rules", str(FOLDER / "alerts_test.yaml"))

    def test_expressions_of_the_dashboard(self) -> None:
        """As rules, since promtool has no other way to ask whether an expression is one."""
        recorded = [{"record": f"dashboard:{number}", "expr": expression}
                    for number, (_, expression) in enumerate(files.dashboard_expressions())]
        self.assertGreater(len(recorded), 20)
        with tempfile.NamedTemporaryFile("w", suffix=".yaml") as file:
            yaml.safe_dump({"groups": [{"name": "dashboard", "rules": recorded}]}, file)
            file.flush()
            self.promtool("check", "rules", "--lint-fatal", file.name)


@unittest.skipUnless(shutil.which("prometheus"), "there is no Prometheus (Debian: prometheus), so none reads a daemon")
class Prometheus(Serving):
    """The real one, with the example's configuration but for addresses and times."""

    def configuration(self) -> Path:
        folder = self.folder / "prometheus"
        folder.mkdir()
        config = yaml.safe_load((FOLDER / "prometheus.yaml").read_text())
        config["global"] = {"scrape_interval": "500ms", "scrape_timeout": "500ms", "evaluation_interval": "500ms"}
        config["scrape_configs"][0]["static_configs"][0]["targets"] = [self.address]
        rules = yaml.safe_load((FOLDER / "alerts.yaml").read_text())
        for rule in rules["groups"][0]["rules"]:
            rule.pop("for", None)
        (folder / "prometheus.yaml").write_text(yaml.safe_dump(config))
        (folder / "alerts.yaml").write_text(yaml.safe_dump(rules))
        return folder

    def start_prometheus(self) -> None:
        folder = self.configuration()
        with socket.create_server(("127.0.0.1", 0)) as probe:
            port = probe.getsockname()[1]
        self.api = f"http://127.0.0.1:{port}/api/v1"
        log = self.folder / "prometheus.log"
        with log.open("wb") as output:
            process = subprocess.Popen(
                ["prometheus", f"--config.file={folder}/prometheus.yaml", f"--storage.tsdb.path={folder}/data",
                 f"--web.listen-address=127.0.0.1:{port}"], stdin=subprocess.DEVNULL, stdout=output, stderr=output)
        self.addCleanup(process.wait)
        self.addCleanup(process.kill)
        wait_for(lambda: self.found("up == 1"), "it reads the daemon", also=log.read_text)

    def found(self, expression: str) -> list[Json]:
        """What the query finds; nothing as long as it doesn't answer."""
        with contextlib.suppress(ConnectionError, urllib.error.URLError):
            answer: Any = json.loads(read(f"{self.api}/query?" + urllib.parse.urlencode({"query": expression})))
            return answer["data"]["result"]
        return []

    def firing(self) -> set[str]:
        return {one["metric"]["alertname"] for one in self.found('ALERTS{alertstate="firing"}')}

    def wait_firing(self, *alerts: str) -> None:
        wait_for(lambda: self.firing() == set(alerts), f"what fires is {alerts}", also=lambda: str(self.firing()))

    def wait_verdict(self, number: int) -> None:
        expression = dict(files.dashboard_expressions())["panel 'Verdict', A"]
        wait_for(lambda: [one["value"][1] for one in self.found(expression)] == [str(number)], f"verdict {number}",
                 also=lambda: str(self.found(expression)))

    def save_as(self, name: str) -> None:
        self.save(key(BILLING, name, True), key(MOBILE, "mobile") | {"enabled_until": "2099-01-01T00:00:00Z"},
                  key(LEGACY, "legacy"))

    def test_what_it_shows_and_tells(self) -> None:
        self.start_sandbox()
        self.save_as("billing")
        daemon = self.serve()
        daemon.wait_event("reconcile_finished")
        self.start_prometheus()
        self.wait_firing()  # before the first scrape there was no target
        self.wait_verdict(0)

        self.save_as("billing two")
        started = "annotation 'Started'"
        for where, expression in files.dashboard_expressions():
            with self.subTest(where):
                if where != started:
                    wait_for(lambda: self.found(expression), expression)

        self.sandbox.set_token("another-token-0123456789")
        self.save_as("billing three")
        self.wait_firing("ApikeydDenied")
        self.wait_verdict(5)
        self.write_token(self.sandbox.token)
        self.wait_firing()

        self.write_token("two words")
        self.wait_firing("ApikeydTokenRefused")
        self.wait_verdict(11)
        self.write_token(self.sandbox.token)
        self.wait_firing()

        self.keys_file.write_text("version: 1\nkeys: 3\n")
        self.wait_firing("ApikeydDesiredFileInvalid")
        self.wait_verdict(7)
        self.assertEqual(daemon.stop(), 0)
        self.wait_firing("ApikeydDown")
        self.wait_verdict(9)

        self.save_as("billing three")
        self.serve(self.address)
        self.wait_firing()
        self.wait_verdict(0)
        shown = dict(files.dashboard_expressions())[started]
        wait_for(lambda: self.found(shown), shown)


if __name__ == "__main__":
    harness.main()
