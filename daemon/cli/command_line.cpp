// SPDX-License-Identifier: Apache-2.0
#include "daemon/cli/command_line.hpp"

#include "daemon/cli/help.hpp"
#include "generated/version.hpp"

#include <CLI/CLI.hpp>

#include <algorithm>

namespace apikeyd {

namespace {

// A setting whose flag may stand without a value, and what it then means.
struct BareFlag {
    std::string_view path;
    std::string_view value;
};
constexpr BareFlag bare_flags[] = {{"reconcile.refresh", "probe"}};

const BareFlag* find_bare(std::string_view path) {
    const auto* const found = std::ranges::find(bare_flags, path, &BareFlag::path);
    return found == std::end(bare_flags) ? nullptr : found;
}

const SettingInfo* setting_of_flag(std::string_view flag) {
    const auto table = setting_table();
    const auto found = std::ranges::find(table, flag, &SettingInfo::flag);
    return found == table.end() ? nullptr : &*found;
}

// The flags that set settings, from the table: what is said here overrides environment, file and defaults.
void add_settings(CLI::App& app, SettingSources& sources) {
    for (const SettingInfo& setting : setting_table()) {
        const std::string path(setting.path);
        CLI::Option* option = app.add_option_function<std::string>(
            std::string(setting.flag),
            [&sources, path](const std::string& value) { sources.flags[path] = value; },
            std::string(setting.help));
        option->type_name(std::string(setting.value));
        option->group(setting.available ? settings_group : ""); // hidden
        if (find_bare(setting.path) != nullptr) {
            option->expected(0, 1);
        }
    }
}

void add_common(CLI::App& app, ParsedLine& parsed) {
    CommandLine& line = parsed.line;
    app.add_option_function<std::string>(
           "--config",
           [&line](const std::string& path) {
               line.sources.settings_file = path;
               line.sources.settings_file_required = true;
           },
           "Settings file (default " + line.sources.settings_file + ")")
        ->envname("APIKEYD_CONFIG")
        ->type_name("FILE");
    app.add_option("--format", parsed.format, "Form of reports")
        ->type_name("text|json"); // read by require_format(), which names what is wrong
    app.add_flag("--no-color", line.no_color, "Never colour; so does NO_COLOR")->envname("APIKEYD_NO_COLOR");
    app.add_flag("--quiet", line.quiet, "Print no report for people; the exit code tells")
        ->envname("APIKEYD_QUIET");
}

void add_command(CLI::App& app, const CommandInfo& info, ParsedLine& parsed) {
    CLI::App* command = app.add_subcommand(std::string(info.name), std::string(info.help));
    command->fallthrough(); // the common options may stand on either side of the name
    command->callback([&parsed, &info] { parsed.command = &info; });
    if (info.add_options != nullptr) {
        info.add_options(*command, parsed.line);
    }
}

} // namespace

const CommandInfo* find_command(std::string_view name) {
    const auto table = command_table();
    const auto found = std::ranges::find(table, name, &CommandInfo::name);
    return found == table.end() ? nullptr : &*found;
}

bool heeds(const CommandInfo& command, std::string_view path) {
    return std::ranges::any_of(command.settings, [path](std::string_view heeded) {
        return path == heeded || (path.starts_with(heeded) && path.substr(heeded.size()).starts_with('.'));
    });
}

std::unique_ptr<CLI::App> make_command_line(ParsedLine& parsed) {
    auto app = std::make_unique<CLI::App>(
        "Keeps the API keys of a Plumaa ID organization as a YAML file says.", "apikeyd");
    app->formatter(std::make_shared<HelpFormatter>());
    app->set_help_flag("-h,--help", "Print a short help");
    app->set_help_all_flag("--help-all", "Print every option of every command");
    app->set_version_flag("--version", std::string("apikeyd ") + version, "Print the version");
    app->option_defaults()->group(common_group);
    app->require_subcommand(0, 1);
    app->allow_extras();
    add_common(*app, parsed);
    add_settings(*app, parsed.line.sources);
    app->option_defaults()->group(own_group);
    for (const CommandInfo& info : command_table()) {
        add_command(*app, info, parsed);
    }
    return app;
}

std::vector<std::string> spell_out(const std::vector<std::string>& arguments) {
    std::vector<std::string> result;
    for (std::size_t i = 0; i < arguments.size(); ++i) {
        if (arguments[i] == "--") { // what follows are no options
            result.insert(result.end(), arguments.begin() + static_cast<std::ptrdiff_t>(i), arguments.end());
            break;
        }
        result.push_back(arguments[i]);
        const SettingInfo* setting = setting_of_flag(arguments[i]);
        const BareFlag* bare = setting == nullptr ? nullptr : find_bare(setting->path);
        if (bare == nullptr) {
            continue;
        }
        const std::vector<std::string> words = CLI::detail::split(std::string(setting->value), '|');
        const bool given =
            i + 1 < arguments.size() && std::ranges::find(words, arguments[i + 1]) != words.end();
        result.back().append("=").append(given ? arguments[++i] : std::string(bare->value));
    }
    return result;
}

std::string environment_of(const CLI::Option& option) {
    const std::string name = option.get_name();
    if (const SettingInfo* setting = setting_of_flag(name)) {
        return std::string(setting->env);
    }
    // The parser must not read this one: an error in it has to name the variable.
    return name == "--format" ? "APIKEYD_FORMAT" : option.get_envname();
}

} // namespace apikeyd
