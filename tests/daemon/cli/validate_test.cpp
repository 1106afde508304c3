// SPDX-License-Identifier: Apache-2.0
#include "tests/daemon/cli/program.hpp"
#include "tests/support/temp_folder.hpp"

#include <Poco/JSON/Parser.h>
#include <algorithm>
#include <catch2/catch.hpp>

using namespace apikeyd::test;
using Catch::Matchers::Contains;

namespace {

const std::string good = "version: 1\nkeys:\n  - {id: 5e5677d71bdc2ae76344968c, enabled: true}\n";
const std::string bad = "version: 1\nkeys:\n  - {id: 5e5677d71bdc2ae76344968c, enabld: true}\n  - {id: 7}\n";

struct Validation {
    int code;
    Poco::JSON::Object::Ptr report;
    std::string err;
};

Validation validate(std::vector<std::string> arguments, const std::string& format = "json") {
    arguments.insert(arguments.begin(), {"validate", "--format", format});
    Program program(arguments);
    const int code = program.wait();
    CAPTURE(program.out());
    Poco::JSON::Parser parser;
    return {code, parser.parse(program.out()).extract<Poco::JSON::Object::Ptr>(), program.err()};
}

} // namespace

TEST_CASE("validate: as JSON, of valid files") {
    TempFolder folder;
    write_file(folder / "a.yaml", good);
    write_file(folder / "b.yaml", "version: 1\nkeys: []\n");
    const auto [code, report, err] = validate({folder / "a.yaml", folder / "b.yaml"});
    CHECK(code == 0);
    CHECK(err.empty());
    CHECK(report->getValue<std::string>("format_version") == "1.0");
    CHECK(report->getValue<bool>("valid"));
    const auto files = report->getArray("files");
    REQUIRE(files->size() == 2);
    CHECK(files->getObject(0)->getValue<std::string>("path") == folder / "a.yaml");
    CHECK(files->getObject(0)->getValue<bool>("valid"));
    CHECK(files->getObject(0)->getValue<int>("keys") == 1);
    CHECK(files->getObject(1)->getValue<int>("keys") == 0);
    CHECK(report->getArray("diagnostics")->size() == 0);
}

TEST_CASE("validate: as JSON, every diagnostic with its place and hint") {
    TempFolder folder;
    write_file(folder / "a.yaml", good);
    write_file(folder / "b.yaml", bad);
    const auto [code, report, err] = validate({folder / "a.yaml", folder / "b.yaml", folder / "none.yaml"});
    CHECK(code == 1);
    CHECK(err.empty());
    CHECK_FALSE(report->getValue<bool>("valid"));
    const auto files = report->getArray("files");
    REQUIRE(files->size() == 3);
    CHECK(files->getObject(0)->getValue<bool>("valid"));
    CHECK_FALSE(files->getObject(1)->getValue<bool>("valid"));
    CHECK(files->getObject(1)->isNull("keys"));
    const auto diagnostics = report->getArray("diagnostics");
    REQUIRE(diagnostics->size() == 3);
    const auto first = diagnostics->getObject(0);
    CHECK(first->getNames() ==
          std::vector<std::string>{"column", "file", "hint", "line", "message", "severity"});
    CHECK(first->getValue<std::string>("severity") == "error");
    CHECK(first->getValue<std::string>("file") == folder / "b.yaml");
    CHECK(first->getValue<int>("line") == 3);
    CHECK(first->getValue<int>("column") == 36);
    CHECK_THAT(first->getValue<std::string>("message"), Contains("enabld"));
    CHECK_THAT(first->getValue<std::string>("hint"), Contains("enabled"));
    const auto missing = diagnostics->getObject(2);
    CHECK(missing->getValue<std::string>("file") == folder / "none.yaml");
    CHECK(missing->isNull("line"));
    CHECK(missing->isNull("column"));
    CHECK(missing->isNull("hint"));
}

