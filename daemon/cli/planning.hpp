// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "config/desired_state.hpp"
#include "daemon/cli/context.hpp"
#include "daemon/cli/drift_report.hpp"

namespace apikeyd {

// What differs from what the state file says, read only, and what of it the guard would hold; without a state
// file, nothing is known. Throws StateError.
DriftReport plan_from_state(const DesiredState& desired, const Settings& settings);

// Prints it in the form that the command line asks for, unless --quiet; returns the exit code that tells the
// same.
int print_drift(const DriftReport& report, const CommandLine& line);

} // namespace apikeyd
