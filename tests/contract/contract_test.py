# SPDX-License-Identifier: Apache-2.0
"""What the daemon sends, and what the sandbox answers, is as the vendor's OpenAPI document says.

Prism, a proxy that holds requests and answers against such a document, stands between the two. The document is
the vendor's own, to the letter, and so neither of our two programs is the other's only judge.
"""

import os
import socket
import subprocess
import sys
import unittest
import urllib.error
import urllib.request
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "e2e"))

import harness  # noqa: E402  (it lies beside the end-to-end tests)
import npm  # noqa: E402
from harness import BILLING, LEGACY, MOBILE, ROOT, Case, key  # noqa: E402

HERE = Path(__file__).resolve().parent
DOCUMENT = ROOT / "examples" / "sandbox" / "openapi.yaml"
# Where npm puts things: never among the sources.
FOLDER = Path(os.environ.get("APIKEYD_CONTRACT_FOLDER", ROOT / "build" / "contract"))
PRISM = FOLDER / "node_modules" / "@stoplight" / "prism-cli" / "dist" / "index.js"


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class Contract(Case):
    def setUp(self) -> None:
        super().setUp()
        self.start_sandbox()
        self.log_path = self.folder / "prism.log"
        self.url = f"http://127.0.0.1:{self.start_prism()}"

    def start_prism(self) -> int:
        # Another program may take the port between our look and Prism's: then with another one.
        for _ in range(3):
            port = free_port()
            with self.log_path.open("wb") as log:
                prism = subprocess.Popen(["node", str(PRISM), "proxy", str(DOCUMENT), self.sandbox.url, "--errors",
                                          "--host", "127.0.0.1", "--port", str(port)],
                                         stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                                         env=self.environment(NO_COLOR="1"), cwd=self.folder)
            self.addCleanup(prism.wait)
            self.addCleanup(prism.kill)
            if harness.wait_for(lambda: "Prism is listening" in self.log() and "listening" or prism.poll() is not None,
                                "Prism listens", 60, self.log) == "listening":
                return port
        raise AssertionError(f"Prism does not start\n{self.log()}")

    def log(self) -> str:
        return self.log_path.read_text(encoding="utf-8", errors="replace")

    def violations(self) -> list[str]:
        """What Prism complained of: whatever is neither a start nor news."""
        return [line for line in self.log().splitlines() if "error" in line or "warn" in line]

    def put(self, target: str, body: str) -> tuple[int, str]:
        request = urllib.request.Request(self.url + target, body.encode(), method="PUT", headers={
            "Authorization": f"Bearer {self.sandbox.token}", "Content-Type": "application/json"})
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        try:
            with opener.open(request, timeout=20) as response:
                return response.status, response.read().decode()
        except urllib.error.HTTPError as error:
            return error.code, error.read().decode()

    def test_every_kind_of_change(self) -> None:
        wanted = self.save(key(BILLING, "billing-service", True), key(MOBILE, "mobile-app"),
                           key(LEGACY, enabled=False))
        daemon = self.start("--api-url", self.url, "--max-disable", "100%")
        self.wait_settled(daemon, 0, wanted)
        for wanted in (
                [key(BILLING, "billing", True), key(MOBILE, "mobile-app"), key(LEGACY, enabled=False)],   # rename
                [key(BILLING, "billing", False), key(MOBILE, "mobile-app"), key(LEGACY, enabled=False)],  # disable
                [key(BILLING, "billing", True), key(MOBILE, "mobile-app"), key(LEGACY, enabled=True)],    # enable
                [key(BILLING, "both", False), key(MOBILE, "phone", True), key(LEGACY, "old", False)],     # several
                [key(BILLING, "\u00fcml\u00e4ut \"quoted\" \\ / \u65e5\u672c \U0001f511 & ?id=1#", False)],  # characters
                [key(BILLING, "n" * 200, True)],
        ):
            with self.subTest(wanted):
                mark = daemon.mark()
                self.save(*wanted)
                self.wait_settled(daemon, mark, wanted)
        self.assertEqual(daemon.stop(), 0)
        self.assertEqual(daemon.events_of("api_key_retry"), [])
        self.assertEqual(self.violations(), [])
        forwarded = self.log().count("Forwarding")
        self.assertEqual(forwarded, len(self.sandbox.journal()))
        self.assertGreaterEqual(forwarded, 9)

    def test_wrong_requests_are_noticed(self) -> None:
        """The judge has teeth: each of these differs from what the daemon sends in one thing."""
        target = f"/api-key?id={BILLING}"
        self.assertEqual(self.put(target, f'{{"input":{{"id":"{BILLING}"}}}}')[0], 200)
        self.assertEqual(self.violations(), [])
        for number, (what, where, body) in enumerate((
                ("no id in the query", "/api-key", f'{{"input":{{"id":"{BILLING}"}}}}'),
                ("no id in the body", target, '{"input":{"name":"x"}}'),
                ("a text for a boolean", target, f'{{"input":{{"id":"{BILLING}","enabled":"no"}}}}'),
                ("a number for a name", target, f'{{"input":{{"id":"{BILLING}","name":7}}}}'),
                ("no input", target, f'{{"id":"{BILLING}"}}'),
                ("another path", "/api-keys", f'{{"input":{{"id":"{BILLING}"}}}}')), 1):
            with self.subTest(what):
                status, text = self.put(where, body)
                self.assertIn(status, (404, 422), text)
                harness.wait_for(lambda: len(self.violations()) == number, "Prism tells of it", also=self.log)
        self.assertEqual(len(self.sandbox.journal()), 1, "none of them was passed on")

    def test_wrong_answer_is_noticed(self) -> None:
        self.sandbox.faults("no-secret")
        status, text = self.put(f"/api-key?id={BILLING}", f'{{"input":{{"id":"{BILLING}"}}}}')
        self.assertEqual(status, 500, text)
        self.assertIn("secret", text)
        harness.wait_for(self.violations, "Prism tells of it", also=self.log)


if __name__ == "__main__":
    npm.install(HERE, FOLDER, "the contract test")
    harness.main()
