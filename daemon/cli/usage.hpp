// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "daemon/cli/command_line.hpp"

#include <string>
#include <vector>

namespace apikeyd {

// Parses the arguments after the program's name and the variables that stand for options. Throws CommandError
// (64) that names what is wrong and what to do about it, of an unknown option only its name: what follows may
// be a secret. Throws CLI::Success where help or the version is asked for; the app can print it.
void parse_usage(CLI::App& app, ParsedLine& parsed, const std::vector<std::string>& arguments);

} // namespace apikeyd
