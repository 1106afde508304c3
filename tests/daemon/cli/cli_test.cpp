// SPDX-License-Identifier: Apache-2.0
#include "tests/daemon/cli/program.hpp"
#include "tests/support/temp_folder.hpp"

#include <catch2/catch.hpp>
#include <fcntl.h>

using namespace apikeyd::test;
using Catch::Matchers::Contains;
using Catch::Matchers::StartsWith;

namespace {

struct Ended {
    int code;
    std::string out;
    std::string err;
};

Ended run(const std::vector<std::string>& arguments, const std::vector<std::string>& environment = {},
          const std::string& output = "") {
    Program program(arguments, environment, output);
    const int code = program.wait();
    return {code, program.out(), program.err()};
}

} // namespace

TEST_CASE("cli: an unknown command is named, with the one that is near or all there are") {
    const Ended near = run({"aply"});
    CHECK(near.code == 64);
    CHECK_THAT(near.err, Contains("unknown command 'aply'") && Contains("did you mean apply?"));
    const Ended far = run({"--no-color", "frob"});
    CHECK(far.code == 64);
    CHECK_THAT(far.err, Contains("unknown command 'frob'") && Contains("run, apply, ") && Contains("schema"));
}

TEST_CASE("cli: no command at all is wrong usage, and says which there are") {
    const Ended ended = run({});
    CHECK(ended.code == 64);
    CHECK_THAT(ended.err, Contains("no command") && Contains("run, apply, "));
}

TEST_CASE("cli: an unknown option is named without what follows it") {
    const Ended near = run({"drift", "--stat=x"});
    CHECK(near.code == 64);
    CHECK_THAT(near.err, Contains("unknown option '--stat'") && Contains("did you mean --state?"));
    for (const auto& arguments : std::vector<std::vector<std::string>>{
             {"run", "--token", "hunter2"}, {"run", "--token=hunter2"}, {"--token", "hunter2", "run"}}) {
        const Ended token = run(arguments);
        CHECK(token.code == 64);
        CHECK_THAT(token.err, Contains("'--token'") && Contains("--token-file") && !Contains("hunter2"));
    }
}

TEST_CASE("cli: an argument that a command doesn't take is named") {
    const Ended ended = run({"drift", "keys.yaml"});
    CHECK(ended.code == 64);
    CHECK_THAT(ended.err, Contains("drift") && Contains("'keys.yaml'"));
}

TEST_CASE("cli: output that can't be written is an error") {
    const char* what = GENERATE("--help", "--version", "schema");
    const Ended ended = run({what}, {}, "/dev/full");
    CHECK(ended.code == 1);
    CHECK_THAT(ended.err, Contains("can't be written"));
    CHECK(run({what}).code == 0);
}

TEST_CASE("cli: only what would send says that nothing was sent") {
    TempFolder folder;
    write_file(folder / "settings.yaml", "");
    write_file(folder / "keys.yaml", "version: 1\nkeys: [{id: 7}]\n");
    const std::vector<std::string> common = {
        "--config", folder / "settings.yaml", "--keys", folder / "keys.yaml", "--state", folder / "state.db"};
    for (const char* command : {"drift", "validate", "apply"}) {
        std::vector<std::string> arguments = common;
        arguments.emplace_back(command);
        const Ended ended = run(arguments, {"APIKEYD_TOKEN=x"});
        CAPTURE(command, ended.err);
        CHECK(ended.code == 1);
        CHECK(((ended.err + ended.out).find("nothing was sent") != std::string::npos) ==
              (std::string(command) == "apply"));
    }
}

TEST_CASE("cli: the help of run says how a dry run ends") {
    CHECK_THAT(run({"run", "--help"}).out, Contains("SIGTERM") && Contains("exit 0"));
}

TEST_CASE("cli: an address that other machines reach is refused, from wherever it is set") {
    TempFolder folder;
    write_file(folder / "keys.yaml", "version: 1\nkeys: []\n");
    const std::string command = GENERATE("run", "validate");
    const std::string settings = folder / "settings.yaml";
    const std::vector<std::string> common = {
        command, "--config", settings, "--keys", folder / "keys.yaml", "--state", folder / "state.db"};
    const std::string sentence = "status.listen: error: other machines could reach 0.0.0.0:9464";
    std::vector<std::string> with_flag = common;
    with_flag.push_back("--status-listen=0.0.0.0:9464");
    write_file(settings, "");
    for (const Ended& ended : {run(common, {"APIKEYD_STATUS_LISTEN=0.0.0.0:9464", "APIKEYD_TOKEN=x"}),
                               run(with_flag, {"APIKEYD_TOKEN=x"})}) {
        CHECK(ended.code == 78);
        CHECK_THAT(ended.err, Contains(sentence) && Contains("status.allow_remote"));
    }
    write_file(settings, "status: {listen: '0.0.0.0:9464'}\n");
    const Ended ended = run(common, {"APIKEYD_TOKEN=x"});
    CHECK(ended.code == 78);
    CHECK_THAT(ended.err + ended.out, Contains(sentence));
}

TEST_CASE("cli: there are two schemas, that of the desired file and that of the settings") {
    CHECK_THAT(run({"schema"}).out, Contains("\"apikeyd desired file\""));
    const Ended settings = run({"schema", "--settings"});
    CHECK(settings.code == 0);
    CHECK_THAT(settings.out, Contains("\"apikeyd settings file\"") && Contains("\"concurrency\""));
    CHECK(run({"drift", "--settings"}).code == 64);
}
