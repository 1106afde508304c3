// SPDX-License-Identifier: Apache-2.0
#include "daemon/cli/help.hpp"

#include "daemon/cli/command_line.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <span>

namespace apikeyd {

namespace {

constexpr std::size_t columns = 80;
constexpr std::size_t lines = 23; // of 24: the prompt takes one

constexpr std::string_view exit_codes =
    "Exit codes: 0 done, in sync; 1 an error; 2 differences; 64 usage; 78 settings.\n";
constexpr std::string_view more = "More: apikeyd COMMAND --help, apikeyd --help-all, man apikeyd.\n";

// Of all the options, what the short help has room for.
constexpr std::array<std::string_view, 2> first_options = {"--config", "--keys"};

struct Row {
    std::string left;
    std::string right;
};

// The text in lines that fit, all but the first one indented.
std::string wrapped(std::string_view text, std::size_t indent) {
    std::string result;
    std::size_t column = indent;
    while (!text.empty()) {
        const std::string_view word = text.substr(0, text.find(' '));
        text.remove_prefix(std::min(text.size(), word.size() + 1));
        if (column > indent && column + 1 + word.size() > columns) {
            result += '\n' + std::string(indent, ' ');
            column = indent;
        } else if (column > indent) {
            result += ' ';
            ++column;
        }
        result += word;
        column += word.size();
    }
    return result + '\n';
}

std::string table(const std::vector<Row>& rows) {
    std::size_t width = 0;
    for (const Row& row : rows) {
        width = std::max(width, row.left.size());
    }
    std::string text;
    for (const Row& row : rows) {
        const std::string right = wrapped(row.right, width + 4);
        text += row.right.empty() ? fmt::format("  {}\n", row.left)
                                  : fmt::format("  {:<{}}  {}", row.left, width, right);
    }
    return text;
}

std::string headed(std::string_view heading, const std::vector<Row>& rows) {
    return rows.empty() ? "" : fmt::format("\n{}:\n{}", heading, table(rows));
}

Row row_of(const CLI::Option& option) {
    return {written(option), capitalized(option.get_description())};
}

std::vector<Row> option_rows(const CLI::App& app, const std::string& group) {
    std::vector<Row> rows;
    for (const CLI::Option* option : app.get_options()) {
        if (offered(*option) && option->get_group() == group) {
            rows.push_back(row_of(*option));
        }
    }
    return rows;
}

std::vector<Row> common_rows(const CLI::App& app, const CommandInfo& command) {
    std::vector<Row> rows = option_rows(app, common_group);
    std::ranges::replace_if(
        rows, [](const Row& row) { return row.left.starts_with("--format "); },
        Row{"--format " + format_words(&command), app.get_option("--format")->get_description()});
    return rows;
}

std::vector<Row> setting_rows(const CLI::App& app, const CommandInfo& command) {
    std::vector<Row> rows;
    for (const SettingInfo& setting : setting_table()) {
        const CLI::Option* option = app.get_option(std::string(setting.flag));
        if (offered(*option) && heeds(command, setting.path)) {
            rows.push_back(row_of(*option));
        }
    }
    return rows;
}

std::vector<Row> example_rows(const CommandInfo& command, std::size_t count) {
    std::vector<Row> rows;
    for (const Example& example : std::span(command.examples).first(count)) {
        rows.push_back({std::string(example.command), std::string(example.what)});
    }
    return rows;
}

std::vector<Row> command_rows() {
    std::vector<Row> rows;
    for (const CommandInfo& command : command_table()) {
        rows.push_back({std::string(command.name), std::string(command.help)});
    }
    return rows;
}

std::string usage() {
    return "Usage: apikeyd COMMAND [OPTION...]\n";
}

std::string short_help(const CLI::App& app) {
    std::vector<Row> options;
    for (const std::string_view name : first_options) {
        const CLI::Option* option = app.get_option(std::string(name));
        options.push_back(row_of(*option));
    }
    return usage() + app.get_description() + "\n\n" + table(command_rows()) + "\n" + table(options) +
           headed("Examples", {{"apikeyd validate keys.yaml", "check a file; needs nothing else"},
                               {"apikeyd apply --dry-run", "what one reconciliation would send"}}) +
           std::string(exit_codes) + std::string(more);
}

std::string full_help(const CLI::App& app) {
    std::string text = usage() + app.get_description() + "\n" + headed("Commands", command_rows());
    for (const CLI::App* command : app.get_subcommands([](const CLI::App*) { return true; })) {
        text += headed("Options of " + command->get_name(), option_rows(*command, own_group));
    }
    std::vector<Row> common = option_rows(app, common_group);
    for (const CLI::Option* option : {app.get_help_ptr(), app.get_help_all_ptr(), app.get_version_ptr()}) {
        common.push_back(row_of(*option));
    }
    return text + headed("Options of every command", common) +
           headed("Settings", option_rows(app, settings_group)) + "\n" +
           wrapped(
               "Each setting, and each option that says so in apikeyd(8), is a variable too: --api-url is "
               "APIKEYD_API_URL. Settings have their place in the settings file, see apikeyd.yaml(5). A "
               "flag outranks a variable, and that the file.",
               0) +
           "\n" + std::string(exit_codes);
}

// With the settings in short where they would take too much room.
std::string settings_text(const std::vector<Row>& rows, bool in_short) {
    if (rows.empty() || !in_short) {
        return headed(settings_group, rows);
    }
    std::string names;
    for (const Row& row : rows) {
        names += row.left.substr(0, row.left.find_first_of(" [")) + " ";
    }
    return "\nSettings (apikeyd --help-all tells more):\n  " + wrapped(names, 2);
}

std::string command_help(const CLI::App& app, const CommandInfo& command, bool in_short,
                         std::size_t examples) {
    const CLI::App& whole = *app.get_parent();
    std::string text = fmt::format("Usage: apikeyd {}\n{}.\n", synopsis(app), command.help);
    if (!command.detail.empty()) {
        text += wrapped(command.detail, 0);
    }
    text += headed("Options of " + app.get_name(), option_rows(app, own_group));
    text += headed(common_group, common_rows(whole, command));
    text += settings_text(setting_rows(whole, command), in_short);
    return text + headed("Examples", example_rows(command, examples));
}

bool fits(const std::string& text) {
    return static_cast<std::size_t>(std::ranges::count(text, '\n')) <= lines;
}

} // namespace

std::string capitalized(std::string text) {
    if (!text.empty() && text.front() >= 'a' && text.front() <= 'z') {
        text.front() = static_cast<char>(text.front() - 'a' + 'A');
    }
    return text;
}

bool offered(const CLI::Option& option) {
    const std::string& group = option.get_group();
    const std::string name = option.get_name();
    return !group.empty() && name != "--help" && name != "--help-all" && name != "--version";
}

std::string written(const CLI::Option& option) {
    if (option.get_positional()) {
        return option.get_name(true) + (option.get_expected_max() > 1 ? "..." : "");
    }
    const std::string name = option.get_name(false, true);
    if (option.get_expected_max() == 0) { // a flag
        return name;
    }
    return option.get_expected_min() == 0 ? fmt::format("{}[={}]", name, option.get_type_name())
                                          : fmt::format("{} {}", name, option.get_type_name());
}

std::string synopsis(const CLI::App& command) {
    std::string text = command.get_name();
    for (const CLI::Option* option : command.get_options()) {
        if (option->get_required() || option->get_positional()) {
            const std::string form = written(*option);
            text += option->get_required() ? " " + form : " [" + form + "]";
        }
    }
    return text + " [OPTION...]";
}

std::string HelpFormatter::make_help(const CLI::App* app, std::string /*name*/,
                                     CLI::AppFormatMode mode) const {
    if (app->get_parent() == nullptr) {
        return mode == CLI::AppFormatMode::All ? full_help(*app) : short_help(*app);
    }
    const CommandInfo* command = find_command(app->get_name());
    std::size_t examples = command->examples.size();
    std::string text = command_help(*app, *command, false, examples);
    if (mode == CLI::AppFormatMode::All || fits(text)) {
        return text;
    }
    do {
        text = command_help(*app, *command, true, examples);
    } while (!fits(text) && --examples > 0);
    return text;
}

} // namespace apikeyd
