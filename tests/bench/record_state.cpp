// SPDX-License-Identifier: Apache-2.0
// record_state STATE KEYS: writes into the state, by the store's own functions, that the API has answered each key of
// the desired file with just what the file says. What a run that sends them all would leave behind, but for its
// history.
#include "config/desired_loader.hpp"
#include "config/time.hpp"
#include "state/state_store.hpp"

#include <chrono>
#include <exception>
#include <iostream>
#include <stdexcept>
#include <string>

namespace {

using namespace apikeyd;

constexpr std::size_t keys_a_commit = 10'000;

KnownKey answered_as_desired(const DesiredKey& desired, const Fingerprint& secret, WallTime now) {
    KnownKey known;
    known.id = desired.id;
    known.observed = Observed{std::string(desired.name.value()), desired.enabled.value(),
                              "2026-01-01T00:00:00.000Z", "2026-01-01T00:00:00.000Z", now, secret};
    return known;
}

void record(const std::string& state, const std::string& keys) {
    const auto now = std::chrono::time_point_cast<WallTime::duration>(std::chrono::system_clock::now());
    const Loaded<DesiredState> desired = load_desired(keys, now);
    if (!desired) {
        throw std::runtime_error(keys + ": not valid");
    }
    StateStore store = StateStore::open(state);
    const Fingerprint secret = Fingerprinter(store.fingerprint_key())("bench-secret");
    StateBatch batch;
    for (const DesiredKey& key : desired.value->keys()) {
        batch.keys.push_back(answered_as_desired(key, secret, now));
        if (batch.keys.size() == keys_a_commit) {
            store.commit(batch);
            batch.keys.clear();
        }
    }
    store.commit(batch);
}

} // namespace

int main(int argc, char** argv) {
    if (argc != 3) {
        std::cerr << "usage: record_state STATE KEYS\n";
        return 64;
    }
    try {
        record(argv[1], argv[2]);
        return 0;
    } catch (const std::exception& error) {
        std::cerr << "record_state: " << error.what() << '\n';
        return 1;
    }
}
