// SPDX-License-Identifier: Apache-2.0
#include "tests/support/reconcile_world.hpp"

#include <catch2/catch.hpp>

using namespace apikeyd;
using namespace apikeyd::test;
using namespace std::chrono_literals;

namespace {

using Counts = std::array<std::uint64_t, key_states>; // in sync, drifted, in doubt, rejected, held

Wanted named(std::uint8_t number, std::string_view name) {
    return {key_id(number), name, std::nullopt};
}

Wanted switched(std::uint8_t number, bool enabled) {
    return {key_id(number), std::nullopt, enabled};
}

Counts counts_of(const ReconcileWorld& world) {
    return world.reconciler.key_counts().by_state;
}

} // namespace

TEST_CASE("tally: every managed key stands in one way, from the plan to the last answer") {
    ReconcilerOptions options;
    options.window = 1;
    ReconcileWorld world(options);
    CHECK(counts_of(world) == Counts{});
    world.edit({named(1, "a"), named(2, "b"), Wanted{key_id(3), {}, {}}}); // of the third nothing is managed
    CHECK(counts_of(world) == Counts{0, 1, 1, 0, 0});
    world.apply(key_id(1));
    CHECK(counts_of(world) == Counts{1, 0, 1, 0, 0});
    world.answer(key_id(2), Rejected{"the name is taken"}, 400);
    CHECK(counts_of(world) == Counts{1, 0, 0, 1, 0});
    world.edit({named(1, "a"), named(2, "c")});
    CHECK(counts_of(world) == Counts{1, 0, 1, 0, 0});
    world.answer(key_id(2), NotSent{"refused"});
    CHECK(counts_of(world) == Counts{1, 1, 0, 0, 0}); // surely not sent: as before
    world.edit({});
    CHECK(counts_of(world) == Counts{});
}

TEST_CASE("tally: what is taken back unsent is as before, what may have been sent is in doubt") {
    ReconcileWorld world;
    world.edit({named(1, "a")});
    world.take_back();
    CHECK(counts_of(world) == Counts{0, 1, 0, 0, 0});
    world.advance(1ms);
    world.answer(key_id(1), Unknown{"no answer"});
    CHECK(counts_of(world) == Counts{0, 0, 1, 0, 0});
}

TEST_CASE("tally: held disables count as held until they are approved, taken back or gone") {
    Safeguards safeguards;
    safeguards.max_disable = std::uint64_t{3};
    safeguards.disable_removed = true;
    ReconcileWorld world({}, safeguards);
    world.edit(
        {switched(1, true), switched(2, true), switched(3, true), switched(4, true), switched(5, true)});
    world.apply_all();
    CHECK(counts_of(world) == Counts{5, 0, 0, 0, 0});
    world.edit({switched(1, false), switched(2, false), switched(3, false),
                switched(5, true)}); // and the fourth is removed
    world.apply_all();               // looks come first, since our own key isn't known
    CHECK(counts_of(world) == Counts{1, 0, 0, 0, 4});
    world.approve();
    world.apply_all();
    CHECK(counts_of(world) == Counts{4, 0, 0, 0, 0});
}

TEST_CASE("tally: a key asserted again is in sync, in doubt while it is out, and in sync") {
    ReconcilerOptions options;
    options.resync = 10s;
    ReconcileWorld world(options);
    world.edit({named(1, "a")});
    world.apply_all();
    CHECK(counts_of(world) == Counts{1, 0, 0, 0, 0});
    world.advance(15s);
    REQUIRE(world.sent.size() == 1);
    CHECK(counts_of(world) == Counts{0, 0, 1, 0, 0});
    world.apply_all();
    CHECK(counts_of(world) == Counts{1, 0, 0, 0, 0});
}

TEST_CASE("tally: our own key, wanted disabled, is refused and counts as rejected") {
    Safeguards safeguards;
    safeguards.own.id = key_id(1);
    ReconcileWorld world({}, safeguards);
    world.edit({switched(1, true)});
    world.apply_all();
    world.edit({switched(1, false)});
    CHECK(counts_of(world) == Counts{0, 0, 0, 1, 0});
}
