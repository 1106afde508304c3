// SPDX-License-Identifier: Apache-2.0
#include "config/desired_loader.hpp"

#include "tests/config/lines.hpp"

#include <catch2/catch.hpp>
#include <fmt/format.h>

using namespace apikeyd;
using namespace apikeyd::test;
using namespace std::string_view_literals;

namespace {

const std::string valid = "# keys\r\n"
                          "version: 1\r\n"
                          "keys:\n"
                          "  - id: 5e5677d71bdc2ae76344968c\n"
                          "    name: \"billing \\u00e9\"\n"
                          "    enabled: true\n"
                          "  - {id: 5e5677d71bdc2ae76344968d, name: 'mobile ''app''', enabled: false}\n"
                          "  - name: |-\n"
                          "      légacy\n"
                          "    id: \"5e5677d71bdc2ae76344968e\"\n";

// How many errors there are, those that are only counted included.
std::size_t count_errors(const std::vector<Diagnostic>& diagnostics) {
    std::size_t count = 0;
    for (const Diagnostic& diagnostic : diagnostics) {
        std::size_t more = 0;
        count += std::sscanf(diagnostic.message.c_str(), "and %zu more", &more) == 1 ? more : 1;
    }
    return count;
}

} // namespace

TEST_CASE("desired loader: a file that breaks off anywhere holds only keys of the whole") {
    const auto whole = parse_desired(valid, "f", now);
    REQUIRE(whole);
    REQUIRE(whole.value->keys().size() == 3);
    for (std::size_t size = 0; size < valid.size(); ++size) {
        CAPTURE(size);
        const auto part = parse_desired(std::string_view(valid).substr(0, size), "f", now);
        if (!part) {
            REQUIRE_FALSE(part.diagnostics.empty());
            continue;
        }
        for (const DesiredKey& key : part.value->keys()) {
            REQUIRE(whole.value->find(key.id) != nullptr);
        }
    }
}

TEST_CASE("desired loader: no single wrong byte brings it down") {
    for (std::size_t at = 0; at < valid.size(); ++at) {
        for (const char byte : "\0\x04\t\n\r \"#%&'*,-:?[]{|}~\x7f\x80\xc3\xff"sv) {
            std::string text = valid;
            text[at] = byte;
            const auto loaded = parse_desired(text, "f", now);
            REQUIRE((loaded || !loaded.diagnostics.empty()));
            for (const Diagnostic& diagnostic : loaded.diagnostics) {
                for (const char c : render_diagnostic(diagnostic, false)) {
                    REQUIRE((c == '\n' || static_cast<unsigned char>(c) >= 0x20));
                }
            }
        }
    }
}

TEST_CASE("desired loader: a hundred thousand levels of nesting are refused") {
    const std::string opening = GENERATE("[", "{a: ", "- ", "? ");
    const std::string before = GENERATE("", "version: 1\nkeys: ", "version: 1\nkeys:\n  - id: ");
    std::string text = before;
    for (int i = 0; i < 100'000; ++i) {
        text += opening;
    }
    const auto loaded = parse_desired(text, "f", now);
    CHECK_FALSE(loaded);
    CHECK_FALSE(loaded.diagnostics.empty());
}

TEST_CASE("desired loader: what is no text is refused with a word for it") {
    CHECK(lines(parse_desired("version: 1\nkeys: []\0"sv, "f", now).diagnostics) ==
          Lines{"f:2:9: a NUL byte: this is no text file"});
    CHECK(lines(parse_desired("v\0e\0r\0s\0"sv, "f", now).diagnostics) ==
          Lines{"f: the file is UTF-16, not UTF-8"});
    CHECK(lines(parse_desired("version: 1\nkeys: [] # \xc3\x28\n", "f", now).diagnostics) ==
          Lines{"f:2:12: byte 0xC3 is not valid UTF-8"});
}

TEST_CASE("desired loader: a tab in the indentation is named, one before a comment is fine") {
    CHECK(lines(parse_desired("version: 1\t# one\nkeys:\t[]\n", "f", now).diagnostics).empty());
    CHECK(lines(parse_desired("version: 1\nkeys:\n- id: 5e5677d71bdc2ae76344968c\n\tname: a\n", "f", now)
                    .diagnostics)
              .back() == "f:4:1: a tab in the indentation");
}

TEST_CASE("desired loader: a quote that is never closed is never a name") {
    const std::string text =
        "version: 1\nkeys:\n  - id: 5e5677d71bdc2ae76344968c\n    name: \"billing\n    enabled: true\n";
    CHECK(lines(parse_desired(text, "f", now).diagnostics) == Lines{"f:4:11: a quoted text never ends"});
}

TEST_CASE("desired loader: errors without number are counted, and the first hundred shown") {
    std::string text = "version: 1\nkeys:\n";
    for (int i = 0; i < 5'000; ++i) {
        text += "  - {id: 12, enabled: yes}\n";
    }
    const auto loaded = parse_desired(text, "f", now);
    CHECK(loaded.diagnostics.size() == 101);
    CHECK(count_errors(loaded.diagnostics) == 10'000);
    CHECK(summarize_diagnostic(loaded.diagnostics.back()) == "f: and 9900 more errors in this file");
}

TEST_CASE("desired loader: a hundred thousand keys load, on lines or on one") {
    std::string block = "version: 1\nkeys:\n";
    std::string json = R"({"version":1,"keys":[)";
    for (int i = 0; i < 100'000; ++i) {
        block += fmt::format("  - id: {:024x}\n    name: service-{}\n    enabled: true\n", i, i);
        json += fmt::format(R"({}{{"id":"{:024x}","name":"service-{}","enabled":true}})", i == 0 ? "" : ",",
                            i, i);
    }
    for (const std::string& text : {block, json + "]}"}) {
        const auto loaded = parse_desired(text, "f", now);
        CHECK(loaded.diagnostics.empty());
        REQUIRE(loaded);
        REQUIRE(loaded.value->keys().size() == 100'000);
        CHECK(loaded.value->keys()[99'999].name == "service-99999");
    }
}
