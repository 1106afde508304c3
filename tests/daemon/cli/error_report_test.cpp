// SPDX-License-Identifier: Apache-2.0
#include "daemon/cli/diagnostic_json.hpp"
#include "tests/daemon/cli/program.hpp"
#include "tests/support/temp_folder.hpp"

#include <Poco/JSON/Parser.h>
#include <catch2/catch.hpp>

using namespace apikeyd::test;
using Catch::Matchers::Contains;
using Catch::Matchers::StartsWith;

namespace {

using Words = std::vector<std::string>;

struct Fixture {
    Fixture() {
        write_file(folder / "settings.yaml", "");
        write_file(folder / "keys.yaml", "version: 1\nkeys: []\n");
        write_file(folder / "trash.db", "no database at all, for more than sixteen bytes\n");
    }

    // The arguments, with what the command needs before them.
    Words with(const Words& arguments) const {
        Words all = {"--config", folder / "settings.yaml", "--keys", folder / "keys.yaml"};
        for (std::string word : arguments) {
            all.push_back(word.starts_with("@") ? folder / word.substr(1) : word);
        }
        return all;
    }

    TempFolder folder;
};

Poco::JSON::Object::Ptr parsed(const std::string& text) {
    CAPTURE(text);
    return Poco::JSON::Parser().parse(text).extract<Poco::JSON::Object::Ptr>();
}

} // namespace

TEST_CASE_METHOD(Fixture, "errors: as one JSON document, with the exit code and the text as ever") {
    const auto [arguments, code, message] = GENERATE(table<Words, int, std::string>({
        {{"status", "--state", "@none.db"}, 1, "there is no state yet"},
        {{"history", "--state", "@trash.db"}, 1, "database"},
        {{"history", "--state", "@none.db", "--since", "later"}, 64, "'later' is no time"},
        {{"status", "--state", "@none.db", "--api-timeout", "soon"}, 78, "'soon' is not a duration"},
        {{"approve", "3f9c1a20", "--state", "@none.db"}, 1, "no plan is held"},
        {{"suspend", "--for", "soon", "--state", "@none.db"}, 64, "'soon' is not a duration"},
        {{"resume", "--state", "@trash.db"}, 1, "database"},
        {{"apply", "--state", "@none.db"}, 78, "token"},
    }));
    const bool by_flag = GENERATE(true, false);
    Words words = with(arguments);
    if (by_flag) {
        words.insert(words.end(), {"--format", "json"});
    }
    Program program(words, {by_flag ? "X=" : "APIKEYD_FORMAT=json"});
    CHECK(program.wait() == code);
    CAPTURE(program.err());
    CHECK_THAT(program.err(), Contains(message) && Contains("apikeyd: "));
    const auto document = parsed(program.out());
    CHECK(document->getValue<std::string>("format_version") == "1.0");
    CHECK(document->getNames() == Words{"errors", "format_version"});
    REQUIRE(document->getArray("errors")->size() == 1);
    const auto error = document->getArray("errors")->getObject(0);
    CHECK(error->getNames() == Words{"column", "file", "hint", "line", "message", "severity"});
    CHECK_THAT(error->getValue<std::string>("message"), Contains(message));
}

TEST_CASE_METHOD(Fixture, "errors: each of a desired file is one of the document, with its place") {
    write_file(folder / "keys.yaml", "version: 1\nkeys: [{id: 7}, {id: 8}]\n");
    Program program(with({"apply", "--state", "@state.db", "--format", "json"}), {"APIKEYD_TOKEN=x"});
    CHECK(program.wait() == 1);
    const auto errors = parsed(program.out())->getArray("errors");
    REQUIRE(errors->size() == 2);
    CHECK(errors->getObject(1)->getValue<std::string>("file") == folder / "keys.yaml");
    CHECK(errors->getObject(1)->getValue<int>("line") == 2);
}

TEST_CASE_METHOD(Fixture, "errors: go where --output says") {
    write_file(folder / "report", "{}\n");
    Program program(with({"apply", "--state", "@state.db", "--format", "json", "--output", "@report"}));
    CHECK(program.wait() == 78);
    CHECK(program.out().empty());
    CHECK(parsed(read_file(folder / "report"))->getArray("errors")->size() == 1);
}

TEST_CASE_METHOD(Fixture,
                 "errors: are told once where the report tells them, and as text where text is wanted") {
    write_file(folder / "keys.yaml", "version: 1\nkeys: [{id: 7}]\n");
    const auto arguments = GENERATE(Words{"drift"}, Words{"apply", "--dry-run"}, Words{"validate"});
    Words words = with(arguments);
    words.insert(words.end(), {"--format", "json"});
    Program program(words, {"APIKEYD_STATE=" + (folder / "state.db")});
    CHECK(program.wait() == 1);
    const auto report = parsed(program.out()); // a second document would be an error
    CHECK(report->has(arguments.front() == "validate" ? "files" : "summary"));
    Program text(with({"status", "--state", "@none.db"}));
    CHECK(text.wait() == 1);
    CHECK(text.out().empty());
    CHECK_THAT(text.err(), StartsWith("apikeyd: "));
}

TEST_CASE_METHOD(Fixture, "errors: a document that can't be written either changes nothing") {
    Program program(with({"status", "--state", "@none.db", "--format", "json"}), {}, "/dev/full");
    CHECK(program.wait() == 1);
    CHECK_THAT(program.err(), Contains("there is no state yet"));
}

TEST_CASE("errors: where the command line isn't understood, standard output stays empty") {
    Program program({"status", "--format", "json", "--keys"});
    CHECK(program.wait() == 64);
    CHECK(program.out().empty());
    CHECK_THAT(program.err(), StartsWith("apikeyd: --keys: "));
}

TEST_CASE("errors: one without a file has null for it") {
    apikeyd::Diagnostic diagnostic;
    diagnostic.message = "m";
    CHECK(apikeyd::diagnostic_json(diagnostic)->isNull("file"));
    diagnostic.file = "keys.yaml";
    CHECK(apikeyd::diagnostic_json(diagnostic)->getValue<std::string>("file") == "keys.yaml");
}

TEST_CASE_METHOD(Fixture, "suspend, resume: say as JSON what was done, however quiet") {
    const auto done_by = [&](const Words& arguments) {
        Words words = with(arguments);
        words.insert(words.end(), {"--state", folder / "state.db", "--quiet", "--format", "json"});
        Program program(words, {"APIKEYD_TOKEN=x"});
        CHECK(program.wait() == 0);
        const auto document = parsed(program.out());
        CHECK(document->getValue<std::string>("format_version") == "1.0");
        return document;
    };
    CHECK(done_by({"suspend", "--for", "1h"})->getValue<std::string>("result") == "left");
    Program apply(with({"apply", "--state", "@state.db"}), {"APIKEYD_TOKEN=x"}); // takes it
    CHECK(apply.wait() == 0);
    const auto suspended = done_by({"suspend", "--for", "1h", "--reason", "an audit"});
    CHECK(suspended->getNames() == Words{"by", "format_version", "reason", "result", "until"});
    CHECK(suspended->getValue<std::string>("result") == "suspended");
    CHECK_THAT(suspended->getValue<std::string>("until"), Catch::Matchers::EndsWith("Z"));
    CHECK(suspended->getValue<std::string>("reason") == "an audit");
    const auto resumed = done_by({"resume"});
    CHECK(resumed->getValue<std::string>("result") == "resumed");
    CHECK(resumed->isNull("until"));
    CHECK(done_by({"resume"})->getValue<std::string>("result") == "not_suspended");
}
