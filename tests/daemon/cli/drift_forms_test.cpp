// SPDX-License-Identifier: Apache-2.0
#include "daemon/cli/drift_words.hpp"
#include "daemon/cli/text_columns.hpp"
#include "tests/support/drift.hpp"
#include "tests/support/golden.hpp"

#include <Poco/JSON/Parser.h>
#include <catch2/catch.hpp>
#include <iterator>
#include <sstream>

using namespace apikeyd;
using namespace apikeyd::test;
using Catch::Matchers::Contains;
using Catch::Matchers::EndsWith;
using Catch::Matchers::StartsWith;

namespace {

void check_forms(const std::string& name, const DriftReport& report) {
    check_golden(APIKEYD_GOLDEN, name + ".txt", render_drift_text(report, false));
    check_golden(APIKEYD_GOLDEN, name + ".json", render_drift_json(report));
    check_golden(APIKEYD_GOLDEN, name + ".md", render_drift_markdown(report));
    check_golden(APIKEYD_GOLDEN, name + ".html", render_drift_html(report));
}

Poco::JSON::Object::Ptr parsed(const std::string& text) {
    Poco::JSON::Parser parser;
    return parser.parse(text).extract<Poco::JSON::Object::Ptr>();
}

std::string last_line(const std::string& text) {
    const std::size_t end = text.size() - 1; // the newline at the end
    const std::size_t start = text.rfind('\n', end - 1);
    return text.substr(start == std::string::npos ? 0 : start + 1);
}

std::vector<std::string> all_forms(const DriftReport& report) {
    return {render_drift_text(report, false), render_drift_json(report), render_drift_markdown(report),
            render_drift_html(report)};
}

std::size_t count_of(const std::string& text, const std::string& part) {
    std::size_t count = 0;
    for (std::size_t at = text.find(part); at != std::string::npos; at = text.find(part, at + part.size())) {
        ++count;
    }
    return count;
}

DriftReport many(unsigned count) {
    DriftReport report = empty_report();
    for (unsigned number = 1; number <= count; ++number) {
        report.items.push_back(item(number, "key-" + std::to_string(number), enabled(number % 2 == 0),
                                    enabled(number % 2 != 0)));
    }
    report.counts.managed = report.counts.drifted = count;
    return report;
}

} // namespace

TEST_CASE("drift forms: something of everything") {
    check_forms("rich", rich_report());
}

TEST_CASE("drift forms: in sync") {
    check_forms("in-sync", quiet_report());
}

TEST_CASE("drift forms: names that want to be more than names") {
    check_forms("hostile", hostile_report());
}

TEST_CASE("drift forms: errors instead of a report") {
    check_golden(APIKEYD_GOLDEN, "errors.json", render_drift_errors_json(some_errors(), at_second(0)));
    check_golden(APIKEYD_GOLDEN, "errors.md", render_drift_errors_markdown(some_errors()));
    check_golden(APIKEYD_GOLDEN, "errors.html", render_drift_errors_html(some_errors(), at_second(0)));
}

TEST_CASE("drift forms: nothing is called in sync without the age of what says so") {
    for (const std::string& text : all_forms(quiet_report())) {
        CHECK_THAT(text, Contains("oldest answer 2 h ago") || Contains("\"oldest_evidence_at\": \"2023-"));
    }
}

TEST_CASE("drift forms: no control or hidden character is passed on") {
    for (const std::string& text : all_forms(hostile_report())) {
        for (const char* hidden : {"\x1b", "\x7f", "\r", "\t", "\u202e", "\u2066", "\u200b", "\xff"}) {
            CHECK(text.find(hidden) == std::string::npos);
        }
    }
}

