// SPDX-License-Identifier: Apache-2.0
#include "state/state_store.hpp"

#include "tests/support/keys.hpp"
#include "tests/support/temp_folder.hpp"

#include <catch2/catch.hpp>
#include <filesystem>
#include <sqlite3.h>

using namespace apikeyd;
using namespace apikeyd::test;

namespace {

Rejection refusal(std::string name, std::string why, WallTime at) {
    Rejection rejection;
    rejection.desired.name = std::move(name);
    rejection.why = std::move(why);
    rejection.at = at;
    return rejection;
}

std::vector<KnownKey> all(StateStore& store) {
    std::vector<KnownKey> keys;
    const auto sequence = store.known();
    while (const KnownKey* key = sequence->next()) {
        keys.push_back(*key);
    }
    return keys;
}

HistoryEntry entry_of(const KeyId& id, int second) {
    HistoryEntry entry;
    entry.at = at_second(second);
    entry.id = id;
    entry.reconciliation = 3;
    entry.reason = "changed";
    entry.asked.enabled = false;
    entry.before_name = "old";
    entry.before_enabled = true;
    entry.after_name = "old";
    entry.after_enabled = false;
    entry.outcome = "applied";
    entry.http_status = 200;
    entry.attempt = 2;
    entry.duration = std::chrono::milliseconds{17};
    entry.source = "keys.yaml:4";
    entry.revision = "sha256:0";
    return entry;
}

} // namespace

TEST_CASE("state store: what is committed is read back, every field of it") {
    auto store = StateStore::open(":memory:");
    KnownKey plain = seen(key_id(1), "caf\xc3\xa9 'quoted'", true);
    KnownKey doubtful = seen(key_id(2), "b", false);
    doubtful.doubt = {true, false, at_second(5)};
    KnownKey rejected = seen(key_id(3), "c", true);
    rejected.rejection = refusal("wanted", "the name is taken", at_second(6));
    KnownKey never_answered;
    never_answered.id = key_id(4);
    never_answered.doubt = {true, true, at_second(7)};
    StateBatch batch;
    batch.keys = {never_answered, rejected, doubtful, plain};
    store.commit(batch);

    CHECK(all(store) == std::vector{plain, doubtful, rejected, never_answered});
    CHECK(store.find(key_id(2)) == doubtful);
    CHECK_FALSE(store.find(key_id(9)));
    const StateCounts counts = store.counts();
    CHECK(counts.known == 3);
    CHECK(counts.in_doubt == 2);
    CHECK(counts.rejected == 1);
}

TEST_CASE("state store: a later commit replaces a key whole, its mark and rejection too") {
    auto store = StateStore::open(":memory:");
    KnownKey key = seen(key_id(1), "a", true);
    key.doubt = {true, true, at_second(1)};
    key.rejection = refusal("other", "no", at_second(1));
    store.commit({{key}, {}, {}});
    key = seen(key_id(1), "b", false);
    store.commit({{key}, {}, {}});
    CHECK(all(store) == std::vector{key});
}

TEST_CASE("state store: a mark alone leaves all else that is known of a key") {
    auto store = StateStore::open(":memory:");
    KnownKey key = seen(key_id(1), "a", true);
    key.rejection = refusal("other", "no", at_second(1));
    store.commit({{key}, {}, {}});
    KnownKey never_seen;
    never_seen.id = key_id(2);
    key.doubt = never_seen.doubt = {true, false, at_second(2)};
    store.commit({{KeyMark{key.id, key.doubt}, KeyMark{never_seen.id, never_seen.doubt}}, {}, {}});
    CHECK(all(store) == std::vector{key, never_seen});

    key.doubt = {true, true, at_second(3)};
    store.commit({{KeyMark{key.id, key.doubt}}, {}, {}});
    CHECK(all(store) == std::vector{key, never_seen});
}

TEST_CASE("state store: of marks and answers in one batch the later one holds") {
    auto store = StateStore::open(":memory:");
    const KnownKey answered = seen(key_id(1), "a", true);
    const KeyMark mark{key_id(1), {true, true, at_second(2)}};
    store.commit({{mark, answered}, {}, {}});
    CHECK(store.find(key_id(1)) == answered);

    store.commit({{mark, answered, mark}, {}, {}});
    KnownKey again = answered;
    again.doubt = mark.doubt;
    CHECK(store.find(key_id(1)) == again);
}

