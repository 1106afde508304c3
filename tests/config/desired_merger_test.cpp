// SPDX-License-Identifier: Apache-2.0
#include "config/desired_merger.hpp"

#include "config/desired_loader.hpp"
#include "tests/config/hostile_names.hpp"
#include "tests/config/lines.hpp"

#include <catch2/catch.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <random>

using namespace apikeyd;
using namespace apikeyd::test;

namespace {

const std::string id_c = "5e5677d71bdc2ae76344968c";
const std::string id_d = "5e5677d71bdc2ae76344968d";
const std::string id_e = "5e5677d71bdc2ae76344968e";

ImportedKey imported(const std::string& id, const std::string& name, bool enabled = true) {
    return {*KeyId::parse(id), name, enabled, ""};
}

// The file with key e added. Fails if there is none.
std::string with_e(const std::string& text) {
    const MergeResult result =
        merge_desired(text, "keys.yaml", std::vector{imported(id_e, "new")}, WallTime{});
    CAPTURE(text);
    for (const Diagnostic& diagnostic : result.diagnostics) {
        CHECK(diagnostic.severity == Severity::warning); // not all of these keys say what is managed
    }
    CHECK(result.added == std::vector{*KeyId::parse(id_e)});
    return result.text.value_or("nothing");
}

Lines refused(const std::string& text) {
    const MergeResult result =
        merge_desired(text, "keys.yaml", std::vector{imported(id_e, "new")}, WallTime{});
    CHECK_FALSE(result.text);
    CHECK(result.added.empty());
    return lines(result.diagnostics);
}

const std::string two =
    "version: 1\nkeys:\n  - id: " + id_c + "\n    name: a\n  - id: " + id_d + "\n    enabled: false\n";
const std::string e_below_two = "  - id: " + id_e + "\n    name: new\n    enabled: true\n";

// Whether the lines of `text` are those of `result`, less some.
bool only_added(const std::string& text, const std::string& result) {
    const std::size_t begin = static_cast<std::size_t>(
        std::mismatch(text.begin(), text.end(), result.begin(), result.end()).first - text.begin());
    const std::size_t rest = text.size() - begin;
    return result.size() >= text.size() && result.substr(result.size() - rest) == text.substr(begin);
}

} // namespace

TEST_CASE("desired merger: a key is added below the last one") {
    CHECK(with_e(two) == two + e_below_two);
}

TEST_CASE("desired merger: what is there stays as it is, whatever the API says") {
    const MergeResult result = merge_desired(
        two, "f", std::vector{imported(id_c, "other", false), imported(id_e, "new"), imported(id_d, "d")},
        WallTime{});
    CHECK(result.text == two + e_below_two);
    const MergeResult nothing =
        merge_desired(two, "f", std::vector{imported(id_c, "other", false)}, WallTime{});
    CHECK(nothing.text == two);
    CHECK(nothing.added.empty());
}

TEST_CASE("desired merger: an id that is given twice is added once") {
    const MergeResult result =
        merge_desired(two, "f", std::vector{imported(id_e, "new"), imported(id_e, "again")}, WallTime{});
    CHECK(result.text == two + e_below_two);
    CHECK(result.added.size() == 1);
}

TEST_CASE("desired merger: the file's indentation is followed") {
    CHECK(with_e("version: 1\nkeys:\n- id: " + id_c + "\n- id: " + id_d + "\n  name: d\n") ==
          "version: 1\nkeys:\n- id: " + id_c + "\n- id: " + id_d + "\n  name: d\n- id: " + id_e +
              "\n  name: new\n  enabled: true\n");
    CHECK(
        with_e("version: 1\nkeys:\n    -   name: c\n        id: " + id_c + "\n    -   id: " + id_d + "\n") ==
        "version: 1\nkeys:\n    -   name: c\n        id: " + id_c + "\n    -   id: " + id_d +
            "\n    -   id: " + id_e + "\n        name: new\n        enabled: true\n");
    const std::string flow = "version: 1\nkeys:\n  - {id: " + id_c + "}\n  - {id: " + id_d + ", name: d}\n";
    CHECK(with_e(flow) == flow + e_below_two);
}

