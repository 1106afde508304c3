// SPDX-License-Identifier: Apache-2.0
#include "config/text_check.hpp"

#include "tests/config/lines.hpp"

#include <catch2/catch.hpp>

using namespace apikeyd;
using namespace apikeyd::test;
using namespace std::string_view_literals;

namespace {

struct Checked {
    TextCheck check;
    Lines lines;
};

Checked check(std::string_view text) {
    DiagnosticSink sink("f", text);
    TextCheck result = check_text(sink);
    return {std::move(result), lines(sink.take())};
}

} // namespace

TEST_CASE("text check: text of any script with tabs and either line end is fine") {
    const Checked result = check("a: é日😀\t# \u202e\r\nb\n");
    CHECK(result.check.readable);
    CHECK_FALSE(result.check.mended);
    CHECK(result.lines.empty());
    CHECK(check("").lines.empty());
}

TEST_CASE("text check: every wrong character is reported where it stands") {
    const Checked result = check("é\x1b\nab\xff\x80\n\xc3\n\u0085\x7f\n");
    CHECK(result.check.readable);
    CHECK(result.lines == Lines{"f:1:2: control character U+001B", "f:2:3: byte 0xFF is not valid UTF-8",
                                "f:2:4: byte 0x80 is not valid UTF-8", "f:3:1: byte 0xC3 is not valid UTF-8",
                                "f:4:1: control character U+0085", "f:4:2: control character U+007F"});
    CHECK(result.check.mended == "é_\nab__\n_\n___\n");
}

TEST_CASE("text check: what is no UTF-8 text at all is refused with a word for it") {
    CHECK(check("\xff\xfe"
                "a\0"sv)
              .lines == Lines{"f: the file is UTF-16, not UTF-8"});
    CHECK(check("\xfe\xff\0a"sv).lines == Lines{"f: the file is UTF-16, not UTF-8"});
    CHECK(check("v\0e\0"sv).lines == Lines{"f: the file is UTF-16, not UTF-8"});
    CHECK(check("\0v\0e"sv).lines == Lines{"f: the file is UTF-16, not UTF-8"});
    CHECK(check("\xff\xfe\0\0v\0\0\0"sv).lines == Lines{"f: the file is UTF-32, not UTF-8"});
    CHECK(check("\0\0\0\0"sv).lines == Lines{"f:1:1: a NUL byte: this is no text file"});
    const Checked result = check("ab\nc\0d"sv);
    CHECK_FALSE(result.check.readable);
    CHECK(result.lines == Lines{"f:2:2: a NUL byte: this is no text file"});
}

TEST_CASE("text check: a bare carriage return is refused") {
    const Checked result = check("a\r\nb\rc\r");
    CHECK_FALSE(result.check.readable);
    CHECK(result.lines == Lines{"f:2:2: a carriage return without a line feed"});
}

TEST_CASE("text check: a UTF-8 byte order mark is passed over") {
    CHECK(without_bom("\xEF\xBB\xBFversion") == "version");
    CHECK(without_bom("version") == "version");
}
