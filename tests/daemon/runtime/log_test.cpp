// SPDX-License-Identifier: Apache-2.0
#include "daemon/runtime/event_log.hpp"

#include "tests/support/keys.hpp"
#include "tests/support/sample_events.hpp"

#include <Poco/JSON/Parser.h>
#include <catch2/catch.hpp>

using namespace apikeyd;
using namespace apikeyd::test;
using Catch::Matchers::Contains;

namespace {

struct Captured {
    std::vector<std::string> lines;
    Log log;
    explicit Captured(LogFormat format, LogLevel least = LogLevel::debug)
        : log(format, least, [this](LogLevel, const std::string& line) { lines.push_back(line); }) {}
};

Poco::JSON::Object::Ptr parsed(const std::string& line) {
    Poco::JSON::Parser parser;
    return parser.parse(line).extract<Poco::JSON::Object::Ptr>();
}

} // namespace

TEST_CASE("log: a line of text has time, level, event and fields") {
    CHECK(render_text(at_second(0), LogLevel::info, "plan_made",
                      {{"changes", std::int64_t{3}}, {"why", std::string("two words")}, {"ok", true}}) ==
          "2023-11-14T22:13:20.000Z info    plan_made changes=3 why=\"two words\" ok=true");
}

TEST_CASE("log: a line of JSON is one object with time, level, event first") {
    const std::string line =
        render_json(at_second(0), LogLevel::warning, "x", {{"b", true}, {"a", std::int64_t{1}}});
    CHECK(line == R"({"time":"2023-11-14T22:13:20.000Z","level":"warning","event":"x","b":true,"a":1})");
}

