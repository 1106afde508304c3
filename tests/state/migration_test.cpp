// SPDX-License-Identifier: Apache-2.0
#include "state/state_store.hpp"

#include "tests/state/database.hpp"
#include "tests/state/schema_1.hpp"
#include "tests/support/keys.hpp"
#include "tests/support/temp_folder.hpp"

#include <catch2/catch.hpp>
#include <chrono>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

using namespace apikeyd;
using namespace apikeyd::test;

namespace {

WallTime second(int second) {
    return WallTime{std::chrono::seconds{second}};
}

HistoryEntry row(int at) {
    HistoryEntry entry;
    entry.at = second(at);
    entry.id = key_id(1);
    entry.reason = "changed";
    entry.outcome = "applied";
    return entry;
}

// A state of the first release; row N is of second N.
void with_old_rows(const std::string& path, int count) {
    exec(path, schema_1);
    exec(path,
         "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < " + std::to_string(count) +
             ") INSERT INTO history SELECT i, i * 1000, x'000000000000000000000001', 1, 'changed', NULL, "
             "0, 'b', 1, 'b', 0, 'applied', 200, 1, 10, 'keys.yaml:4', 'sha256:0', '' FROM n");
}

} // namespace

TEST_CASE("migration: a state of the first release keeps its rows, and new ones are chained") {
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
    CHECK(verdict.rows == 0);
    CHECK(verdict.unchained == 3);

    store.commit({{}, {entries[0]}, {}});
    verdict = store.verify_history();
    CHECK_FALSE(verdict.fault);
    CHECK(verdict.rows == 1);
    CHECK(verdict.unchained == 3);
    CHECK(verdict.first_seq == 10);
}

TEST_CASE("migration: a large history is left as it is") {
    TempFolder folder;
    const std::string path = folder / "state.db";
    with_old_rows(path, 20'000);
    const auto size = std::filesystem::file_size(path);
    auto store = StateStore::open(path);
    CHECK(store.verify_history().unchained == 20'000);
    exec(path, "PRAGMA wal_checkpoint(TRUNCATE)");
    CHECK(std::filesystem::file_size(path) < size + 100'000); // nor was there a copy for a while
}

TEST_CASE("migration: rows from before the chain and after it are read as one history") {
    TempFolder folder;
    const std::string path = folder / "state.db";
    with_old_rows(path, 3); // of the seconds 1, 2, 3
    auto store = StateStore::open(path);
    StateBatch batch;
    batch.history = {row(4), row(5)};
    batch.history[1].id = key_id(2);
    store.commit(batch);
    const auto read = [&](const HistoryFilter& filter) {
        std::vector<std::int64_t> seqs;
        for (const HistoryEntry& entry : store.history(filter)) {
            seqs.push_back(entry.seq);
        }
        return seqs;
    };
    using Seqs = std::vector<std::int64_t>;
    const std::optional<KeyId> any;
    const std::optional<WallTime> ever;
    CHECK(read({}) == Seqs{1, 2, 3, 4, 5});
    CHECK(read({any, ever, 2}) == Seqs{4, 5});
    CHECK(read({any, ever, 3}) == Seqs{3, 4, 5});
    CHECK(read({any, second(3), 50}) == Seqs{3, 4, 5});
    CHECK(read({any, second(2), 3}) == Seqs{3, 4, 5});
    CHECK(read({key_id(1), ever, 50}) == Seqs{1, 2, 3, 4});
    CHECK(read({key_id(1), second(3), 50}) == Seqs{3, 4});
    CHECK(read({key_id(2), ever, 50}) == Seqs{5});
}

TEST_CASE("migration: the chain goes on from where it begins in every later process") {
    TempFolder folder;
    const std::string path = folder / "state.db";
    with_old_rows(path, 3);
    StateStore::open(path);
    StateBatch batch;
    batch.history = {row(4), row(5), row(6)};
    StateStore::open(path).commit(batch);
    const auto verdict = [&] { return StateStore::open_reader(path)->verify_history(); };
    REQUIRE_FALSE(verdict().fault);
    using Kind = HistoryFault::Kind;
    SECTION("a row that was chained is passed off as an older one") {
        exec(path, "INSERT INTO history_unchained SELECT seq, at, id, reconciliation, reason, asked_name, "
                   "asked_enabled, before_name, before_enabled, after_name, after_enabled, outcome, "
                   "http_status, attempt, duration_ms, source, revision, detail FROM history WHERE seq = 4; "
                   "DELETE FROM history WHERE seq = 4");
        CHECK(verdict().fault == HistoryFault{Kind::changed, 5});
    }
    SECTION("the first one that was chained is taken out") {
        exec(path, "DELETE FROM history WHERE seq = 4");
        CHECK(verdict().fault == HistoryFault{Kind::missing, 4});
    }
    SECTION("all of them are") {
        exec(path, "DELETE FROM history");
        CHECK(verdict().fault == HistoryFault{Kind::missing, 4});
    }
    SECTION("the mark of the newest is lost") {
        exec(path, "DELETE FROM meta WHERE name = 'history_head'; DELETE FROM history");
        CHECK(verdict().fault == HistoryFault{Kind::head_missing, 3});
        StateStore::open(path).commit(batch); // after a gap, and with no number of an older one
        CHECK(verdict().fault == HistoryFault{Kind::missing, 4});
    }
}

TEST_CASE("migration: rows from before the chain are pruned first, and then those behind them") {
    TempFolder folder;
    const std::string path = folder / "state.db";
    with_old_rows(path, 3);
    auto store = StateStore::open(path);
    StateBatch batch;
    batch.history = {row(4), row(60)};
    store.commit(batch);
    CHECK(store.prune_history(second(3), 100, second(90)).rows == 2);
    HistoryVerdict verdict = store.verify_history();
    CHECK_FALSE(verdict.fault);
    CHECK(verdict.unchained == 1);
    CHECK(verdict.pruned_to == 2);
    CHECK(store.prune_history(second(50), 1, second(90)).rows == 1);
    CHECK(store.prune_history(second(50), 1, second(90)).rows == 1);
    CHECK(store.prune_history(second(50), 1, second(90)).rows == 0);
    verdict = store.verify_history();
    CHECK_FALSE(verdict.fault);
    CHECK(verdict.unchained == 0);
    CHECK(verdict.pruned_to == 4);

    exec(path, "INSERT INTO history_unchained VALUES (2, 1000, x'000000000000000000000001', 1, 'changed', "
               "NULL, NULL, NULL, NULL, NULL, NULL, 'applied', 200, 1, 12, '', '', '')");
    CHECK(store.verify_history().fault == HistoryFault{HistoryFault::Kind::added, 2});
}

TEST_CASE("migration: a state without history starts a chain") {
    TempFolder folder;
    exec(folder / "state.db", schema_1);
    auto store = StateStore::open(folder / "state.db");
    store.commit({{}, {row(1)}, {}});
    CHECK_FALSE(store.verify_history().fault);
    CHECK(store.verify_history().first_seq == 1);
    CHECK(store.verify_history().unchained == 0);
}
