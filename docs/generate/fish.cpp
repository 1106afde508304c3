// SPDX-License-Identifier: Apache-2.0
#include "docs/generate/writers.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

namespace apikeyd::docs {

namespace {

std::string quoted(std::string_view text) {
    std::string result = "'";
    for (const char c : text) {
        result += c == '\'' || c == '\\' ? std::string{'\\', c} : std::string{c};
    }
    return result + "'";
}

std::string flags_of(const OptionDoc& option) {
    std::string flags;
    for (const std::string& name : option.names) {
        flags += name.starts_with("--") ? " -l " + name.substr(2) : " -s " + name.substr(1);
    }
    return flags;
}

// -r: needs a value; -F: a file; -x: needs one that is no file; an -a without either: after '=' alone.
std::string value_of(const OptionDoc& option) {
    const std::string words =
        option.words.empty() ? "" : fmt::format(" -a '{}'", fmt::join(option.words, " "));
    if (option.value != Value::required) {
        return words;
    }
    return option.files ? " -r -F" : " -x" + words;
}

std::string line_of(const OptionDoc& option, const std::string& condition) {
    const std::string when = condition.empty() ? "" : fmt::format(" -n '{}'", condition);
    if (option.argument) {
        return option.files ? fmt::format("complete -c apikeyd{} -F\n", when) : "";
    }
    return fmt::format("complete -c apikeyd{}{}{} -d {}\n", when, flags_of(option), value_of(option),
                       quoted(option.help));
}

} // namespace

std::string fish_completion(const Model& model) {
    std::vector<std::string_view> commands;
    std::string lines;
    for (const CommandDoc& command : model.commands) {
        commands.push_back(command.info->name);
        lines += fmt::format("complete -c apikeyd -n __apikeyd_without_command -a {} -d {}\n",
                             command.info->name, quoted(command.info->help));
    }
    for (const OptionDoc& option : model.common) {
        lines += line_of(option, option.names.back() == "--format" ? "__apikeyd_without_command" : "");
    }
    for (const OptionDoc& option : model.settings) {
        std::vector<std::string_view> heeding;
        for (const CommandDoc& command : model.commands) {
            if (heeds(*command.info, option.setting)) {
                heeding.push_back(command.info->name);
            }
        }
        lines += line_of(option, fmt::format("__apikeyd_without_command; or __fish_seen_subcommand_from {}",
                                             fmt::join(heeding, " ")));
    }
    for (const CommandDoc& command : model.commands) {
        const std::string condition = fmt::format("__fish_seen_subcommand_from {}", command.info->name);
        lines += line_of(command.format, condition);
        for (const OptionDoc& option : command.options) {
            lines += line_of(option, condition);
        }
    }
    return fmt::format(R"(# fish completion for apikeyd(8). Made from the program's command line.

function __apikeyd_without_command
    not __fish_seen_subcommand_from {}
end

complete -c apikeyd -f
{})",
                       fmt::join(commands, " "), lines);
}

} // namespace apikeyd::docs
