// SPDX-License-Identifier: Apache-2.0
#include "config/desired_loader.hpp"

#include "tests/config/lines.hpp"

#include <catch2/catch.hpp>

using namespace apikeyd;
using namespace apikeyd::test;
using namespace std::chrono_literals;

namespace {

const std::string id_c = "5e5677d71bdc2ae76344968c";
const std::string id_d = "5e5677d71bdc2ae76344968d";
const std::string head = "version: 1\nkeys:\n  - id: " + id_c + "\n"; // 3 lines

WallTime moment(std::string_view text) {
    return parse_rfc3339(text).value();
}

// With one key, of which `fields` are the lines after the id (line 4 on).
Loaded<DesiredState> load(const std::string& fields, WallTime at = now) {
    return parse_desired(head + fields, "f", at);
}

Lines about(const std::string& fields) {
    return lines(load(fields).diagnostics);
}

std::string hint_for(const std::string& value) {
    const auto diagnostics = load("    enabled_until: " + value + "\n").diagnostics;
    return diagnostics.empty() ? "" : diagnostics.front().hint;
}

bool enabled(const DesiredState& state) {
    return state.keys()[0].enabled.value();
}

constexpr const char* both = "    enabled_from: 2026-06-02T00:00:00Z\n"
                             "    enabled_until: \"2026-06-03T00:00:00+02:00\"\n";
const WallTime begins = moment("2026-06-02T00:00:00Z");
const WallTime ends = moment("2026-06-02T22:00:00Z");

} // namespace

TEST_CASE("desired times: a key is enabled from the one moment and until before the other") {
    const auto loaded = load(both);
    CHECK(lines(loaded.diagnostics).empty());
    REQUIRE(loaded);
    const DesiredState& state = *loaded.value;
    CHECK(state.as_of() == now);
    CHECK_FALSE(enabled(state));
    CHECK_FALSE(enabled(state.at(begins - 1ms)));
    CHECK(enabled(state.at(begins)));
    CHECK(enabled(state.at(ends - 1ms)));
    CHECK_FALSE(enabled(state.at(ends)));
    CHECK(state.at(ends).at(begins).as_of() == begins);
    CHECK(enabled(state.at(ends).at(begins))); // backwards too
    REQUIRE(state.times(state.keys()[0]) != nullptr);
    CHECK(*state.times(state.keys()[0]) == EnabledTimes{begins, ends});
}

TEST_CASE("desired times: one alone leaves the other side open") {
    const auto from = load("    enabled_from: 2026-06-02T00:00:00Z\n");
    REQUIRE(from);
    CHECK_FALSE(enabled(*from.value));
    CHECK(enabled(from.value->at(begins)));
    CHECK(enabled(from.value->at(moment("9999-12-31T23:59:59Z"))));

    const auto until = load("    enabled: true\n    enabled_until: 2026-06-02T00:00:00Z\n");
    REQUIRE(until);
    CHECK(lines(until.diagnostics).empty());
    CHECK(enabled(*until.value));
    CHECK(enabled(until.value->at(moment("0001-01-01T00:00:00Z"))));
    CHECK_FALSE(enabled(until.value->at(begins)));
}

TEST_CASE("desired times: 'enabled: false' outranks them, with a warning at each") {
    const auto loaded = load("    enabled: false\n" + std::string(both), begins);
    REQUIRE(loaded);
    CHECK(lines(loaded.diagnostics) ==
          Lines{"f:5:19: this time has no effect: 'enabled: false' keeps the key disabled",
                "f:6:20: this time has no effect: 'enabled: false' keeps the key disabled"});
    CHECK(loaded.diagnostics[0].severity == Severity::warning);
    CHECK(loaded.diagnostics[0].hint == "remove 'enabled' to let the times decide, or remove the time");
    const DesiredState& state = *loaded.value;
    CHECK_FALSE(enabled(state));
    CHECK_FALSE(state.keys()[0].timed);
    CHECK(state.times(state.keys()[0]) == nullptr);
    CHECK_FALSE(state.next_transition());
    CHECK_FALSE(state.last_transition());
    CHECK(state.intent() == state.digest());
    CHECK(lines(load("    enabled: false\n    enabled_until: 2020-01-01T00:00:00Z\n").diagnostics).size() ==
          1);
}

TEST_CASE("desired times: an end that has passed is a warning") {
    for (const std::string word : {"    enabled: true\n", ""}) {
        const auto loaded = load(word + "    enabled_until: 2026-06-01T12:00:00Z\n");
        REQUIRE(loaded);
        CHECK_FALSE(enabled(*loaded.value));
        REQUIRE(loaded.diagnostics.size() == 1);
        CHECK(loaded.diagnostics[0].severity == Severity::warning);
        CHECK(loaded.diagnostics[0].message == "this time has passed: the key is disabled since then");
        CHECK(loaded.diagnostics[0].hint == "write 'enabled: false' in its place, or a later time");
    }
    CHECK(about("    enabled_until: 2026-06-01T12:00:00.001Z\n").empty());
    CHECK(about("    enabled_from: 2020-06-01T12:00:00Z\n").empty());
}

TEST_CASE("desired times: an end that is not after the beginning is an error") {
    for (const std::string until : {"2026-07-01T00:00:00Z", "2026-07-01T01:59:59+02:00"}) {
        const auto loaded =
            load("    enabled_until: " + until + "\n    enabled_from: 2026-07-01T00:00:00Z\n");
        CHECK_FALSE(loaded);
        CHECK(lines(loaded.diagnostics) == Lines{"f:4:20: 'enabled_until' is not after 'enabled_from'"});
        CHECK_FALSE(loaded.diagnostics[0].hint.empty());
    }
    CHECK_FALSE(load("    enabled: false\n    enabled_until: 2026-07-01T00:00:00Z\n"
                     "    enabled_from: 2026-07-01T00:00:00Z\n"));
}

