// SPDX-License-Identifier: Apache-2.0
#include "daemon/cli/drift_report.hpp"

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

StateStore store_of(std::vector<KnownKey> keys) {
    auto store = StateStore::open(":memory:");
    StateBatch batch;
    batch.keys = std::move(keys);
    store.commit(batch);
    return store;
}

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
