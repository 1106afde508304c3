// SPDX-License-Identifier: Apache-2.0
#include "daemon/plan/plan.hpp"

#include "tests/support/desired.hpp"
#include "tests/support/keys.hpp"

#include <catch2/catch.hpp>

using namespace apikeyd;
using namespace apikeyd::test;

namespace {

Plan plan_of(const std::vector<Wanted>& wanted, std::vector<KnownKey> known) {
    KnownList sequence(std::move(known));
    return make_plan(desired_state(wanted), sequence);
}

KnownKey doubting(KnownKey key, bool name, bool enabled) {
    key.doubt = {name, enabled, at_second(1)};
    return key;
}

const auto id1 = key_id(1);
const auto id2 = key_id(2);

} // namespace

TEST_CASE("plan: unchanged key yields no change") {
    const Plan plan = plan_of({{id1, "a", true}}, {seen(id1, "a", true)});
    CHECK(plan.empty());
    CHECK(plan.counts.managed == 1);
    CHECK(plan.counts.in_sync == 1);
    CHECK(plan.oldest_evidence == at_second(0));
}

TEST_CASE("plan: only the field that changed is sent once something is known") {
    const Plan renamed = plan_of({{id1, "b", true}}, {seen(id1, "a", true)});
    REQUIRE(renamed.changes.size() == 1);
    CHECK(renamed.changes[0].to == Fields{"b", std::nullopt});
    CHECK(renamed.changes[0].from == Fields{"a", std::nullopt});
    CHECK(renamed.changes[0].reason == Reason::changed);
    CHECK(renamed.changes[0].kind() == ChangeKind::rename);
    CHECK(renamed.changes[0].source == "keys.yaml:3");

    const Plan disabled = plan_of({{id1, "a", false}}, {seen(id1, "a", true)});
    REQUIRE(disabled.changes.size() == 1);
    CHECK(disabled.changes[0].to == Fields{std::nullopt, false});
    CHECK(disabled.changes[0].kind() == ChangeKind::disable);

    const Plan both = plan_of({{id1, "b", false}}, {seen(id1, "a", true)});
    CHECK(both.changes.at(0).kind() == ChangeKind::update);
    CHECK(both.counts.drifted == 1);
}

TEST_CASE("plan: everything managed is sent where nothing is known") {
    const Plan plan = plan_of({{id1, "a", true}, {id2, std::nullopt, false}}, {});
    REQUIRE(plan.changes.size() == 2);
    CHECK(plan.changes[0].to == Fields{"a", true});
    CHECK(plan.changes[0].from.empty());
    CHECK(plan.changes[0].reason == Reason::first_seen);
    CHECK(plan.changes[0].kind() == ChangeKind::assert_key);
    CHECK(plan.changes[1].to == Fields{std::nullopt, false});
    CHECK(plan.counts.unknown == 2);
    CHECK_FALSE(plan.oldest_evidence);
}

TEST_CASE("plan: a field that is not managed is never sent, whatever is known of it") {
    const bool doubtful = GENERATE(true, false);
    const KnownKey known = doubting(seen(id1, "theirs", false), doubtful, false);
    const Plan plan = plan_of({{id1, std::nullopt, true}}, {known});
    REQUIRE(plan.changes.size() == 1);
    CHECK(plan.changes[0].to == Fields{std::nullopt, true});
    CHECK(plan.unmanaged_doubt.size() == (doubtful ? 1U : 0U));
}

TEST_CASE("plan: a key of which no field is managed is left alone") {
    const Plan plan = plan_of({{id1, std::nullopt, std::nullopt}}, {});
    CHECK(plan.empty());
    CHECK(plan.counts.managed == 0);
}

