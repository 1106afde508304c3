// SPDX-License-Identifier: Apache-2.0
// record_state STATE KEYS [ROWS]: writes into the state, by the store's own functions, that the API has
// answered each key of the desired file with just what the file says: what a run that sends them all would
// leave behind. With ROWS, that many lines of history as well, each key in its turn, one a second.
#include "state/state_store.hpp"
#include "tests/bench/bench_keys.hpp"

#include <exception>
#include <iostream>
#include <string>

namespace {

using namespace apikeyd;

constexpr std::size_t a_commit = 10'000;

void record_keys(StateStore& store, const DesiredState& desired, WallTime now) {
    const Fingerprint secret = Fingerprinter(store.fingerprint_key())(bench::secret_of_every_key);
    StateBatch batch;
    for (const DesiredKey& key : desired.keys()) {
        batch.keys.push_back(bench::answered_as_desired(key, secret, now));
        if (batch.keys.size() == a_commit) {
            store.commit(batch);
            batch.keys.clear();
        }
    }
    store.commit(batch);
}

void record_history(StateStore& store, const DesiredState& desired, std::size_t rows, WallTime now) {
    StateBatch batch;
    for (std::size_t row = 0; row < rows; ++row) {
        const DesiredKey& key = desired.keys()[row % desired.keys().size()];
        batch.history.push_back(bench::renamed(key, now - std::chrono::seconds{rows - row}));
        if (batch.history.size() == a_commit) {
            store.commit(batch);
            batch.history.clear();
        }
    }
    store.commit(batch);
}

} // namespace

int main(int argc, char** argv) {
    if (argc != 3 && argc != 4) {
        std::cerr << "usage: record_state STATE KEYS [ROWS]\n";
        return 64;
    }
    try {
        const DesiredState desired = bench::require_keys(argv[2]);
        StateStore store = StateStore::open(argv[1]);
        record_keys(store, desired, bench::wall_now());
        if (argc == 4) {
            record_history(store, desired, std::stoul(argv[3]), bench::wall_now());
        }
        return 0;
    } catch (const std::exception& error) {
        std::cerr << "record_state: " << error.what() << '\n';
        return 1;
    }
}
