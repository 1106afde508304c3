// SPDX-License-Identifier: Apache-2.0
#include "examples/sandbox/key_world.hpp"
#include "examples/sandbox/options.hpp"
#include "examples/sandbox/sandbox_server.hpp"

#include <Poco/Exception.h>
#include <fmt/format.h>

#include <cerrno>
#include <csignal>
#include <cstdio>
#include <fstream>
#include <stdexcept>
#include <system_error>
#include <unistd.h>
#include <variant>

using namespace apikeyd::sandbox;

namespace {

constexpr int wrong_usage = 64; // EX_USAGE

int fail(int code, const std::string& why) {
    fmt::print(stderr, "apikeyd-sandbox: {}\n", why);
    return code;
}

// Whoever waits for the file to appear finds the whole number in it.
void write_port_file(const std::string& path, std::uint16_t port) {
    const std::string unfinished = fmt::format("{}.{}", path, ::getpid());
    {
        std::ofstream file(unfinished);
        file << port << '\n' << std::flush;
        if (!file) {
            throw std::system_error(errno, std::generic_category(), "can't write " + unfinished);
        }
    }
    if (std::rename(unfinished.c_str(), path.c_str()) != 0) {
        throw std::system_error(errno, std::generic_category(), "can't write " + path);
    }
}

// Blocked here and so in every thread that starts later: only sigwait sees them.
sigset_t block_stop_signals() {
    sigset_t signals;
    sigemptyset(&signals);
    sigaddset(&signals, SIGTERM);
    sigaddset(&signals, SIGINT);
    pthread_sigmask(SIG_BLOCK, &signals, nullptr);
    static_cast<void>(std::signal(SIGPIPE, SIG_IGN));
    return signals;
}

int run(const Options& options) {
    const sigset_t signals = block_stop_signals();
    SandboxServer server(options);
    if (!options.port_file.empty()) {
        write_port_file(options.port_file, server.port());
    }
    if (!options.quiet) {
        fmt::print("apikeyd-sandbox: listening on {} ({} keys)\n", server.url(), server.keys());
        static_cast<void>(std::fflush(stdout));
    }
    int signal = 0;
    sigwait(&signals, &signal);
    server.stop();
    if (!options.port_file.empty()) {
        static_cast<void>(std::remove(options.port_file.c_str())); // nobody listens there any more
    }
    return 0;
}

} // namespace

int main(int argc, char** argv) {
    try {
        const auto parsed = parse_options(argc, argv);
        if (const auto* exit = std::get_if<Exit>(&parsed)) {
            return exit->code == 0 ? (fmt::print("{}", exit->text), 0) : fail(exit->code, exit->text);
        }
        return run(std::get<Options>(parsed));
    } catch (const WorldError& error) {
        return fail(wrong_usage, error.what());
    } catch (const std::invalid_argument& error) {
        return fail(wrong_usage, error.what());
    } catch (const Poco::Exception& error) {
        return fail(1, error.displayText());
    } catch (const std::exception& error) {
        return fail(1, error.what());
    }
}
