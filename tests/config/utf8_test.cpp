// SPDX-License-Identifier: Apache-2.0
#include "config/utf8.hpp"

#include <catch2/catch.hpp>

using namespace apikeyd;

TEST_CASE("utf8: well-formed text decodes to its code points") {
    const std::string_view text = "aé€😀";
    std::size_t offset = 0;
    for (const char32_t expected : {U'a', U'é', U'€', U'😀'}) {
        const CodePoint point = decode_utf8(text, offset);
        CHECK(point.valid);
        CHECK(point.value == expected);
        offset += point.size;
    }
    CHECK(offset == text.size());
    CHECK(count_code_points(text) == 4);
}

TEST_CASE("utf8: what RFC 3629 forbids is invalid") {
    const std::string_view bad = GENERATE(as<std::string_view>{}, "\x80", "\xff", "\xc3", "\xc3(", "\xe2\x82",
                                          "\xc0\xaf", "\xc1\xbf", "\xe0\x80\xaf", // overlong
                                          "\xf0\x80\x80\xaf", "\xed\xa0\x80",     // overlong, a surrogate
                                          "\xf4\x90\x80\x80", "\xf8\x88\x80\x80\x80");
    const CodePoint point = decode_utf8(bad, 0);
    CHECK_FALSE(point.valid);
    CHECK(point.size == 1);
}

TEST_CASE("utf8: controls and characters that deceive are told from the rest") {
    CHECK(is_control(0x00));
    CHECK(is_control(0x1B));
    CHECK(is_control(0x7F));
    CHECK(is_control(0x85));
    CHECK_FALSE(is_control(0xA0));
    CHECK(is_deceptive(0x202E));
    CHECK(is_deceptive(0x200B));
    CHECK_FALSE(is_deceptive(0x200D)); // joins emoji, and letters in some scripts
    CHECK(is_line_separator(0x2028));
}

TEST_CASE("utf8: what a terminal would obey is written out") {
    CHECK(visible_text("plain é 😀") == "plain é 😀");
    CHECK(visible_text("a\x1b[31m\x7f\t\r\n") == "a\\x1b[31m\\x7f\\t\\r\\n");
    CHECK(visible_text("a\u202eb\u2028\u0085\xff") == "a\\u202eb\\u2028\\u0085\\xff");
    CHECK(visible_text(std::string_view("\0", 1)) == "\\x00");
}

TEST_CASE("utf8: a quoted text is cut between characters") {
    CHECK(quote_text("éé", 2) == "'éé'");
    CHECK(quote_text("ééé", 2) == "'éé…'");
    CHECK(quote_text("") == "''");
}
