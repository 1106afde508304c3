// SPDX-License-Identifier: Apache-2.0
#include "daemon/cli/history_report.hpp"

#include "tests/support/keys.hpp"

#include <Poco/JSON/Parser.h>
#include <catch2/catch.hpp>

using namespace apikeyd;
using namespace apikeyd::test;
using Catch::Matchers::Contains;
using Catch::Matchers::StartsWith;

namespace {

const std::string commit_id = "3b18e512dba79e4c8300dd08aeb37f8e728b8dad";

// Of a key that was 'old' and enabled.
HistoryEntry applied(Fields asked, std::string after_name, bool after_enabled) {
    HistoryEntry entry;
    entry.seq = 7;
    entry.at = at_second(0);
    entry.id = key_id(1);
    entry.reconciliation = 3;
    entry.reason = "changed";
    entry.asked = std::move(asked);
    entry.before_name = "old";
    entry.before_enabled = true;
    entry.after_name = std::move(after_name);
    entry.after_enabled = after_enabled;
    entry.outcome = "applied";
    entry.http_status = 200;
    entry.attempt = 1;
    entry.duration = std::chrono::milliseconds{17};
    entry.source = "keys.yaml:4";
    entry.revision = "sha256:0123456789abcdef0123";
    return entry;
}

HistoryEntry of_no_key(std::string reason, std::string detail, std::string actor) {
    HistoryEntry entry;
    entry.at = at_second(0);
    entry.reason = std::move(reason);
    entry.detail = std::move(detail);
    entry.actor = std::move(actor);
    return entry;
}

std::string text_of(HistoryEntry entry) {
    HistoryReport report;
    report.entries = {std::move(entry)};
    return render_history_text(report, false);
}

Poco::JSON::Object::Ptr parsed(const std::string& text) {
    Poco::JSON::Parser parser;
    return parser.parse(text).extract<Poco::JSON::Object::Ptr>();
}

Poco::JSON::Object::Ptr json_of(HistoryEntry entry, std::map<std::string, Commit> commits = {}) {
    HistoryReport report;
    report.entries = {std::move(entry)};
    report.commits = std::move(commits);
    return parsed(render_history_json(report))->getArray("entries")->getObject(0);
}

} // namespace

TEST_CASE("history text: says when, which key, what happened, why, how and where from") {
    CHECK(text_of(applied({std::nullopt, false}, "old", false)) ==
          "2023-11-14T22:13:20Z  000000000000000000000001  old  enabled: true -> false\n"
          "    changed, HTTP 200 in 17 ms; keys.yaml:4, revision 0123456789ab\n");
    HistoryEntry second = applied({"new", std::nullopt}, "new", true);
    second.attempt = 3;
    CHECK_THAT(text_of(second),
               Contains("new  name: 'old' -> 'new'\n") && Contains("HTTP 200 in 17 ms, attempt 3;"));
}

TEST_CASE("history text: what was asked for and was so already is told as it is") {
    CHECK_THAT(text_of(applied({"old", true}, "old", true)),
               Contains("  as it was: enabled: true, name: 'old'\n"));
    HistoryEntry first = applied({"a", true}, "a", true);
    first.before_name.reset();
    first.before_enabled.reset();
    CHECK_THAT(text_of(first), Contains("enabled: ? -> true, name: ? -> 'a'"));
}

TEST_CASE("history text: what somebody else changed is told apart from what we did") {
    HistoryEntry probe = applied({}, "theirs", false);
    probe.reason = "probe";
    CHECK_THAT(text_of(probe),
               Contains("  changed by someone else: enabled: true -> false, name: 'old' -> 'theirs'\n"));
    CHECK_THAT(text_of(applied({}, "old", true)), Contains("  looked at: enabled: true, name: 'old'\n"));
    CHECK_THAT(text_of(applied({"new", std::nullopt}, "new", false)),
               Contains("  name: 'old' -> 'new'; changed by someone else: enabled: true -> false\n"));
    HistoryEntry unknown_before = applied({}, "theirs", false);
    unknown_before.before_name.reset();
    unknown_before.before_enabled.reset();
    CHECK_THAT(text_of(unknown_before), Contains("looked at: enabled: false, name: 'theirs'"));
}

