// SPDX-License-Identifier: Apache-2.0
#include "daemon/reconcile/throttle.hpp"

#include <catch2/catch.hpp>

using namespace apikeyd;
using namespace std::chrono_literals;

namespace {
// How many may go within `span` when each goes as soon as it may.
int count_within(double rate, std::chrono::seconds span) {
    RateLimiter limiter(rate);
    const MonoTime start{1h};
    MonoTime now = start;
    int count = 0;
    for (; count < 1'000'000; ++count) {
        now = std::max(now, limiter.next(now));
        if (now - start >= span) {
            break;
        }
        limiter.take(now);
    }
    return count;
}
} // namespace

TEST_CASE("rate limiter: without a rate everything goes at once") {
    RateLimiter limiter(0);
    const MonoTime now{1h};
    for (int i = 0; i < 1000; ++i) {
        CHECK(limiter.next(now) == now);
        limiter.take(now);
    }
}

TEST_CASE("rate limiter: a rate holds over time, with one second's worth at once") {
    CHECK(count_within(10, 10s) >= 109);
    CHECK(count_within(10, 10s) <= 110);
    CHECK(count_within(0.5, 100s) >= 50);
    CHECK(count_within(0.5, 100s) <= 51);
}

TEST_CASE("rate limiter: at the time that it names, one may go") {
    RateLimiter limiter(3);
    MonoTime now{1h};
    for (int i = 0; i < 100; ++i) {
        now = limiter.next(now);
        REQUIRE(limiter.next(now) == now);
        limiter.take(now);
    }
}
