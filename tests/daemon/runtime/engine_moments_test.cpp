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

std::vector<std::string> reasons(StateStore& store) {
    std::vector<std::string> found;
    for (const HistoryEntry& entry : store.history({})) {
        found.push_back(entry.reason);
    }
    return found;
}

// A state whose clock was looked at two days and a day ago; its history is of two days ago, and of an hour.
void with_old_history(const std::string& path, int rows) {
    const WallTime now = current_time().wall;
    StateStore store = StateStore::open(path);
    store.proven_time(now - 49h);
    store.proven_time(now - 25h);
    StateBatch batch;
    for (int i = 0; i <= rows; ++i) {
        HistoryEntry& entry = batch.history.emplace_back();
        entry.at = now - (i == rows ? 1h : 60h);
        entry.reason = "old";
    }
    store.commit(batch);
}

std::size_t times_told(const EngineWorld& world, const std::string& what) {
    return static_cast<std::size_t>(std::ranges::count_if(
        world.lines, [&](const std::string& line) { return line.find(what) != std::string::npos; }));
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
    CHECK(reasons(world.engine.store()).back() == "scheduled");
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
    CHECK(reasons(world.engine.store()) == std::vector<std::string>{"suspended", "resumed", "first_seen"});
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
        CHECK(reasons(world.engine.store()).front() == "resumed");
    } else {
        world.loop.step(0ms);
        CHECK(world.api.received().empty());
        world.engine.resume("bob");
        REQUIRE(world.converges());
        CHECK(world.api.received().size() == 1);
    }
}

TEST_CASE("engine: history older than its retention is taken out, and the rest still verifies") {
    TempFolder folder;
    with_old_history(folder / "state.db", 1500); // in two steps
    EngineOptions options;
    options.retention = std::chrono::hours{24};
    EngineWorld world(options, folder / "state.db");
    REQUIRE(world.until([&] { return world.told("history_pruned"); }));
    CHECK(reasons(world.engine.store()) == std::vector<std::string>{"old", "pruned", "pruned"});
    CHECK_FALSE(world.engine.store().verify_history().fault);
    CHECK(times_told(world, "history_pruned") == 1);
    CHECK(times_told(world, "rows=1500 up_to=1500") == 1);
}

TEST_CASE("engine: one that ends at once prunes before it does, and tells it once") {
    TempFolder folder;
    with_old_history(folder / "state.db", 2500);
    EngineOptions options;
    options.retention = std::chrono::hours{24};
    EngineWorld world(options, folder / "state.db");
    world.engine.prune_now(); // no timer had a turn
    CHECK(reasons(world.engine.store()) == std::vector<std::string>{"old", "pruned", "pruned", "pruned"});
    CHECK(times_told(world, "rows=2500 up_to=2500") == 1);
    CHECK_FALSE(world.engine.state_trouble());
}

TEST_CASE("engine: without a retention nothing is pruned at the end either") {
    TempFolder folder;
    with_old_history(folder / "state.db", 3);
    EngineWorld world({}, folder / "state.db");
    world.engine.prune_now();
    CHECK(reasons(world.engine.store()).size() == 4);
    CHECK_FALSE(world.told("history_pruned"));
}

TEST_CASE("engine: what the clock says is no reason to prune until it went on for a day") {
    TempFolder folder;
    with_old_history(folder / "state.db", 3);
    exec(folder / "state.db", "DELETE FROM meta WHERE name LIKE 'history_clock%'");
    EngineOptions options;
    options.retention = std::chrono::hours{24};
    EngineWorld world(options, folder / "state.db");
    world.edit({{key_id(1), "k", true}});
    REQUIRE(world.converges());
    const auto looked_at_the_clock = [&] {
        return number_of(folder / "state.db",
                         "SELECT count(*) FROM meta WHERE name = 'history_clock_seen'") == 1;
    };
    REQUIRE(world.until(looked_at_the_clock)); // at its own time, perhaps after the run
    CHECK_FALSE(world.told("history_pruned"));
    CHECK(reasons(world.engine.store()).size() == 5);
}

TEST_CASE("engine: a history that isn't as it was written is told, and not pruned") {
    TempFolder folder;
    with_old_history(folder / "state.db", 3);
    exec(folder / "state.db", "UPDATE history SET detail = 'x' WHERE seq = 2");
    EngineOptions options;
    options.retention = std::chrono::hours{24};
    EngineWorld world(options, folder / "state.db");
    REQUIRE(world.until([&] { return world.told("history_damaged"); }));
    CHECK(times_told(world, "error   history_damaged row=2") == 1);
    CHECK_FALSE(world.told("history_pruned"));
    world.edit({{key_id(1), "k", true}});
    REQUIRE(world.converges()); // everything else goes on
    CHECK(reasons(world.engine.store()).size() == 5);
}