TEST_CASE("drift forms: what is rejected or in doubt has name, fields, evidence and place in each form") {
    DriftReport report = rich_report();
    report.items.clear();
    for (const std::string& text : all_forms(report)) {
        CHECK_THAT(text, Contains("nobody") && Contains("404: there is no such key"));
        CHECK_THAT(text, Contains("recorded 2 d ago") || Contains("\"observed_at\": \"2023-11-12"));
        CHECK_THAT(text, Contains("keys.yaml:30") || Contains("\"line\": 30"));
        CHECK_THAT(text, Contains("adrift"));
        CHECK_THAT(text, Contains("sent 20 min ago") || Contains("\"in_doubt_since\": \"2023-11-14"));
    }
    CHECK_THAT(render_drift_text(report, false), Contains("enabled: ? -> true  keys.yaml:27"));
    const auto rejected = parsed(render_drift_json(report))->getArray("rejected")->getObject(1);
    CHECK(rejected->getObject("fields")->getObject("name")->getValue<std::string>("from") == "b");
    CHECK(rejected->getObject("fields")->getObject("name")->getValue<std::string>("to") == "a");
    CHECK(rejected->getObject("source")->getValue<std::string>("file") == "keys.yaml");
    CHECK(rejected->getObject("evidence")->getValue<std::string>("kind") == "recorded");
    CHECK(rejected->getValue<std::string>("name") == "a");
}

TEST_CASE("drift text: the last line sums up, in colour where asked") {
    CHECK(last_line(render_drift_text(rich_report(), false)) ==
          "9 managed keys: 2 in sync (oldest answer 2 h ago), 3 drifted, 1 not seen yet, 1 in doubt, "
          "2 rejected, 1 taken out of the file, 3 held\n");
    CHECK_THAT(render_drift_text(rich_report(), true), Contains("\x1b[1mdisable (3, held)\x1b[0m"));
    CHECK_THAT(render_drift_text(rich_report(), false), !Contains("\x1b"));
}

TEST_CASE("drift text: on a terminal that is too narrow, every row takes two lines") {
    DriftReport report = rich_report();
    std::erase_if(report.items, [](const auto& item) { return item.change.to.name.has_value(); });
    report.rejected.clear();
    const std::string text = render_drift_text(report, false, 80);
    CHECK_THAT(text, Contains("! 000000000000000000000006  请求-网关      enabled: true -> false\n"
                              "    keys.yaml:21  changed  recorded 3 min ago\n"));
    CHECK_THAT(text, Contains("? 00000000000000000000000a  adrift\n"
                              "    (not in the file)  recorded 3 min ago\n"
                              "      an earlier change of name was not answered,"));
    CHECK_THAT(text, Contains("\n    keys.yaml:36  in 36 h\n"));
    CHECK(render_drift_text(report, false, 1000) == render_drift_text(report, false));
}

TEST_CASE("drift text: a terminal breaks no line in a word, and nothing gets lost") {
    check_golden(APIKEYD_GOLDEN, "rich-80.txt", render_drift_text(rich_report(), false, 80));
    const auto words = [](const std::string& text) {
        std::istringstream stream(text);
        return std::vector<std::string>(std::istream_iterator<std::string>(stream), {});
    };
    const std::string unbroken = render_drift_text(rich_report(), false);
    for (const std::size_t width : {60U, 80U, 100U, 120U}) {
        const std::string text = render_drift_text(rich_report(), false, width);
        std::istringstream lines(text);
        for (std::string line; std::getline(lines, line);) {
            INFO(line);
            CHECK(columns(line) <= width);
        }
        CHECK(words(text) == words(unbroken));
    }
    CHECK_THAT(render_drift_text(rich_report(), true, 80),
               Contains("\x1b[31m!\x1b[0m 000000000000000000000005"));
}

TEST_CASE("drift text: a name that is too long for a terminal is broken at its spaces") {
    DriftReport report = many(1);
    report.items[0].name = "a name of many words that goes on and on, and on, until it finds no room, ever";
    CHECK_THAT(render_drift_text(report, false, 80),
               Contains("~ 000000000000000000000001\n"
                        "      a name of many words that goes on and on, and on, until it finds no room,\n"
                        "      ever\n"
                        "    enabled: true -> false\n"
                        "    keys.yaml:6  changed  recorded 3 min ago\n"));
}

