// SPDX-License-Identifier: Apache-2.0
#include "config/time.hpp"

#include <catch2/catch.hpp>

using namespace apikeyd;

TEST_CASE("time: RFC 3339 is read and written back in UTC with milliseconds") {
    const auto [text, normal] = GENERATE(table<const char*, const char*>({
        {"2007-12-03T10:15:30Z", "2007-12-03T10:15:30.000Z"},
        {"2026-12-31T23:59:59.9999Z", "2026-12-31T23:59:59.999Z"},
        {"2026-01-01T00:30:00.5+01:00", "2025-12-31T23:30:00.500Z"},
        {"2024-02-29t00:00:00z", "2024-02-29T00:00:00.000Z"},
        {"1969-12-31T23:59:59.25-00:00", "1969-12-31T23:59:59.250Z"},
    }));
    CAPTURE(text);
    const auto time = parse_rfc3339(text);
    REQUIRE(time);
    CHECK(format_rfc3339(*time) == normal);
}

TEST_CASE("time: what is no RFC 3339 date-time is refused") {
    const char* text =
        GENERATE("", "2026-12-31", "2026-12-31T23:59Z", "2026-12-31T23:59:59", "2025-02-29T00:00:00Z",
                 "2026-13-01T00:00:00Z", "2026-12-31T24:00:00Z", "2026-12-31T23:59:59.Z",
                 "2026-12-31T23:59:59+0100", "2026-12-31T23:59:59Z ", "+026-12-31T23:59:59Z");
    CAPTURE(text);
    CHECK_FALSE(parse_rfc3339(text));
}
