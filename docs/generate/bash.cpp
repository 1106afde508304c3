// SPDX-License-Identifier: Apache-2.0
#include "docs/generate/writers.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <utility>

namespace apikeyd::docs {

namespace {

// What to reply with the value of an option.
std::string reply_of(const OptionDoc& option) {
    const std::string reply =
        !option.words.empty()
            ? fmt::format("COMPREPLY=($(compgen -W '{}' -- \"$cur\"))\n", fmt::join(option.words, " "))
        : option.files ? "_filedir\n"
                       : "";               // anything: nothing to offer
    if (option.value == Value::optional) { // it comes after '=' alone
        return reply.empty()
                   ? fmt::format("{:12}$split && return\n", "")
                   : fmt::format("{0:12}if $split; then\n{0:16}{1}{0:16}return\n{0:12}fi\n", "", reply);
    }
    return reply.empty() ? fmt::format("{:12}return\n", "")
                         : fmt::format("{0:12}{1}{0:12}return\n", "", reply);
}

// The branches for the values of these options, those with the same reply in one.
std::string cases_of(const std::vector<OptionDoc>& options, std::string_view command) {
    std::vector<std::pair<std::string, std::vector<std::string>>> cases;
    for (const OptionDoc& option : options) {
        if (option.argument || option.value == Value::none) {
            continue;
        }
        const std::string reply = reply_of(option);
        auto found = std::ranges::find_if(cases, [&](const auto& one) { return one.first == reply; });
        if (found == cases.end()) {
            found = cases.insert(cases.end(), {reply, {}});
        }
        for (const std::string& name : option.names) {
            found->second.push_back(fmt::format("{}:{}", command, name));
        }
    }
    std::string text;
    for (const auto& [reply, patterns] : cases) {
        text += fmt::format("{0:8}{1})\n{2}{0:12};;\n", "", fmt::join(patterns, " | "), reply);
    }
    return text;
}

std::string names_of(const std::vector<OptionDoc>& options) {
    std::vector<std::string> names;
    for (const OptionDoc& option : options) {
        if (!option.argument) {
            names.push_back(option.names.back()); // the long one
        }
    }
    return fmt::format("{}", fmt::join(names, " "));
}

// The patterns of the options that take the word after them.
std::string takers(const Model& model) {
    std::vector<std::string> names;
    const auto add = [&](const std::vector<OptionDoc>& options) {
        for (const OptionDoc& option : options) {
            if (option.value == Value::required && !option.argument) {
                names.insert(names.end(), option.names.begin(), option.names.end());
            }
        }
    };
    add(model.common);
    add(model.settings);
    return fmt::format("{}", fmt::join(names, " | "));
}

bool takes_files(const CommandDoc& command) {
    for (const OptionDoc& option : command.options) {
        if (option.argument && option.files) {
            return true;
        }
    }
    return false;
}

std::string arguments_of(const Model& model, const CommandDoc& command) {
    return fmt::format("{0:8}{1})\n{0:12}options='{2} {3}'\n{4}{0:12};;\n", "", command.info->name,
                       names_of(command.options), names_of(heeded(model, command)),
                       takes_files(command) ? fmt::format("{:12}files=true\n", "") : "");
}

} // namespace

std::string bash_completion(const Model& model) {
    std::vector<std::string_view> commands;
    std::string values;
    std::string arguments;
    for (const CommandDoc& command : model.commands) {
        commands.push_back(command.info->name);
        values += cases_of(command.options, command.info->name) +
                  cases_of({command.format}, command.info->name); // before those of every command
        arguments += arguments_of(model, command);
    }
    std::vector<OptionDoc> everywhere = model.common;
    everywhere.insert(everywhere.end(), model.settings.begin(), model.settings.end());
    values += cases_of(everywhere, "*");
    return fmt::format(R"(# bash completion for apikeyd(8). Made from the program's command line.

_apikeyd() {{
    local cur prev words cword split
    _init_completion -s || return

    # The command, on whichever side of the common options it stands.
    local command='' i
    for ((i = 1; i < cword; i++)); do
        case ${{words[i]}} in
        {0})
            i=$((i + 1))
            ;;
        {1})
            command=${{words[i]}}
            break
            ;;
        esac
    done

    case $command:$prev in
{2}    esac
    $split && return

    local options='' files=false
    case $command in
{3}        '')
            options='{4}'
            ;;
    esac
    if [[ $cur == -* ]]; then
        COMPREPLY=($(compgen -W "$options {5}" -- "$cur"))
    elif [[ -z $command ]]; then
        COMPREPLY=($(compgen -W '{6}' -- "$cur"))
    elif $files; then
        _filedir
    fi
}} && complete -F _apikeyd apikeyd
)",
                       takers(model), fmt::join(commands, " | "), values, arguments, names_of(model.settings),
                       names_of(model.common), fmt::join(commands, " "));
}

} // namespace apikeyd::docs
