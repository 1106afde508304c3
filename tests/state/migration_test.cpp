// SPDX-License-Identifier: Apache-2.0
#include "state/state_store.hpp"

#include "tests/state/database.hpp"
#include "tests/state/schema_1.hpp"
#include "tests/support/keys.hpp"
#include "tests/support/temp_folder.hpp"

#include <catch2/catch.hpp>
#include <string>

using namespace apikeyd;
using namespace apikeyd::test;

TEST_CASE("migration: a state of the first release keeps its rows, and its history is chained") {
    TempFolder folder;
    const std::string path = folder / "state.db";
    exec(path, schema_1);
    exec(path, "INSERT INTO known_key VALUES (x'000000000000000000000001', 'a', 1, 'c', 'u', 5000, "
               "zeroblob(32), NULL, NULL, NULL, NULL); "
               "INSERT INTO history VALUES (1, 1000, x'000000000000000000000001', 1, 'first_seen', 'a', 1, "
               "NULL, NULL, 'a', 1, 'applied', 200, 1, 12, 'keys.yaml:3', 'sha256:0', ''), "
               "(2, 2000, x'000000000000000000000002', 1, 'changed', NULL, 0, 'b', 1, NULL, NULL, "
               "'unknown', 0, 3, 10000, 'keys.yaml:4', 'sha256:0', 'no answer'), "
               // Somebody made room once: no fault of a chain that wasn't there.
               "(9, 3000, x'000000000000000000000001', 2, 'changed', 'c', NULL, 'a', 1, 'c', 1, 'applied', "
               "200, 1, 7, 'keys.yaml:3', 'sha256:1', '')");
    auto store = StateStore::open(path);
    CHECK(store.find(key_id(1))->observed->name == "a");
    const auto entries = store.history({});
    REQUIRE(entries.size() == 3);
    CHECK(entries[0].reason == "first_seen");
    CHECK(entries[1].id == key_id(2));
    CHECK(entries[1].asked == Fields{std::nullopt, false});
    CHECK(entries[1].duration == std::chrono::milliseconds{10'000});
    CHECK(entries[1].detail == "no answer");
    CHECK(entries[1].commit.empty());
    CHECK(entries[1].actor.empty());
    CHECK(entries[2].seq == 9);
    HistoryVerdict verdict = store.verify_history();
    CHECK_FALSE(verdict.fault);
    CHECK(verdict.rows == 3);

    store.commit({{}, {entries[0]}, {}});
    verdict = store.verify_history();
    CHECK_FALSE(verdict.fault);
    CHECK(verdict.last_seq == 10);
    exec(path, "UPDATE history SET detail = 'x' WHERE seq = 2");
    CHECK(store.verify_history().fault == HistoryFault{HistoryFault::Kind::changed, 2});
}

TEST_CASE("migration: a state without history starts a chain") {
    TempFolder folder;
    exec(folder / "state.db", schema_1);
    auto store = StateStore::open(folder / "state.db");
    CHECK_FALSE(store.verify_history().fault);
}