TEST_CASE("desired merger: empty lines between the keys are a style to follow") {
    const std::string spaced = "version: 1\nkeys:\n  - id: " + id_c + "\n\n  # ours\n  - id: " + id_d + "\n";
    CHECK(with_e(spaced) == spaced + "\n" + e_below_two);
    const std::string one = "version: 1\nkeys:\n  - id: " + id_c + "\n";
    CHECK(with_e(one) == one + "\n" + e_below_two);
}

TEST_CASE("desired merger: line ends and the byte order mark stay") {
    const std::string crlf =
        "\xEF\xBB\xBFversion: 1\r\nkeys:\r\n  - id: " + id_c + "\r\n  - id: " + id_d + "\r\n";
    CHECK(with_e(crlf) == crlf + "  - id: " + id_e + "\r\n    name: new\r\n    enabled: true\r\n");
}

TEST_CASE("desired merger: a file without a line end at its end has none after it") {
    const std::string text = two.substr(0, two.size() - 1);
    CHECK(with_e(text) == text + "\n" + e_below_two.substr(0, e_below_two.size() - 1));
    const std::string crlf = "version: 1\r\nkeys: []";
    CHECK(with_e(crlf) ==
          "version: 1\r\nkeys:\r\n  - id: " + id_e + "\r\n    name: new\r\n    enabled: true");
}

TEST_CASE("desired merger: another field and its comments may follow") {
    const std::string keys = "keys:\n  - id: " + id_c + "\n  - id: " + id_d + "\n";
    for (const std::string rest :
         {"version: 1\n", "\n\n# the version\nversion: 1\n", "# the version\n\nversion: 1 # one\n# end\n",
          "\"version\": 1", "? version\n: 1\n"}) {
        CHECK(with_e(keys + rest) == keys + e_below_two + rest);
    }
}

TEST_CASE("desired merger: comments at the end of the list stay with it, those below don't") {
    const std::string inner = "  # - id: 5e5677d71bdc2ae763449600\n  #   name: old\n";
    for (const std::string below :
         {"", "\n# vim: set et\n", "# end\n", "...\n", "\n\n", "... # end\n# more\n"}) {
        CHECK(with_e(two + inner + below) == two + inner + e_below_two + below);
        CHECK(with_e(two + "\n" + inner + below) == two + "\n" + inner + e_below_two + below);
        CHECK(with_e(two + below) == two + e_below_two + below);
    }
}

TEST_CASE("desired merger: a text of several lines may come last") {
    for (const std::string name :
         {"|-\n      text\n", "|-\n      # text\n", ">-\n      text\n      more\n",
          "|-\n      text\n\n  # comment\n", "some\n      more\n", "\"some\n      more\"\n",
          "'some\n      more: # that'\n", "\"a\\\n      b\"\n", ">-\n      text\n      - id: x\n"}) {
        const std::string text = two + "    name: " + name;
        CHECK(with_e(text) == text + e_below_two);
        CHECK(with_e(text + "\n# end\n") == text + e_below_two + "\n# end\n");
    }
}

TEST_CASE("desired merger: an empty list becomes one with lines") {
    const std::string item = "  - id: " + id_e + "\n    name: new\n    enabled: true\n";
    CHECK(with_e("version: 1\nkeys: []\n") == "version: 1\nkeys:\n" + item);
    CHECK(with_e("keys:   [  ] # none\n# v\nversion: 1\n") == "keys: # none\n" + item + "# v\nversion: 1\n");
    CHECK(with_e("version: 1\nkeys:\n  []\n") == "version: 1\nkeys:\n\n" + item);
    CHECK(with_e("version: 1\n\"keys\" : []") ==
          "version: 1\n\"keys\" :\n" + item.substr(0, item.size() - 1));
    const MergeResult more = merge_desired("version: 1\nkeys: []\n", "f",
                                           std::vector{imported(id_c, "c"), imported(id_d, "d")}, WallTime{});
    CHECK(more.text == "version: 1\nkeys:\n  - id: " + id_c + "\n    name: c\n    enabled: true\n\n  - id: " +
                           id_d + "\n    name: d\n    enabled: true\n");
}

