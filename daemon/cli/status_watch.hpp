// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "daemon/cli/context.hpp"
#include "daemon/status/status_report.hpp"

namespace apikeyd {

// Shows the state until a signal ends it, and anew whenever it is another one: on a terminal in its place,
// else, and as JSON, one report after the other. Waits for a state that isn't there yet, or no more. Throws
// StateError where at the beginning there is one that can't be read; CommandError where standard output can't
// be written.
void watch_status(const CommandLine& line, const Settings& settings, const StatusFilter& filter);

} // namespace apikeyd
