// SPDX-License-Identifier: Apache-2.0
#include "state/state_store.hpp"

#include "tests/state/database.hpp"
#include "tests/support/keys.hpp"
#include "tests/support/temp_folder.hpp"

#include <catch2/catch.hpp>
#include <string>
#include <vector>

using namespace apikeyd;
using namespace apikeyd::test;
using Catch::Matchers::Contains;
using Kind = HistoryFault::Kind;

namespace {

HistoryEntry at(int second) {
    HistoryEntry entry;
    entry.at = at_second(second);
    entry.id = key_id(1);
    entry.reason = "changed";
    entry.outcome = "applied";
    return entry;
}

// Rows at these seconds.
StateStore with_rows(const std::string& path, const std::vector<int>& seconds) {
    auto store = StateStore::open(path);
    StateBatch batch;
    for (const int second : seconds) {
        batch.history.push_back(at(second));
    }
    store.commit(batch);
    return store;
}

} // namespace

TEST_CASE("history: old rows are pruned, one says so, and the rest is still verified") {
    auto store = with_rows(":memory:", {1, 2, 3, 4, 5});
    CHECK(store.prune_history(at_second(4), 100, at_second(90)) == 3);
    const auto entries = store.history({});
    REQUIRE(entries.size() == 3);
    CHECK(entries[0].seq == 4);
    CHECK(entries[2].reason == pruned_reason);
    CHECK(entries[2].at == at_second(90));
    CHECK_FALSE(entries[2].id);
    CHECK_THAT(entries[2].detail, Contains("3 rows up to row 3, sha256:"));
    HistoryVerdict verdict = store.verify_history();
    CHECK_FALSE(verdict.fault);
    CHECK(verdict.rows == 3);
    CHECK(verdict.first_seq == 4);
    CHECK(verdict.pruned_to == 3);

    store.commit({{}, {at(95)}, {}});
    CHECK(store.prune_history(at_second(91), 100, at_second(99)) == 3); // the row about the first pruning too
    verdict = store.verify_history();
    CHECK_FALSE(verdict.fault);
    CHECK(verdict.pruned_to == 6);
}

TEST_CASE("history: where nothing is old enough, nothing is pruned and nothing written") {
    auto store = with_rows(":memory:", {5, 6});
    const std::string head = store.verify_history().head;
    CHECK(store.prune_history(at_second(5), 100, at_second(90)) == 0);
    CHECK(store.prune_history(at_second(99), 0, at_second(90)) == 0);
    CHECK(store.verify_history().head == head);
    CHECK_FALSE(store.verify_history().pruned_to);
}

TEST_CASE("history: rows about prunings alone are no reason for another one") {
    auto store = with_rows(":memory:", {1});
    CHECK(store.prune_history(at_second(50), 100, at_second(10)) == 1);
    CHECK(store.prune_history(at_second(50), 100, at_second(60)) == 0);
    CHECK(store.history({}).size() == 1);
    CHECK_FALSE(store.verify_history().fault);
}

TEST_CASE("history: no more is pruned at once than asked for, and only up to the first young row") {
    auto store = with_rows(":memory:", {1, 2, 3, 80, 4, 5}); // the clock was wrong for a moment
    CHECK(store.prune_history(at_second(50), 2, at_second(90)) == 2);
    CHECK(store.prune_history(at_second(50), 2, at_second(90)) == 1);
    CHECK(store.prune_history(at_second(50), 2, at_second(90)) == 0);
    CHECK(store.history({}).front().seq == 4);
    CHECK_FALSE(store.verify_history().fault);
}

TEST_CASE("history: a pruning that fails changes nothing") {
    TempFolder folder;
    const std::string path = folder / "state.db";
    auto store = with_rows(path, {1, 2, 3});
    exec(path, "CREATE TRIGGER fault BEFORE INSERT ON history BEGIN SELECT RAISE(ABORT, 'injected'); END");
    CHECK_THROWS_AS(store.prune_history(at_second(3), 100, at_second(90)), StateError);
    exec(path, "DROP TRIGGER fault");
    CHECK(store.history({}).size() == 3);
    store.commit({{}, {at(9)}, {}});
    CHECK_FALSE(store.verify_history().fault);
}

TEST_CASE("history: what is done to a pruned one is found") {
    TempFolder folder;
    const std::string path = folder / "state.db";
    {
        auto store = with_rows(path, {1, 2, 3, 4, 5});
        REQUIRE(store.prune_history(at_second(3), 100, at_second(90)) == 2); // 3, 4, 5 and 6, which says so
    }
    const auto verdict = [&] { return StateStore::open_reader(path)->verify_history(); };
    SECTION("the anchor is moved on over rows that are taken out") {
        exec(path, "UPDATE meta SET value = CAST(x'0000000000000003' || (SELECT chain FROM history "
                   "WHERE seq = 3) AS BLOB) "
                   "WHERE name = 'history_anchor'; DELETE FROM history WHERE seq = 3");
        CHECK(verdict().fault == HistoryFault{Kind::anchor_changed, 6});
    }
    SECTION("and the row that names it is changed accordingly") {
        exec(path, "UPDATE history SET detail = replace(detail, 'row 2', 'row 3') WHERE seq = 6; "
                   "UPDATE meta SET value = CAST(x'0000000000000003' || substr(value, 9) AS BLOB) "
                   "WHERE name = 'history_anchor'");
        CHECK(verdict().fault);
    }
    SECTION("the anchor is taken away") {
        exec(path, "DELETE FROM meta WHERE name = 'history_anchor'");
        CHECK(verdict().fault == HistoryFault{Kind::missing, 1});
    }
    SECTION("the row that names it is taken out") {
        exec(path, "DELETE FROM history WHERE seq = 6");
        CHECK(verdict().fault == HistoryFault{Kind::anchor_changed, 0});
    }
    SECTION("a row behind it is taken out") {
        exec(path, "DELETE FROM history WHERE seq = 3");
        CHECK(verdict().fault == HistoryFault{Kind::missing, 3});
    }
    SECTION("a row is put where rows were pruned") {
        exec(path,
             "INSERT INTO history SELECT 2, at, id, reconciliation, reason, asked_name, asked_enabled, "
             "before_name, before_enabled, after_name, after_enabled, outcome, http_status, attempt, "
             "duration_ms, source, revision, detail, commit_id, actor, chain FROM history WHERE seq = 3");
        CHECK(verdict().fault == HistoryFault{Kind::added, 2});
    }
}
