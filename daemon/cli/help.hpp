// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <CLI/CLI.hpp>

#include <string>

namespace apikeyd {

// The groups of options; a hidden option has none.
inline constexpr const char* own_group = "Options"; // of one command
inline constexpr const char* common_group = "Common options";
inline constexpr const char* settings_group = "Settings";

// The help in one screen of 24 lines, one of them the prompt, and 80 columns: of all commands, or of one,
// with its own options first.
// --help-all knows no such bound.
class HelpFormatter : public CLI::FormatterBase {
  public:
    std::string make_help(const CLI::App* app, std::string name, CLI::AppFormatMode mode) const override;
};

// An option as it is written: "--keys PATH", "--refresh[=never|probe]", "PATH...".
std::string written(const CLI::Option& option);

// How a command is called: "approve DIGEST [OPTION...]".
std::string synopsis(const CLI::App& command);

// With a capital: the setting table begins in lower case, for diagnostics.
std::string capitalized(std::string text);

// Whether it may be shown: not hidden, and neither --help nor --version, which every command has.
bool offered(const CLI::Option& option);

} // namespace apikeyd
