// SPDX-License-Identifier: Apache-2.0
#include "docs/generate/writers.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

namespace apikeyd::docs {

namespace {

// In single quotes, with what _arguments and _describe read themselves (see zshcompsys(1)) escaped.
std::string escaped(std::string_view text) {
    std::string result;
    for (const char c : text) {
        if (c == '\'') {
            result += "'\\''";
        } else {
            result += c == ':' || c == '[' || c == ']' || c == '\\' ? std::string{'\\', c} : std::string{c};
        }
    }
    return result;
}

std::string action_of(const OptionDoc& option) {
    if (!option.words.empty()) {
        return fmt::format("({})", fmt::join(option.words, " "));
    }
    return option.files ? "_files" : " ";
}

std::string spec_of(const OptionDoc& option) {
    const std::string message = escaped(option.placeholder);
    if (option.argument) {
        return fmt::format("'*:{}:{}'", message, action_of(option));
    }
    const std::string help = escaped(option.help);
    switch (option.value) {
    case Value::required:
        return fmt::format("'{}=[{}]:{}:{}'", option.names.back(), help, message, action_of(option));
    case Value::optional:
        return fmt::format("'{}=-[{}]::{}:{}'", option.names.back(), help, message, action_of(option));
    case Value::none:
        break;
    }
    return option.names.size() > 1 ? fmt::format("'({})'{{{}}}'[{}]'", fmt::join(option.names, " "),
                                                 fmt::join(option.names, ","), help)
                                   : fmt::format("'{}[{}]'", option.names.front(), help);
}

std::string specs(const std::vector<OptionDoc>& options, std::size_t indent) {
    std::string text;
    for (const OptionDoc& option : options) {
        text += fmt::format("{:{}}{}\n", "", indent, spec_of(option));
    }
    return text;
}

} // namespace

std::string zsh_completion(const Model& model) {
    std::string commands;
    std::string cases;
    for (const CommandDoc& command : model.commands) {
        commands += fmt::format("    '{}:{}'\n", command.info->name, escaped(command.info->help));
        cases += fmt::format("        {})\n          specs=(\n{}{}{}          )\n          ;;\n",
                             command.info->name, specs(common_of(model, command), 12),
                             specs(command.options, 12), specs(heeded(model, command), 12));
    }
    return fmt::format(R"(#compdef apikeyd
# zsh completion for apikeyd(8). Made from the program's command line.

_apikeyd_commands() {{
  local -a commands=(
{0}  )
  _describe -t commands 'command' commands
}}

_apikeyd() {{
  local curcontext="$curcontext" state
  local -a line specs
  local -A opt_args
  local -a common=(
{1}  )
  local -a settings=(
{2}  )

  _arguments -A '-*' -C $common $settings '1: :_apikeyd_commands' '*:: :->arguments' && return
  case $state in
    arguments)
      curcontext="${{curcontext%:*:*}}:apikeyd-$line[1]:"
      specs=($common)
      case $line[1] in
{3}      esac
      _arguments $specs
      ;;
  esac
}}

if [[ $funcstack[1] == _apikeyd ]]; then
  _apikeyd "$@"
else
  compdef _apikeyd apikeyd
fi
)",
                       commands, specs(model.common, 4), specs(model.settings, 4), cases);
}

} // namespace apikeyd::docs
