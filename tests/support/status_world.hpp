// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "daemon/status/endpoints.hpp"
#include "state/state_store.hpp"
#include "tests/support/desired.hpp"
#include "tests/support/keys.hpp"
#include "tests/support/temp_folder.hpp"

#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace apikeyd::test {

// All that the status server serves, without the server: a state that a test writes to, and a site that reads
// beside it and shows the snapshot that the test published last.
struct StatusWorld {
    TempFolder folder;
    std::string path = folder / "state.db";
    StateStore writer = StateStore::open(path);
    SnapshotBoard board;
    LoopPulse pulse;
    StatusReader reader{path};
    Site site{HostCheck::names({})};

    // Keys that were answered once, with these numbers and one name.
    explicit StatusWorld(const std::vector<unsigned>& keys, const std::string& name) {
        add_endpoints(site, board, pulse, reader);
        StateBatch batch;
        for (const unsigned n : keys) {
            batch.keys.push_back(seen(key_id(n), name, true));
        }
        writer.commit(batch);
    }

    void write(unsigned n, const std::string& name) {
        StateBatch batch;
        batch.keys.push_back(seen(key_id(n), name, true));
        writer.commit(batch);
    }
    // `number`: another one each time, ascending.
    void publish(std::uint64_t number, StatusSnapshot snapshot = {}) {
        snapshot.number = number;
        board.publish(std::make_shared<const StatusSnapshot>(std::move(snapshot)));
    }
    WebResponse get(const std::string& target) const { return site.answer({"GET", target, {"localhost"}}); }
};

} // namespace apikeyd::test