TEST_CASE("desired times: what is no moment is an error that says what to write") {
    CHECK(about("    enabled_until: 2026-12-31\n") ==
          Lines{"f:4:20: '2026-12-31' is not a complete date and time"});
    CHECK(hint_for("2026-12-31") == "write 2026-12-31T00:00:00Z, or an offset as in +02:00 in place of Z");
    CHECK(hint_for("2026-12-31T08:30:00") ==
          "write 2026-12-31T08:30:00Z, or an offset as in +02:00 in place of Z");
    CHECK(hint_for("2026-12-31 08:30") ==
          "write 2026-12-31T08:30:00Z, or an offset as in +02:00 in place of Z");
    CHECK(hint_for("2026-12-31 08:30:00+01:00") == "write 2026-12-31T08:30:00+01:00");
    CHECK(hint_for("2026-12-31T08:30+01:00") == "write 2026-12-31T08:30:00+01:00");
    const std::string general = "write a date and a time, as in 2026-12-31T00:00:00Z";
    for (const std::string& wrong :
         std::vector<std::string>{"tomorrow", "1798675200", "2026-02-30T00:00:00Z", "2026-13-01", "true",
                                  "31.12.2026", "24:00", "2026-12-31T24:00:00Z", "2026-12-31T00:00:00.Z",
                                  "2026-12-31T00:00:00." + std::string(99, '0')}) {
        CAPTURE(wrong);
        CHECK(hint_for(wrong) == general);
        CHECK_FALSE(load("    enabled_from: " + wrong + "\n"));
    }
    CHECK(about("    enabled_until: tomorrow\n") == Lines{"f:4:20: 'tomorrow' is not a date and time"});
    CHECK(about("    enabled_from:\n") == Lines{"f:4:5: 'enabled_from' has no value"});
    CHECK(about("    enabled_from: [2026]\n") ==
          Lines{"f:4:19: 'enabled_from' must be a single value, not a list"});
    CHECK(hint_for("[2026]") == general);
    CHECK(about("    enabled_from: 2026-01-01T00:00:00Z\n    enabled_from: 2026-01-01T00:00:00Z\n") ==
          Lines{"f:5:5: 'enabled_from' is given twice, first in line 4"});
}

TEST_CASE("desired times: a state names the transitions around it") {
    const auto loaded = parse_desired("version: 1\n"
                                      "keys:\n"
                                      "  - id: " +
                                          id_d +
                                          "\n"
                                          "    enabled_from: 2026-06-02T00:00:00Z\n"
                                          "    enabled_until: 2026-06-04T00:00:00Z\n"
                                          "  - id: " +
                                          id_c +
                                          "\n"
                                          "    enabled_until: 2026-06-02T00:00:00Z\n"
                                          "  - id: 5e5677d71bdc2ae76344968b\n"
                                          "    enabled_from: 2026-06-01T00:00:00Z\n"
                                          "  - id: 5e5677d71bdc2ae76344968a\n"
                                          "    enabled: true\n",
                                      "f", now);
    REQUIRE(loaded);
    const DesiredState& state = *loaded.value;
    const KeyId c = KeyId::parse(id_c).value();
    const KeyId d = KeyId::parse(id_d).value();
    const WallTime end_d = moment("2026-06-04T00:00:00Z");

    CHECK(state.next_transition() == begins);
    CHECK(state.last_transition() == moment("2026-06-01T00:00:00Z"));
    CHECK(state.upcoming() == std::vector<Transition>{{c, begins, false}, {d, begins, true}});
    CHECK(state.intent() == state.digest() + "@2026-06-01T00:00:00.000Z");

    const DesiredState then = state.at(begins);
    CHECK(then.digest() == state.digest());
    CHECK(then.next_transition() == end_d);
    CHECK(then.last_transition() == begins);
    CHECK(then.upcoming() == std::vector<Transition>{{d, end_d, false}});
    CHECK(then.intent() != state.intent());
    CHECK(then.intent() == state.at(end_d - 1ms).intent());
    CHECK(then.find(c)->enabled == false);
    CHECK(then.find(d)->enabled == true);
    CHECK(then.turned_at(*then.find(c)) == begins);
    CHECK(state.turned_at(*state.find(c)) == std::nullopt);
    CHECK(then.turned_at(then.keys()[0]) == std::nullopt); // no times
    CHECK(then.keys()[0].enabled == true);

    const DesiredState last = state.at(end_d);
    CHECK_FALSE(last.next_transition());
    CHECK(last.upcoming().empty());
    CHECK(last.turned_at(*last.find(d)) == end_d);

    const DesiredState first = state.at(moment("2026-05-01T00:00:00Z"));
    CHECK_FALSE(first.last_transition());
    CHECK(first.intent() == state.digest());
}

TEST_CASE("desired times: names outlive the state that they were read into") {
    std::optional<DesiredState> later;
    {
        const auto loaded = load("    name: billing\n" + std::string(both));
        REQUIRE(loaded);
        later = loaded.value->at(begins);
    }
    CHECK(later->keys()[0].name == "billing");
    CHECK(later->where(later->keys()[0]) == "f:3");
    CHECK(later->times(later->keys()[0])->until == ends);
}

TEST_CASE("desired times: a state without any has no transition, at whatever moment") {
    const DesiredState none;
    CHECK(none.files().empty());
    CHECK_FALSE(none.next_transition());
    CHECK(none.intent().empty());
    const auto loaded = load("    enabled: true\n");
    REQUIRE(loaded);
    const DesiredState later = loaded.value->at(ends);
    CHECK(enabled(later));
    CHECK(later.intent() == loaded.value->intent());
    CHECK(later.upcoming().empty());
}
