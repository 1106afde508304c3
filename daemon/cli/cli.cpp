// SPDX-License-Identifier: Apache-2.0
#include "daemon/cli/command_line.hpp"
#include "daemon/cli/commands.hpp"
#include "daemon/cli/error_report.hpp"
#include "daemon/cli/usage.hpp"
#include "daemon/runtime/hardening.hpp"
#include "daemon/runtime/token_store.hpp"

#include <CLI/CLI.hpp>

#include <algorithm>
#include <exception>
#include <functional>
#include <memory>

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
    return guarded(parsed.line, [&] {
        harden_process();
        try {
            parse_usage(*app, parsed, {argv + std::min(argc, 1), argv + argc});
        } catch (const CLI::Success& asked) { // --help, --version
            app->exit(asked);
            print("");
            return static_cast<int>(exit_ok);
        }
        // Only what sends, or may look, has a use for it.
        if (!heeds(*parsed.command, "api.token_file") && !heeds(*parsed.command, "reconcile.refresh")) {
            (void)take_token_variable();
        }
        return parsed.command->run(parsed.line);
    });
}

} // namespace apikeyd
