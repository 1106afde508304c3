// SPDX-License-Identifier: Apache-2.0
#include "tests/support/engine_world.hpp"

#include <catch2/catch.hpp>
#include <filesystem>

using namespace apikeyd;
using namespace apikeyd::test;
using namespace std::chrono_literals;
namespace fs = std::filesystem;

namespace {

std::vector<Wanted> three(bool enabled) {
    return {{key_id(1), "k", enabled}, {key_id(2), "k", enabled}, {key_id(3), "k", enabled}};
}

} // namespace

TEST_CASE("engine: converges, and tells each returned key without its secret") {
    EngineWorld world;
    world.edit(three(true));
    REQUIRE(world.converges());
    CHECK(world.api.received().size() == 3);
    CHECK(world.told("api_key_updated"));
    CHECK_FALSE(world.told("s3cr3t"));
    CHECK(world.engine.last_finished()->result == Result::converged);
}

TEST_CASE("engine: what was superseded while the state could not be written is never sent") {
    EngineWorld world;
    world.edit(three(true));
    REQUIRE(world.converges());
    world.api.forget();
    fs::rename(world.state, world.folder / "elsewhere");

    world.edit(three(false));
    CHECK(world.engine.state_trouble());
    world.edit(three(true));
    CHECK(world.told("state_unavailable"));
    CHECK_FALSE(world.engine.idle());

    fs::rename(world.folder / "elsewhere", world.state);
    REQUIRE(world.until([&] { return !world.engine.state_trouble() && world.engine.idle(); }));
    CHECK(world.told("state_recovered"));
    CHECK(world.api.received().empty());
}

TEST_CASE("engine: nothing is sent that could not be marked; once it can, it is") {
    EngineWorld world;
    world.edit(three(true));
    REQUIRE(world.converges());
    world.api.forget();
    fs::rename(world.state, world.folder / "elsewhere");
    world.edit(three(false));
    world.loop.step(50ms);
    CHECK(world.api.received().empty());
    fs::rename(world.folder / "elsewhere", world.state);
    REQUIRE(world.until([&] { return !world.engine.state_trouble() && world.engine.idle(); }));
    CHECK(world.api.received().size() == 3);
}

TEST_CASE("engine: a state that was taken away is begun anew, and every key asserted") {
    EngineWorld world;
    world.edit(three(true));
    REQUIRE(world.converges());
    world.api.forget();
    for (const char* suffix : {"", "-wal", "-shm"}) {
        fs::remove(world.state + suffix);
    }
    world.edit({{key_id(1), "k", true}, {key_id(2), "k", true}});
    REQUIRE(world.until([&] { return !world.engine.state_trouble() && world.engine.idle(); }));
    CHECK(world.api.received().size() == 2);
    CHECK(StateStore::open_reader(world.state)->find(key_id(2))->observed);
}

TEST_CASE("engine: trouble is told once, not with every try") {
    EngineWorld world;
    world.edit(three(true));
    REQUIRE(world.converges());
    fs::rename(world.state, world.folder / "elsewhere");
    write_file(world.state, "not a database");
    world.edit(three(false));
    const auto end = current_time().mono + 2500ms; // two tries later
    while (current_time().mono < end) {
        world.loop.step(100ms);
    }
    CHECK(world.times_told("state_unavailable") <=
          2); // that it is gone, and that what is there is no database
    CHECK_FALSE(world.told("state_recovered"));
}

TEST_CASE("engine: an approval given beforehand lets the plan go that it names, and no other") {
    EngineWorld world;
    std::vector<Wanted> enabled;
    std::vector<Wanted> disabled;
    for (unsigned n = 1; n <= 6; ++n) {
        enabled.push_back({key_id(n), "k", true});
        disabled.push_back({key_id(n), "k", false});
    }
    world.edit(enabled);
    REQUIRE(world.converges());
    world.edit(disabled);
    REQUIRE(world.until([&] { return world.engine.held() && world.engine.idle(); }));
    const std::string digest = world.engine.held()->digest;
    world.api.forget();

    world.engine.approve("sha256:0000000000000000", "alice");
    CHECK(world.told("approval_unmatched"));
    CHECK(world.api.received().empty());

    world.engine.approve(digest.substr(7, 12), "alice");
    REQUIRE(world.until([&] { return !world.engine.held() && world.engine.idle(); }));
    CHECK(world.told("plan_approved"));
    CHECK(world.api.received().size() == 6);
}