TEST_CASE("validate: as JSON, the settings' diagnostics too") {
    TempFolder folder;
    write_file(folder / "a.yaml", good);
    write_file(folder / "settings.yaml", "api: {timeout: soon}\n");
    const auto [code, report, err] = validate({"--config", folder / "settings.yaml", folder / "a.yaml"});
    CHECK(code == 78);
    CHECK_FALSE(report->getValue<bool>("valid"));
    const auto diagnostics = report->getArray("diagnostics");
    REQUIRE(diagnostics->size() == 1);
    CHECK(diagnostics->getObject(0)->getValue<std::string>("file") == folder / "settings.yaml");
}

TEST_CASE("validate: quiet silences what is for people, not what is for programs") {
    TempFolder folder;
    write_file(folder / "b.yaml", bad);
    const std::string format = GENERATE("text", "json", "github", "sarif");
    Program program({"validate", "--quiet", "--format", format, folder / "b.yaml"});
    CHECK(program.wait() == 1);
    CHECK(program.out().empty() == (format == "text"));
}

TEST_CASE("validate: as workflow commands for GitHub, one for each diagnostic") {
    TempFolder folder;
    const std::string file = folder / "a,b:50%.yaml";
    write_file(file, "version: 1\nkeys:\n  - {id: 5e5677d71bdc2ae76344968c, enabld: true}\n"
                     "  - {id: 5e5677d71bdc2ae76344968d}\n  - {id: 7%0A}\n");
    Program program({"validate", "--format", "github", file, folder / "none.yaml"});
    CHECK(program.wait() == 1);
    CHECK(program.err().empty());
    const std::string start = " file=" + (folder / "a%2Cb%3A50%25.yaml");
    CHECK(
        program.out() ==
        "::error" + start +
            ",line=3,col=36,title=apikeyd::unknown field 'enabld'%0Ahint: did you mean enabled?\n" +
            "::warning" + start +
            ",line=4,col=5,title=apikeyd::nothing of this key is managed: it has neither name nor enabled%0A"
            "hint: add the field that shall be managed, or remove the key\n" +
            "::error" + start +
            ",line=5,col=10,title=apikeyd::'7%250A' is not an id%0A"
            "hint: an id is 24 hex digits, as in 5e5677d71bdc2ae76344968c\n" +
            "::error file=" + (folder / "none.yaml") +
            ",title=apikeyd::can't open the file: No such file or directory\n");
}

TEST_CASE("validate: for GitHub, no content of a file ends a command or begins another") {
    TempFolder folder;
    write_file(folder / "a.yaml", "version: 1\nkeys: []\n\"a\\n::error::b\\r\": 1\n");
    Program program({"validate", "--format", "github", folder / "a.yaml"});
    CHECK(program.wait() == 1);
    CHECK_THAT(program.out(),
               Catch::Matchers::StartsWith("::error file=") && Catch::Matchers::EndsWith("\n"));
    CHECK(std::ranges::count(program.out(), '\n') == 1);
    CHECK(program.out().find('\r') == std::string::npos);
}

TEST_CASE("validate: a valid file is nothing to tell GitHub; a warning fails nothing") {
    TempFolder folder;
    write_file(folder / "a.yaml", good);
    Program fine({"validate", "--format", "github", folder / "a.yaml"});
    CHECK(fine.wait() == 0);
    CHECK(fine.out().empty());
    write_file(folder / "b.yaml",
               "version: 1\nkeys:\n- {id: 5e5677d71bdc2ae76344968c, enabled_until: 2020-01-01T00:00:00Z}\n");
    Program warned({"validate", "--format", "github", folder / "b.yaml"});
    CHECK(warned.wait() == 0);
    CHECK_THAT(warned.out(), Catch::Matchers::StartsWith("::warning ") && Contains("this time has passed"));
}

