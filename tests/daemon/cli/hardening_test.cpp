// SPDX-License-Identifier: Apache-2.0
#include "config/descriptor.hpp"
#include "tests/daemon/cli/program.hpp"
#include "tests/support/temp_folder.hpp"

#include <catch2/catch.hpp>
#include <csignal>
#include <netinet/in.h>
#include <regex>
#include <sys/socket.h>
#include <sys/stat.h>

using namespace apikeyd::test;
using Catch::Matchers::Contains;

namespace {

// No key is managed: nothing is sent.
std::vector<std::string> run_arguments(const TempFolder& folder) {
    write_file(folder / "keys.yaml", "version: 1\nkeys: []\n");
    return {"run",
            "--config",
            folder / "settings.yaml",
            "--keys",
            folder / "keys.yaml",
            "--state",
            folder / "state.db",

            "--log-format",
            "text"};
}

// Takes connections, by way of the kernel's queue, and never answers.
class SilentServer {
  public:
    SilentServer()
        : socket_(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
        address_.sin_family = AF_INET;
        address_.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        socklen_t size = sizeof address_;
        auto* address = reinterpret_cast<sockaddr*>(&address_);
        REQUIRE(bind(socket_.get(), address, size) == 0);
        REQUIRE(listen(socket_.get(), 16) == 0);
        REQUIRE(getsockname(socket_.get(), address, &size) == 0);
    }
    std::string url() const { return "http://127.0.0.1:" + std::to_string(ntohs(address_.sin_port)); }

  private:
    apikeyd::Descriptor socket_;
    sockaddr_in address_{};
};

std::string proc(const Program& program, const std::string& file) {
    return read_file("/proc/" + std::to_string(program.pid()) + "/" + file);
}

} // namespace

TEST_CASE("run: the token of the environment is gone from where other programs could read it") {
    TempFolder folder;
    write_file(folder / "settings.yaml", "");
    auto arguments = run_arguments(folder);
    const bool dry = GENERATE(false, true);
    if (dry) {
        arguments.emplace_back("--dry-run");
    }
    Program program(arguments, {"APIKEYD_TOKEN=hunter:2!", "APIKEYD_LOG_LEVEL=debug"});
    REQUIRE(program.wait_for("desired_loaded"));
    CHECK_THAT(proc(program, "environ"), !Contains("hunter"));
    kill(program.pid(), SIGTERM);
    CHECK(program.wait() == 0);
    CHECK_THAT(program.err() + program.out(), !Contains("hunter"));
}

TEST_CASE("run: leaves no core, and makes files for its owner alone") {
    TempFolder folder;
    write_file(folder / "settings.yaml", "");
    Program program(run_arguments(folder), {"APIKEYD_TOKEN=hunter:2!"});
    REQUIRE(program.wait_for("desired_loaded"));
    CHECK(std::regex_search(proc(program, "limits"), std::regex("Max core file size +0 +0 ")));
    CHECK_THAT(proc(program, "status"), Contains("Umask:\t0077"));
    kill(program.pid(), SIGTERM);
    CHECK(program.wait() == 0);
}

TEST_CASE("apply: leaves no core and no token in its environment while it waits for an answer") {
    const SilentServer server;
    TempFolder folder;
    write_file(folder / "settings.yaml", "");
    auto arguments = run_arguments(folder);
    arguments[0] = "apply";
    write_file(folder / "keys.yaml", "version: 1\nkeys: [{id: 5e5677d71bdc2ae76344968c, enabled: true}]\n");
    arguments.insert(arguments.end(), {"--api-url", server.url()});
    Program program(arguments, {"APIKEYD_TOKEN=hunter:2!"});
    const bool planned = program.wait_for("plan_made");
    CAPTURE(program.err());
    REQUIRE(planned);
    CHECK(std::regex_search(proc(program, "limits"), std::regex("Max core file size +0 +0 ")));
    CHECK_THAT(proc(program, "status"), Contains("Umask:\t0077"));
    CHECK_THAT(proc(program, "environ"), !Contains("hunter"));
}

TEST_CASE("reports: a new file has the mode that the caller's umask leaves, an old one keeps its own") {
    using Words = std::vector<std::string>;
    const auto command =
        GENERATE(Words{"drift"}, Words{"drift", "--refresh"}, Words{"apply", "--dry-run"}, Words{"apply"});
    TempFolder folder;
    write_file(folder / "settings.yaml", "");
    write_file(folder / "keys.yaml", "version: 1\nkeys: []\n");
    write_file(folder / "old", "");
    REQUIRE(chmod((folder / "old").c_str(), 0604) == 0);
    const mode_t before = umask(026);
    for (const char* name : {"new", "old"}) {
        Words words = command;
        words.insert(words.end(), {"--config", folder / "settings.yaml", "--keys", folder / "keys.yaml",
                                   "--state", folder / "state.db", "--output", folder / name});
        Program program(words, {"APIKEYD_TOKEN=x"});
        const int code = program.wait();
        CAPTURE(command, program.err());
        CHECK(code == 0);
    }
    umask(before);
    const auto mode_of = [&](const char* name) {
        struct stat found {};
        REQUIRE(stat((folder / name).c_str(), &found) == 0);
        return found.st_mode & 07777;
    };
    CHECK(mode_of("new") == 0640);
    CHECK(mode_of("old") == 0604);
}
