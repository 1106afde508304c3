// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "daemon/cli/context.hpp"

#include <exception>

namespace apikeyd {

// An error that a report has told already: nothing more is printed of it but to standard error.
class ReportedError : public CommandError {
  public:
    explicit ReportedError(const CommandError& error)
        : CommandError(error) {}
};

// Any exception as the end of a command: with an exit code, and at least one diagnostic.
CommandError as_command_error(const std::exception& error);

// Tells the error on standard error and, where reports are JSON, as a document with "errors" in the place of
// the report. Returns the exit code. Throws nothing.
int report_error(const std::exception& error, const CommandLine& line);

} // namespace apikeyd
