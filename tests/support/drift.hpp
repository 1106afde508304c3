// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "daemon/cli/drift_report.hpp"
#include "tests/support/keys.hpp"

#include <optional>
#include <string>
#include <utility>

namespace apikeyd::test {

inline WallTime later(std::chrono::seconds seconds) {
    return at_second(0) + seconds;
}

// A change of a key that was last answered as `was`; nothing: it never was.
inline DriftReport::Item item(unsigned number, const std::string& name, Fields to, std::optional<Fields> was,
                              std::chrono::seconds age = std::chrono::minutes{3}) {
    DriftReport::Item item;
    item.name = name;
    item.file = "keys.yaml";
    item.line = 3 + 3 * number;
    item.change.id = key_id(number);
    item.change.to = std::move(to);
    item.change.source = "keys.yaml:" + std::to_string(item.line);
    item.change.known.id = item.change.id;
    item.change.reason = Reason::first_seen;
    if (was) {
        item.change.known = seen(item.change.id, was->name.value_or(name), was->enabled.value_or(true));
        item.change.known.observed->observed_at = at_second(0) - age;
        item.change.reason = Reason::changed;
        item.change.from.name = item.change.to.name ? was->name : std::nullopt;
        item.change.from.enabled = item.change.to.enabled ? was->enabled : std::nullopt;
        item.evidence = Evidence::recorded;
    }
    return item;
}

inline DriftReport empty_report() {
    DriftReport report;
    report.generated_at = at_second(0);
    report.revision = "sha256:" + std::string(64, 'a');
    report.plan_digest = "sha256:" + std::string(64, 'b');
    return report;
}

// Two keys in sync, and nothing else.
inline DriftReport quiet_report() {
    DriftReport report = empty_report();
    report.counts.managed = report.counts.in_sync = 2;
    report.oldest_evidence = at_second(-7200);
    return report;
}

inline Fields name(std::string text) {
    return {std::move(text), std::nullopt};
}
inline Fields enabled(bool value) {
    return {std::nullopt, value};
}

// A key that the file doesn't name, whose name was sent 20 minutes ago without an answer.
inline DriftReport::Note unmanaged(unsigned number, const std::string& known_name, std::string why) {
    DriftReport::Note note{item(number, known_name, {}, Fields{known_name, true}), std::move(why)};
    note.item.change.known.doubt = {true, false, at_second(-1200)};
    note.item.file.clear();
    note.item.line = 0;
    return note;
}

// Something of everything.
inline DriftReport rich_report() {
    using namespace std::chrono_literals;
    DriftReport report = quiet_report();
    report.items = {item(1, "billing-service", {"billing-service", true}, std::nullopt),
                    item(2, "mobile-app", enabled(true), enabled(false), 0s),
                    item(3, "phone-app", name("phone-app"), name("mobile app")),
                    item(4, "reports", {"reports", true}, Fields{"report", false}, 30h),
                    item(5, "legacy-import", enabled(false), enabled(true), 45 * 24h),
                    item(6, "请求-网关", enabled(false), enabled(true)),
                    item(7, "gone", enabled(false), enabled(true))};
    report.items[1].evidence = Evidence::probed;
    Change& doubtful = report.items[3].change;
    doubtful.reason = Reason::in_doubt;
    doubtful.from.name.reset();
    doubtful.known.doubt = {true, false, at_second(-90)};
    DriftReport::Item& removed = report.items[6];
    removed.change.reason = Reason::removed;
    removed.file.clear();
    removed.line = 0;
    for (const std::size_t held : {4U, 5U, 6U}) {
        report.items[held].held = true;
    }
    report.held = 3;
    report.hold_digest = "sha256:" + std::string(32, 'c') + std::string(32, 'd');
    report.rejected = {
        {item(8, "nobody", enabled(true), std::nullopt), "404: there is no such key"},
        {item(9, "a", name("a"), name("b"), 50h), "the name came back as 'b' where 'a' was asked for"},
    };
    report.unmanaged_doubt = {unmanaged(
        10, "adrift", "an earlier change of name was not answered, and the file no longer manages it")};
    report.counts = {9, 2, 3, 1, 1, 2, 1};
    report.commit = Commit{"0123456789abcdef0123456789abcdef01234567", "Ada <ada@example.com>", later(-26h),
                           "Retire the importer", true};
    report.suspension = Suspension{later(-10min), later(50min), "vendor maintenance", "ops"};
    report.upcoming = {{key_id(11), "seasonal", true, later(36h), "keys.yaml", 36},
                       {key_id(12), "", false, later(37 * 24h), "keys.yaml", 39}};
    return report;
}

// Names that want to be more than names.
inline const std::string& hostile_text() {
    static const std::string text =
        "<script>alert(1)</script> </td> & \"q\" 'a' `x` ``y`` | \\| \\\\| **b** _i_ [l](http://e.example) "
        "![p](x) <!-- c --> @octocat #1 GH-1 www.e.example \n# h \r\t\x1b[31m \x7f \u202etxt\u2066 "
        "\u200b \xff &lt; :tada: ~~s~~ $m$ \u05d0\u05d1";
    return text;
}

inline DriftReport hostile_report() {
    DriftReport report = empty_report();
    const std::string& text = hostile_text();
    for (unsigned number = 1; number <= 3; ++number) {
        report.items.push_back(item(number, text, name(text), name(number == 2 ? "`" + text + "`" : text)));
        report.items.back().file = "a|b`c<d>\n.yaml";
    }
    report.rejected = {{item(8, text, name(text), name("`" + text)), text}};
    report.rejected.back().item.file = "a|b`c<d>.yaml";
    report.unmanaged_doubt = {unmanaged(9, text, text)};
    report.upcoming = {{key_id(10), text, false, at_second(100), "a|b`c<d>.yaml", 36}};
    report.counts.managed = report.counts.drifted = 3;
    report.commit = Commit{"0123456789abcdef", text, at_second(-1), text, false};
    report.suspension = Suspension{at_second(-1), at_second(500), text, text};
    return report;
}

inline std::vector<Diagnostic> some_errors() {
    return {{Severity::error, "keys.yaml", 12, 14, "'yes' is not a boolean", "write true or false",
             "    enabled: yes", 14},
            {Severity::warning, "APIKEYD_KEY", 0, 0, "no such setting", "did you mean APIKEYD_KEYS?", "", 0},
            {Severity::error, "b.yaml", 3, 5, "unknown field 'n```<b>@me'", "", "    n```<b>@me: |", 5}};
}

} // namespace apikeyd::test
