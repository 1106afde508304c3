// SPDX-License-Identifier: Apache-2.0
#include "daemon/cli/usage.hpp"

#include "config/secret_words.hpp"
#include "config/suggest.hpp"
#include "config/utf8.hpp"

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <string_view>
#include <utility>
#include <vector>

namespace apikeyd {

namespace {

constexpr std::string_view more = "\nRun `apikeyd --help` for what there is.";

constexpr std::array<std::pair<std::string_view, OutputFormat>, 6> format_names{
    {{"text", OutputFormat::text},
     {"json", OutputFormat::json},
     {"github", OutputFormat::github},
     {"sarif", OutputFormat::sarif},
     {"markdown", OutputFormat::markdown},
     {"html", OutputFormat::html}}};

// What commands have besides text and JSON, which all accept.
constexpr std::array<std::pair<std::string_view, OutputFormat>, 8> further_formats{
    {{"validate", OutputFormat::github},
     {"validate", OutputFormat::sarif},
     {"run", OutputFormat::markdown}, // of a dry run
     {"run", OutputFormat::html},
     {"apply", OutputFormat::markdown},
     {"apply", OutputFormat::html},
     {"drift", OutputFormat::markdown},
     {"drift", OutputFormat::html}}};

bool has_format(std::string_view command, OutputFormat format) {
    return format == OutputFormat::text || format == OutputFormat::json ||
           std::ranges::find(further_formats, std::pair(command, format)) != further_formats.end();
}

std::string shown(std::string_view text) {
    return visible_text(quote_unless_token(text));
}

std::string or_near(std::string_view word, const std::vector<std::string>& known) {
    const std::vector<std::string_view> candidates(known.begin(), known.end());
    const std::string_view near = nearest_word(word, candidates);
    return near.empty() ? "" : fmt::format("; did you mean {}?", near);
}

std::vector<std::string> command_names(const CLI::App& app) {
    std::vector<std::string> names;
    for (const CLI::App* command : app.get_subcommands([](const CLI::App*) { return true; })) {
        names.push_back(command->get_name());
    }
    return names;
}

std::vector<std::string> option_names(const CLI::App& app) {
    std::vector<std::string> names;
    for (const CLI::Option* option : app.get_options()) {
        for (const std::string& name : option->get_lnames()) {
            if (!option->get_group().empty()) { // hidden
                names.push_back("--" + name);
            }
        }
    }
    return names;
}

std::string unknown_option(const CLI::App& app, const CLI::App* command, std::string_view word) {
    const std::string_view name = word.starts_with("--") ? word.substr(0, word.find('=')) : word.substr(0, 2);
    if (names_secret(name)) {
        return fmt::format("unknown option {}; a token is never an argument: name a file that holds it, with "
                           "--token-file",
                           shown(name));
    }
    std::vector<std::string> known = option_names(app);
    if (command != nullptr) {
        const std::vector<std::string> own = option_names(*command);
        known.insert(known.end(), own.begin(), own.end());
    }
    return fmt::format("unknown option {}{}", shown(name), or_near(name, known));
}

std::string unknown_word(const CLI::App& app, const CLI::App* command, const std::string& word) {
    if (command != nullptr) {
        return fmt::format("{} takes no argument {}", command->get_name(), shown(word));
    }
    const std::vector<std::string> names = command_names(app);
    const std::string near = or_near(word, names);
    return fmt::format("unknown command {}{}", shown(word),
                       near.empty() ? fmt::format("; the commands are {}", fmt::join(names, ", ")) : near);
}

} // namespace

void require_usage(const CLI::App& app) {
    const std::vector<CLI::App*> commands = app.get_subcommands();
    const CLI::App* command = commands.empty() ? nullptr : commands.front();
    const std::vector<std::string> left = app.remaining(true);
    if (!left.empty()) {
        const bool option = left.front().starts_with('-');
        throw CommandError(exit_usage, (option ? unknown_option(app, command, left.front())
                                               : unknown_word(app, command, left.front()))
                                           .append(more));
    }
    if (command == nullptr) {
        throw CommandError(exit_usage, fmt::format("no command given; the commands are {}{}",
                                                   fmt::join(command_names(app), ", "), more));
    }
}

OutputFormat require_format(const CLI::App& app, const std::optional<std::string>& flag,
                            const SettingSources& sources) {
    const auto variable = sources.environment.find("APIKEYD_FORMAT");
    const bool set = variable != sources.environment.end() && !variable->second.empty();
    const std::string text = flag ? *flag : set ? variable->second : "text";
    const std::string command = app.get_subcommands().front()->get_name();
    std::vector<std::string_view> known;
    for (const auto& [name, format] : format_names) {
        if (has_format(command, format)) {
            if (text == name) {
                return format;
            }
            known.push_back(name);
        }
    }
    throw CommandError(exit_usage, fmt::format("{}: {} is no form of report of {}; there are {}",
                                               flag ? "--format" : "APIKEYD_FORMAT", shown(text), command,
                                               fmt::join(known, ", ")));
}

} // namespace apikeyd
