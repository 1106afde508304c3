// SPDX-License-Identifier: Apache-2.0
#include "tests/support/engine_world.hpp"

#include <catch2/catch.hpp>
#include <filesystem>
#include <sqlite3.h>

using namespace apikeyd;
using namespace apikeyd::test;
using namespace std::chrono_literals;
namespace fs = std::filesystem;

namespace {

// Another program writes to the state, and doesn't come to an end as long as this lives.
class Lock {
  public:
    explicit Lock(const std::string& path) {
        REQUIRE(sqlite3_open(path.c_str(), &db_) == SQLITE_OK);
        REQUIRE(sqlite3_exec(db_, "BEGIN IMMEDIATE", nullptr, nullptr, nullptr) == SQLITE_OK);
    }
    ~Lock() { sqlite3_close(db_); }
    Lock(const Lock&) = delete;
    Lock& operator=(const Lock&) = delete;

  private:
    sqlite3* db_ = nullptr;
};

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

TEST_CASE("engine: keys stand as the state says, not as they would if it could be written") {
    EngineWorld world;
    world.edit(three(true));
    REQUIRE(world.converges());
    using Counts = std::array<std::uint64_t, key_states>; // in sync, drifted, in doubt, rejected, held
    const auto counts = [&] { return world.engine.key_counts().by_state; };
    CHECK(counts() == Counts{3, 0, 0, 0, 0});
    world.api.forget();
    {
        const Lock lock(world.state);
        world.edit(three(false));
        CHECK(world.engine.state_trouble());
        CHECK(counts() == Counts{0, 3, 0, 0, 0}); // nothing was sent
        world.edit({{key_id(1), "k", true}, {key_id(2), "k", false}});
        CHECK(counts() == Counts{1, 1, 0, 0, 0});
        world.edit({{key_id(1), "k", true}, {key_id(4), "k", false}, {key_id(5), {}, {}}});
        CHECK(counts() == Counts{1, 1, 0, 0, 0});
        CHECK(world.api.received().empty());
    }
    world.edit({{key_id(1), "k", true}, {key_id(2), "k", false}});
    REQUIRE(world.until([&] { return !world.engine.state_trouble() && world.engine.idle(); }));
    CHECK(counts() == Counts{2, 0, 0, 0, 0});
}

TEST_CASE("engine: what waits for approval is counted so while the state can't be written") {
    EngineWorld world;
    std::vector<Wanted> wanted;
    for (unsigned n = 1; n <= 6; ++n) {
        wanted.push_back({key_id(n), "k", true});
    }
    world.edit(wanted);
    REQUIRE(world.converges());
    for (Wanted& one : wanted) {
        one.enabled = false;
    }
    world.edit(wanted);
    REQUIRE(world.until([&] { return world.engine.held() && world.engine.idle(); }));
    REQUIRE(world.engine.key_counts()[KeyState::held] == 6);
    const Lock lock(world.state);
    world.engine.approve(world.engine.held()->digest, "alice");
    CHECK(world.engine.state_trouble());
    CHECK(world.engine.key_counts()[KeyState::held] == 6);
    CHECK(world.engine.key_counts()[KeyState::drifted] == 0);
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
