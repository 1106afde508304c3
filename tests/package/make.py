#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Makes the packages of the build folder anew, for the tests that look at them or install them."""

import shutil

import installed


def main() -> None:
    shutil.rmtree(installed.PACKAGES, ignore_errors=True)  # of another version, maybe
    for kind in ("TGZ", "DEB"):
        missing = installed.missing_for(kind)
        if missing:
            print(f"no {kind}: needs {', '.join(missing)}")
        else:
            # With a umask that must not show.
            print(installed.pack(kind, installed.PACKAGES, umask=0o077))


if __name__ == "__main__":
    main()
