// SPDX-License-Identifier: Apache-2.0
#include "daemon/cli/status_screen.hpp"

#include "daemon/cli/text_columns.hpp"
#include "tests/support/keys.hpp"

#include <catch2/catch.hpp>
#include <fmt/format.h>

using namespace apikeyd;
using namespace apikeyd::test;
using Catch::Matchers::Contains;
using Catch::Matchers::StartsWith;

namespace {

constexpr int shown_at = 100; // seconds

KeySource from(const std::vector<KnownKey>& keys) {
    return [&keys, at = std::size_t{0}]() mutable { return at == keys.size() ? nullptr : &keys[at++]; };
}

// The third key is in doubt, the fifth rejected.
std::vector<KnownKey> some_keys(int count) {
    std::vector<KnownKey> keys;
    for (int i = 1; i <= count; ++i) {
        keys.push_back(seen(key_id(static_cast<std::uint8_t>(i)), fmt::format("key {}", i), true));
    }
    if (count >= 5) {
        keys[2].doubt = {true, false, at_second(5)};
        keys[4].rejection = Rejection{{"x", std::nullopt}, "the name is taken", at_second(6)};
    }
    return keys;
}

StatusView view_of(const std::vector<KnownKey>& keys, std::size_t most = 100) {
    StatusView view;
    view.path = "/state.db";
    StatusReport& report = view.report.emplace();
    report.counts = {keys.size(), 1, 1};
    report.generated_at = at_second(shown_at);
    report.upcoming.emplace();
    view.keys = pick_keys(from(keys), report, most);
    return view;
}

std::vector<std::string> screen(const StatusView& view, std::size_t rows, std::size_t columns_,
                                bool color = false) {
    return status_screen(view, at_second(shown_at), {rows, columns_}, color);
}

bool has(const std::vector<std::string>& lines, const std::string& text) {
    return std::ranges::any_of(lines, [&](const auto& line) { return line.find(text) != std::string::npos; });
}

} // namespace

TEST_CASE("status screen: keys by id, where there is room for all") {
    const auto lines = screen(view_of(some_keys(6)), 24, 120);
    REQUIRE(lines.size() == 9);
    CHECK_THAT(lines[0], Contains("/state.db"));
    CHECK(lines[1] == "6 known, 1 in doubt, 1 rejected");
    CHECK(lines[2].empty());
    for (int i = 1; i <= 6; ++i) {
        CHECK_THAT(lines[static_cast<std::size_t>(i) + 2], Contains(fmt::format("'key {}'", i)));
    }
}

TEST_CASE("status screen: where there is none, those in trouble come first, and the others are counted") {
    const auto lines = screen(view_of(some_keys(30), 8), 8, 120);
    REQUIRE(lines.size() == 8);
    CHECK_THAT(lines[2], Contains("'key 3'") && Contains("IN DOUBT"));
    CHECK_THAT(lines[3], Contains("'key 5'") && Contains("REJECTED"));
    CHECK_THAT(lines[4], Contains("'key 1'"));
    CHECK_THAT(lines[5], Contains("'key 2'"));
    CHECK_THAT(lines[6], Contains("'key 4'"));
    CHECK(lines[7] == "and 25 more");
}

TEST_CASE("status screen: one key too many needs a line that says so") {
    CHECK_FALSE(has(screen(view_of(some_keys(4)), 6, 120), "more"));
    CHECK(screen(view_of(some_keys(4)), 5, 120).back() == "and 2 more");
}

TEST_CASE("status screen: every window is kept to") {
    StatusView view = view_of(some_keys(20), 20);
    view.keys.first[1].observed->name = "\u6771\u4eac\u30bf\u30ef\u30fc\u6771\u4eac\u30bf\u30ef\u30fc \u6771";
    view.report->suspension = Suspension{at_second(1), at_second(5000), "why \u6771\u4eac", "alice"};
    view.report->held = HeldPlan{"sha256:0123456789abcdef", "sha256:f", "too many", at_second(3),
                                 {key_id(1), key_id(4)},    {},         {}};
    view.trouble = GENERATE(std::string(), std::string("/state.db: disk I/O error"));
    const bool color = GENERATE(false, true);
    for (std::size_t rows = 0; rows <= 40; ++rows) {
        for (std::size_t width = 1; width <= 130; ++width) {
            const auto lines = screen(view, rows, width, color);
            REQUIRE(lines.size() <= rows);
            REQUIRE(std::ranges::all_of(lines, [&](const auto& line) { return columns(line) <= width; }));
        }
    }
    const auto lines = screen(view, 24, 100);
    for (const char* text :
         {"20 known", "SUSPENDED until", "HELD, begun", "apikeyd approve 0123456789ab", "HELD"}) {
        CHECK(has(lines, text));
    }
    CHECK(has(lines, "STATE UNAVAILABLE") == !view.trouble.empty());
}

TEST_CASE("status screen: what comes doesn't drown the keys") {
    StatusView view = view_of(some_keys(6));
    for (int i = 0; i < 50; ++i) {
        Upcoming& change = view.report->upcoming->emplace_back();
        change.id = key_id(1);
        change.at = at_second(1000 + i);
    }
    const auto lines = screen(view, 24, 200);
    CHECK(has(lines, "coming: and 47 more"));
    CHECK(has(lines, "'key 6'"));
}

TEST_CASE("status screen: without a state nothing is shown of the one before") {
    StatusView view;
    view.path = "/a\x1b[31m\u202e.db";
    view.trouble = "there is none";
    const auto lines = screen(view, 24, 80);
    REQUIRE(lines.size() == 2);
    CHECK_THAT(lines[0], Contains("/a\\x1b[31m\\u202e.db"));
    CHECK(lines[1] == "STATE UNAVAILABLE: there is none");
}

TEST_CASE("status screen: no key passes") {
    StatusView view = view_of({});
    view.report->filtered = true;
    CHECK(screen(view, 24, 80).back() == "no such key");
}
