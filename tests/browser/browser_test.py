# SPDX-License-Identifier: Apache-2.0
"""The status page in a real Chromium: the real daemon against the real sandbox, and page.test.mjs to look at it.

$APIKEYD_SCREENSHOTS names a folder, docs/images say: the pictures that docs/status-page.md shows go there.
"""

import os
import shutil
import subprocess
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "e2e"))

import harness  # noqa: E402  (they lie beside the end-to-end tests)
import npm  # noqa: E402

HERE = Path(__file__).resolve().parent
FOLDER = Path(os.environ.get("APIKEYD_BROWSER_FOLDER", harness.ROOT / "build" / "browser"))


def main() -> int:
    chromium = os.environ.get("APIKEYD_CHROMIUM") or shutil.which("chromium")
    if not chromium:
        npm.skip("the browser test needs Chromium, and there is no command chromium")
    npm.install(HERE, FOLDER, "the browser test")
    variables = {
        "APIKEYD_BIN": harness.binary("APIKEYD_BIN", "apikeyd"),
        "APIKEYD_SANDBOX_BIN": harness.binary("APIKEYD_SANDBOX_BIN", "apikeyd-sandbox"),
        "APIKEYD_CHROMIUM": chromium,
        "APIKEYD_BROWSER_FOLDER": str(FOLDER),
    }
    return subprocess.run(["node", "--test-reporter=spec", str(HERE / "page.test.mjs"), *sys.argv[1:]],
                          stdin=subprocess.DEVNULL, env=os.environ | variables, check=False).returncode


if __name__ == "__main__":
    sys.exit(main())