TEST_CASE("plan: a key that the file doesn't name is left alone; a doubt about it is told") {
    const Plan plan =
        plan_of({{id2, "b", true}}, {doubting(seen(id1, "a", true), false, true), seen(id2, "b", true),
                                     doubting(seen(key_id(3), "c", true), true, true)});
    CHECK(plan.empty());
    REQUIRE(plan.unmanaged_doubt.size() == 2);
    CHECK(plan.unmanaged_doubt[0].id == id1);
    CHECK(plan.unmanaged_doubt[0].source.empty());
    CHECK_THAT(plan.unmanaged_doubt[0].why, Catch::Matchers::Contains("change of enabled was not answered"));
    CHECK(plan.unmanaged_doubt[0].to.empty());
    CHECK(plan.unmanaged_doubt[0].known == doubting(seen(id1, "a", true), false, true));
    CHECK(plan.unmanaged_doubt[1].id == key_id(3));
}

TEST_CASE("plan: a field in doubt is asserted though its last answer is as desired") {
    // Sent, perhaps applied, and then the file went back to the old value.
    const Plan plan = plan_of({{id1, "a", true}}, {doubting(seen(id1, "a", true), false, true)});
    REQUIRE(plan.changes.size() == 1);
    CHECK(plan.changes[0].to == Fields{std::nullopt, true});
    CHECK(plan.changes[0].from.empty());
    CHECK(plan.changes[0].reason == Reason::in_doubt);
    CHECK(plan.counts.in_doubt == 1);
}

TEST_CASE("plan: a key that was sent and never answered is asserted whole") {
    KnownKey known;
    known.id = id1;
    const Plan plan = plan_of({{id1, "a", true}}, {doubting(known, false, true)});
    REQUIRE(plan.changes.size() == 1);
    CHECK(plan.changes[0].to == Fields{"a", true});
    CHECK(plan.changes[0].reason == Reason::in_doubt);
    CHECK(plan.changes[0].kind() == ChangeKind::assert_key);
}

TEST_CASE("plan: rejected values are not sent again until the file asks for others") {
    KnownKey known = seen(id1, "a", true);
    known.rejection = Rejection{{"taken", true}, "the name is taken", at_second(2)};
    const Plan same = plan_of({{id1, "taken", true}}, {known});
    CHECK(same.empty());
    CHECK(same.counts.rejected == 1);
    REQUIRE(same.rejected.size() == 1);
    CHECK(same.rejected[0].why == "the name is taken");
    CHECK(same.rejected[0].source == "keys.yaml:3");
    CHECK(same.rejected[0].to == Fields{"taken", std::nullopt});
    CHECK(same.rejected[0].from == Fields{"a", std::nullopt});
    CHECK(same.rejected[0].known == known);

    CHECK(plan_of({{id1, "other", true}}, {known}).changes.size() == 1);
    CHECK(plan_of({{id1, "taken", false}}, {known}).changes.size() == 1);
    CHECK(plan_of({{id1, "taken", std::nullopt}}, {known}).changes.size() == 1);
    CHECK(plan_of({{id1, "a", true}}, {known}).counts.in_sync == 1);
}

TEST_CASE("plan: enables before renames before disables, each by id") {
    std::vector<Wanted> wanted;
    std::vector<KnownKey> known;
    for (unsigned n = 1; n <= 9; ++n) {
        const bool enable = n % 3 == 1;
        const bool disable = n % 3 == 2;
        wanted.push_back({key_id(n), enable || disable ? "old" : "new", !disable});
        known.push_back(seen(key_id(n), "old", !enable));
    }
    const Plan plan = plan_of(wanted, known);
    std::vector<KeyId> order;
    for (const Change& change : plan.changes) {
        order.push_back(change.id);
    }
    CHECK(order == std::vector{key_id(1), key_id(4), key_id(7), key_id(3), key_id(6), key_id(9), key_id(2),
                               key_id(5), key_id(8)});
}

TEST_CASE("plan: planning again after applying yields an empty plan") {
    const std::vector<Wanted> wanted = {
        {id1, "a", true}, {id2, "b", std::nullopt}, {key_id(3), std::nullopt, false}};
    std::vector<KnownKey> known = {doubting(seen(id2, "x", false), true, true)};
    const Plan plan = plan_of(wanted, known);
    REQUIRE(plan.changes.size() == 3);
    std::vector<KnownKey> after;
    for (const Change& change : plan.changes) {
        const auto& observed = change.known.observed;
        after.push_back(seen(change.id, change.to.name.value_or(observed ? observed->name : "server's"),
                             change.to.enabled.value_or(observed ? observed->enabled : true)));
    }
    CHECK(plan_of(wanted, after).empty());
}

