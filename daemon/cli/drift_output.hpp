// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "daemon/cli/context.hpp"
#include "daemon/cli/drift_report.hpp"

#include <functional>

namespace apikeyd {

// Prints it in the form and to the place that the command line asks for, unless --quiet; returns the exit
// code that tells the same.
int print_drift(const DriftReport& report, const CommandLine& line);

// Makes a report and prints it. Where none can be made, a form other than text tells why as a whole document
// of its own, and so does a file; what was thrown goes on to the caller, with its exit code.
int report_drift(const CommandLine& line, const std::function<DriftReport()>& make);

} // namespace apikeyd