TEST_CASE("state store: the keys stream in order of their ids") {
    auto store = StateStore::open(":memory:");
    StateBatch batch;
    for (unsigned n = 300; n > 0; --n) {
        batch.keys.push_back(seen(key_id(n), "k", true));
    }
    store.commit(batch);
    const auto keys = all(store);
    REQUIRE(keys.size() == 300);
    for (unsigned n = 0; n < 300; ++n) {
        CHECK(keys[n].id == key_id(n + 1));
    }
}

TEST_CASE("state store: history is kept in order and filtered by key, time and number") {
    auto store = StateStore::open(":memory:");
    StateBatch batch;
    for (int i = 0; i < 10; ++i) {
        batch.history.push_back(entry_of(key_id(i % 2 == 0 ? 1 : 2), i));
    }
    store.commit(batch);

    const auto newest = store.history({std::nullopt, std::nullopt, 3});
    REQUIRE(newest.size() == 3);
    CHECK(newest[0].at == at_second(7));
    CHECK(newest[2].at == at_second(9));
    CHECK(newest[0].seq < newest[1].seq);

    const auto of_one = store.history({key_id(1), at_second(4), 50});
    REQUIRE(of_one.size() == 3);
    const HistoryEntry& entry = of_one[0];
    CHECK(entry.at == at_second(4));
    CHECK(entry.id == key_id(1));
    CHECK(entry.reconciliation == 3);
    CHECK(entry.reason == "changed");
    CHECK(entry.asked == Fields{std::nullopt, false});
    CHECK(entry.before_name == "old");
    CHECK(entry.before_enabled == true);
    CHECK(entry.after_name == "old");
    CHECK(entry.after_enabled == false);
    CHECK(entry.outcome == "applied");
    CHECK(entry.http_status == 200);
    CHECK(entry.attempt == 2);
    CHECK(entry.duration == std::chrono::milliseconds{17});
    CHECK(entry.source == "keys.yaml:4");
    CHECK(entry.revision == "sha256:0");
}

TEST_CASE("state store: a reconciliation is begun and finished under one number") {
    TempFolder folder;
    std::int64_t first = 0;
    {
        auto store = StateStore::open(folder / "state.db");
        CHECK_FALSE(store.last_reconciliation());
        ReconciliationEntry entry;
        entry.seq = first = store.next_reconciliation();
        entry.started_at = at_second(1);
        entry.revision = "sha256:1";
        entry.planned = 4;
        entry.held = 2;
        store.commit({{}, {}, {entry}});
        CHECK_FALSE(store.last_reconciliation()->finished_at);
        entry.finished_at = at_second(2);
        entry.result = "converged";
        entry.applied = 4;
        store.commit({{}, {}, {entry}});
    }
    auto store = StateStore::open(folder / "state.db");
    const auto last = store.last_reconciliation();
    REQUIRE(last);
    CHECK(last->seq == first);
    CHECK(last->finished_at == at_second(2));
    CHECK(last->result == "converged");
    CHECK(last->planned == 4);
    CHECK(last->held == 2);
    CHECK(last->applied == 4);
    CHECK(store.next_reconciliation() > first);
}

TEST_CASE("state store: a failed commit leaves nothing of its batch, and the next one works") {
    TempFolder folder;
    auto store = StateStore::open(folder / "state.db");
    const auto run = [&](const char* sql) {
        sqlite3* other = nullptr;
        REQUIRE(sqlite3_open((folder / "state.db").c_str(), &other) == SQLITE_OK);
        REQUIRE(sqlite3_exec(other, sql, nullptr, nullptr, nullptr) == SQLITE_OK);
        sqlite3_close(other);
    };
    run("CREATE TRIGGER fault BEFORE INSERT ON history BEGIN SELECT RAISE(ABORT, 'injected'); END");
    const StateBatch batch{{seen(key_id(1), "a", true)}, {entry_of(key_id(1), 1)}, {}};
    CHECK_THROWS_WITH(store.commit(batch), Catch::Matchers::Contains("injected"));
    CHECK(all(store).empty());

    run("DROP TRIGGER fault");
    store.commit(batch);
    CHECK(all(store).size() == 1);
    CHECK(store.history({}).size() == 1);
}

