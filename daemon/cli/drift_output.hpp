// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "daemon/cli/context.hpp"
#include "daemon/cli/drift_report.hpp"

#include <exception>
#include <functional>
#include <vector>

namespace apikeyd {

// Prints it in the form and to the place that the command line asks for, unless --quiet; returns the exit
// code that tells the same.
int print_drift(const DriftReport& report, const CommandLine& line);

// Prints why there is no report, where print_drift() would have put it. Text on standard output is left out:
// standard error has the same. A file is replaced even so: what it told before is no longer true.
void print_drift_errors(const std::vector<Diagnostic>& errors, const CommandLine& line);
void print_drift_errors(const std::exception& error, const CommandLine& line);

// Makes a report and prints it. Where none can be made, a form other than text tells why as a whole document
// of its own, and so does a file; what was thrown goes on to the caller, with its exit code.
int report_drift(const CommandLine& line, const std::function<DriftReport()>& make);

} // namespace apikeyd
