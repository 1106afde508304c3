// SPDX-License-Identifier: Apache-2.0
// The limit beside load/apikeyd of `parts`: the same files, read and run through yaml-cpp's events.
#include "tests/bench/bare_yaml.hpp"

#include <benchmark/benchmark.h>

#include <cstdlib>

namespace {

// $APIKEYD_BENCH_KEYS: a desired file, or a folder of them.
void load_bare(benchmark::State& state) {
    const char* keys = std::getenv("APIKEYD_BENCH_KEYS");
    if (keys == nullptr) {
        state.SkipWithError("APIKEYD_BENCH_KEYS names no desired file");
        return;
    }
    for ([[maybe_unused]] auto _ : state) {
        std::size_t values = 0;
        for (const std::string& file : apikeyd::bench::files_at(keys)) {
            values += apikeyd::bench::bare_events(apikeyd::bench::read_file(file));
        }
        benchmark::DoNotOptimize(values);
    }
}
BENCHMARK(load_bare)->Name("load/bare")->Unit(benchmark::kMillisecond)->UseRealTime();

} // namespace

BENCHMARK_MAIN();
