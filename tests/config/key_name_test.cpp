// SPDX-License-Identifier: Apache-2.0
#include "config/key_name.hpp"

#include <catch2/catch.hpp>

using namespace apikeyd;

TEST_CASE("key name: text of any script is fine") {
    const NameCheck check = check_key_name("billing ~é日😀\u200d");
    CHECK_FALSE(check.forbidden);
    CHECK_FALSE(check.deceptive);
}

TEST_CASE("key name: controls, line separators and invalid bytes are forbidden") {
    CHECK(check_key_name(std::string_view("a\0b", 3)).forbidden == U'\0');
    CHECK(check_key_name("a\tb").forbidden == U'\t');
    CHECK(check_key_name("a\x7f").forbidden == char32_t{0x7F});
    CHECK(check_key_name("a\u0085").forbidden == char32_t{0x85});
    CHECK(check_key_name("a\u2029").forbidden == char32_t{0x2029});
    CHECK(check_key_name("a\xff").forbidden == char32_t{0xFF});
}

TEST_CASE("key name: a deceptive character hides no forbidden one") {
    const NameCheck check = check_key_name("a\u202e\u200bb\x1b");
    CHECK(check.deceptive == char32_t{0x202E});
    CHECK(check.forbidden == char32_t{0x1B});
}
