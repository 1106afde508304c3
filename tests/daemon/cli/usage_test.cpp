// SPDX-License-Identifier: Apache-2.0
#include "daemon/cli/usage.hpp"
#include "tests/support/temp_folder.hpp"

#include <CLI/CLI.hpp>
#include <catch2/catch.hpp>

using namespace apikeyd;
using namespace apikeyd::test;
using Catch::Matchers::Contains;

namespace {

using Words = std::vector<std::string>;
using Variables = std::map<std::string, std::string, std::less<>>;

CommandLine parse(const Words& arguments, const Variables& environment = {}) {
    ParsedLine parsed;
    parsed.line.sources.environment = environment;
    const auto app = make_command_line(parsed);
    parse_usage(*app, parsed, arguments);
    return parsed.line;
}

// What is said of it.
std::string refusal(const Words& arguments, const Variables& environment = {}) {
    try {
        (void)parse(arguments, environment);
    } catch (const CommandError& error) {
        CHECK(error.code() == exit_usage);
        return error.what();
    }
    return "accepted";
}

} // namespace

TEST_CASE("usage: a form of report that the command hasn't is refused, with those it has") {
    const auto [command, format, known] = GENERATE(table<std::string, std::string, std::string>({
        {"validate", "markdown", "there are text, json, github, sarif"},
        {"drift", "github", "there are text, json, markdown, html"},
        {"apply", "sarif", "there are text, json, markdown, html"},
        {"run", "sarif", "there are text, json, markdown, html"},
        {"status", "html", "there are text, json"},
        {"history", "xml", "there are text, json"},
        {"resume", "1", "there are text, json"},
        {"drift", "JSON", "there are text, json, markdown, html"},
        {"drift", "text ", "there are text, json, markdown, html"},
        {"schema", "json", "there is text"},
        {"import", "json", "there is text"},
    }));
    CHECK(refusal({command, "--format", format}) ==
          "--format: '" + format + "' is no form of report of " + command + "; " + known);
}

TEST_CASE("usage: the forms of a report need the report") {
    const std::string command = GENERATE("run", "apply");
    const std::string format = GENERATE("markdown", "html");
    CHECK_THAT(refusal({command, "--format", format}),
               Contains("--format: '" + format + "'") && Contains(command + " --dry-run"));
    CHECK(parse({command, "--dry-run", "--format", format}).format == format_of(format));
    CHECK(parse({command, "--format", format}, {{"APIKEYD_DRY_RUN", "true"}}).format == format_of(format));
    CHECK(parse({command}, {{"APIKEYD_FORMAT", format}}).format == OutputFormat::text);
}

TEST_CASE("usage: APIKEYD_FORMAT is a wish, that a command needn't have") {
    CHECK(parse({"drift"}, {{"APIKEYD_FORMAT", "json"}}).format == OutputFormat::json);
    CHECK(parse({"drift", "--format", "html"}, {{"APIKEYD_FORMAT", "xml"}}).format == OutputFormat::html);
    CHECK(parse({"status"}, {{"APIKEYD_FORMAT", "sarif"}}).format == OutputFormat::text);
    CHECK(parse({"import", "-"}, {{"APIKEYD_FORMAT", "json"}}).format == OutputFormat::text);
    CHECK(parse({"schema"}, {{"APIKEYD_FORMAT", ""}}).format == OutputFormat::text);
    CHECK(refusal({"schema"}, {{"APIKEYD_FORMAT", "xml"}}) ==
          "APIKEYD_FORMAT: 'xml' is no form of report of schema; there is text");
}

TEST_CASE("usage: every command has text, and what of its forms needs a dry run is one of its forms") {
    for (const CommandInfo& command : command_table()) {
        CAPTURE(command.name);
        REQUIRE_FALSE(command.formats.empty());
        CHECK(command.formats.front() == OutputFormat::text);
        for (const OutputFormat format : command.of_dry_run) {
            CHECK_THAT(command.formats, Catch::Matchers::VectorContains(format));
        }
    }
}

TEST_CASE("usage: quiet stays as it was given, whatever the form") {
    const std::string format = GENERATE("text", "json", "markdown");
    CHECK(parse({"drift", "--quiet", "--format", format}).quiet);
    CHECK_FALSE(parse({"drift", "--format", format}).quiet);
}

TEST_CASE("usage: what is given twice, without its value or not at all is named, with what to do") {
    const auto [arguments, message] = GENERATE(table<Words, std::string>({
        {{"drift", "--format", "json", "--format", "text"}, "--format: given 2 times; give it once"},
        {{"--keys", "a", "drift", "--keys=b"}, "--keys: given 2 times; give it once"},
        {{"history", "--since", "1d", "--since", "2d"}, "--since: given 2 times; give it once"},
        {{"drift", "--keys"}, "--keys: the value is missing; write --keys PATH"},
        {{"--config"}, "--config: the value is missing; write --config FILE"},
        {{"suspend", "--for"}, "--for: the value is missing; write --for DURATION"},
        {{"approve"}, "approve: DIGEST is missing; `apikeyd approve --help` says what it is"},
        {{"suspend"}, "suspend: --for DURATION is missing; `apikeyd suspend --help` says what it is"},
    }));
    CHECK(refusal(arguments) == message);
}

