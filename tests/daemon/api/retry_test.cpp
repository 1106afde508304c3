// SPDX-License-Identifier: Apache-2.0
#include "daemon/api/retry.hpp"

#include <catch2/catch.hpp>

#include <limits>

using namespace apikeyd;
using namespace std::chrono_literals;

namespace {

std::chrono::milliseconds delay(unsigned attempt, std::uint64_t random) {
    return retry_delay(attempt, {}, [=] { return random; });
}

std::optional<std::chrono::milliseconds> retry_after(std::string_view text) {
    return parse_retry_after(text, *parse_rfc3339("1994-11-06T08:49:00Z"));
}

} // namespace

TEST_CASE("retry: the bound doubles from base to cap, a tenth of it is the least") {
    CHECK(delay(1, 0) == 50ms);
    CHECK(delay(1, 450) == 500ms);
    CHECK(delay(1, 451) == 50ms);
    CHECK(delay(2, 900) == 1000ms);
    CHECK(delay(10, 0) == 25600ms);
    CHECK(delay(11, 0) == 30s);
    CHECK(delay(11, 270000) == 5min);
    CHECK(delay(std::numeric_limits<unsigned>::max(), 270000) == 5min);
    CHECK(delay(0, 450) == 500ms); // as the first
}

TEST_CASE("retry: any random number yields a delay within the bound") {
    const std::uint64_t random =
        GENERATE(as<std::uint64_t>(), 0, 1, 12345678901, std::numeric_limits<std::uint64_t>::max());
    for (unsigned attempt = 1; attempt < 40; ++attempt) {
        CHECK(delay(attempt, random) >= 50ms);
        CHECK(delay(attempt, random) <= 5min);
    }
    CHECK(retry_delay(3, {0ms, 0ms}, [=] { return random; }) == 0ms);
    CHECK(retry_delay(9, {7ms, 3ms}, [=] { return random; }) <= 3ms);
}

TEST_CASE("retry: Retry-After in seconds, cut to an hour") {
    CHECK(retry_after("0") == 0ms);
    CHECK(retry_after(" 120 ") == 120s);
    CHECK(retry_after("3600") == 1h);
    CHECK(retry_after("9999999999") == 1h);
}

TEST_CASE("retry: Retry-After as a date in its three forms") {
    CHECK(retry_after("Sun, 06 Nov 1994 08:49:37 GMT") == 37s);
    CHECK(retry_after("Sunday, 06-Nov-94 08:49:37 GMT") == 37s);
    CHECK(retry_after("Sun Nov  6 08:49:37 1994") == 37s);
    CHECK(retry_after("Wed Nov 16 08:49:37 1994") == 1h);
    CHECK(retry_after("Sun, 06 Nov 1994 08:48:59 GMT") == 0ms);
    CHECK(retry_after("Wednesday, 06-Nov-44 08:49:37 GMT") == 1h); // 2044: 50 years ahead
    CHECK(retry_after("Monday, 06-Nov-45 08:49:37 GMT") == 0ms);   // 1945
}

TEST_CASE("retry: a short year is taken as near as it may be at the turn of a century") {
    const auto parse = [](std::string_view text, std::string_view now) {
        return parse_retry_after(text, *parse_rfc3339(now));
    };
    CHECK(parse("Saturday, 01-Jan-00 00:00:10 GMT", "1999-12-31T23:59:50Z") == 20s);
    CHECK(parse("Friday, 31-Dec-99 23:59:50 GMT", "2000-01-01T00:00:10Z") == 0ms);
}

TEST_CASE("retry: anything else in Retry-After says nothing") {
    const char* text = GENERATE(
        "", " ", "-1", "+1", "1.5", "99999999999999999999", "soon", "1 2", "Sun, 06 Nov 1994 08:49:37",
        "Sun, 06 Nov 1994 08:49:37 CET", "Sun, 31 Feb 1994 08:49:37 GMT", "Sun, 06 Nov 1994 24:49:37 GMT",
        "sun, 06 nov 1994 08:49:37 gmt", "Sun, 6 Nov 1994 08:49:37 GMT", "Sun Nov 6 08:49:37 1994",
        "Sun, 06 Nov 1994 08:49:37 GMT, 5", "Sun, 00 Nov 1994 08:49:37 GMT", "1994-11-06T08:49:37Z");
    CAPTURE(text);
    CHECK_FALSE(retry_after(text));
}
