// SPDX-License-Identifier: Apache-2.0
#include "daemon/cli/command_line.hpp"

#include "config/utf8.hpp"
#include "daemon/cli/help.hpp"
#include "generated/version.hpp"

#include <CLI/CLI.hpp>
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>

namespace apikeyd {

namespace {

// The forms of reports, in the order in which they are told.
struct Form {
    std::string_view word;
    OutputFormat format;
};
constexpr std::array<Form, 6> formats{{{"text", OutputFormat::text},
                                       {"json", OutputFormat::json},
                                       {"github", OutputFormat::github},
                                       {"sarif", OutputFormat::sarif},
                                       {"markdown", OutputFormat::markdown},
                                       {"html", OutputFormat::html}}};

// The options that are no settings, and have a variable all the same.
constexpr std::array<std::pair<std::string_view, const char*>, 7> variables{
    {{"--config", "APIKEYD_CONFIG"},
     {"--instance", "APIKEYD_INSTANCE"},
     {"--format", "APIKEYD_FORMAT"},
     {"--no-color", "APIKEYD_NO_COLOR"},
     {"--quiet", "APIKEYD_QUIET"},
     {"--output", "APIKEYD_OUTPUT"},
     {"--dry-run", "APIKEYD_DRY_RUN"}}};

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
        option->group(settings_group);
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
           "Settings (default " + line.sources.settings_file + ")")
        ->type_name("FILE");
    app.add_option("--instance", parsed.instance, "One of several daemons: other default paths")
        ->type_name("NAME"); // read by choose_instance()
    app.add_option("--format", parsed.format, "Form of reports")
        ->type_name("FORM"); // which there are, the command says; read by require_format()
    add_switch(app, "--no-color", line.no_color, "Never colour; so does NO_COLOR");
    add_switch(app, "--quiet", line.quiet, "No report for people; the exit code tells");
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

std::string_view word_of(OutputFormat format) {
    return std::ranges::find(formats, format, &Form::format)->word;
}

std::optional<OutputFormat> format_of(std::string_view word) {
    const auto* const found = std::ranges::find(formats, word, &Form::word);
    return found == formats.end() ? std::nullopt : std::optional(found->format);
}

std::string format_words(const CommandInfo* command) {
    std::vector<std::string_view> words;
    for (const Form& form : formats) {
        if (command == nullptr || std::ranges::count(command->formats, form.format) > 0) {
            words.push_back(form.word);
        }
    }
    return fmt::format("{}", fmt::join(words, "|"));
}

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

std::optional<std::string> refuse_switch(const std::string& text) {
    constexpr std::array<std::string_view, 4> values{"true", "false", "1", "0"};
    if (std::ranges::find(values, text) != values.end()) {
        return std::nullopt;
    }
    return fmt::format("{} is not a boolean; write true or false", visible_text(quote_text(text)));
}

void add_switch(CLI::App& app, const std::string& name, bool& target, const std::string& help) {
    app.add_flag(name, target, help)
        ->check(CLI::Validator([](const std::string& text) { return refuse_switch(text).value_or(""); }, ""));
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
    const auto* const found =
        std::ranges::find(variables, name, &std::pair<std::string_view, const char*>::first);
    return found == variables.end() ? "" : found->second;
}

} // namespace apikeyd
