// SPDX-License-Identifier: Apache-2.0
#include "daemon/cli/command_line.hpp"

#include "tests/daemon/cli/program.hpp"
#include "tests/support/temp_folder.hpp"

#include <catch2/catch.hpp>

#include <sstream>

using namespace apikeyd::test;
using Catch::Matchers::Contains;

namespace {

std::string output_of(const std::vector<std::string>& arguments) {
    Program program(arguments);
    CAPTURE(arguments);
    CHECK(program.wait() == 0);
    return program.out();
}

std::vector<std::string> lines_of(const std::string& text) {
    std::istringstream in(text);
    std::vector<std::string> lines;
    for (std::string line; std::getline(in, line);) {
        lines.push_back(line);
    }
    return lines;
}

// As the program itself lists them.
std::vector<std::string> commands() {
    std::vector<std::string> names;
    bool listing = false;
    for (const std::string& line : lines_of(output_of({"--help-all"}))) {
        if (listing && line.empty()) {
            break;
        }
        if (listing) {
            names.push_back(line.substr(2, line.find(' ', 2) - 2));
        }
        listing = listing || line == "Commands:";
    }
    REQUIRE(names.size() >= 7);
    return names;
}

std::string settings_refused(const std::vector<std::string>& arguments) {
    Program program(arguments, {"APIKEYD_TOKEN=x"});
    CHECK(program.wait() == 78);
    return program.err();
}

} // namespace

TEST_CASE("help: each fits a screen of 24 lines and 80 columns, with a line for the prompt") {
    std::vector<std::vector<std::string>> all = {{"--help"}};
    for (const std::string& command : commands()) {
        all.push_back({command, "--help"});
    }
    for (const auto& arguments : all) {
        const std::string text = output_of(arguments);
        CAPTURE(text);
        CHECK(lines_of(text).size() <= 23);
        for (const std::string& line : lines_of(text)) {
            CHECK(line.size() <= 80);
        }
    }
}

TEST_CASE("help: each tells the forms of its own reports, in the long form too") {
    const auto [command, forms] = GENERATE(table<std::string, std::string>({
        {"drift", "text|json|markdown|html"},
        {"apply", "text|json|markdown|html"},
        {"validate", "text|json|github|sarif"},
        {"status", "text|json"},
        {"approve", "text|json"},
        {"import", "text"},
    }));
    for (const char* help : {"--help", "--help-all"}) {
        CHECK_THAT(output_of({command, help}), Contains("\n  --format " + forms + "  "));
    }
}

TEST_CASE("help: what sends tells how long the audit trail is kept") {
    for (const char* command : {"run", "apply"}) {
        CHECK_THAT(output_of({command, "--help"}), Contains("--history-retention"));
    }
}

TEST_CASE("help: each has its examples, which are uses of that command") {
    CHECK_THAT(output_of({"--help"}), Contains("Examples:\n  apikeyd "));
    for (const std::string& command : commands()) {
        CHECK_THAT(output_of({command, "--help"}), Contains("Examples:\n  apikeyd " + command));
    }
}

TEST_CASE("help: a command's own options come first, then the common ones and the settings it heeds") {
    const std::string text = output_of({"apply", "--help"});
    CHECK(text.find("--approve DIGEST") < text.find("--config FILE"));
    CHECK(text.find("--config FILE") < text.find("--max-disable"));
    CHECK_THAT(output_of({"status", "--help"}), Contains("--state") && !Contains("--max-disable"));
}

TEST_CASE("help: --help-all tells every option on either side of a command") {
    const std::string all = output_of({"--help-all"});
    CHECK_THAT(all, Contains("--approve DIGEST") && Contains("--max-disable SHARE|COUNT") &&
                        Contains("--version") && Contains("apikeyd.yaml(5)"));
    for (const std::string& line : lines_of(all)) {
        CHECK(line.size() <= 80);
    }
    const std::string run = output_of({"run", "--help-all"});
    CHECK(run == output_of({"--help-all", "run"}));
    CHECK_THAT(run, Contains("--log-level debug|info|warning|error  Least level"));
}

TEST_CASE("help: a flag with a value that may be left out takes no other word for it") {
    using Words = std::vector<std::string>;
    const auto [given, spelled_out] = GENERATE(table<Words, Words>({
        {{"--refresh", "drift"}, {"--refresh=probe", "drift"}},
        {{"drift", "--refresh", "--config", "f"}, {"drift", "--refresh=probe", "--config", "f"}},
        {{"drift", "--refresh"}, {"drift", "--refresh=probe"}},
        {{"validate", "--refresh", "keys.yaml"}, {"validate", "--refresh=probe", "keys.yaml"}},
        {{"validate", "--refresh", "probe", "f"}, {"validate", "--refresh=probe", "f"}},
        {{"--refresh", "never", "validate"}, {"--refresh=never", "validate"}},
        {{"drift", "--refresh=never"}, {"drift", "--refresh=never"}},
        {{"validate", "--", "--refresh"}, {"validate", "--", "--refresh"}},
    }));
    CHECK(apikeyd::spell_out(given) == spelled_out);
}

TEST_CASE("help: a flag with a value that may be left out refuses another value") {
    TempFolder folder;
    write_file(folder / "settings.yaml", "");
    CHECK_THAT(settings_refused({"drift", "--config", folder / "settings.yaml", "--refresh=soon"}),
               Contains("'soon'"));
}
