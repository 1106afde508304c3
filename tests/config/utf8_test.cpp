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
    for (const char32_t invisible :
         {0xAD, 0x34F, 0x115F, 0x180E, 0x2063, 0x206F, 0x3164, 0xFFA0, 0xFFFB, 0xE0041}) {
        CAPTURE(static_cast<unsigned>(invisible));
        CHECK(is_deceptive(invisible));
    }
    // They join emoji, and letters in some scripts, or choose among the forms of one.
    for (const char32_t composing : {0x200C, 0x200D, 0xFE0F, 0xE0100}) {
        CAPTURE(static_cast<unsigned>(composing));
        CHECK_FALSE(is_deceptive(composing));
    }
    CHECK_FALSE(is_deceptive(0xA0));
    CHECK_FALSE(is_deceptive(0x6771));
    CHECK(is_line_separator(0x2028));
}

TEST_CASE("utf8: what a terminal would obey is written out") {
    CHECK(visible_text("plain é 😀") == "plain é 😀");
    CHECK(visible_text("a\x1b[31m\x7f\t\r\n") == "a\\x1b[31m\\x7f\\t\\r\\n");
    CHECK(visible_text("a\u202eb\u2028\u0085\xff") == "a\\u202eb\\u2028\\u0085\\xff");
    CHECK(visible_text("admin\U000E0041") == "admin\\U000e0041");
    CHECK(visible_text(std::string_view("\0", 1)) == "\\x00");
}

TEST_CASE("utf8: a quoted text is cut between characters") {
    CHECK(quote_text("éé", 2) == "'éé'");
    CHECK(quote_text("ééé", 2) == "'éé…'");
    CHECK(quote_text("") == "''");
}
