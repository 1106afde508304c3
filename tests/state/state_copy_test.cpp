// SPDX-License-Identifier: Apache-2.0
#include "state/state_store.hpp"

#include "tests/support/keys.hpp"
#include "tests/support/temp_folder.hpp"

#include <catch2/catch.hpp>
#include <filesystem>

using namespace apikeyd;
using namespace apikeyd::test;

TEST_CASE("state copy: holds what the state holds, while another is its writer") {
    TempFolder folder;
    auto store = StateStore::open(folder / "state.db");
    KnownKey doubtful = seen(key_id(2), "b", false);
    doubtful.doubt = {true, false, at_second(5)};
    const HeldPlan plan{"sha256:1", "sha256:f", "too many", at_second(3), {key_id(1)}, std::nullopt, {}};
    const Suspension suspension{at_second(1), at_second(60), "moving", "ada"};
    ReconciliationEntry run;
    run.seq = store.next_reconciliation();
    run.revision = "sha256:f";
    StateBatch batch;
    batch.keys = {seen(key_id(1), "a", true), doubtful};
    batch.reconciliations = {run};
    batch.held.emplace(plan);
    batch.suspension.emplace(suspension);
    batch.probes_proven = "https://api.example.com/rest/v1";
    store.commit(batch);

    auto copy = StateStore::open_copy(folder / "state.db");
    CHECK(copy.find(key_id(1)) == seen(key_id(1), "a", true));
    CHECK(copy.find(key_id(2)) == doubtful);
    CHECK(copy.held_plan() == plan);
    CHECK(copy.suspension() == suspension);
    CHECK(copy.probes_proven() == "https://api.example.com/rest/v1");
    CHECK(copy.last_reconciliation()->revision == "sha256:f");
    CHECK(copy.next_reconciliation() > run.seq);
    CHECK(copy.fingerprint_key().same_as(store.fingerprint_key()));
}

TEST_CASE("state copy: what is written to it stays in it") {
    TempFolder folder;
    auto store = StateStore::open(folder / "state.db");
    store.commit({{seen(key_id(1), "a", true)}, {}, {}});
    auto copy = StateStore::open_copy(folder / "state.db");
    HistoryEntry entry;
    entry.id = key_id(1);
    entry.reason = "look";
    copy.commit({{seen(key_id(1), "other", true)}, {entry}, {}});
    CHECK_FALSE(copy.verify_history().fault);
    CHECK(store.find(key_id(1))->observed->name == "a");
    CHECK(store.history({}).empty());
}

TEST_CASE("state copy: of many keys has them all") {
    TempFolder folder;
    auto store = StateStore::open(folder / "state.db");
    StateBatch batch;
    for (unsigned n = 1; n <= 20'001; ++n) {
        batch.keys.push_back(seen(key_id(n), "k", true));
    }
    store.commit(batch);
    CHECK(StateStore::open_copy(folder / "state.db").counts().known == 20'001);
}

TEST_CASE("state copy: of nothing is an empty state, and makes no file") {
    TempFolder folder;
    auto copy = StateStore::open_copy(folder / "state.db");
    CHECK(copy.counts().known == 0);
    copy.commit({{seen(key_id(1), "a", true)}, {}, {}});
    CHECK(copy.find(key_id(1)));
    CHECK(std::filesystem::is_empty(folder.path()));
}
