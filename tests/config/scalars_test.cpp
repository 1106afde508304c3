// SPDX-License-Identifier: Apache-2.0
#include "config/scalars.hpp"

#include "config/settings.hpp"

#include <catch2/catch.hpp>

#include <string>

using namespace apikeyd;
using namespace std::chrono_literals;

TEST_CASE("scalars: whole numbers are decimal digits and nothing else") {
    CHECK(parse_unsigned("0") == 0U);
    CHECK(parse_unsigned("42") == 42U);
    CHECK(parse_unsigned("18446744073709551615") == UINT64_MAX);
    for (const char* text : {"", "010", "00", "0x10", "0o7", "1_000", "1e3", "+1", "-1", " 1", "1 ", "1.0",
                             "½", "18446744073709551616"}) {
        CAPTURE(text);
        CHECK_FALSE(parse_unsigned(text));
    }
}

TEST_CASE("scalars: decimal numbers have no sign and no exponent") {
    CHECK(parse_decimal("0") == 0.0);
    CHECK(parse_decimal("12.5") == 12.5);
    CHECK(parse_decimal("0.25") == 0.25);
    for (const char* text : {"", ".", "1.", ".5", "01.5", "1e3", "-1", "+1", "nan", "inf", "1,5", "0x1p3",
                             "1.5.2", "12345678901234567"}) {
        CAPTURE(text);
        CHECK_FALSE(parse_decimal(text));
    }
}

TEST_CASE("scalars: durations are numbers with units, the larger first") {
    CHECK(parse_duration("0") == 0ms);
    CHECK(parse_duration("0s") == 0ms);
    CHECK(parse_duration("500ms") == 500ms);
    CHECK(parse_duration("10s") == 10s);
    CHECK(parse_duration("2h30m") == 150min);
    CHECK(parse_duration("1d1ms") == 24h + 1ms);
    CHECK(parse_duration("1m1ms") == 1min + 1ms);
    CHECK(parse_duration("3650d") == std::chrono::days{3650});
    for (const char* text :
         {"", "10", "s", "-1s", "+1s", "1.5h", "30m2h", "1s1s", "10S", "10 s", "1w", "05s", "1sm", "3651d",
          "3650d1ms", "99999999999999999999s", "18446744073709551615d", "1h30"}) {
        CAPTURE(text);
        CHECK_FALSE(parse_duration(text));
    }
    for (const char* text : {"3651d", "3650d1ms", "87601h", "18446744073709551615d"}) {
        CAPTURE(text);
        CHECK(is_too_long_a_duration(text));
    }
    for (const char* text : {"0", "3650d", "3651", "4000x", "1s4000d"}) {
        CAPTURE(text);
        CHECK_FALSE(is_too_long_a_duration(text));
    }
}
