// SPDX-License-Identifier: Apache-2.0
#include "daemon/cli/commands.hpp"
#include "daemon/cli/planning.hpp"

namespace apikeyd {

int drift_command(const CommandLine& line) {
    return report_drift(line, [&] {
        const Settings settings = require_settings(line);
        return plan_from_state(require_desired(settings, line), settings);
    });
}

} // namespace apikeyd
