// SPDX-License-Identifier: Apache-2.0
#include "daemon/runtime/tally.hpp"

#include "tests/support/keys.hpp"

#include <catch2/catch.hpp>

using namespace apikeyd;
using namespace apikeyd::test;
using namespace std::chrono_literals;

namespace {

KeyUpdated updated(unsigned number, WallTime at) {
    KeyUpdated event;
    event.key.id = key_id(number);
    event.at = at;
    return event;
}

} // namespace

TEST_CASE("tally: how many keys are managed, and what the last plan wanted of them") {
    Tally tally;
    PlanMade plan;
    plan.counts.managed = 5;
    plan.changes = 3;
    tally.heed(plan);
    tally.heed(updated(1, WallTime{5s}));
    CHECK(tally.managed() == 5);
    CHECK(tally.changes() == 3);
    plan.counts.managed = 4;
    plan.changes = 0;
    tally.heed(plan);
    CHECK(tally.managed() == 4);
    CHECK(tally.changes() == 0);
}

TEST_CASE("tally: the oldest answer is what the plan found, else the first that came") {
    Tally tally;
    CHECK_FALSE(tally.oldest_answer());
    tally.heed(PlanMade{});
    tally.heed(updated(1, WallTime{20s}));
    tally.heed(updated(2, WallTime{30s}));
    CHECK(tally.oldest_answer() == WallTime{20s});
    tally.heed(updated(3, WallTime{10s})); // the clock was set back
    CHECK(tally.oldest_answer() == WallTime{10s});
    PlanMade plan;
    plan.oldest_evidence = WallTime{5s};
    tally.heed(plan);
    tally.heed(updated(1, WallTime{40s}));
    CHECK(tally.oldest_answer() == WallTime{5s});
}

TEST_CASE("tally: once each managed key was answered anew, what came before counts no more") {
    DesiredState::Builder builder;
    const auto file = builder.add_file("keys.yaml");
    builder.add(key_id(1), "one", std::nullopt, file, 1);
    builder.add(key_id(2), std::nullopt, true, file, 2);
    builder.add(key_id(3), std::nullopt, std::nullopt, file, 3); // not managed
    const DesiredState desired = std::move(builder).build("sha256:1");
    Tally tally;
    PlanMade plan;
    plan.counts.managed = 2;
    plan.oldest_evidence = WallTime{5s};
    tally.heed(plan, &desired);
    tally.heed(updated(1, WallTime{10s}), &desired);
    tally.heed(updated(1, WallTime{11s}), &desired);
    tally.heed(updated(3, WallTime{12s}), &desired);
    tally.heed(updated(4, WallTime{12s}), &desired);
    CHECK(tally.oldest_answer() == WallTime{5s});
    tally.heed(updated(2, WallTime{13s}), &desired);
    CHECK(tally.oldest_answer() == WallTime{10s});
    tally.heed(updated(2, WallTime{20s}), &desired);
    CHECK(tally.oldest_answer() == WallTime{10s});
    tally.heed(updated(1, WallTime{21s}), &desired);
    CHECK(tally.oldest_answer() == WallTime{20s});
    tally.heed(updated(1, WallTime{30s}), &desired);
    tally.heed(plan, &desired); // knows better, and a new round begins
    tally.heed(updated(2, WallTime{31s}), &desired);
    CHECK(tally.oldest_answer() == WallTime{5s});
}
