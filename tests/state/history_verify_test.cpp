// SPDX-License-Identifier: Apache-2.0
#include "state/state_store.hpp"

#include "tests/state/database.hpp"
#include "tests/support/keys.hpp"
#include "tests/support/temp_folder.hpp"

#include <catch2/catch.hpp>
#include <filesystem>
#include <string>
#include <utility>
#include <vector>

using namespace apikeyd;
using namespace apikeyd::test;
using Kind = HistoryFault::Kind;

namespace {

const Commit fix{"3b18e512dba79e4c8300dd08aeb37f8e728b8dad", "Ada <ada@example.com>", at_second(-60),
                 "Fix it", false};

// With a value in every column.
HistoryEntry full_entry(int second) {
    HistoryEntry entry;
    entry.at = at_second(second);
    entry.id = key_id(1);
    entry.reconciliation = 3;
    entry.reason = "changed";
    entry.asked = {"new", false};
    entry.before_name = "old";
    entry.before_enabled = true;
    entry.after_name = std::string("new\0er", 6);
    entry.after_enabled = false;
    entry.outcome = "applied";
    entry.http_status = 200;
    entry.attempt = 2;
    entry.duration = std::chrono::milliseconds{17};
    entry.source = "keys.yaml:4";
    entry.revision = "sha256:0";
    entry.detail = "why";
    entry.commit = fix.id + "+";
    entry.actor = "ada";
    return entry;
}

// With as few as can be.
HistoryEntry bare_entry(int second) {
    HistoryEntry entry;
    entry.at = at_second(second);
    entry.reason = "suspended";
    return entry;
}

StateBatch five_rows() {
    StateBatch batch;
    batch.commits = {fix};
    batch.history = {full_entry(1), bare_entry(2), full_entry(3), full_entry(4), bare_entry(5)};
    return batch;
}

HistoryVerdict verdict_on(const std::string& path) {
    return StateStore::open_reader(path).value().verify_history();
}

} // namespace

TEST_CASE("history: an empty one is intact") {
    auto store = StateStore::open(":memory:");
    const HistoryVerdict verdict = store.verify_history();
    CHECK(verdict.rows == 0);
    CHECK(verdict.first_seq == 0);
    CHECK_FALSE(verdict.fault);
}

TEST_CASE("history: rows of several commits and runs are one chain") {
    TempFolder folder;
    std::string head;
    {
        auto store = StateStore::open(folder / "state.db");
        store.commit(five_rows());
        store.commit(five_rows());
        head = store.verify_history().head;
    }
    CHECK(verdict_on(folder / "state.db").head == head);
    auto store = StateStore::open(folder / "state.db");
    store.commit(five_rows());
    const HistoryVerdict verdict = store.verify_history();
    CHECK_FALSE(verdict.fault);
    CHECK(verdict.rows == 15);
    CHECK(verdict.first_seq == 1);
    CHECK(verdict.last_seq == 15);
    CHECK(verdict.head.starts_with("sha256:"));
    CHECK(verdict.head != head);
    CHECK(verdict_on(folder / "state.db").head == verdict.head);
}

TEST_CASE("history: a commit that fails leaves no gap in the chain") {
    TempFolder folder;
    const std::string path = folder / "state.db";
    auto store = StateStore::open(path);
    store.commit(five_rows());
    const bool at_the_end = GENERATE(true, false); // of its rows, or in another table after them
    exec(path, at_the_end ? "CREATE TRIGGER fault BEFORE INSERT ON suspension "
                            "BEGIN SELECT RAISE(ABORT, 'injected'); END"
                          : "CREATE TRIGGER fault BEFORE INSERT ON history WHEN NEW.seq = 8 "
                            "BEGIN SELECT RAISE(ABORT, 'injected'); END");
    StateBatch batch = five_rows();
    batch.suspension.emplace(Suspension{at_second(1), at_second(2), "", "ada"});
    CHECK_THROWS_AS(store.commit(batch), StateError);
    StateBatch other;
    other.keys = {seen(key_id(1), "a", true)};
    store.commit(other); // what succeeds without history makes nothing of what failed true
    exec(path, "DROP TRIGGER fault");
    store.commit(batch);
    const HistoryVerdict verdict = store.verify_history();
    CHECK_FALSE(verdict.fault);
    CHECK(verdict.rows == 10);
}

TEST_CASE("history: a state that was replaced has a chain of its own") {
    TempFolder folder;
    auto store = StateStore::open(folder / "state.db");
    store.commit(five_rows());
    {
        auto other = StateStore::open(folder / "other.db");
        other.commit({{}, {bare_entry(1)}, {}});
    }
    exec(folder / "other.db", "PRAGMA journal_mode = DELETE");
    for (const char* suffix : {"-wal", "-shm"}) {
        std::filesystem::remove(folder / (std::string("state.db") + suffix));
    }
    std::filesystem::rename(folder / "other.db", folder / "state.db");
    store.reopen();
    store.commit(five_rows());
    const HistoryVerdict verdict = store.verify_history();
    CHECK_FALSE(verdict.fault);
    CHECK(verdict.rows == 6);
}

