// SPDX-License-Identifier: Apache-2.0
#include "config/settings_file.hpp"

#include "tests/config/lines.hpp"

#include <catch2/catch.hpp>

using namespace apikeyd;
using namespace apikeyd::test;
using namespace std::chrono_literals;

namespace {

struct Parsed {
    Settings settings;
    std::vector<Diagnostic> diagnostics;
};

Parsed parse(std::string_view text) {
    Parsed result;
    DiagnosticSink sink("s", text);
    parse_settings_file(sink, result.settings);
    result.diagnostics = sink.take();
    return result;
}

Lines about(std::string_view text) {
    return lines(parse(text).diagnostics);
}

std::string hint_of(std::string_view text) {
    const Parsed parsed = parse(text);
    return parsed.diagnostics.empty() ? "" : parsed.diagnostics.front().hint;
}

} // namespace

TEST_CASE("settings file: every field of the format is taken") {
    const Parsed parsed = parse("api:\n"
                                "  url: staging\n"
                                "  token_file: /t\n"
                                "  ca_file: /ca\n"
                                "  timeout: 2m30s\n"
                                "  concurrency: 16\n"
                                "  rate_limit: 0.5\n"
                                "  self_id: 5e5677d71bdc2ae76344968c\n"
                                "keys: /k\n"
                                "state: '/s'\n"
                                "reconcile: {resync: 6h, refresh: probe, removed_keys: disable}\n"
                                "guard:\n"
                                "  max_disable: 12\n"
                                "  allow_self_disable: true\n"
                                "history: {retention: 90d}\n"
                                "status:\n"
                                "  listen: 127.0.0.1:9464\n"
                                "log:\n"
                                "  format: json\n"
                                "  level: warning\n");
    CHECK(lines(parsed.diagnostics).empty());
    const Settings& settings = parsed.settings;
    CHECK(settings.api.url == "https://api.staging.plumaa.id/rest/v1");
    CHECK(settings.api.token_file == "/t");
    CHECK(settings.api.ca_file == "/ca");
    CHECK(settings.api.timeout == 150s);
    CHECK(settings.api.concurrency == 16);
    CHECK(settings.api.rate_limit == 0.5);
    CHECK(settings.api.self_id == KeyId::parse("5e5677d71bdc2ae76344968c"));
    CHECK(settings.keys == "/k");
    CHECK(settings.state == "/s");
    CHECK(settings.reconcile.resync == 6h);
    CHECK(settings.reconcile.refresh == Refresh::probe);
    CHECK(settings.reconcile.removed_keys == RemovedKeys::disable);
    CHECK(std::get<std::uint64_t>(settings.guard.max_disable) == 12);
    CHECK(settings.guard.allow_self_disable);
    CHECK(settings.history.retention == 90 * 24h);
    CHECK(settings.status.listen == "127.0.0.1:9464");
    CHECK(settings.log.format == LogFormat::json);
    CHECK(settings.log.level == LogLevel::warning);
}

TEST_CASE("settings file: an empty file or section leaves everything as it is") {
    CHECK(about("").empty());
    CHECK(about("# nothing yet\n").empty());
    CHECK(about("api:\n  # timeout: 1s\nlog:\n").empty());
    CHECK(about("api: {}\n").empty());
}

TEST_CASE("settings file: wrong values are shown where they stand") {
    const Parsed parsed = parse("api:\n  timeout: 1\n  concurrency: 010\n");
    REQUIRE(parsed.diagnostics.size() == 2);
    CHECK(render_diagnostic(parsed.diagnostics[0], false) == "s:2:12: error: '1' is not a duration\n"
                                                             "  2 |   timeout: 1\n"
                                                             "    |            ^\n"
                                                             "  hint: as in 500ms, 10s or 2h30m\n");
    CHECK(summarize_diagnostic(parsed.diagnostics[1]) == "s:3:16: '010' is not a number from 1 to 256");
}

TEST_CASE("settings file: values are single, sections are mappings") {
    CHECK(about("api:\n  timeout:\n") == Lines{"s:2:3: 'timeout' has no value"});
    CHECK(about("status:\n  listen: [::1]:9464\n").front() ==
          "s:2:11: 'listen' must be a single value, not a list");
    CHECK(about("keys:\n  - a\n  - b\n") == Lines{"s:2:3: 'keys' must be a single value, not a list"});
    CHECK(about("keys: {a: b}\n") == Lines{"s:1:7: 'keys' must be a single value, not a mapping"});
    CHECK(about("api: production\n") == Lines{"s:1:6: 'api' must be a mapping, not a single value"});
    CHECK(about("api: [a]\n") == Lines{"s:1:6: 'api' must be a mapping, not a list"});
    CHECK(about("- api\n") == Lines{"s:1:1: the file is a list, not a mapping"});
    CHECK(about("production\n") == Lines{"s:1:1: the file is a single value, not a mapping"});
    CHECK(about("guard:\n  allow_self_disable: 'true'\n") ==
          Lines{"s:2:23: 'true' in quotes is a text, not a boolean"});
    CHECK(about("guard:\n  allow_self_disable: yes\n") == Lines{"s:2:23: 'yes' is not a boolean"});
}