TEST_CASE("drift text: a key that only partly fits the table keeps the columns of the others") {
    DriftReport report = many(2);
    report.items[0].name = std::string(100, 'x');
    const std::string text = render_drift_text(report, false);
    CHECK_THAT(text, Contains(std::string(100, 'x') + "  enabled"));
    CHECK_THAT(text, Contains("key-2" + std::string(57, ' ') + "enabled"));
}

TEST_CASE("drift json: names come back as they were") {
    const auto report = parsed(render_drift_json(hostile_report()));
    std::string expected = hostile_text();
    expected.replace(expected.find('\xff'), 1, "\uFFFD"); // no code point: JSON can't say it
    CHECK(report->getArray("changes")->getObject(0)->getValue<std::string>("name") == expected);
}

TEST_CASE("drift json: evidence, commit, suspension and what is coming") {
    const auto report = parsed(render_drift_json(rich_report()));
    CHECK(report->getArray("changes")->getObject(1)->getObject("evidence")->getValue<std::string>("kind") ==
          "probed");
    CHECK(report->getObject("revision")->getValue<bool>("uncommitted"));
    CHECK(report->getObject("suspension")->getValue<std::string>("by") == "ops");
    CHECK(report->getArray("upcoming")->getObject(0)->getValue<std::string>("action") == "enable");
    CHECK(report->getArray("errors")->size() == 0);
    const auto plain = parsed(render_drift_json(quiet_report()));
    CHECK(plain->isNull("suspension"));
    CHECK(plain->getObject("revision")->isNull("uncommitted"));
}

TEST_CASE("drift json: errors make a whole document with the members of a report") {
    const auto errors = parsed(render_drift_errors_json(some_errors(), at_second(0)));
    const auto report = parsed(render_drift_json(quiet_report()));
    CHECK(errors->getNames() == report->getNames());
    REQUIRE(errors->getArray("errors")->size() == 3);
    const auto first = errors->getArray("errors")->getObject(0);
    CHECK(first->getValue<int>("line") == 12);
    CHECK(first->getValue<int>("column") == 14);
    CHECK(first->getValue<std::string>("hint") == "write true or false");
    CHECK(errors->getArray("errors")->getObject(1)->getValue<std::string>("severity") == "warning");
}

TEST_CASE("drift markdown: begins with the mark by which a workflow finds its comment") {
    CHECK_THAT(render_drift_markdown(rich_report()), StartsWith("<!-- apikeyd drift -->\n"));
    CHECK_THAT(render_drift_errors_markdown(some_errors()), StartsWith("<!-- apikeyd drift -->\n"));
}

TEST_CASE("drift markdown: some twenty rows are in sight, of each group alike, the others folded") {
    const std::string text = render_drift_markdown(many(100));
    const std::string enables = text.substr(text.find("#### enable"));
    const std::string in_sight = enables.substr(0, enables.find("<details>"));
    CHECK(count_of(in_sight, "\n| `~` |") == 10);
    CHECK(count_of(text, "\n| `~` |") == 100);
    CHECK(count_of(text, "<summary>and 40 more</summary>") == 2);
    CHECK_THAT(render_drift_markdown(many(20)), !Contains("<details>"));
}

