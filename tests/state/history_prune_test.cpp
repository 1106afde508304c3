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

const Commit fix{"3b18e512dba79e4c8300dd08aeb37f8e728b8dad", "Ada <ada@example.com>", at_second(-60), "First",
                 false};
const Commit other{"4b18e512dba79e4c8300dd08aeb37f8e728b8dad", "Bob <bob@example.com>", at_second(-50),
                   "Second", false};

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
    CHECK(store.prune_history(at_second(4), 100, at_second(90)).rows == 3);
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
    CHECK(store.prune_history(at_second(91), 100, at_second(99)).rows ==
          3); // the row about the first pruning too
    verdict = store.verify_history();
    CHECK_FALSE(verdict.fault);
    CHECK(verdict.pruned_to == 6);
}

TEST_CASE("history: where nothing is old enough, nothing is pruned and nothing written") {
    auto store = with_rows(":memory:", {5, 6});
    const std::string head = store.verify_history().head;
    CHECK(store.prune_history(at_second(5), 100, at_second(90)).rows == 0);
    CHECK(store.prune_history(at_second(99), 0, at_second(90)).rows == 0);
    CHECK(store.verify_history().head == head);
    CHECK_FALSE(store.verify_history().pruned_to);
}

TEST_CASE("history: rows about prunings alone are no reason for another one") {
    auto store = with_rows(":memory:", {1});
    CHECK(store.prune_history(at_second(50), 100, at_second(10)).rows == 1);
    CHECK(store.prune_history(at_second(50), 100, at_second(60)).rows == 0);
    CHECK(store.history({}).size() == 1);
    CHECK_FALSE(store.verify_history().fault);
}

TEST_CASE("history: rows about prunings are in nobody's way, however many they are") {
    auto store = with_rows(":memory:", {1, 2, 3, 4});
    for (int i = 0; i < 4; ++i) {
        CHECK(store.prune_history(at_second(5), 1, at_second(10 + i)).rows == 1);
    }
    store.commit({{}, {at(20)}, {}});
    std::uint64_t pruned = 0;
    while (const std::uint64_t rows = store.prune_history(at_second(50), 3, at_second(90)).rows) {
        pruned += rows;
    }
    CHECK(pruned == 5);
    CHECK(store.history({}).front().at == at_second(90));
    CHECK_FALSE(store.verify_history().fault);
}

