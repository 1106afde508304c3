// SPDX-License-Identifier: Apache-2.0
#include "daemon/api/quote.hpp"

#include <catch2/catch.hpp>

using namespace apikeyd;

TEST_CASE("quote: an ordinary message stays as it is") {
    const char* text = GENERATE("", "Variable \"$input\" got invalid value 7; Expected type Boolean",
                                "no key 5e5677d71bdc2ae76344968c.", "No se encontró la llave 🔑");
    CHECK(quote_foreign(text) == text);
}

TEST_CASE("quote: what looks like a token is taken out") {
    const auto [text, shown] = GENERATE(table<std::string, std::string>({
        {"bad token abcdefghij0123456789!", "bad token [redacted]!"},
        {"Bearer eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2lnbmF0dXJl/+_-==", "Bearer [redacted]"},
        {"nineteen: abcdefghij012345678", "nineteen: abcdefghij012345678"},
        {"5e5677d71bdc2ae76344968c5e5677d71bdc2ae76344968c", "[redacted]"},
        {"'5e5677d71bdc2ae76344968cX'", "'[redacted]'"},
        {std::string(195, ' ') + "abcdefghij0123456789", std::string(195, ' ') + "[reda…"},
    }));
    CHECK(quote_foreign(text) == shown);
}

TEST_CASE("quote: controls, broken UTF-8 and marks of direction are made visible") {
    const auto [text, shown] = GENERATE(table<std::string, std::string>({
        {"a\nb\r\x1b[31m", "a\\nb\\x0d\\x1b[31m"},
        {"\x7f \xc2\x85 \xc2\xa0", "\\x7f \\xc2\\x85 \xc2\xa0"},
        {"x\xe2\x80\xaey\xe2\x81\xa6z", "x\\xe2\\x80\\xaey\\xe2\\x81\\xa6z"},
        {"\xff \xc0\xaf \xed\xa0\x80 \xe2\x82", "\\xff \\xc0\\xaf \\xed\\xa0\\x80 \\xe2\\x82"},
    }));
    CHECK(quote_foreign(text) == shown);
}

TEST_CASE("quote: a long message is cut between characters") {
    std::string text;
    std::string expected;
    for (int i = 0; i < 300; ++i) {
        text += "ñ ";
        expected += i < 100 ? "ñ " : "";
    }
    CHECK(quote_foreign(text) == expected + "…");
}