TEST_CASE("usage: an unknown option is told before what it may have been meant for") {
    CHECK_THAT(refusal({"suspend", "--fro", "1h"}), Contains("unknown option '--fro'; did you mean --for?"));
}

TEST_CASE("usage: a switch is true or false and nothing else, by flag and by variable") {
    const std::string wrong = GENERATE("maybe", "-1", "2", "yes", "on", "TRUE", "t", " 1");
    CHECK(refusal({"apply", "--dry-run=" + wrong}) ==
          "--dry-run: '" + wrong + "' is not a boolean; write true or false");
    for (const char* name : {"APIKEYD_DRY_RUN", "APIKEYD_QUIET", "APIKEYD_NO_COLOR"}) {
        CHECK(refusal({"apply"}, {{name, wrong}}) ==
              std::string(name) + ": '" + wrong + "' is not a boolean; write true or false");
    }
}

TEST_CASE("usage: a switch's variable counts where the flag is missing, and not where it is empty") {
    CHECK(parse({"apply"}, {{"APIKEYD_DRY_RUN", "true"}}).dry_run);
    CHECK(parse({"apply"}, {{"APIKEYD_DRY_RUN", "1"}}).dry_run);
    CHECK_FALSE(parse({"apply"}, {{"APIKEYD_DRY_RUN", "false"}}).dry_run);
    CHECK_FALSE(parse({"apply"}, {{"APIKEYD_DRY_RUN", "0"}}).dry_run);
    CHECK_FALSE(parse({"apply"}, {{"APIKEYD_DRY_RUN", ""}}).dry_run);
    CHECK(parse({"apply", "--dry-run"}, {{"APIKEYD_DRY_RUN", "maybe"}}).dry_run);
    CHECK_FALSE(parse({"apply", "--dry-run=false"}, {{"APIKEYD_DRY_RUN", "true"}}).dry_run);
    CHECK_FALSE(parse({"status"}, {{"APIKEYD_DRY_RUN", "maybe"}}).dry_run); // has no such flag
}

TEST_CASE("usage: files come from variables too") {
    const CommandLine line =
        parse({"drift"}, {{"APIKEYD_CONFIG", "settings.yaml"}, {"APIKEYD_OUTPUT", "report"}});
    CHECK(line.sources.settings_file == "settings.yaml");
    CHECK(line.sources.settings_file_required);
    CHECK(line.output == "report");
    CHECK(parse({"drift", "--output", "flag"}, {{"APIKEYD_OUTPUT", "report"}}).output == "flag");
}

TEST_CASE("usage: an instance comes from flag or variable, and its name is checked") {
    const std::string settings = "/etc/apikeyd/acme/apikeyd.yaml";
    CHECK(parse({"status", "--instance", "acme"}).sources.settings_file == settings);
    CHECK(parse({"--instance=acme", "run"}).sources.instance == "acme");
    CHECK(parse({"status"}, {{"APIKEYD_INSTANCE", "acme"}}).sources.settings_file == settings);
    CHECK(parse({"status", "--instance", "acme"}, {{"APIKEYD_INSTANCE", "other"}}).sources.instance ==
          "acme");
    CHECK(parse({"status"}, {{"APIKEYD_INSTANCE", ""}}).sources.instance.empty());
    const CommandLine line = parse({"status", "--instance", "acme", "--config", "mine.yaml"});
    CHECK(line.sources.settings_file == "mine.yaml");
    CHECK(line.sources.settings_file_required);
    CHECK_THAT(refusal({"status", "--instance", "../x"}),
               Contains("--instance: '../x' is no name of an instance"));
    CHECK_THAT(refusal({"status", "--instance="}), Contains("--instance: "));
}

TEST_CASE("usage: what follows -- is no option") {
    const auto [arguments, paths] = GENERATE(table<Words, Words>({
        {{"validate", "--", "keys.yaml"}, {"keys.yaml"}},
        {{"validate", "a", "--", "b"}, {"a", "b"}},
        {{"validate", "a", "--", "-b", "--quiet"}, {"a", "-b", "--quiet"}},
        {{"validate", "--", "--", "run"}, {"run", "--"}},
        {{"validate", "--", "-"}, {"-"}},
    }));
    const CommandLine line = parse(arguments);
    CHECK(line.paths == paths);
    CHECK_FALSE(line.quiet);
    CHECK(parse({"approve", "--", "3f9c1a20"}).digest == "3f9c1a20");
    CHECK_THAT(refusal({"drift", "--", "-x"}), Contains("drift takes no argument '-x'"));
    CHECK_THAT(refusal({"drift", "--", "x"}), Contains("drift takes no argument 'x'"));
}
