// SPDX-License-Identifier: Apache-2.0
#include "daemon/cli/command_line.hpp"
#include "daemon/cli/commands.hpp"
#include "daemon/cli/usage.hpp"
#include "daemon/runtime/token_store.hpp"

#include <CLI/CLI.hpp>

#include <algorithm>
#include <exception>
#include <functional>
#include <iostream>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace apikeyd {

namespace {

int report(ExitCode code, const char* message) {
    std::cerr << "apikeyd: " << message << std::endl;
    return code;
}

// The last catch: every error ends here as a message and an exit code.
int guarded(const std::function<int()>& command) {
    try {
        return command();
    } catch (const CommandError& error) {
        return report(error.code(), error.what());
    } catch (const TokenError& error) {
        return report(exit_settings, error.what());
    } catch (const std::exception& error) {
        return report(exit_error, error.what());
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
        return guarded([] {
            print("");
            return exit_ok;
        });
    } catch (const CLI::ParseError& error) {
        app->exit(error);
        return exit_usage;
    }
    return guarded([&] {
        require_usage(*app);
        parsed.line.format = require_format(*app, parsed.format, parsed.line.sources);
        parsed.line.quiet = parsed.line.quiet && parsed.line.format == OutputFormat::text;
        return parsed.command->run(parsed.line);
    });
}

} // namespace apikeyd