TEST_CASE("desired merger: lists in brackets are refused, with their place") {
    CHECK(refused("version: 1\nkeys: [{id: " + id_c + "}]\n") ==
          Lines{"keys.yaml:2:7: keys can't be added to a list in brackets"});
    CHECK(refused("version: 1\nkeys: [\n]\n") ==
          Lines{"keys.yaml:2:7: keys can't be added to a list in brackets"});
    CHECK(refused("{\"version\": 1, \"keys\": []}") ==
          Lines{"keys.yaml:1:1: keys can't be added to a file in braces"});
    const auto result = merge_desired("version: 1\nkeys: [{id: " + id_c + "}]\n", "f",
                                      std::vector{imported(id_e, "new")}, WallTime{});
    CHECK(result.diagnostics.at(0).hint.find("- id: ...") != std::string::npos);
}

TEST_CASE("desired merger: a file that isn't valid is not touched, and its errors are told") {
    CHECK(refused("version: 1\nkeys:\n  - id: nonsense\n").size() == 1);
    CHECK(refused("").size() == 1);
    CHECK(refused("version: 1\nkeys:\n").size() == 1);
}

TEST_CASE("desired merger: nothing but lines is added, whatever the file looks like") {
    std::mt19937 random(20260302); // NOLINT: the same each time
    const auto pick = [&](const std::vector<std::string>& from) { return from[random() % from.size()]; };
    int merged = 0;
    for (int round = 0; round < 4'000; ++round) {
        const std::string dash = pick({"", "  ", "    ", " "});
        const std::string gap = pick({" ", "   "});
        const std::string fields = dash + " " + gap;
        const auto between = [&] {
            return pick({"", "", "", "\n", "# flush\n", dash + "# at the dash\n",
                         fields + "# at the fields\n", "   \n", "\n\n", "          # deep\n"});
        };
        std::string text = pick({"", "# top\n", "---\n"}) + pick({"version: 1\n", "version: 1\n\n"});
        text += pick({"keys:\n", "keys: # ours\n", "\"keys\":\n", "keys :\n"});
        for (std::size_t i = 0, count = 1 + random() % 3; i < count; ++i) {
            text += between() + dash + "-" + gap + fmt::format("id: {:024x}\n", i + 1) + between();
            text += pick({"", fields + "enabled: true\n", fields + "name: a # b\n",
                          fields + "name: |-\n" + fields + "  # x\n", fields + "name: a\n" + fields + "  b\n",
                          fields + "name: \"a\n" + fields + " b\"\n"});
        }
        text += between() + pick({"", "", "...\n", "# end\n"});
        if (random() % 4 == 0) {
            text.pop_back();
        }
        if (random() % 4 == 0) {
            std::string crlf;
            for (const char c : text) {
                crlf += c == '\n' ? std::string("\r\n") : std::string(1, c);
            }
            text = "\xEF\xBB\xBF" + crlf;
        }
        const std::string name = random_name(random);
        const MergeResult result = merge_desired(
            text, "f", std::vector{imported(id_c, name), imported(id_d, "d", false)}, WallTime{});
        CAPTURE(text, name);
        if (!parse_desired(text, "f", WallTime{})) { // a comment may end a text of several lines too early
            REQUIRE_FALSE(result.text);
            continue;
        }
        REQUIRE(result.text);
        ++merged;
        CAPTURE(*result.text);
        REQUIRE(only_added(text, *result.text));
        REQUIRE(parse_desired(*result.text, "f", WallTime{}).value->keys().size() ==
                parse_desired(text, "f", WallTime{}).value->keys().size() + 2);
        REQUIRE(result.text->find("\r") ==
                (text.find("\r") == std::string::npos ? std::string::npos : result.text->find("\r\n")));
    }
    CHECK(merged > 3'000);
}