TEST_CASE("history text: a rejection and a lack of an answer are told with what was asked for and why") {
    HistoryEntry entry = applied({"new", std::nullopt}, "old", true);
    entry.outcome = "rejected";
    entry.http_status = 400;
    entry.detail = "the name\n is taken";
    CHECK_THAT(text_of(entry), Contains("REJECTED name: 'old' -> 'new': the name\\n is taken\n"));
    entry.outcome = "unknown";
    entry.after_name.reset();
    entry.after_enabled.reset();
    entry.http_status = 0;
    entry.detail = "the connection broke";
    CHECK_THAT(text_of(entry), Contains("name: 'old' -> 'new', no answer: the connection broke\n") &&
                                   Contains("changed, no HTTP status in 17 ms"));
}

TEST_CASE("history text: entries about no key read as sentences") {
    CHECK(text_of(of_no_key("suspended", "for 2h: moving house", "alice")) ==
          "2023-11-14T22:13:20Z  suspended for 2h: moving house (by alice)\n");
    CHECK(text_of(of_no_key("resumed", "", "")) == "2023-11-14T22:13:20Z  resumed\n");
    CHECK(text_of(of_no_key(std::string(pruned_reason), "120 rows up to row 4711, sha256:0", "")) ==
          "2023-11-14T22:13:20Z  pruned 120 rows up to row 4711, sha256:0\n");
}

TEST_CASE("history text: a commit is told with its author, date and subject") {
    HistoryReport report;
    report.entries = {applied({std::nullopt, false}, "old", false)};
    report.entries[0].commit = commit_id + "+";
    report.commits[commit_id + "+"] = {commit_id, "Ada <ada@example.com>", at_second(0), "Fix \x1b[31m it",
                                       true};
    CHECK_THAT(render_history_text(report, false),
               Contains("\n    commit 3b18e512dba7 and edits since, Ada <ada@example.com>, "
                        "2023-11-14T22:13:20Z: 'Fix \\x1b[31m it'\n"));
    report.commits[commit_id + "+"].uncommitted = false;
    CHECK_THAT(render_history_text(report, false), Contains("commit 3b18e512dba7, Ada"));
    report.commits.clear();
    CHECK_THAT(render_history_text(report, false), Contains("\n    commit 3b18e512dba7\n"));
}

TEST_CASE("history text: nothing that a terminal would obey comes through") {
    HistoryEntry entry = applied({"\x1b[2J", std::nullopt}, "\x1b[2J", true);
    entry.source = "\x1b[2J:3";
    entry.reason = entry.detail = entry.actor = entry.revision = entry.commit = "\x1b[2J";
    const std::string outcome = GENERATE("applied", "rejected", "unknown", "\x1b[2J");
    entry.outcome = outcome;
    CHECK_THAT(text_of(entry), !Contains("\x1b"));
    entry.id.reset();
    CHECK_THAT(text_of(entry), !Contains("\x1b"));
    HistoryReport report;
    report.entries = {entry};
    CHECK_THAT(render_history_json(report), !Contains("\x1b"));
    CHECK_THAT(render_history_text(report, true), Contains("\x1b[1m")); // our own, on a terminal
}

TEST_CASE("history text: names in wide characters push nothing out of its column") {
    HistoryReport report;
    report.entries = {applied({}, "old", true), applied({}, "请求", true)};
    report.entries[1].before_name = "请求";
    CHECK_THAT(render_history_text(report, false),
               Contains("old   looked at") && Contains("请求  looked at"));
}

TEST_CASE("history text: names the lack of entries, and that there are more") {
    HistoryReport report;
    CHECK(render_history_text(report, false) == "no entries\n");
    report.entries = {of_no_key("resumed", "", "")};
    report.more = true;
    CHECK_THAT(render_history_text(report, false), StartsWith("... there is more before this"));
}

