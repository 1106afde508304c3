// SPDX-License-Identifier: Apache-2.0
#include "daemon/api/quote.hpp"

#include <catch2/catch.hpp>

using namespace apikeyd;

namespace {

std::string quote(std::string_view text, std::string token = "") {
    return quote_foreign(text, Secret(std::move(token)));
}

} // namespace

TEST_CASE("quote: an ordinary message stays as it is") {
    const char* text = GENERATE("", "Variable \"$input\" got invalid value 7; Expected type Boolean",
                                "no key 5e5677d71bdc2ae76344968c.",
                                "keys ('5e5677d71bdc2ae76344968c', \"5E5677D71BDC2AE76344968C\")",
                                "Unauthorized: \"Authentication\" is required", "No se encontró la llave 🔑");
    CHECK(quote(text) == text);
}

TEST_CASE("quote: what looks like a token is taken out") {
    const auto [text, shown] = GENERATE(table<std::string, std::string>({
        {"bad token abcdefghij0123456789!", "bad token [redacted]"},
        {"key abcdefghijk1", "key [redacted]"},
        {"key abcdefghij1", "key abcdefghij1"},
        {"key 'abCdefghijkl', \"ab:cd!ef~gh1\"", "key [redacted] [redacted]"},
        {"{\"secret\":\"hunter2-hunter2\"} is wrong", "[redacted] is wrong"},
        {"no separator but aaaaaaaaaaaaaaaaaaaaaaaaaaa", "no separator but [redacted]"},
        {"Bearer eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2lnbmF0dXJl/+_-==", "Bearer [redacted]"},
        {"nineteen: abcdefghijabcdefghi", "nineteen: abcdefghijabcdefghi"},
        {"id=5e5677d71bdc2ae76344968c", "[redacted]"},
        {"5e5677d71bdc2ae76344968c5e5677d71bdc2ae76344968c", "[redacted]"},
        {"'5e5677d71bdc2ae76344968cX'", "[redacted]"},
        {std::string(195, ' ') + "abcdefghij0123456789", std::string(195, ' ') + "[reda…"},
    }));
    CHECK(quote(text) == shown);
}

TEST_CASE("quote: controls, broken UTF-8 and marks of direction are made visible") {
    const auto [text, shown] = GENERATE(table<std::string, std::string>({
        {"a\nb\r\x1b[31m", "a\\nb\\r\\x1b[31m"},
        {"\x7f \xc2\x85 \xc2\xa0", "\\x7f \\u0085 \xc2\xa0"},
        {"x\xe2\x80\xaey\xe2\x81\xa6z", "x\\u202ey\\u2066z"},
        {"\xff \xc0\xaf \xed\xa0\x80 \xe2\x82", "\\xff \\xc0\\xaf \\xed\\xa0\\x80 \\xe2\\x82"},
    }));
    CHECK(quote(text) == shown);
}

TEST_CASE("quote: a long message is cut between characters") {
    std::string text;
    std::string expected;
    for (int i = 0; i < 300; ++i) {
        text += "ñ ";
        expected += i < 100 ? "ñ " : "";
    }
    CHECK(quote(text) == expected + "…");
}

TEST_CASE("quote: the token that was sent is taken out, whatever it looks like and wherever it stands") {
    const std::string token = GENERATE("abc", "hunter", "a:b!c~d", "plain", "abcdefghijklmnopqrstuvwx");
    for (const char* around : {"{}", "bad token {}", "'{}'", "x{}y", "{}{}", "a {}, b {}."}) {
        std::string text = around;
        for (auto at = text.find("{}"); at != text.npos; at = text.find("{}")) {
            text.replace(at, 2, token);
        }
        CAPTURE(text);
        CHECK(quote(text, token).find(token) == std::string::npos);
    }
}

TEST_CASE("quote: a part of the token is taken out as well, in any case of its letters") {
    const std::string token = "alpha:bravo!charlie~delta";
    CHECK(quote("got alpha:bravo...", token) == "got [redacted]...");
    CHECK(quote("got ~delta, ALPHA:BRAVO!CHARLIE~DELTA", token) == "got ~delta, [redacted]");
    CHECK(quote("got ...charlie~delta", token) == "got ...[redacted]");
    CHECK(quote("an alphabet", token) == "an alphabet");
}

TEST_CASE("quote: nothing of a word comes through that stands where a long message is cut") {
    std::string text;
    while (text.size() < 4'090) {
        text += "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
                "AAAAAAAA";
    }
    CHECK(quote(text + " alpha:bravo", "alpha:bravo").find("alp") == std::string::npos);
    CHECK(quote(std::string(100'000, 'x'), "alpha:bravo") == "…");
}