TEST_CASE("validate: as SARIF") {
    TempFolder folder;
    write_file(folder / "b c.yaml", bad);
    write_file(folder / "settings.yaml", "api: {timeout: soon}\n");
    auto arguments = std::vector<std::string>{"--config", folder / "settings.yaml", "--api-concurrency=0",
                                              folder / "b c.yaml"};
    const auto [code, report, err] = validate(arguments, "sarif");
    CHECK(code == 78);
    CHECK(err.empty());
    CHECK(report->getValue<std::string>("version") == "2.1.0");
    REQUIRE(report->getArray("runs")->size() == 1);
    const auto run = report->getArray("runs")->getObject(0);
    CHECK(run->getValue<std::string>("columnKind") == "unicodeCodePoints");
    const auto driver = run->getObject("tool")->getObject("driver");
    CHECK(driver->getValue<std::string>("name") == "apikeyd");
    CHECK_FALSE(driver->getValue<std::string>("version").empty());
    const auto rules = driver->getArray("rules");
    const auto results = run->getArray("results");
    REQUIRE(results->size() == 4);
    for (unsigned i = 0; i < 4; ++i) {
        const auto result = results->getObject(i);
        const auto rule = rules->getObject(result->getValue<unsigned>("ruleIndex"));
        CHECK(rule->getValue<std::string>("id") == result->getValue<std::string>("ruleId"));
        CHECK(result->getValue<std::string>("level") == "error");
    }
    const auto place_of = [&](unsigned i) {
        return results->getObject(i)->getArray("locations")->getObject(0)->getObject("physicalLocation");
    };
    CHECK(place_of(0)->getObject("artifactLocation")->getValue<std::string>("uri") ==
          "file://" + (folder / "settings.yaml"));
    CHECK(results->getObject(1)
              ->getArray("locations")
              ->getObject(0)
              ->getArray("logicalLocations")
              ->getObject(0)
              ->getValue<std::string>("name") == "--api-concurrency");
    CHECK(place_of(2)->getObject("artifactLocation")->getValue<std::string>("uri") ==
          "file://" + (folder / "b%20c.yaml"));
    CHECK(place_of(2)->getObject("region")->getValue<int>("startLine") == 3);
    CHECK(place_of(2)->getObject("region")->getValue<int>("startColumn") == 36);
    CHECK(results->getObject(2)->getObject("message")->getValue<std::string>("text") ==
          "unknown field 'enabld'\nhint: did you mean enabled?");
}

TEST_CASE(
    "validate: in every form, a folder's duplicates are told at both places and no file hides another") {
    TempFolder folder;
    std::string many = "version: 1\nkeys:\n";
    for (int i = 0; i < 150; ++i) {
        many += "  - {id: 7}\n";
    }
    write_file(folder / "a.yaml", many);
    write_file(folder / "b.yaml", good + "  - {id: 5e5677d71bdc2ae76344968d, enabled: maybe}\n");
    write_file(folder / "c.yaml", good + "surplus: 1\n");
    const std::string format = GENERATE("text", "json", "github", "sarif");
    Program program({"validate", "--format", format, folder.path()});
    CHECK(program.wait() == 1);
    CHECK_THAT(program.out(),
               Contains("id 5e5677d71bdc2ae76344968c is also at " + (folder / "c.yaml:3:10")) &&
                   Contains("id 5e5677d71bdc2ae76344968c is also at " + (folder / "b.yaml:3:10")) &&
                   Contains("'maybe' is not a boolean") && Contains("unknown field 'surplus'") &&
                   Contains("and 50 more errors in this file"));
}

TEST_CASE("validate: in every form, wrong settings hide nothing of the files") {
    TempFolder folder;
    write_file(folder / "b.yaml", bad);
    write_file(folder / "settings.yaml", "api: {timeout: soon}\n");
    const std::string format = GENERATE("text", "json", "github", "sarif");
    Program program(
        {"validate", "--format", format, "--config", folder / "settings.yaml", folder / "b.yaml"});
    CHECK(program.wait() == 78);
    CHECK_THAT(program.out(), Contains("enabld"));
    CHECK_THAT(program.out() + program.err(), Contains("'soon' is not a duration"));
}
