// SPDX-License-Identifier: Apache-2.0
#include "daemon/status/publisher.hpp"

#include "tests/support/engine_world.hpp"

#include <catch2/catch.hpp>

using namespace apikeyd;
using namespace apikeyd::test;

namespace {

// An engine, a follower of a file that isn't there, and the hands that publish.
struct World {
    EngineWorld engine;
    DesiredFollower follower{engine.loop, engine.folder / "keys.yaml", engine.log, engine.engine};
    Counters counters;
    SnapshotBoard board;
    Published published;
    StatusPublisher publisher{board, counters, at_second(1), published};

    explicit World(std::optional<WallTime> last_converged = {})
        : published{0, last_converged} {}

    std::shared_ptr<const StatusSnapshot> at(unsigned second, Verdict verdict) {
        publisher.publish(engine.engine, follower, {{verdict, "so it goes"}}, at_second(second));
        return board.current();
    }
};

Wanted named(std::string_view name) {
    return {key_id(1), name, std::nullopt};
}

} // namespace

TEST_CASE("publisher: a verdict holds since it was first given in a row") {
    World world;
    CHECK(world.at(10, Verdict::starting)->since == at_second(10));
    CHECK(world.at(20, Verdict::starting)->since == at_second(10));
    CHECK(world.at(30, Verdict::degraded)->since == at_second(30));
    const auto last = world.at(40, Verdict::starting);
    CHECK(last->since == at_second(40));
    CHECK(last->verdict == "starting");
    CHECK(last->sentence == "so it goes");
    CHECK(last->number == 4);
}

TEST_CASE("publisher: a snapshot that somebody keeps stays as it is") {
    World world;
    const auto kept = world.at(10, Verdict::starting);
    world.counters.told(SecretChanged{key_id(1)});
    CHECK(world.at(20, Verdict::in_sync)->counters.secrets_changed == 1);
    CHECK(kept->counters.secrets_changed == 0);
    CHECK(kept->verdict == "starting");
}

TEST_CASE("publisher: all is as wanted from the last answer to the next edit") {
    World world(at_second(5)); // an earlier process saw it so
    CHECK_FALSE(world.at(10, Verdict::starting)->converged);
    CHECK(world.board.current()->last_converged == at_second(5));
    world.engine.edit({named("a")});
    CHECK_FALSE(world.at(20, Verdict::converging)->converged);
    CHECK(world.board.current()->desired == world.engine.engine.in_force());
    REQUIRE(world.engine.converges());
    CHECK(world.at(30, Verdict::in_sync)->converged == false); // the API names every key "k"
    world.engine.edit({named("k")});
    REQUIRE(world.engine.converges());
    CHECK(world.at(40, Verdict::in_sync)->converged);
    CHECK(world.board.current()->keys[KeyState::in_sync] == 1);
    world.engine.edit({named("b")});
    CHECK_FALSE(world.at(50, Verdict::converging)->converged);
    CHECK(world.board.current()->last_converged == at_second(50));
    CHECK(world.at(60, Verdict::converging)->last_converged == at_second(50));
}

TEST_CASE("publisher: a suspension and a file that can't be used are told") {
    World world;
    world.engine.engine.suspend({at_second(1), WallTime::max(), "the vendor is at it", "root"});
    world.follower.load();
    const auto snapshot = world.at(10, Verdict::degraded);
    CHECK(snapshot->suspension);
    CHECK_FALSE(snapshot->last_load_good);
    CHECK_FALSE(snapshot->last_good_load);
    CHECK(snapshot->load_problem.find("keys.yaml") != std::string::npos);
}

TEST_CASE("publisher: settings and a token that were refused are told, each by itself") {
    World world;
    Situation it;
    it.settings_trouble = "apikeyd.yaml:2:3: unknown";
    world.publisher.publish(world.engine.engine, world.follower, told_of(it), at_second(10));
    CHECK(world.board.current()->settings_refused);
    CHECK_FALSE(world.board.current()->token_refused);
    CHECK(world.board.current()->verdict == "degraded");
    it.settings_trouble.reset();
    it.token_trouble = "api-token: empty";
    world.publisher.publish(world.engine.engine, world.follower, told_of(it), at_second(20));
    CHECK_FALSE(world.board.current()->settings_refused);
    CHECK(world.board.current()->token_refused);
}

TEST_CASE("publisher: the next one, with changed settings, goes on from what was said") {
    World world;
    world.engine.edit({named("k")});
    REQUIRE(world.engine.converges());
    CHECK(world.at(40, Verdict::in_sync)->converged);
    CHECK(world.at(90, Verdict::reloading)->converged);
    EngineWorld fresh;
    StatusPublisher next(world.board, world.counters, at_second(1), world.published);
    next.publish(fresh.engine, world.follower, {{Verdict::starting, ""}}, at_second(91));
    CHECK_FALSE(world.board.current()->converged);
    CHECK(world.board.current()->last_converged == at_second(90));
    CHECK(world.board.current()->number == 3);
}
