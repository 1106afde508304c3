// SPDX-License-Identifier: Apache-2.0
#include "tests/state/database.hpp"
#include "tests/support/engine_world.hpp"

#include <catch2/catch.hpp>

using namespace apikeyd;
using namespace apikeyd::test;
using namespace std::chrono_literals;

namespace {

bool is_look(const std::string& body) {
    return body.find("name") == std::string::npos && body.find("enabled") == std::string::npos;
}

Suspension suspension_for(std::chrono::milliseconds duration) {
    const WallTime now = current_time().wall;
    return {now, now + duration, "maintenance", "alice"};
}

} // namespace

TEST_CASE("engine: a moment that the file names brings another plan, without an edit") {
    EngineWorld world;
    world.edit({{key_id(1), {}, {}, {{}, current_time().wall + 300ms}}});
    REQUIRE(world.converges());
    CHECK(world.told("converged"));
    world.api.forget();
    REQUIRE(world.until([&] { return world.told("schedule_reached") && world.engine.idle(); }));
    REQUIRE(world.api.received().size() == 1);
    CHECK(world.api.received()[0].find("\"enabled\":false") != std::string::npos);
    CHECK(world.reasons().back() == "scheduled");
}

TEST_CASE("engine: each key is looked at before a plan, where that is wanted") {
    EngineOptions options;
    options.refresh = true;
    options.server = "https://api.example";
    EngineWorld world(options);
    world.edit({{key_id(1), "renamed", true}, {key_id(2), "renamed", true}});
    REQUIRE(world.converges());
    const auto received = world.api.received();
    REQUIRE(received.size() == 5); // the canary twice, as nothing was known of it
    CHECK(std::all_of(received.begin(), received.begin() + 3, is_look));
    CHECK(std::none_of(received.begin() + 3, received.end(), is_look));
    CHECK(world.engine.store().probes_proven() == "https://api.example");
    CHECK(world.engine.last_refresh()->result.looked_at == 2);
}

TEST_CASE("engine: looking alone plans nothing and sends nothing else") {
    EngineWorld world;
    auto desired = std::make_shared<const DesiredState>(desired_state({{key_id(1), "renamed", false}}));
    world.engine.look_at(desired, plan_probes(*desired, *world.engine.store().known()));
    REQUIRE(world.until([&] { return world.engine.last_refresh() && world.engine.quiet(); }));
    const auto received = world.api.received();
    CHECK(received.size() == 2);
    CHECK(std::ranges::all_of(received, is_look));
    CHECK_FALSE(world.told("plan_made"));
    CHECK(world.engine.store().find(key_id(1))->observed->name == "k");
}

TEST_CASE("engine: a suspension is kept, and ends by itself") {
    EngineWorld world;
    world.engine.suspend(suspension_for(300ms));
    CHECK(world.engine.store().suspension()->reason == "maintenance");
    world.edit({{key_id(1), "k", true}});
    CHECK(world.told("plan_made"));
    CHECK(world.api.received().empty());
    CHECK_FALSE(world.engine.idle());
    REQUIRE(world.converges());
    CHECK(world.told("sending_resumed"));
    CHECK_FALSE(world.engine.suspension());
    CHECK_FALSE(world.engine.store().suspension());
    CHECK(world.reasons() == std::vector<std::string>{"suspended", "resumed", "first_seen"});
    CHECK(world.engine.store().history({}).front().actor == "alice");
}

TEST_CASE("engine: a suspension outlives the process, and one whose time is over is lifted at the start") {
    TempFolder folder;
    const bool over = GENERATE(false, true);
    {
        StateStore store = StateStore::open(folder / "state.db");
        StateBatch batch;
        batch.suspension.emplace(suspension_for(over ? -1s : 1h));
        store.commit(batch);
    }
    EngineWorld world({}, folder / "state.db");
    CHECK(world.engine.suspension().has_value() == !over);
    world.edit({{key_id(1), "k", true}});
    if (over) {
        REQUIRE(world.converges());
        CHECK(world.reasons().front() == "resumed");
    } else {
        world.loop.step(0ms);
        CHECK(world.api.received().empty());
        world.engine.resume("bob");
        REQUIRE(world.converges());
        CHECK(world.api.received().size() == 1);
    }
}

TEST_CASE("engine: history older than its retention is taken out, and the rest still verifies") {
    const OldHistory old(1500); // in two steps
    EngineWorld world(OldHistory::kept_for_a_day(), old.state);
    REQUIRE(world.until([&] { return world.told("history_pruned"); }));
    CHECK(world.reasons() == std::vector<std::string>{"old", "pruned", "pruned"});
    CHECK_FALSE(world.engine.store().verify_history().fault);
    CHECK(world.times_told("history_pruned") == 1);
    CHECK(world.times_told("rows=1500 up_to=1500") == 1);
}

TEST_CASE("engine: one that ends at once prunes before it does, and tells it once") {
    const OldHistory old(2500);
    EngineWorld world(OldHistory::kept_for_a_day(), old.state);
    world.engine.prune_now(); // no timer had a turn
    CHECK(world.reasons() == std::vector<std::string>{"old", "pruned", "pruned", "pruned"});
    CHECK(world.times_told("rows=2500 up_to=2500") == 1);
    CHECK_FALSE(world.engine.state_trouble());
}

TEST_CASE("engine: without a retention nothing is pruned at the end either") {
    const OldHistory old(3);
    EngineWorld world({}, old.state);
    world.engine.prune_now();
    CHECK(world.reasons().size() == 4);
    CHECK_FALSE(world.told("history_pruned"));
}

TEST_CASE("engine: what the clock says is no reason to prune until it went on for a day") {
    const OldHistory old(3);
    exec(old.state, "DELETE FROM meta WHERE name LIKE 'history_clock%'");
    EngineWorld world(OldHistory::kept_for_a_day(), old.state);
    world.edit({{key_id(1), "k", true}});
    REQUIRE(world.converges());
    const auto looked_at_the_clock = [&] {
        return number_of(old.state, "SELECT count(*) FROM meta WHERE name = 'history_clock_seen'") == 1;
    };
    REQUIRE(world.until(looked_at_the_clock)); // at its own time, perhaps after the run
    CHECK_FALSE(world.told("history_pruned"));
    CHECK(world.reasons().size() == 5);
}

TEST_CASE("engine: a history that isn't as it was written is told, and not pruned") {
    const OldHistory old(3);
    exec(old.state, "UPDATE history SET detail = 'x' WHERE seq = 2");
    EngineWorld world(OldHistory::kept_for_a_day(), old.state);
    REQUIRE(world.until([&] { return world.told("history_damaged"); }));
    CHECK(world.times_told("error   history_damaged row=2") == 1);
    CHECK_FALSE(world.told("history_pruned"));
    world.edit({{key_id(1), "k", true}});
    REQUIRE(world.converges()); // everything else goes on
    CHECK(world.reasons().size() == 5);
}