TEST_CASE("drift markdown: fits GitHub's limit however much there is, and says what is left out") {
    const std::string text = render_drift_markdown(many(20'000));
    CHECK(text.size() < 65'536);
    const std::size_t rows = count_of(text, "\n| `~` |");
    CHECK(rows > 200);
    CHECK_THAT(text, Contains("more that find no room here; `apikeyd drift` shows all."));
    CHECK_THAT(text, Contains("#### disable (10000)") && Contains("#### enable (10000)"));
    CHECK_THAT(text, EndsWith("</sub>\n"));

    DriftReport wordy = many(200);
    for (DriftReport::Item& item : wordy.items) {
        item.name = std::string(2000, '|');
        item.file = std::string(4000, '`');
    }
    CHECK(render_drift_markdown(wordy).size() < 65'536);
    const std::vector<Diagnostic> errors(5000, some_errors().back());
    CHECK(render_drift_errors_markdown(errors).size() < 65'536);
    CHECK_THAT(render_drift_errors_markdown(errors), Contains("more; `apikeyd validate` shows all"));
}

TEST_CASE("drift html: neither scripts nor anything from elsewhere") {
    for (const std::string& text : {render_drift_html(hostile_report()), render_drift_html(rich_report()),
                                    render_drift_errors_html(some_errors(), at_second(0))}) {
        CHECK_THAT(text, Contains("default-src 'none'"));
        for (const char* refused :
             {"<script", "<img", "<link", "url(", "src=", "href=", "@import", "onload"}) {
            INFO(refused);
            CHECK(text.find(refused) == std::string::npos);
        }
    }
}

TEST_CASE("drift html: on a phone an error's lines are wrapped, where they would be cut off") {
    const std::string text = render_drift_errors_html(some_errors(), at_second(0));
    const std::string phone = text.substr(text.find("@media screen and (max-width"));
    CHECK_THAT(phone.substr(0, phone.find("@media print")), Contains(".errors pre { white-space: pre-wrap;"));
}

TEST_CASE("drift words: what lets the held go") {
    DriftReport report = rich_report();
    CHECK(approval_digest(report) == report.hold_digest);
    CHECK(approve_commands(report.hold_digest).daemon == "apikeyd approve cccccccccccc");
    CHECK(approve_commands(report.hold_digest).pipeline == "apikeyd apply --approve cccccccccccc");
    report.hold_digest.clear(); // nobody has said so yet
    CHECK(approval_digest(report) ==
          plan_digest({report.items[4].change, report.items[5].change, report.items[6].change}));
    report.unseen_disables = 1;
    CHECK(approval_digest(report).empty());
    CHECK(describe_hold(report) == "up to 3 disables are more than may go without approval");
    CHECK(approval_digest(quiet_report()).empty());
}

TEST_CASE("drift forms: each names the command for a daemon and the one for a pipeline") {
    DriftReport report = rich_report();
    const std::string digest = "cccccccccccc";
    CHECK_THAT(render_drift_text(report, false),
               Contains("; let them go\n  with the daemon: apikeyd approve " + digest +
                        "\n  in a pipeline: apikeyd apply --approve " + digest + "\n"));
    CHECK_THAT(render_drift_markdown(report),
               Contains("with the daemon: `apikeyd approve " + digest +
                        "`; in a pipeline: `apikeyd apply --approve " + digest + "`."));
    CHECK_THAT(render_drift_html(report),
               Contains("with the daemon: <code>apikeyd approve " + digest +
                        "</code>; in a pipeline: <code>apikeyd apply --approve " + digest + "</code></p>"));
    const auto approve = parsed(render_drift_json(report))->getObject("approve");
    CHECK(approve->getValue<std::string>("daemon") == "apikeyd approve " + digest);
    CHECK(approve->getValue<std::string>("pipeline") == "apikeyd apply --approve " + digest);
    report.hold_digest.clear();
    CHECK(parsed(render_drift_json(report))->getValue<std::string>("hold_digest") == approval_digest(report));
    report.unseen_disables = 1;
    for (const std::string& text : all_forms(report)) {
        CHECK_THAT(text, !Contains("--approve"));
    }
}

TEST_CASE("drift words: how long until something comes") {
    using namespace std::chrono_literals;
    const auto wait = [](std::chrono::seconds seconds) {
        return describe_wait(later(seconds), at_second(0));
    };
    CHECK(wait(-5s) == "now");
    CHECK(wait(0s) == "now");
    CHECK(wait(119s) == "in 119 s");
    CHECK(wait(120s) == "in 2 min");
    CHECK(wait(47h) == "in 47 h");
    CHECK(wait(37 * 24h) == "in 37 d");
}
