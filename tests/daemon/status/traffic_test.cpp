// SPDX-License-Identifier: Apache-2.0
#include "daemon/status/traffic.hpp"

#include "tests/support/keys.hpp"

#include <catch2/catch.hpp>

#include <algorithm>

using namespace apikeyd;
using namespace apikeyd::test;
using namespace std::chrono_literals;

namespace {

Answer answer(Outcome outcome, std::chrono::milliseconds duration) {
    return {key_id(1), std::move(outcome), 200, duration, 1};
}

WallTime minute(int n, std::chrono::seconds second = 0s) {
    return WallTime{std::chrono::minutes{30'000'000 + n}} + second;
}

} // namespace

TEST_CASE("traffic: answers are summed up by the minute they came in") {
    Traffic traffic;
    traffic.add(answer(Applied{}, 10ms), minute(0, 1s));
    traffic.add(answer(Retryable{"no", {}}, 50ms), minute(0, 59s));
    traffic.add(answer(Applied{}, 20ms), minute(1));
    const Traffic::Hour hour = traffic.last_hour(minute(1, 30s));
    CHECK(hour[58] == TrafficMinute{30'000'000, 2, 1, 60ms, 50ms});
    CHECK(hour[59] == TrafficMinute{30'000'001, 1, 0, 20ms, 20ms});
    CHECK(hour[0].begins() == minute(-58));
}

TEST_CASE("traffic: minutes in which nothing happened are empty, without anything having woken up") {
    Traffic traffic;
    traffic.add(answer(Applied{}, 10ms), minute(0));
    traffic.add(answer(Applied{}, 10ms), minute(30));
    const Traffic::Hour hour = traffic.last_hour(minute(45));
    for (std::size_t n = 0; n < hour.size(); ++n) {
        CAPTURE(n);
        CHECK(hour[n].requests == (n == 14 || n == 44 ? 1U : 0U));
        CHECK(hour[n].begins() == minute(static_cast<int>(n) - 14));
    }
}

TEST_CASE("traffic: what is older than an hour is gone, also where its place wasn't needed again") {
    Traffic traffic;
    const auto requests = [&](WallTime now) {
        const Traffic::Hour hour = traffic.last_hour(now);
        return std::ranges::count_if(hour, [](const TrafficMinute& one) { return one.requests > 0; });
    };
    traffic.add(answer(Applied{}, 10ms), minute(0));
    CHECK(requests(minute(59)) == 1);
    CHECK(requests(minute(60)) == 0);
    traffic.add(answer(Applied{}, 10ms), minute(60));
    CHECK(traffic.last_hour(minute(60))[59].requests == 1); // in the same place, not added
}

TEST_CASE("traffic: a clock that is set back shows nothing of what is to come") {
    Traffic traffic;
    traffic.add(answer(Applied{}, 10ms), minute(10));
    const Traffic::Hour hour = traffic.last_hour(minute(5));
    CHECK(std::ranges::all_of(hour, [](const TrafficMinute& one) { return one.requests == 0; }));
    CHECK(Traffic().last_hour(WallTime{} - 5min)[59].requests == 0);
}
