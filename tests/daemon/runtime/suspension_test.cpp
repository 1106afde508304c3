// SPDX-License-Identifier: Apache-2.0
#include "daemon/runtime/suspension.hpp"

#include <catch2/catch.hpp>

using namespace apikeyd;
using namespace std::chrono_literals;

TEST_CASE("suspension: goes on in another state, with who asked for it") {
    StateStore store = StateStore::open(":memory:");
    const Suspension suspension{WallTime{10s}, WallTime{100s}, "audit", "alice"};
    CHECK(carry_suspension(store, suspension, WallTime{50s}));
    CHECK(store.suspension() == suspension);
    const auto history = store.history({});
    REQUIRE(history.size() == 1);
    CHECK(history[0].actor == "alice");
    CHECK(history[0].reason == "suspended");
    CHECK(history[0].at == WallTime{50s});
    CHECK_FALSE(carry_suspension(store, suspension, WallTime{51s}));
    CHECK(store.history({}).size() == 1);
}

TEST_CASE("suspension: the longer of two goes on, and one that is over does not") {
    StateStore store = StateStore::open(":memory:");
    CHECK_FALSE(carry_suspension(store, {WallTime{10s}, WallTime{100s}, "", "alice"}, WallTime{100s}));
    CHECK_FALSE(store.suspension());
    CHECK(carry_suspension(store, {WallTime{10s}, WallTime{100s}, "", "alice"}, WallTime{20s}));
    CHECK_FALSE(carry_suspension(store, {WallTime{10s}, WallTime{90s}, "", "bob"}, WallTime{20s}));
    CHECK(store.suspension()->by == "alice");
    CHECK(carry_suspension(store, {WallTime{10s}, WallTime{110s}, "", "bob"}, WallTime{20s}));
    CHECK(store.suspension()->by == "bob");
}