TEST_CASE("state store: the fingerprint key is random, 32 bytes, and the file's own") {
    TempFolder folder;
    auto one = StateStore::open(folder / "one.db");
    auto two = StateStore::open(folder / "two.db");
    CHECK(one.fingerprint_key().reveal().size() == 32);
    CHECK_FALSE(one.fingerprint_key().same_as(two.fingerprint_key()));
    auto reader = StateStore::open_reader(folder / "one.db");
    REQUIRE(reader);
    CHECK(reader->fingerprint_key().same_as(one.fingerprint_key()));
}

TEST_CASE("state store: one held plan at most is kept, with its approval, until it is taken away") {
    TempFolder folder;
    HeldPlan plan{"sha256:1", "sha256:f", "too many", at_second(3), {key_id(1), key_id(2)}, std::nullopt, {}};
    {
        auto store = StateStore::open(folder / "state.db");
        CHECK_FALSE(store.held_plan());
        StateBatch batch;
        batch.held = plan;
        store.commit(batch);
        CHECK(store.held_plan() == plan);
        plan.digest = "sha256:2";
        plan = approve(plan, at_second(9));
        batch.held = plan;
        store.commit(batch);
        CHECK(plan.approved == plan.ids);
    }
    auto store = StateStore::open(folder / "state.db");
    CHECK(store.held_plan() == plan);
    StateBatch none;
    none.held.emplace(std::nullopt);
    store.commit(none);
    CHECK_FALSE(store.held_plan());
}

TEST_CASE("state store: one suspension at most is kept, until it is taken away") {
    TempFolder folder;
    Suspension suspension{at_second(1), at_second(60), "moving house", "ada"};
    StateBatch batch;
    {
        auto store = StateStore::open(folder / "state.db");
        CHECK_FALSE(store.suspension());
        batch.suspension.emplace(suspension);
        store.commit(batch);
        CHECK(store.suspension() == suspension);
        suspension.since = at_second(2);
        suspension.reason.clear();
        batch.suspension.emplace(suspension);
        store.commit(batch);
    }
    auto store = StateStore::open(folder / "state.db");
    CHECK(store.suspension() == suspension);
    batch.suspension.emplace(std::nullopt);
    store.commit(batch);
    CHECK_FALSE(store.suspension());
}

TEST_CASE("state store: it is kept of which API a probe was seen to change nothing") {
    TempFolder folder;
    {
        auto store = StateStore::open(folder / "state.db");
        CHECK_FALSE(store.probes_proven());
        StateBatch batch;
        batch.probes_proven = "https://one.example.com";
        store.commit(batch);
        batch.probes_proven = "https://two.example.com";
        store.commit(batch);
    }
    CHECK(StateStore::open(folder / "state.db").probes_proven() == "https://two.example.com");
}

TEST_CASE("state store: history since a time is found by the time, whatever the clock did") {
    auto store = StateStore::open(":memory:");
    StateBatch batch;
    for (const int second : {1, 50, 2, 51, 3, 52}) {
        batch.history.push_back(entry_of(key_id(1), second));
    }
    store.commit(batch);
    const auto since = store.history({std::nullopt, at_second(50), 2});
    REQUIRE(since.size() == 2);
    CHECK(since[0].at == at_second(51));
    CHECK(since[1].at == at_second(52));
    CHECK(store.history({std::nullopt, at_second(50), 50}).size() == 3);
}

TEST_CASE("state store: a replaced state is taken up again under the same lock") {
    TempFolder folder;
    auto store = StateStore::open(folder / "state.db");
    store.commit({{seen(key_id(1), "a", true)}, {}, {}});
    const auto number = store.next_reconciliation();
    std::filesystem::remove(folder / "state.db");
    CHECK_THROWS_AS(store.commit({{seen(key_id(2), "b", true)}, {}, {}}), StateError);

    write_file(folder / "state.db", "no database");
    CHECK_THROWS_AS(store.reopen(), StateError);
    std::filesystem::remove(folder / "state.db");
    store.reopen();
    CHECK_FALSE(store.find(key_id(1)));
    store.commit({{seen(key_id(2), "b", true)}, {}, {}});
    CHECK(store.find(key_id(2)));
    CHECK(store.next_reconciliation() > number);
    CHECK_THROWS_AS(StateStore::open(folder / "state.db"), StateError); // the lock is held all the time
}
