// SPDX-License-Identifier: Apache-2.0
#include "daemon/cli/time_argument.hpp"

#include "tests/support/keys.hpp"

#include <catch2/catch.hpp>

using namespace apikeyd;
using namespace apikeyd::test;
using namespace std::chrono_literals;

TEST_CASE("time argument: is RFC 3339, a date, or how long ago") {
    const WallTime now = at_second(0);
    CHECK(parse_time_argument("2026-11-24T08:00:00+01:00", now) == parse_rfc3339("2026-11-24T07:00:00Z"));
    CHECK(parse_time_argument("2026-11-24", now) == parse_rfc3339("2026-11-24T00:00:00Z"));
    CHECK(parse_time_argument("2h30m", now) == now - 150min);
    CHECK(parse_time_argument("7d", now) == now - 7 * 24h);
}

TEST_CASE("time argument: anything else is none") {
    for (const char* text :
         {"", "yesterday", "2026-11", "2026-02-30", "24.11.2026", "-2h", "2 h", "1700000000"}) {
        CAPTURE(text);
        CHECK_FALSE(parse_time_argument(text, at_second(0)));
    }
}