TEST_CASE("log: nothing of a value can end a line, move a cursor or turn the text around") {
    const std::string hostile = "a\nb\r\x1b[31m\x7f\xc2\x9b"
                                "31m\xe2\x80\xae\xe2\x80\xa8\" x=\"y\\";
    for (const auto render : {render_text, render_json}) {
        const std::string line = render(at_second(0), LogLevel::info, "x", {{"name", hostile}});
        CAPTURE(line);
        for (const char* part : {"\n", "\r", "\x1b", "\x7f", "\xc2\x9b", "\xe2\x80\xae", "\xe2\x80\xa8"}) {
            CHECK(line.find(part) == std::string::npos);
        }
    }
    const std::string json = render_json(at_second(0), LogLevel::info, "x", {{"name", hostile}});
    CHECK(parsed(json)->getValue<std::string>("name") == hostile);
    CHECK_THAT(render_text(at_second(0), LogLevel::info, "x", {{"name", std::string("\" x=\"y\\")}}),
               Contains(R"(name="\" x=\"y\\")"));
}

TEST_CASE("log: what is below the level is left out") {
    Captured captured(LogFormat::text, LogLevel::warning);
    captured.log.event(LogLevel::info, "plan_made", {});
    captured.log.event(LogLevel::error, "plan_held", {});
    REQUIRE(captured.lines.size() == 1);
    CHECK_THAT(captured.lines[0], Contains(" plan_held"));
}

TEST_CASE("log: api_key_updated carries the returned key from a list, its secret redacted") {
    Captured captured(LogFormat::json);
    log_event(captured.log, KeyUpdated{sample_key(),
                                       {"name"},
                                       Reason::changed,
                                       {2, 200, std::chrono::milliseconds{17}, "k.yaml:4", "sha256:1", ""}});
    REQUIRE(captured.lines.size() == 1);
    const auto event = parsed(captured.lines[0]);
    CHECK(event->getValue<std::string>("event") == "api_key_updated");
    CHECK(event->getValue<std::string>("reason") == "changed");
    CHECK(event->getValue<int>("attempt") == 2);
    CHECK(event->getValue<int>("status") == 200);
    CHECK(event->getValue<int>("duration_ms") == 17);
    CHECK(event->getValue<std::string>("source") == "k.yaml:4");
    CHECK(event->getValue<std::string>("revision") == "sha256:1");
    CHECK(event->getArray("changed")->getElement<std::string>(0) == "name");
    const auto key = event->getObject("api_key");
    CHECK(key->getNames() == std::vector<std::string>{"createdAt", "enabled", "id", "name", "organization",
                                                      "secret", "updatedAt"});
    CHECK(key->getValue<std::string>("secret") == "[redacted]");
    CHECK(key->getValue<bool>("enabled"));
    CHECK(key->getObject("organization")->getValue<std::string>("name") == "ACME");
    CHECK_THAT(captured.lines[0], !Contains("5a5a") && !Contains("ZZZZ"));
}

TEST_CASE("log: every event has its fixed name") {
    const auto [event, name] = GENERATE(table<Event, const char*>({
        {KeyUpdated{}, "api_key_updated"},
        {KeyRejected{}, "api_key_rejected"},
        {KeyRetry{}, "api_key_retry"},
        {KeyGivenUp{}, "api_key_given_up"},
        {AccessDenied{}, "api_access_denied"},
        {SecretChanged{}, "secret_changed"},
        {PlanMade{}, "plan_made"},
        {ReconcileFinished{}, "reconcile_finished"},
    }));
    Captured captured(LogFormat::json);
    log_event(captured.log, event);
    REQUIRE(captured.lines.size() == 1);
    CHECK(parsed(captured.lines[0])->getValue<std::string>("event") == name);
}

TEST_CASE("log: an invalid desired file is told with place, message and hint") {
    Captured captured(LogFormat::json);
    Diagnostic diagnostic;
    diagnostic.file = "keys.yaml";
    diagnostic.line = 4;
    diagnostic.column = 9;
    diagnostic.message = "unknown field";
    diagnostic.hint = "did you mean enabled?";
    log_desired_invalid(captured.log, {diagnostic}, true);
    const auto event = parsed(captured.lines.at(0));
    CHECK(event->getValue<std::string>("event") == "desired_invalid");
    CHECK(event->getValue<int>("line") == 4);
    CHECK(event->getValue<int>("column") == 9);
    CHECK(event->getValue<bool>("last_good_in_force"));
}

TEST_CASE("log: a warning about a valid desired file is no invalid file") {
    Captured captured(LogFormat::json);
    Diagnostic warning;
    warning.severity = Severity::warning;
    warning.file = "keys.yaml";
    warning.line = 3;
    warning.message = "this time has passed";
    log_desired_invalid(captured.log, {warning}, true);
    REQUIRE(captured.lines.size() == 1);
    const auto event = parsed(captured.lines[0]);
    CHECK(event->getValue<std::string>("event") == "desired_warning");
    CHECK(event->getValue<std::string>("level") == "warning");
    CHECK(event->getValue<std::string>("message") == "this time has passed");
    CHECK_FALSE(event->has("last_good_in_force"));
}

TEST_CASE("log: of errors and warnings about a desired file each has its own event and level") {
    Captured captured(LogFormat::json);
    Diagnostic error;
    Diagnostic warning;
    warning.severity = Severity::warning;
    log_desired_invalid(captured.log, {warning, error}, false);
    REQUIRE(captured.lines.size() == 2);
    CHECK(parsed(captured.lines[0])->getValue<std::string>("event") == "desired_warning");
    CHECK(parsed(captured.lines[1])->getValue<std::string>("event") == "desired_invalid");
    CHECK(parsed(captured.lines[1])->getValue<std::string>("level") == "error");
}

TEST_CASE("log: what the journal doesn't take is written as text") {
    std::vector<std::string> lines;
    Log log(
        LogFormat::journal, LogLevel::debug,
        [&](LogLevel, const std::string& line) { lines.push_back(line); },
        [](const JournalEntry&) { return false; });
    log.event(LogLevel::info, "plan_made", {{"n", std::int64_t{3}}});
    REQUIRE(lines.size() == 1);
    CHECK_THAT(lines[0], Contains(" info ") && Contains(" plan_made n=3"));
}
