// SPDX-License-Identifier: Apache-2.0
#include "daemon/cli/commands.hpp"
#include "daemon/cli/planning.hpp"

namespace apikeyd {

int drift_command(const CommandLine& line) {
    const Settings settings = require_settings(line);
    return print_drift(plan_from_state(require_desired(settings, line), settings), line);
}

} // namespace apikeyd
