// SPDX-License-Identifier: Apache-2.0
// commit_rate STATE KEYS COMMITS: records so many batches of 64 answers, each answer with its line of
// history, as a converging daemon does; prints the answers recorded in a second.
#include "state/state_store.hpp"
#include "tests/bench/bench_keys.hpp"

#include <chrono>
#include <exception>
#include <iostream>
#include <string>
#include <vector>

namespace {

using namespace apikeyd;

constexpr std::size_t answers_a_commit = 64;

std::vector<StateBatch> batches(const DesiredState& desired, StateStore& store, std::size_t count) {
    const Fingerprint secret = Fingerprinter(store.fingerprint_key())(bench::secret_of_every_key);
    const WallTime now = bench::wall_now();
    std::vector<StateBatch> made(count);
    std::size_t at = 0;
    for (StateBatch& batch : made) {
        for (std::size_t i = 0; i < answers_a_commit; ++i) {
            const DesiredKey& key = desired.keys()[at++ % desired.keys().size()];
            batch.keys.push_back(bench::answered_as_desired(key, secret, now));
            batch.history.push_back(bench::renamed(key, now));
        }
    }
    return made;
}

double answers_a_second(const std::string& state, const std::string& keys, std::size_t commits) {
    const DesiredState desired = bench::require_keys(keys);
    StateStore store = StateStore::open(state);
    const std::vector<StateBatch> work = batches(desired, store, commits);
    const auto begin = std::chrono::steady_clock::now();
    for (const StateBatch& batch : work) {
        store.commit(batch);
    }
    const std::chrono::duration<double> took = std::chrono::steady_clock::now() - begin;
    return static_cast<double>(commits * answers_a_commit) / took.count();
}

} // namespace

int main(int argc, char** argv) {
    if (argc != 4) {
        std::cerr << "usage: commit_rate STATE KEYS COMMITS\n";
        return 64;
    }
    try {
        std::cout << answers_a_second(argv[1], argv[2], std::stoul(argv[3])) << '\n';
        return 0;
    } catch (const std::exception& error) {
        std::cerr << "commit_rate: " << error.what() << '\n';
        return 1;
    }
}
