// SPDX-License-Identifier: Apache-2.0
#include "daemon/cli/commands.hpp"
#include "daemon/cli/usage.hpp"
#include "daemon/runtime/token_store.hpp"
#include "generated/version.hpp"

#include <CLI/CLI.hpp>

#include <exception>
#include <functional>
#include <iostream>
#include <optional>
#include <string>

namespace apikeyd {

namespace {

using Command = int (*)(const CommandLine&);

constexpr const char* footer = R"(Examples:
  apikeyd validate keys.yaml            check a file; needs nothing else
  apikeyd drift --keys keys.yaml        what differs from the last answers
  apikeyd apply --dry-run               what one reconciliation would send
  apikeyd run                           watch the file and converge, for ever

Exit codes: 0 done, in sync; 1 an error; 2 differences; 64 usage; 78 settings.)";

// The flags that set settings, from the table: what is said here overrides environment, file and defaults.
void add_settings(CLI::App& app, SettingSources& sources) {
    for (const SettingInfo& setting : setting_table()) {
        const std::string path(setting.path);
        app.add_option_function<std::string>(
               std::string(setting.flag),
               [&sources, path](const std::string& value) { sources.flags[path] = value; },
               std::string(setting.help))
            ->type_name(std::string(setting.value))
            ->group(setting.available ? "Settings (each also in the environment and the settings file)"
                                      : ""); // hidden
    }
}

void add_common(CLI::App& app, CommandLine& line, std::optional<std::string>& format) {
    app.add_option_function<std::string>(
           "--config",
           [&line](const std::string& path) {
               line.sources.settings_file = path;
               line.sources.settings_file_required = true;
           },
           "Settings file (default " + line.sources.settings_file + ")")
        ->envname("APIKEYD_CONFIG")
        ->type_name("FILE");
    app.add_option("--format", format, "Form of reports: text, json")
        ->type_name("FORMAT (Env:APIKEYD_FORMAT)"); // read by require_format(), which names what is wrong
    app.add_flag("--no-color", line.no_color, "Never colour; so does NO_COLOR")->envname("APIKEYD_NO_COLOR");
    app.add_flag("--quiet", line.quiet, "Print no report; the exit code tells")->envname("APIKEYD_QUIET");
}

CLI::App* add_command(CLI::App& app, Command& chosen, const char* name, const char* help, Command command) {
    CLI::App* subcommand = app.add_subcommand(name, help);
    subcommand->fallthrough(); // the common options may stand on either side of the name
    subcommand->callback([&chosen, command] { chosen = command; });
    return subcommand;
}

void add_commands(CLI::App& app, Command& chosen, CommandLine& line) {
    CLI::App* run =
        add_command(app, chosen, "run", "Watch the desired file and converge, for ever", &run_command);
    CLI::App* apply = add_command(app, chosen, "apply", "Reconcile once, then exit", &apply_command);
    run->add_flag("--dry-run", line.dry_run,
                  "Report what would be sent, now and after each change of the file, and send nothing; "
                  "SIGTERM or SIGINT ends it (exit 0, differences or not)")
        ->envname("APIKEYD_DRY_RUN");
    apply
        ->add_flag("--dry-run", line.dry_run,
                   "Report what would be sent, and send nothing (exit 2: differences)")
        ->envname("APIKEYD_DRY_RUN");
    apply
        ->add_option("--approve", line.digest,
                     "Let the plan with this digest disable as many keys as it wants")
        ->type_name("DIGEST");
    add_command(app, chosen, "approve", "Let a held plan go, that plan and no other", &approve_command)
        ->add_option("DIGEST", line.digest, "What `status`, `drift` or the log names (8 digits are enough)")
        ->required();
    add_command(app, chosen, "drift", "Report what differs; sends nothing", &drift_command);
    add_command(app, chosen, "validate", "Check desired files and, with --config, the settings",
                &validate_command)
        ->add_option("PATH", line.paths, "Files or folders (default: what --keys or the settings name)");
    add_command(app, chosen, "status", "What the state file says of each key", &status_command);
    add_command(app, chosen, "schema", "Print the JSON Schema of the desired file", &schema_command);
}

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
    CommandLine line;
    line.sources.environment = apikeyd_environment(environment);
    Command chosen = nullptr;
    std::optional<std::string> format;

    CLI::App app("Keeps the API keys of a Plumaa ID organization as a YAML file says.", "apikeyd");
    app.set_version_flag("--version", std::string("apikeyd ") + version);
    app.require_subcommand(0, 1);
    app.allow_extras(); // require_usage() has better words for them
    app.footer(footer);
    add_common(app, line, format);
    add_settings(app, line.sources);
    add_commands(app, chosen, line);
    try {
        app.parse(argc, argv);
    } catch (const CLI::Success& asked) { // --help, --version
        app.exit(asked);
        return guarded([] {
            print("");
            return exit_ok;
        });
    } catch (const CLI::ParseError& error) {
        app.exit(error);
        return exit_usage;
    }
    return guarded([&] {
        require_usage(app);
        line.format = require_format(format, line.sources);
        return chosen(line);
    });
}

} // namespace apikeyd
