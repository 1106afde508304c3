// SPDX-License-Identifier: Apache-2.0
#include "config/suggest.hpp"

#include <catch2/catch.hpp>

#include <array>
#include <string>

using namespace apikeyd;

TEST_CASE("suggest: a slip of the finger finds the word that was meant") {
    static constexpr std::array<std::string_view, 3> words{"id", "name", "enabled"};
    CHECK(nearest_word("enabld", words) == "enabled");
    CHECK(nearest_word("Enabled", words) == "enabled");
    CHECK(nearest_word("enalbed", words) == "enabled"); // two letters swapped
    CHECK(nearest_word("nmae", words) == "name");
    CHECK(nearest_word("ID", words) == "id");
}

TEST_CASE("suggest: another word finds nothing") {
    static constexpr std::array<std::string_view, 3> words{"id", "name", "enabled"};
    CHECK(nearest_word("description", words).empty());
    CHECK(nearest_word("", words).empty());
    CHECK(nearest_word(std::string(100'000, 'x'), words).empty());
}