TEST_CASE("history JSON: has every field of an entry") {
    HistoryEntry entry = applied({std::nullopt, false}, "theirs", false);
    entry.commit = commit_id;
    entry.actor = "ada";
    entry.detail = "d";
    const auto json =
        json_of(entry, {{commit_id, {commit_id, "Ada <ada@example.com>", at_second(0), "Fix it", false}}});
    CHECK(json->getValue<int>("seq") == 7);
    CHECK(json->getValue<std::string>("at") == "2023-11-14T22:13:20.000Z");
    CHECK(json->getValue<std::string>("id") == key_id(1).to_string());
    CHECK(json->getValue<int>("reconciliation") == 3);
    CHECK(json->getValue<std::string>("reason") == "changed");
    CHECK(json->getObject("asked")->size() == 1);
    CHECK_FALSE(json->getObject("asked")->getValue<bool>("enabled"));
    CHECK(json->getObject("before")->getValue<std::string>("name") == "old");
    CHECK(json->getObject("before")->getValue<bool>("enabled"));
    CHECK(json->getObject("after")->getValue<std::string>("name") == "theirs");
    CHECK_FALSE(json->getObject("after")->getValue<bool>("enabled"));
    CHECK(json->getArray("changed_by_someone_else")->size() == 1);
    CHECK(json->getArray("changed_by_someone_else")->getElement<std::string>(0) == "name");
    CHECK(json->getValue<std::string>("outcome") == "applied");
    CHECK(json->getValue<int>("http_status") == 200);
    CHECK(json->getValue<int>("attempt") == 1);
    CHECK(json->getValue<int>("duration_ms") == 17);
    CHECK(json->getValue<std::string>("source") == "keys.yaml:4");
    CHECK(json->getValue<std::string>("revision") == "sha256:0123456789abcdef0123");
    const auto commit = json->getObject("commit");
    CHECK(commit->getValue<std::string>("id") == commit_id);
    CHECK(commit->getValue<std::string>("author") == "Ada <ada@example.com>");
    CHECK(commit->getValue<std::string>("authored_at") == "2023-11-14T22:13:20.000Z");
    CHECK(commit->getValue<std::string>("subject") == "Fix it");
    CHECK_FALSE(commit->getValue<bool>("uncommitted"));
    CHECK(json->getValue<std::string>("actor") == "ada");
    CHECK(json->getValue<std::string>("detail") == "d");
}

TEST_CASE("history JSON: what there is not is null") {
    const auto json = json_of(of_no_key("resumed", "", ""));
    for (const char* field :
         {"id", "reconciliation", "outcome", "http_status", "source", "revision", "commit", "actor"}) {
        CAPTURE(field);
        CHECK(json->has(field));
        CHECK(json->isNull(field));
    }
    CHECK(json->getObject("after")->isNull("enabled"));
}

TEST_CASE("history verdict: is told with the rows, the head and what is wrong") {
    HistoryVerdict verdict;
    verdict.rows = 12;
    verdict.first_seq = 4;
    verdict.last_seq = 15;
    verdict.head = "sha256:ab";
    CHECK(render_verdict_text(verdict, false) == "history: 12 rows, intact, head sha256:ab\n");
    verdict.pruned_to = 3;
    CHECK(render_verdict_text(verdict, false) ==
          "history: 12 rows (those up to row 3 were pruned), intact, head sha256:ab\n");
    auto json = parsed(render_verdict_json(verdict, at_second(0)));
    CHECK(json->getValue<int>("unchained") == 0);
    verdict.unchained = 7;
    CHECK(render_verdict_text(verdict, false) ==
          "history: 12 rows (those up to row 3 were pruned), intact, head sha256:ab\n"
          "history: 7 rows older, from before rows were chained: NOT CHECKED\n");
    json = parsed(render_verdict_json(verdict, at_second(0)));
    CHECK(json->getValue<int>("unchained") == 7);
    CHECK(json->getValue<bool>("intact"));
    CHECK(json->getValue<int>("rows") == 12);
    CHECK(json->getValue<int>("pruned_to") == 3);
    CHECK(json->getValue<std::string>("head") == "sha256:ab");
    CHECK(json->isNull("fault"));

    const auto [kind, word, name] = GENERATE(table<HistoryFault::Kind, std::string, std::string>(
        {{HistoryFault::Kind::changed, "row 16 is not as it was written", "changed"},
         {HistoryFault::Kind::missing, "row 16 is missing", "missing"},
         {HistoryFault::Kind::added, "row 16 was put there", "added"},
         {HistoryFault::Kind::head_missing, "rows after 16", "head_missing"},
         {HistoryFault::Kind::anchor_changed, "pruned", "anchor_changed"}}));
    verdict.fault = HistoryFault{kind, 16};
    CHECK_THAT(render_verdict_text(verdict, false),
               StartsWith("history: NOT INTACT: ") && Contains(word) && Contains("12 rows before that"));
    json = parsed(render_verdict_json(verdict, at_second(0)));
    CHECK_FALSE(json->getValue<bool>("intact"));
    CHECK(json->getObject("fault")->getValue<std::string>("kind") == name);
    CHECK(json->getObject("fault")->getValue<int>("seq") == 16);
}