TEST_CASE("history: a change of any column of any row is found") {
    TempFolder folder;
    const std::string path = folder / "state.db";
    StateStore::open(path).commit(five_rows());
    const auto [column, value] = GENERATE(table<std::string, std::string>({
        {"at", "at + 1"},
        {"id", "x'000000000000000000000002'"},
        {"id", "NULL"},
        {"reconciliation", "4"},
        {"reason", "'look'"},
        {"asked_name", "'other'"},
        {"asked_name", "NULL"},
        {"asked_enabled", "1"},
        {"asked_enabled", "-1"}, // reads as the same
        {"before_name", "'new'"},
        {"before_enabled", "0"},
        {"before_enabled", "NULL"},
        {"after_name", "'new'"},
        {"after_enabled", "NULL"},
        {"outcome", "'rejected'"},
        {"http_status", "http_status + 4294967296"}, // reads as the same
        {"attempt", "1"},
        {"duration_ms", "18"},
        {"source", "'keys.yaml:5'"},
        {"revision", "'sha256:1'"},
        {"detail", "''"},
        {"commit_id", "''"},
        {"commit_id", "rtrim(commit_id, '+')"},
        {"actor", "'eve'"},
        {"chain", "zeroblob(32)"},
        {"outcome", "'appliedwhy', detail = ''"}, // moved from one column to another
    }));
    CAPTURE(column, value);
    exec(path, "UPDATE history SET " + column + " = " + value + " WHERE seq = 3");
    const HistoryVerdict verdict = verdict_on(path);
    CHECK(verdict.fault == HistoryFault{Kind::changed, 3});
    CHECK(verdict.rows == 2);
}

TEST_CASE("history: a row that was put in another's place is found") {
    TempFolder folder;
    const std::string path = folder / "state.db";
    StateStore::open(path).commit(five_rows());
    exec(path, "UPDATE history SET seq = 100 WHERE seq = 3; UPDATE history SET seq = 3 WHERE seq = 4; "
               "UPDATE history SET seq = 4 WHERE seq = 100");
    CHECK(verdict_on(path).fault == HistoryFault{Kind::changed, 3});
}

TEST_CASE("history: what is said of a commit can't be changed unnoticed") {
    TempFolder folder;
    const std::string path = folder / "state.db";
    StateStore::open(path).commit(five_rows());
    exec(path, GENERATE("UPDATE git_commit SET author = 'Eve'", "UPDATE git_commit SET authored_at = 1",
                        "UPDATE git_commit SET subject = 'Other'", "DELETE FROM git_commit"));
    CHECK(verdict_on(path).fault == HistoryFault{Kind::changed, 1});
}

TEST_CASE("history: rows that were taken out are found, wherever they stood") {
    TempFolder folder;
    const std::string path = folder / "state.db";
    StateStore::open(path).commit(five_rows());
    const auto [where, first] = GENERATE(table<std::string, std::int64_t>({{"seq = 1", 1},
                                                                           {"seq <= 2", 1},
                                                                           {"seq = 3", 3},
                                                                           {"seq IN (2, 4)", 2},
                                                                           {"seq = 5", 5},
                                                                           {"true", 1}}));
    CAPTURE(where);
    exec(path, "DELETE FROM history WHERE " + where);
    CHECK(verdict_on(path).fault == HistoryFault{Kind::missing, first});

    StateStore::open(path).commit(five_rows()); // going on hides nothing
    CHECK(verdict_on(path).fault == HistoryFault{Kind::missing, first});
}

TEST_CASE("history: what happens to the mark of the newest row is found, even after more rows") {
    TempFolder folder;
    const std::string path = folder / "state.db";
    StateStore::open(path).commit(five_rows());
    const bool rows_too = GENERATE(true, false);
    const bool all = GENERATE(true, false);
    if (rows_too) {
        exec(path, all ? "DELETE FROM history" : "DELETE FROM history WHERE seq > 3");
    }
    exec(path, "DELETE FROM meta WHERE name = 'history_head'");
    CHECK(verdict_on(path).fault == HistoryFault{Kind::head_missing, rows_too ? (all ? 0 : 3) : 5});
    StateStore::open(path).commit(five_rows());
    CHECK(verdict_on(path).fault->kind == Kind::missing);
}

TEST_CASE("history: rows that somebody else added are found, and go in nobody's way") {
    TempFolder folder;
    const std::string path = folder / "state.db";
    auto store = StateStore::open(path);
    store.commit(five_rows());
    exec(path,
         "INSERT INTO history SELECT seq + 1, at, id, reconciliation, reason, asked_name, asked_enabled, "
         "before_name, before_enabled, after_name, after_enabled, outcome, http_status, attempt, "
         "duration_ms, source, revision, detail, commit_id, actor, chain FROM history WHERE seq = 5");
    CHECK(verdict_on(path).fault == HistoryFault{Kind::changed, 6});
    CHECK_THROWS_AS(store.commit(five_rows()), StateError); // the number is taken
    store.commit(five_rows());
    CHECK(store.history({}).size() == 11);
    CHECK(verdict_on(path).fault == HistoryFault{Kind::changed, 6});
}

TEST_CASE("history: an entry may refer to a commit of which nothing is known") {
    auto store = StateStore::open(":memory:");
    store.commit({{}, {full_entry(1)}, {}});
    StateBatch batch;
    batch.commits = {fix};
    store.commit(batch); // too late: what is known of it is what the row was written with
    CHECK_FALSE(store.verify_history().fault);
    CHECK(store.commit_of(fix.id + "+")->uncommitted);
}

TEST_CASE("history: entries are read back with their commit and their user, those of no key too") {
    auto store = StateStore::open(":memory:");
    store.commit(five_rows());
    const auto entries = store.history({});
    REQUIRE(entries.size() == 5);
    CHECK(entries[0].actor == "ada");
    CHECK(entries[0].commit == fix.id + "+");
    CHECK_FALSE(entries[1].id);
    CHECK(entries[1].commit.empty());
    Commit edited = fix;
    edited.uncommitted = true;
    CHECK(store.commit_of(entries[0].commit) == edited);
    CHECK(store.commit_of(fix.id) == fix);
    CHECK(commit_reference(edited) == entries[0].commit);
    CHECK_FALSE(store.commit_of(""));
    CHECK(store.history({key_id(1), std::nullopt, 50}).size() == 3);
}
