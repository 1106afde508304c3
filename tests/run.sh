#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# Installs what is missing (Debian), builds the release preset and runs every test.
# Arguments go to ctest: tests/run.sh -R e2e
set -euo pipefail

cd "$(dirname "${BASH_SOURCE[0]}")/.."
# shellcheck source=examples/prepare.sh disable=SC1091
source examples/prepare.sh

install_missing "${BUILD_PACKAGES[@]}" "${RUN_PACKAGES[@]}" "${TEST_PACKAGES[@]}"
unpack_missing "${UNPACKED_PACKAGES[@]}"
build_release yes

# exec: ctest's closing line is the last that this prints, and its exit code is ours.
exec ctest --test-dir build/release --parallel 2 --output-on-failure "$@"