TEST_CASE("settings file: unknown fields come with what was meant") {
    CHECK(about("api:\n  timout: 1s\n") == Lines{"s:2:3: unknown field 'timout'"});
    CHECK(hint_of("api:\n  timout: 1s\n") == "did you mean timeout?");
    CHECK(hint_of("logs:\n  level: info\n") == "did you mean log?");
    CHECK(hint_of("timeout: 1s\n") == "write it as 'timeout' in the section 'api'");
    CHECK(hint_of("api.timeout: 1s\n") == "write it as 'timeout' in the section 'api'");
    CHECK(hint_of("api:\n  state: x\n") == "'state' stands at the top, outside any section");
    CHECK(hint_of("log:\n  colour: x\n") == "known here: format, level");
    CHECK(hint_of("frobnicate: x\n") ==
          "known here: api, keys, state, reconcile, guard, history, status, log");
}

TEST_CASE("settings file: a field or section given twice is an error") {
    CHECK(about("keys: a\nkeys: b\n") == Lines{"s:2:1: 'keys' is given twice, first in line 1"});
    CHECK(about("api:\n  timeout: 1s\nlog: {}\napi:\n  timeout: 2s\n") ==
          Lines{"s:4:1: 'api' is given twice, first in line 1"});
    CHECK(about("api: {timeout: 1s, timeout: 2s}\n") ==
          Lines{"s:1:20: 'timeout' is given twice, first in line 1"});
}

TEST_CASE("settings file: as strict as the desired file") {
    CHECK(about("api: &a {}\nlog: *a\n") ==
          Lines{"s:1:6: anchors are not allowed", "s:2:6: aliases are not allowed"});
    CHECK(about("keys: a\n---\nkeys: b\n") == Lines{"s:2:1: a second document begins here"});
    CHECK(about("keys: \"a\n") == Lines{"s:1:7: a quoted text never ends"});
    CHECK(about("keys: \xff\n").front() == "s:1:7: byte 0xFF is not valid UTF-8");
}

TEST_CASE("settings file: a token in it is never shown, however it got there") {
    const std::string text = GENERATE(
        as<std::string>{}, "api:\n  token: s3cr3t\n", "api:\n  token: 's3cr3t\n",
        "api:\n  tokn: {a: [s3cr3t]}\n  timeout: x\n", "api: {token: s3cr3t, timeout: x}\n",
        "api: {timeout: x, token: s3cr3t}\n", "api: s3cr3t\n", "s3cr3t\n", "api:\n  token_file: [s3cr3t]\n",
        "api:\n  token: s3cr3t\n  \x01\n", "api:\n  token: \xff s3cr3t\n",
        "api:\n  token: >\n    abc\n    s3cr3t\nkeys:\n", "api:\n  token: \"abc\n    s3cr3t\", timeout: x\n",
        "api:\n  token: !x s3cr3t\n", "api:\n  self_id: s3cr3t\n", "- s3cr3t\n", "api:\n  token: *s3cr3t\n",
        "api:\n  timeout: x\n  token: a\n  token: s3cr3t", "api:\n  url: &s3cr3t x\n",
        "api:\n  url: !s3cr3t x\n", "api:\n  token_file: \"\\x01s3cr3t\"\n", "<<: s3cr3t\n",
        "? [s3cr3t]\n: s3cr3t\n", ": s3cr3t\n", "api:\n  token: @s3cr3t\n", "api:\n  token: a: s3cr3t\n",
        "keys: a\n--- s3cr3t\n", "%s3cr3t\n---\nkeys: a\n");
    CAPTURE(text);
    const Parsed parsed = parse(text);
    REQUIRE_FALSE(parsed.diagnostics.empty());
    for (const Diagnostic& diagnostic : parsed.diagnostics) {
        CHECK(render_diagnostic(diagnostic, false).find("s3cr3t") == std::string::npos);
    }
}

TEST_CASE("settings file: a field that names a secret is told where the token belongs") {
    CHECK(hint_of("api:\n  token: x\n") ==
          "a token never stands in here: put it into a file and name that in api.token_file");
    const Parsed parsed = parse("api:\n  token: x\n  timeout: y\n");
    REQUIRE(parsed.diagnostics.size() == 2);
    CHECK(parsed.diagnostics[0].excerpt.empty());
    CHECK(parsed.diagnostics[1].excerpt == "  timeout: y");
}
