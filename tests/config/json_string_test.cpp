// SPDX-License-Identifier: Apache-2.0
#include "config/json_string.hpp"

#include <catch2/catch.hpp>

using namespace apikeyd;

namespace {

std::string json_of(std::string_view text) {
    std::string json = "[";
    append_json_string(json, text);
    return json;
}

} // namespace

TEST_CASE("json string: plain text stands for itself, behind what was there") {
    CHECK(json_of("") == R"(["")");
    CHECK(json_of("billing worker/2 <EU>") == R"(["billing worker/2 <EU>")");
    CHECK(json_of("Žižkov 東京 🔑") == "[\"Žižkov 東京 🔑\"");
}

TEST_CASE("json string: what JSON demands is escaped") {
    CHECK(json_of("say \"hi\" \\ bye") == R"(["say \"hi\" \\ bye")");
    CHECK(json_of("\b\f\n\r\t") == R"(["\b\f\n\r\t")");
    CHECK(json_of(std::string_view("\0\x01\x1f", 3)) == R"(["\u0000\u0001\u001f")");
}

TEST_CASE("json string: what a terminal obeys or hides is escaped, too") {
    CHECK(json_of("\x1b[31m\x7f") == R"(["\u001b[31m\u007f")");
    CHECK(json_of("\xc2\x9b") == R"(["\u009b")"); // CSI of C1
    CHECK(json_of("a\xe2\x80\xae"
                  "b") == R"(["a\u202eb")");          // right-to-left override
    CHECK(json_of("\xe2\x80\xa8") == R"(["\u2028")"); // line separator
}

TEST_CASE("json string: bytes that are no UTF-8 become U+FFFD, each for itself") {
    CHECK(json_of("a\xff\xc3") == R"(["a\ufffd\ufffd")");
    CHECK(json_of("\xed\xa0\x80") == R"(["\ufffd\ufffd\ufffd")"); // a surrogate
}

TEST_CASE("json string: a character beyond U+FFFF is escaped as two halves") {
    std::string json;
    append_json_escape(json, decode_utf8("\xf0\x9f\x94\x91", 0));
    CHECK(json == R"(\ud83d\udd11)");
}
