#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# What apikeyd costs, beside what it could cost at least: builds the release preset, measures, prints a table with a
# target in each row (docs/performance.md explains them). Wants a machine with nothing else to do; passes or fails
# nothing.
#
#   tests/bench/run.sh                 everything, in under 15 minutes; the first time some minutes more
#   tests/bench/run.sh --only 4,6      these rows
#   tests/bench/run.sh --full          row 15 with ten million rows, which takes minutes to write the first time
#   tests/bench/run.sh --markdown      and puts the figures into docs/performance.md
#   tests/bench/run.sh --smoke         tiny counts, in a minute: shows that everything still runs
#
# APIKEYD_BENCH_BUILT=1 takes the build as it is.
set -euo pipefail

cd "$(dirname "${BASH_SOURCE[0]}")/../.."
# shellcheck source=examples/prepare.sh disable=SC1091
source examples/prepare.sh

install_missing "${BUILD_PACKAGES[@]}" "${RUN_PACKAGES[@]}" "${BENCH_PACKAGES[@]}"
unpack_missing "${BENCH_UNPACKED_PACKAGES[@]}"
if [[ -z ${APIKEYD_BENCH_BUILT:-} ]]; then
  build_benchmarks >&2
fi
exec python3 tests/bench/bench.py "$@"
