// SPDX-License-Identifier: Apache-2.0
#include "daemon/cli/text_columns.hpp"

#include "daemon/cli/color.hpp"

#include <catch2/catch.hpp>

using namespace apikeyd;

TEST_CASE("text columns: colours take no room") {
    const std::string text = "a " + colored("red", sgr::red, true) + " b";
    CHECK(columns(text) == 7);
    CHECK(padded(text, 9) == text + "  ");
    CHECK(wrapped(text + " c", 7, 1) == text + "\n c");
    CHECK(columns("\x1b[") == 0); // cut off in the middle
}

TEST_CASE("text columns: what is too long is cut, a wide character never in two") {
    CHECK(clipped("abcdef", 6) == "abcdef");
    CHECK(clipped("abcdefg", 6) == "abcde\u2026");
    CHECK(clipped("\u6771\u4eac\u6771", 6) == "\u6771\u4eac\u6771");
    CHECK(clipped("\u6771\u4eac\u6771", 5) == "\u6771\u4eac\u2026");
    CHECK(clipped("\u6771\u4eac\u6771", 4) == "\u6771\u2026");
    CHECK(clipped("ab", 1) == "\u2026");
    CHECK(clipped("ab", 0).empty());
    CHECK(clipped("\xff\xfe\xfd", 2) == "\xff\u2026");
}

TEST_CASE("text columns: a colour that is cut off ends all the same") {
    const std::string red = colored("abcdef", sgr::red, true);
    CHECK(clipped(red, 6) == red);
    CHECK(clipped(red, 3) == std::string("\x1b[31mab") + sgr::reset + "\u2026");
    CHECK(clipped(red + "ghi", 7) == red + "\u2026");
}
