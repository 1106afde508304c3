// SPDX-License-Identifier: Apache-2.0
#include "daemon/status/loop_pulse.hpp"

#include "daemon/runtime/event_loop.hpp"
#include "daemon/status/endpoints.hpp"

#include <catch2/catch.hpp>

#include <future>
#include <thread>

using namespace apikeyd;
using namespace std::chrono_literals;
using Catch::Matchers::Contains;

namespace {

// The loop goes first, the pulse after it.
struct World {
    LoopPulse pulse;
    EventLoop loop;
    SnapshotBoard board;
    StatusReader reader{"/nonexistent/state.db"};
    Site site{HostCheck::names({})};

    World() { pulse.attach(loop); }
    WebResponse healthy(std::chrono::milliseconds patience) {
        add_endpoints(site, board, pulse, reader, patience);
        return site.answer({"GET", "/-/healthy", {"localhost"}});
    }
};

} // namespace

TEST_CASE("pulse: a loop that turns says so each time it is asked") {
    World world;
    std::thread asking([&] {
        for (int i = 0; i < 3; ++i) {
            CHECK(world.healthy(60s).status == 200);
        }
        world.pulse.stop();
        CHECK(world.healthy(60s).status == 503); // nobody waits for a loop that has ended
    });
    auto done = std::async(std::launch::async, [&] { asking.join(); });
    while (done.wait_for(0s) != std::future_status::ready) {
        world.loop.step(10ms);
    }
}

TEST_CASE("pulse: a loop that does not turn is not healthy") {
    World world;
    const WebResponse response = world.healthy(20ms);
    CHECK(response.status == 503);
    CHECK_THAT(response.body, Contains("not healthy"));
    world.loop.step(0ms); // it comes round after all, and answers the next one
    std::thread asking([&] { CHECK(world.healthy(60s).status == 200); });
    auto done = std::async(std::launch::async, [&] { asking.join(); });
    while (done.wait_for(0s) != std::future_status::ready) {
        world.loop.step(10ms);
    }
}

TEST_CASE("pulse: while the loop hangs, nothing is told that may be true no longer") {
    World world;
    const MonoTime begun{1h};
    CHECK_FALSE(hanging(world.pulse, "/metrics", begun)); // asked just now
    CHECK_FALSE(hanging(world.pulse, "/metrics", begun + 59s));
    const auto answer = hanging(world.pulse, "/metrics", begun + 61s);
    REQUIRE(answer);
    CHECK(answer->status == 503);
    CHECK_THAT(answer->body, Contains("has not come round for more than 61 s") && Contains("restart it"));
    CHECK_FALSE(hanging(world.pulse, "/-/healthy", begun + 61s)); // it says so in its own words
    world.loop.step(0ms);
    CHECK_FALSE(hanging(world.pulse, "/metrics", begun + 62s));
    CHECK_FALSE(hanging(world.pulse, "/metrics", begun + 121s)); // counted from then on
    CHECK(hanging(world.pulse, "/metrics", begun + 122s));
    world.pulse.allow_longer_steps(60s); // and longer where a large file is worked on
    CHECK_FALSE(hanging(world.pulse, "/metrics", begun + 181s));
    CHECK(hanging(world.pulse, "/metrics", begun + 182s));
    world.pulse.stop(); // a loop that has ended doesn't hang
    CHECK_FALSE(hanging(world.pulse, "/metrics", begun + 999s));
}

TEST_CASE("pulse: a loop that works on a large file is healthy until its time is over") {
    World world;
    world.pulse.allow_longer_steps(60s);
    const WebResponse busy = world.healthy(20ms);
    CHECK(busy.status == 200);
    CHECK_THAT(busy.body, Contains("a large file is worked on, for which there are 60.02 s"));
    world.pulse.allow_longer_steps(0ms); // the file is done; what was asked meanwhile has the time it had
    CHECK(world.healthy(20ms).status == 200);
    world.loop.step(0ms);
    CHECK(world.healthy(20ms).status == 503);
}

TEST_CASE("pulse: a step that outlasts its time is told, however short a time each one waits who asks") {
    World world;
    world.pulse.allow_longer_steps(10ms);
    (void)world.healthy(20ms);
    const WebResponse hangs = world.healthy(40ms); // at least 60 ms after the first
    CHECK(hangs.status == 503);
    CHECK_THAT(hangs.body, Contains("within 0.05 s"));
}

TEST_CASE("pulse: a step that begins after somebody asked has the time for it, too") {
    World world;
    CHECK(world.healthy(1ms).status == 503);
    world.pulse.allow_longer_steps(60s);
    CHECK(world.healthy(1ms).status == 200);
}

TEST_CASE("ready: the first thing that keeps it from its work is named") {
    StatusSnapshot snapshot;
    CHECK(not_ready_because(snapshot) == "the desired file was not read yet");
    snapshot.load_problem = "keys.yaml:5:14: 'yes' is not a boolean";
    CHECK(not_ready_because(snapshot) == "keys.yaml:5:14: 'yes' is not a boolean");
    snapshot.last_load_good = true;
    CHECK(not_ready_because(snapshot).empty());
    snapshot.api_unavailable = true;
    CHECK(not_ready_because(snapshot) == "the API does not answer");
    snapshot.denial = "HTTP 401";
    CHECK(not_ready_because(snapshot) == "access is denied: HTTP 401");
    snapshot.state_trouble = "state.db: no room";
    CHECK(not_ready_because(snapshot) == "state.db: no room");
}
