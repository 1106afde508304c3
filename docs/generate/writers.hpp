// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "docs/generate/model.hpp"

#include <string>
#include <string_view>

namespace apikeyd::docs {

// Completion scripts, each complete in itself. That of bash needs the functions of bash-completion 2.
std::string bash_completion(const Model& model);
std::string zsh_completion(const Model& model);
std::string fish_completion(const Model& model);

// A manual page in scdoc's form (scdoc(5)), from one with marked places, each a line of its own:
//   @VERSION@             within a line: the version
//   @COMMANDS@            every command with its own options and examples
//   @EXAMPLES@            those of every command
//   @OPTIONS@             the options of every command
//   @SETTING_OPTIONS@     the flags of the settings
//   @ENVIRONMENT@         the variables
//   @SETTINGS@            the settings by section, with defaults
//   @NOTE name@ ... @END@ what is to be said besides of a command or of a setting, put where that stands;
//   left out
//                         where the program doesn't offer it yet
// Throws std::runtime_error where a mark isn't known or a note is never used.
std::string manual_page(const Model& model, std::string_view text);

// The default of a setting as it is written in the settings file; empty: there is none. Comes from the code.
// Throws std::runtime_error where there is no such setting.
std::string default_of(std::string_view path);

} // namespace apikeyd::docs
