// SPDX-License-Identifier: Apache-2.0
#include "daemon/cli/drift_report.hpp"

#include "daemon/cli/drift_words.hpp"
#include "daemon/cli/planning.hpp"
#include "tests/support/desired.hpp"
#include "tests/support/keys.hpp"

#include <catch2/catch.hpp>

using namespace apikeyd;
using namespace apikeyd::test;

namespace {

KnownKey rejected(KnownKey key, Fields desired) {
    key.rejection = Rejection{std::move(desired), "refused", at_second(1)};
    return key;
}

StateStore store_of(std::vector<KnownKey> keys, const std::optional<HeldPlan>& held = {}) {
    auto store = StateStore::open(":memory:");
    StateBatch batch;
    if (held) {
        batch.held.emplace(held);
    }
    batch.keys.assign(keys.begin(), keys.end());
    store.commit(batch);
    return store;
}

// Keys 1 to 5 are enabled, and wanted disabled.
struct FiveDisables {
    DesiredState desired = desired_state({{key_id(1), std::nullopt, false},
                                          {key_id(2), std::nullopt, false},
                                          {key_id(3), std::nullopt, false},
                                          {key_id(4), std::nullopt, false},
                                          {key_id(5), std::nullopt, false}});
    std::vector<KnownKey> known;
    HeldPlan plan{"sha256:0123456789abcdef", desired.intent(), "too many", at_second(3), {}, {}, {}};

    FiveDisables() {
        for (unsigned number = 1; number <= 5; ++number) {
            known.push_back(seen(key_id(number), "a", true));
            plan.ids.push_back(key_id(number));
        }
    }
};

} // namespace

TEST_CASE("drift report: a rejected key has all that a change has") {
    auto store = store_of({rejected(seen(key_id(1), "a", true), {"b", true})});
    const DesiredState desired = desired_state({{key_id(1), "b", true}});
    const DriftReport report = drift_from(&store, desired, {}, {});
    REQUIRE(report.rejected.size() == 1);
    const DriftReport::Item& item = report.rejected[0].item;
    CHECK(report.rejected[0].why == "refused");
    CHECK(item.name == "b");
    CHECK(item.change.to == Fields{"b", std::nullopt});
    CHECK(item.change.from == Fields{"a", std::nullopt});
    CHECK(item.change.known.observed->observed_at == at_second(0));
    CHECK(item.evidence == Evidence::recorded);
    CHECK(item.file == "keys.yaml");
    CHECK(item.line == 3);
    CHECK(drift_from(&store, desired, {}, {}, {key_id(1)}).rejected.at(0).item.evidence == Evidence::probed);
}

TEST_CASE("drift report: a key taken out of the file that may not be disabled is told with its last name") {
    Settings settings;
    settings.reconcile.removed_keys = RemovedKeys::disable;
    auto store = store_of({rejected(seen(key_id(1), "gone", true), {std::nullopt, false})});
    const DriftReport report = drift_from(&store, desired_state({{key_id(2), "b", true}}), {}, settings);
    REQUIRE(report.rejected.size() == 1);
    const DriftReport::Item& item = report.rejected[0].item;
    CHECK(item.name == "gone");
    CHECK(item.change.to == Fields{std::nullopt, false});
    CHECK(item.change.from == Fields{std::nullopt, true});
    CHECK(item.file.empty());
}

TEST_CASE("drift report: a doubt that the file no longer manages has a name and its evidence") {
    KnownKey doubtful = seen(key_id(1), "adrift", true);
    doubtful.doubt = {true, false, at_second(5)};
    auto store = store_of({doubtful});
    const DriftReport report = drift_from(&store, desired_state({}), {}, {});
    REQUIRE(report.unmanaged_doubt.size() == 1);
    const DriftReport::Item& item = report.unmanaged_doubt[0].item;
    CHECK(item.name == "adrift");
    CHECK(item.change.to.empty());
    CHECK(item.change.known == doubtful);
    CHECK(item.evidence == Evidence::recorded);
}

TEST_CASE("drift report: what was recorded as held is to be approved, unless it covers what isn't held now") {
    FiveDisables world;
    auto store = store_of(world.known, world.plan);
    CHECK(drift_from(&store, world.desired, {}, {}).hold_digest == world.plan.digest);
    StateBatch batch;
    batch.keys = {seen(key_id(1), "a", false)}; // a look has shown
    store.commit(batch);
    const DriftReport report = drift_from(&store, world.desired, {}, {});
    CHECK(report.held == 4);
    CHECK(report.hold_digest.empty());
    CHECK_FALSE(approval_digest(report).empty());
}

TEST_CASE("drift report: our own key, whose disable is refused, is no part of what is to be approved") {
    FiveDisables world;
    Settings settings;
    settings.api.self_id = key_id(2);
    auto store = store_of(world.known);
    const DriftReport report = drift_from(&store, world.desired, {}, settings);
    CHECK(report.held == 4);
    std::vector<Change> held;
    for (const DriftReport::Item& item : report.items) {
        CHECK(item.held == (item.change.id != key_id(2)));
        if (item.held) {
            held.push_back(item.change);
        }
    }
    CHECK(approval_digest(report) == plan_digest(held));
    settings.guard.allow_self_disable = true;
    CHECK(drift_from(&store, world.desired, {}, settings).held == 5);
}
