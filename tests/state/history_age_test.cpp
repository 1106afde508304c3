// SPDX-License-Identifier: Apache-2.0
#include "state/state_store.hpp"

#include "tests/support/keys.hpp"
#include "tests/support/temp_folder.hpp"

#include <catch2/catch.hpp>
#include <string>

using namespace apikeyd;
using namespace apikeyd::test;

TEST_CASE("history: the clock is believed once it went on for a day") {
    constexpr int hour = 3600;
    TempFolder folder;
    const std::string path = folder / "state.db";
    const auto proven = [&](int hours) {
        return StateStore::open(path).proven_time(at_second(hours * hour));
    };
    CHECK_FALSE(proven(1000));
    CHECK_FALSE(proven(1023));
    CHECK(proven(1024) == at_second(1000 * hour));
    CHECK(proven(1047) == at_second(1000 * hour));
    SECTION("and goes on") {
        CHECK(proven(1048) == at_second(1024 * hour));
        CHECK(proven(5000) == at_second(1048 * hour)); // nobody looked meanwhile
    }
    SECTION("a clock that is years ahead for less than a day proves nothing") {
        CHECK(proven(90'000) == at_second(1024 * hour));
        CHECK(proven(90'023) == at_second(1024 * hour));
        CHECK(proven(1051) == at_second(1024 * hour)); // it is right again
        CHECK(proven(1074) == at_second(1024 * hour));
        CHECK(proven(1075) == at_second(1051 * hour));
    }
    SECTION("one that was for longer is forgotten") {
        CHECK(proven(90'000) == at_second(1024 * hour));
        CHECK(proven(90'024) == at_second(90'000 * hour));
        CHECK_FALSE(proven(1051));
        CHECK_FALSE(proven(1074));
        CHECK(proven(1075) == at_second(1051 * hour));
    }
}
