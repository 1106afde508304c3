// SPDX-License-Identifier: Apache-2.0
#include "daemon/runtime/wall_alarm.hpp"

#include <catch2/catch.hpp>

using namespace apikeyd;
using namespace std::chrono_literals;

namespace {

// Runs the loop until the condition holds; false if it doesn't within a bound.
template <typename Condition>
bool until(EventLoop& loop, const Condition& condition) {
    for (const auto end = current_time().mono + 20s; !condition();) {
        if (current_time().mono > end) {
            return false;
        }
        loop.step(100ms);
    }
    return true;
}

} // namespace

TEST_CASE("wall alarm: rings at its moment and not before, once") {
    EventLoop loop;
    std::vector<WallTime> rung;
    WallAlarm alarm(loop, [&] { rung.push_back(current_time().wall); });
    const WallTime at = current_time().wall + 50ms;
    alarm.set(at);
    REQUIRE(until(loop, [&] { return !rung.empty(); }));
    CHECK(rung[0] >= at);
    loop.step(0ms);
    CHECK(rung.size() == 1);
}

TEST_CASE("wall alarm: a moment that has passed rings at once, however long ago it was") {
    EventLoop loop;
    int rung = 0;
    WallAlarm alarm(loop, [&] { ++rung; });
    alarm.set(GENERATE(WallTime{}, WallTime::min(), current_time().wall - 24h));
    CHECK(until(loop, [&] { return rung == 1; }));
}

TEST_CASE("wall alarm: another moment takes the place of the one before") {
    EventLoop loop;
    int rung = 0;
    WallAlarm alarm(loop, [&] { ++rung; });
    alarm.set(current_time().wall - 1h);
    alarm.set(WallTime::max()); // beyond what the kernel knows
    loop.step(0ms);
    CHECK(rung == 0);
    alarm.set(current_time().wall);
    CHECK(until(loop, [&] { return rung == 1; }));
}

TEST_CASE("wall alarm: one that was cleared stays silent") {
    EventLoop loop;
    int rung = 0;
    WallAlarm alarm(loop, [&] { ++rung; });
    alarm.set(current_time().wall - 1h);
    alarm.clear();
    loop.step(0ms);
    CHECK(rung == 0);
}