TEST_CASE("history: no more is pruned at once than asked for, and only up to the first young row") {
    auto store = with_rows(":memory:", {1, 2, 3, 80, 4, 5}); // the clock was wrong for a moment
    CHECK(store.prune_history(at_second(50), 2, at_second(90)).rows == 2);
    CHECK(store.prune_history(at_second(50), 2, at_second(90)).rows == 1);
    CHECK(store.prune_history(at_second(50), 2, at_second(90)).rows == 0);
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

TEST_CASE("history: a pruning doesn't sign off what isn't as it was written") {
    TempFolder folder;
    const std::string path = folder / "state.db";
    auto store = with_rows(path, {60, 61, 62, 63, 64, 65});
    std::int64_t row = 1;
    SECTION("rows are made to look old") {
        exec(path, "UPDATE history SET at = 1 WHERE seq <= 4");
    }
    SECTION("the last of them that would go is changed") {
        exec(path, "UPDATE history SET detail = 'x' WHERE seq = 4");
        row = 4;
    }
    SECTION("one of them is gone") {
        exec(path, "DELETE FROM history WHERE seq = 2");
        row = 2;
    }
    SECTION("the first one is gone") {
        exec(path, "DELETE FROM history WHERE seq = 1");
    }
    SECTION("what is said of a commit is changed") {
        HistoryEntry entry = at(50);
        entry.commit = fix.id;
        StateBatch batch;
        batch.history = {entry};
        batch.commits = {fix};
        const std::string elsewhere = folder / "other.db";
        store = StateStore::open(elsewhere);
        store.commit(batch);
        exec(elsewhere, "UPDATE git_commit SET author = 'Eve'");
    }
    SECTION("rows are taken out, and a mark is made that says they were pruned") {
        exec(path, "INSERT INTO meta SELECT 'history_anchor', CAST(x'0000000000000003' || chain AS BLOB) "
                   "FROM history WHERE seq = 3; DELETE FROM history WHERE seq <= 3");
        row = 0;
    }
    const auto before = store.verify_history();
    REQUIRE(before.fault);
    const Pruning pruning = store.prune_history(at_second(64), 100, at_second(90));
    CHECK(pruning.rows == 0);
    REQUIRE(pruning.fault);
    CHECK(pruning.fault->seq == row);
    CHECK(store.verify_history().fault == before.fault);
    CHECK(store.history({}).back().reason == "changed"); // nothing was written
}

TEST_CASE("history: what isn't to be pruned yet is looked at when it is") {
    TempFolder folder;
    const std::string path = folder / "state.db";
    auto store = with_rows(path, {1, 2, 3, 4, 5});
    exec(path, "UPDATE history SET detail = 'x' WHERE seq = 4");
    CHECK(store.prune_history(at_second(50), 2, at_second(90)).rows == 2);
    CHECK(store.prune_history(at_second(50), 2, at_second(90)).fault == HistoryFault{Kind::changed, 4});
    CHECK(store.verify_history().fault == HistoryFault{Kind::changed, 4});
}

TEST_CASE("history: commits go with the last row that refers to them") {
    TempFolder folder;
    const std::string path = folder / "state.db";
    auto store = StateStore::open(path);
    const auto write = [&](const Commit& commit, const char* edited, int seconds) {
        StateBatch batch;
        batch.commits = {commit};
        batch.history = {at(seconds)};
        batch.history[0].commit = commit.id + edited;
        store.commit(batch);
    };
    write(fix, "", 1);
    write(other, "", 2);
    write(fix, "+", 3);
    write(other, "", 60);
    store.commit({{}, {at(61)}, {}});
    CHECK(store.prune_history(at_second(50), 2, at_second(90)).rows == 2);
    CHECK(store.commit_of(fix.id));
    CHECK(store.commit_of(other.id));
    CHECK(store.prune_history(at_second(50), 2, at_second(90)).rows == 1);
    CHECK_FALSE(store.commit_of(fix.id));
    CHECK(store.commit_of(other.id));
    CHECK_FALSE(store.verify_history().fault);

    write(fix, "", 62); // and come back with a new one
    CHECK(store.commit_of(fix.id) == fix);
    CHECK_FALSE(store.verify_history().fault);
}

TEST_CASE("history: a commit stays that rows are about to refer to, even if its earlier ones go") {
    auto store = StateStore::open(":memory:");
    StateBatch batch;
    batch.commits = {fix};
    batch.history = {at(1)};
    batch.history[0].commit = fix.id;
    store.commit(batch);
    store.commit({{}, {at(60)}, {}});
    StateBatch plan;
    plan.commits = {fix, other};
    store.commit(plan);
    CHECK(store.prune_history(at_second(50), 100, at_second(90)).rows == 1);
    batch.history[0].at = at_second(61);
    batch.commits.clear();
    store.commit(batch);
    CHECK(store.commit_of(fix.id) == fix);
    CHECK(store.commit_of(other.id) == other);
    CHECK_FALSE(store.verify_history().fault);
}

TEST_CASE("history: a row whose time can't be right holds up no others, and takes no young ones along") {
    struct Case {
        std::string what;
        std::vector<int> seconds;
        std::uint64_t pruned;
    };
    const Case c = GENERATE(values<Case>({
        {"the future", {1, 2, 5000, 3, 60}, 4},
        {"the future, some of it", {1, 5000, 5001, 4999, 3, 60}, 5},
        {"the future at the start", {5000, 3, 60}, 2},
        {"the future before a young one", {1, 5000, 60, 2}, 1},
        {"nothing but the future", {5000, 5001}, 0},
        {"a clock that started from nothing", {1, 2, -9000, 60}, 2},
        {"the same before an old one", {1, 2, -9000, 3, 60}, 4},
        {"it was right at last", {40, 5000, -9000, 60}, 1},
        {"an old one behind a young one", {1, 60, 2, 61}, 1},
    }));
    CAPTURE(c.what);
    const std::size_t at_once = GENERATE(std::size_t{1}, std::size_t{100});
    auto store = with_rows(":memory:", c.seconds);
    std::uint64_t pruned = 0;
    for (;;) {
        const Pruning step = store.prune_history(at_second(50), at_once, at_second(90));
        CHECK_FALSE(step.fault);
        pruned += step.rows;
        if (step.rows < at_once) {
            break;
        }
    }
    CHECK(pruned == c.pruned);
    CHECK_FALSE(store.verify_history().fault);
}

TEST_CASE("history: what is done to a pruned one is found") {
    TempFolder folder;
    const std::string path = folder / "state.db";
    {
        auto store = with_rows(path, {1, 2, 3, 4, 5});
        REQUIRE(store.prune_history(at_second(3), 100, at_second(90)).rows ==
                2); // 3, 4, 5 and 6, which says so
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
