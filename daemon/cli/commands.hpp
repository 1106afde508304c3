// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "daemon/cli/context.hpp"

namespace apikeyd {

// One function a subcommand; each returns the exit code, or throws CommandError.
int run_command(const CommandLine& line);
int apply_command(const CommandLine& line);
int approve_command(const CommandLine& line);
int drift_command(const CommandLine& line);
int validate_command(const CommandLine& line);
int status_command(const CommandLine& line);
int suspend_command(const CommandLine& line);
int resume_command(const CommandLine& line);
int import_command(const CommandLine& line);
int history_command(const CommandLine& line);
int schema_command(const CommandLine& line);

// Parses the arguments and calls the command. Returns the exit code; throws nothing.
int run_cli(int argc, const char* const* argv, const char* const* environment);

} // namespace apikeyd
