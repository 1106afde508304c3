// SPDX-License-Identifier: Apache-2.0
#include "daemon/reconcile/transition.hpp"

#include "tests/support/keys.hpp"

#include <catch2/catch.hpp>

using namespace apikeyd;
using namespace apikeyd::test;

namespace {

const auto id = key_id(1);

Change change_of(KnownKey known, Fields to) {
    Change change;
    change.id = id;
    change.to = std::move(to);
    change.known = std::move(known);
    return change;
}

ApiKey answer_of(std::string name, bool enabled) {
    ApiKey key;
    key.id = id;
    key.name = std::move(name);
    key.enabled = enabled;
    key.created_at = key.updated_at = "2024-01-01T00:00:00Z";
    return key;
}

} // namespace

TEST_CASE("transition: the mark covers what is sent, on top of what was in doubt already") {
    KnownKey known = seen(id, "a", true);
    const KnownKey once = mark_in_doubt(change_of(known, {"b", std::nullopt}), at_second(5));
    CHECK(once.doubt == Doubt{true, false, at_second(5)});
    CHECK(once.observed == known.observed);

    const KnownKey twice = mark_in_doubt(change_of(once, {std::nullopt, false}), at_second(9));
    CHECK(twice.doubt == Doubt{true, true, at_second(5)});
}

TEST_CASE("transition: a mark drops an earlier rejection") {
    KnownKey known = seen(id, "a", true);
    known.rejection = Rejection{{"x", std::nullopt}, "no", at_second(1)};
    CHECK_FALSE(mark_in_doubt(change_of(known, {"b", std::nullopt}), at_second(5)).rejection);
}

TEST_CASE("transition: an answer is believed as it is and clears every doubt") {
    KnownKey known = seen(id, "a", true);
    known.doubt = {true, true, at_second(1)};
    const KnownKey after = settle(change_of(known, {std::nullopt, false}), {std::nullopt, false},
                                  Applied{answer_of("somebody else's", false)}, at_second(2), at_second(3));
    CHECK(after.observed->name == "somebody else's");
    CHECK_FALSE(after.observed->enabled);
    CHECK(after.observed->observed_at == at_second(3));
    CHECK_FALSE(after.doubt.any());
    CHECK_FALSE(after.rejection);
}

TEST_CASE(
    "transition: an answer other than asked is recorded as it is, and is a rejection with both values") {
    const Fields desired{" b ", false};
    const KnownKey after = settle(change_of(seen(id, "a", true), desired), desired,
                                  Applied{answer_of("b", true)}, at_second(2), at_second(3));
    CHECK(after.observed->name == "b");
    CHECK(after.observed->enabled);
    REQUIRE(after.rejection);
    CHECK(after.rejection->desired == desired);
    CHECK(after.rejection->why == "the API stored the name \"b\" where \" b \" was asked; "
                                  "the API left enabled at true where false was asked");
}

TEST_CASE("transition: what the API did not act on leaves the key as it was before the mark") {
    KnownKey known = seen(id, "a", true);
    known.doubt = {false, true, at_second(1)};
    const Change change = change_of(known, {"b", std::nullopt});
    CHECK(settle(change, {}, Throttled{"", {}}, at_second(2), at_second(3)) == known);
    CHECK(settle(change, {}, NotSent{""}, at_second(2), at_second(3)) == known);
    CHECK(settle(change, {}, Denied{""}, at_second(2), at_second(3)) == known);
    const KnownKey rejected = settle(change, {"b", std::nullopt}, Rejected{"no"}, at_second(2), at_second(3));
    CHECK(rejected.doubt == known.doubt);
    CHECK(rejected.rejection == Rejection{{"b", std::nullopt}, "no", at_second(3)});
}

TEST_CASE("transition: what the API may have acted on stays in doubt since it was sent") {
    const Change change = change_of(seen(id, "a", true), {"b", std::nullopt});
    const Outcome outcome = GENERATE(as<Outcome>{}, Retryable{"", {}}, Unknown{""});
    CHECK(settle(change, {}, outcome, at_second(2), at_second(3)) == mark_in_doubt(change, at_second(2)));
}

TEST_CASE("transition: the changed fields are those that the answer changes") {
    const Change change = change_of(seen(id, "a", true), {"b", std::nullopt});
    CHECK(changed_fields(change, answer_of("b", true)) == std::vector<std::string>{"name"});
    CHECK(changed_fields(change, answer_of("a", true)).empty());
    CHECK(changed_fields(change, answer_of("b", false)) == std::vector<std::string>{"enabled", "name"});
    KnownKey nothing;
    nothing.id = id;
    CHECK(changed_fields(change_of(nothing, {"b", std::nullopt}), answer_of("b", true)) ==
          std::vector<std::string>{"name"});
}
