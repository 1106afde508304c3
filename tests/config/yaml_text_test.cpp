// SPDX-License-Identifier: Apache-2.0
#include "config/yaml_text.hpp"

#include <catch2/catch.hpp>

using namespace apikeyd;

TEST_CASE("yaml text: what reads as itself has no quotes") {
    for (const std::string text : {"billing-service",
                                   "a b  c",
                                   "naïve café",
                                   "日本語",
                                   "x",
                                   "it's",
                                   "a\"b",
                                   "5 apples",
                                   "v1.2",
                                   "a:b",
                                   "a#b",
                                   "-a",
                                   "--",
                                   "-5a",
                                   "?a",
                                   ":a",
                                   "a, b",
                                   "a [b] {c}",
                                   "C:\\dir",
                                   "truthy",
                                   "nullable",
                                   "on-call",
                                   "no way",
                                   "1.2.3-rc1",
                                   "0xfg",
                                   "0b12x",
                                   "2026-w01",
                                   "2026-01",
                                   "2026-01-021",
                                   "e5",
                                   "1e5e5",
                                   "😀",
                                   "5e5677d71bdc2ae76344968c",
                                   "a=b",
                                   ".env",
                                   "+",
                                   "...a"}) {
        CAPTURE(text);
        CHECK(yaml_text(text) == text);
    }
}

TEST_CASE("yaml text: what reads as something else is quoted") {
    for (const std::string text : {"",
                                   "~",
                                   "null",
                                   "Null",
                                   "NULL",
                                   "true",
                                   "True",
                                   "FALSE",
                                   "yes",
                                   "No",
                                   "on",
                                   "OFF",
                                   "y",
                                   "N",
                                   "1",
                                   "-1",
                                   "+1",
                                   "0",
                                   "007",
                                   "1_000",
                                   "0x1F",
                                   "0o17",
                                   "0b1",
                                   "1.5",
                                   ".5",
                                   "1.",
                                   "1e5",
                                   "1.5E-3",
                                   "-.inf",
                                   ".NaN",
                                   "1:30",
                                   "1.2.3",
                                   "10.0.0.1",
                                   "190:20:30",
                                   "2026-01-02",
                                   "2026-1-2",
                                   "2026-01-02T03:04:05Z",
                                   "2026-01-02 03:04",
                                   "=",
                                   "<<",
                                   "- a",
                                   "-",
                                   "? a",
                                   "?",
                                   ": a",
                                   ":",
                                   "a: b",
                                   "a:",
                                   "a #b",
                                   "#a",
                                   "&a",
                                   "*a",
                                   "!a",
                                   "|",
                                   ">",
                                   "%a",
                                   "@a",
                                   "`a",
                                   ",a",
                                   "[a",
                                   "]a",
                                   "{a",
                                   "}a",
                                   " a",
                                   "a ",
                                   " ",
                                   "---",
                                   "--- a",
                                   "...",
                                   "123456789012345678901234",
                                   "123456789012e45678901234"}) {
        CAPTURE(text);
        CHECK(yaml_text(text) == '"' + text + '"');
    }
}

TEST_CASE("yaml text: single quotes where double ones or backslashes would be escaped") {
    CHECK(yaml_text("\"a\"") == "'\"a\"'");
    CHECK(yaml_text("it's: \\") == "'it''s: \\'");
    CHECK(yaml_text("'a'") == "\"'a'\"");
}

TEST_CASE("yaml text: what can't be seen is escaped") {
    CHECK(yaml_text("a\u202Eb") == "\"a\\u202eb\"");
    CHECK(yaml_text("a\u00A0b\"\\") == "\"a\\u00a0b\\\"\\\\\"");
    CHECK(yaml_text("a\u200B") == "\"a\\u200b\"");
    CHECK(yaml_text("a\u00ADb") == "\"a\\u00adb\"");
    CHECK(yaml_text("\uFEFFa") == "\"\\ufeffa\"");
    CHECK(yaml_text("a\U000E0041") == "\"a\\U000e0041\"");
    CHECK(yaml_text("a\U0001FFFF") == "\"a\\U0001ffff\"");
    CHECK(yaml_text("a\nb\tc") == "\"a\\u000ab\\u0009c\"");
}
