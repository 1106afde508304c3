// SPDX-License-Identifier: Apache-2.0
#include "daemon/cli/command_line.hpp"
#include "daemon/cli/commands.hpp"
#include "daemon/cli/error_report.hpp"
#include "daemon/cli/usage.hpp"

#include <CLI/CLI.hpp>

#include <algorithm>
#include <exception>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace apikeyd {

namespace {

// The last catch: every error ends here as a message and an exit code.
int guarded(const CommandLine& line, const std::function<int()>& command) {
    try {
        return command();
    } catch (const std::exception& error) {
        return report_error(error, line);
    }
}

} // namespace

int run_cli(int argc, const char* const* argv, const char* const* environment) {
    ParsedLine parsed;
    parsed.line.sources.environment = apikeyd_environment(environment);
    const std::unique_ptr<CLI::App> app = make_command_line(parsed);
    try {
        std::vector<std::string> arguments = spell_out({argv + std::min(argc, 1), argv + argc});
        std::ranges::reverse(arguments); // as the parser wants them
        app->parse(std::move(arguments));
    } catch (const CLI::Success& asked) { // --help, --version
        app->exit(asked);
        return guarded(parsed.line, [] {
            print("");
            return exit_ok;
        });
    } catch (const CLI::ParseError& error) {
        app->exit(error);
        return exit_usage;
    }
    return guarded(parsed.line, [&] {
        require_usage(*app);
        parsed.line.format = require_format(*app, parsed.format, parsed.line.sources);
        return parsed.command->run(parsed.line);
    });
}

} // namespace apikeyd
