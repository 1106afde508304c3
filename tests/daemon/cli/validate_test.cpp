// SPDX-License-Identifier: Apache-2.0
#include "tests/daemon/cli/program.hpp"
#include "tests/support/temp_folder.hpp"

#include <Poco/JSON/Parser.h>
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

Validation validate(std::vector<std::string> arguments) {
    arguments.insert(arguments.begin(), {"validate", "--format", "json"});
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

TEST_CASE("validate: prints nothing when quiet; the exit code tells") {
    TempFolder folder;
    write_file(folder / "b.yaml", bad);
    const bool json = GENERATE(true, false);
    Program program({"validate", "--quiet", "--format", json ? "json" : "text", folder / "b.yaml"});
    CHECK(program.wait() == 1);
    CHECK(program.out().empty());
}