TEST_CASE("plan: the digest is stable, and differs with what is sent or what was known") {
    const std::vector<Wanted> wanted = {{id1, "a", true}, {id2, "b", true}};
    const std::string digest = plan_of(wanted, {}).digest;
    CHECK(digest == plan_of({wanted[1], wanted[0]}, {}).digest);
    CHECK(digest.substr(0, 7) == "sha256:");
    CHECK(digest != plan_of({{id1, "a", true}}, {}).digest);
    CHECK(digest != plan_of({{id1, "a", false}, {id2, "b", true}}, {}).digest);
    CHECK(digest != plan_of(wanted, {seen(id1, "z", true)}).digest);
    // Names that would run together without their lengths.
    CHECK(plan_of({{id1, "x-", std::nullopt}}, {}).digest != plan_of({{id1, "x", std::nullopt}}, {}).digest);
}

TEST_CASE("plan: keys on either side of each other are merged right") {
    std::vector<Wanted> wanted;
    std::vector<KnownKey> known;
    for (unsigned n = 1; n <= 100; ++n) {
        if (n % 2 == 0) {
            wanted.push_back({key_id(n), "k", true});
        }
        if (n % 3 == 0) {
            known.push_back(seen(key_id(n), "k", true));
        }
    }
    const Plan plan = plan_of(wanted, known);
    CHECK(plan.counts.managed == 50);
    CHECK(plan.counts.in_sync == 16);
    CHECK(plan.counts.unknown == 34);
}

TEST_CASE(
    "plan: what a time in the file changes is 'scheduled' as long as no answer is newer than the time") {
    const EnabledTimes until{std::nullopt, at_second(10)};
    const auto reason_of = [&](const Wanted& wanted, KnownKey known, int now) {
        KnownList sequence({std::move(known)});
        const Plan plan = make_plan(desired_state({wanted}, at_second(now)), sequence);
        REQUIRE(plan.changes.size() == 1);
        CHECK(plan.counts.drifted == 1);
        return plan.changes[0].reason;
    };
    KnownList before({seen(id1, "a", true)});
    CHECK(make_plan(desired_state({{id1, "a", true, until}}, at_second(9)), before).empty());
    KnownList doubtful({doubting(seen(id1, "a", true), false, true)});

    CHECK(reason_of({id1, "a", true, until}, seen(id1, "a", true), 10) == Reason::scheduled);
    CHECK(reason_of({id1, "b", true, until}, seen(id1, "a", true), 10) == Reason::scheduled);
    CHECK(reason_of({id1, "b", true, until}, seen(id1, "a", false), 10) == Reason::changed); // name alone
    CHECK(reason_of({id1, "a", true, until}, seen(id1, "a", false), 9) ==
          Reason::changed); // nothing came yet
    KnownKey enabled_by_another = seen(id1, "a", true);
    enabled_by_another.observed->observed_at = at_second(10);
    CHECK(reason_of({id1, "a", true, until}, enabled_by_another, 11) == Reason::changed);
    CHECK(reason_of({id1, "a", true, {at_second(5), at_second(10)}}, seen(id1, "a", false), 7) ==
          Reason::scheduled);
    CHECK(make_plan(desired_state({{id1, "a", true, until}}, at_second(10)), doubtful).changes[0].reason ==
          Reason::in_doubt);
}

TEST_CASE("plan: a refusal holds until a time in the file asks for something else") {
    const EnabledTimes until{std::nullopt, at_second(10)};
    KnownKey known = seen(id1, "a", false);
    known.rejection = Rejection{{"a", true}, "no", at_second(2)};
    KnownList before({known});
    CHECK(make_plan(desired_state({{id1, "a", true, until}}, at_second(9)), before).counts.rejected == 1);
    KnownList after({known});
    const Plan plan = make_plan(desired_state({{id1, "a", true, until}}, at_second(10)), after);
    CHECK(plan.counts.in_sync == 1);
    CHECK(plan.lapsed.size() == 1);
}
