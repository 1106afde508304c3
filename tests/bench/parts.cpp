// SPDX-License-Identifier: Apache-2.0
// What single parts of the daemon take (Google Benchmark): `parts --benchmark_filter=plan`. The files come
// from $APIKEYD_BENCH_KEYS, a desired file or a folder of them; what reading it costs at least is load/bare
// of `bare_parts`.
#include "daemon/api/key_codec.hpp"
#include "daemon/api/outcome.hpp"
#include "daemon/plan/plan.hpp"
#include "state/state_store.hpp"
#include "tests/bench/bench_keys.hpp"

#include <benchmark/benchmark.h>

#include <cstdlib>
#include <filesystem>
#include <memory>
#include <string>
#include <unistd.h>
#include <vector>

namespace {

using namespace apikeyd;

std::string keys_path() {
    const char* path = std::getenv("APIKEYD_BENCH_KEYS");
    if (path == nullptr) {
        throw std::runtime_error("APIKEYD_BENCH_KEYS names no desired file");
    }
    return path;
}

const DesiredState& desired_keys() {
    static const DesiredState keys = bench::require_keys(keys_path());
    return keys;
}

void load(benchmark::State& state) {
    for ([[maybe_unused]] auto _ : state) {
        benchmark::DoNotOptimize(bench::require_keys(keys_path()));
    }
}
BENCHMARK(load)->Name("load/apikeyd")->Unit(benchmark::kMillisecond)->UseRealTime();

// Known keys from a list, without a copy of any.
class Listed final : public KnownSequence {
  public:
    explicit Listed(const std::vector<KnownKey>& keys)
        : keys_(keys) {}
    const KnownKey* next() override { return at_ < keys_.size() ? &keys_[at_++] : nullptr; }

  private:
    const std::vector<KnownKey>& keys_;
    std::size_t at_ = 0;
};

std::vector<KnownKey> all_answered(const DesiredState& desired) {
    std::vector<KnownKey> known;
    for (const DesiredKey& key : desired.keys()) {
        known.push_back(bench::answered_as_desired(key, {}, {}));
    }
    return known;
}

// Nothing to do: two sorted sequences side by side.
void merge(benchmark::State& state) {
    const std::vector<KnownKey> known = all_answered(desired_keys());
    for ([[maybe_unused]] auto _ : state) {
        Listed sequence(known);
        benchmark::DoNotOptimize(make_plan(desired_keys(), sequence));
    }
    state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(known.size()));
}
BENCHMARK(merge)->Name("plan/merge")->Unit(benchmark::kMillisecond);

// A state file that is gone afterwards.
class Folder {
  public:
    Folder() {
        std::string name = (std::filesystem::path(keys_path()).parent_path() / "parts-XXXXXX").string();
        if (mkdtemp(name.data()) == nullptr) {
            throw std::runtime_error(name + ": can't be made");
        }
        path_ = name;
    }
    ~Folder() {
        std::error_code ignored;
        std::filesystem::remove_all(path_, ignored);
    }
    Folder(const Folder&) = delete;
    Folder& operator=(const Folder&) = delete;
    std::string state() const { return path_ / "state.db"; }

  private:
    std::filesystem::path path_;
};

// The same, known keys streamed from SQLite.
void merge_stored(benchmark::State& state) {
    const Folder folder;
    StateStore store = StateStore::open(folder.state());
    const std::vector<KnownKey> known = all_answered(desired_keys());
    StateBatch batch;
    batch.keys.assign(known.begin(), known.end());
    store.commit(batch);
    for ([[maybe_unused]] auto _ : state) {
        benchmark::DoNotOptimize(make_plan(desired_keys(), *store.known()));
    }
    state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(desired_keys().keys().size()));
}
BENCHMARK(merge_stored)->Name("plan/merge_stored")->Unit(benchmark::kMillisecond);

void encode(benchmark::State& state) {
    const KeyId id = desired_keys().keys().front().id;
    const Fields fields{"billing-service", true};
    for ([[maybe_unused]] auto _ : state) {
        benchmark::DoNotOptimize(encode_update(id, fields));
    }
}
BENCHMARK(encode)->Name("codec/encode");

Exchange answer_for(const KeyId& id) {
    Response response;
    response.status = 200;
    response.content_type = "application/json";
    response.body =
        Secret(R"({"id":")" + id.to_string() +
               R"(","name":"billing-service","enabled":true,"secret":"a-secret-of-40-characters)" +
               std::string(15, 'x') +
               R"(","organization":{"id":"5e5677d71bdc2ae7634495f0","name":"Bench","email":)"
               R"("bench@example.org"},"createdAt":"2026-01-01T00:00:00.000Z",)"
               R"("updatedAt":"2026-01-01T00:00:00.000Z"})");
    response.token = Secret(std::string("a-token-of-ours"));
    return response;
}

void classify_answer(benchmark::State& state) {
    const KeyId id = desired_keys().keys().front().id;
    const Exchange answer = answer_for(id);
    const Fingerprinter fingerprinter(Secret(std::string(32, 'k')));
    if (!std::holds_alternative<Applied>(classify(id, answer, fingerprinter, {}))) {
        state.SkipWithError("the answer is not understood");
        return;
    }
    for ([[maybe_unused]] auto _ : state) {
        benchmark::DoNotOptimize(classify(id, answer, fingerprinter, {}));
    }
}
BENCHMARK(classify_answer)->Name("codec/classify");

// A durable commit of so many answers, each with its line of history.
void commit(benchmark::State& state) {
    const Folder folder;
    StateStore store = StateStore::open(folder.state());
    StateBatch batch;
    for (const DesiredKey& key : desired_keys().keys().first(static_cast<std::size_t>(state.range(0)))) {
        batch.keys.push_back(bench::answered_as_desired(key, {}, bench::wall_now()));
        batch.history.push_back(bench::renamed(key, bench::wall_now()));
    }
    for ([[maybe_unused]] auto _ : state) {
        store.commit(batch);
    }
    state.SetItemsProcessed(state.iterations() * state.range(0));
}
BENCHMARK(commit)->Name("store/commit")->Arg(1)->Arg(64)->UseRealTime();

} // namespace

BENCHMARK_MAIN();
