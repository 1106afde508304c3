// SPDX-License-Identifier: Apache-2.0
#include "config/schema.hpp"

#include "daemon/cli/commands.hpp"
#include "daemon/cli/settings_schema.hpp"

namespace apikeyd {

int schema_command(const CommandLine& line) {
    print(line.of_settings ? settings_schema() : std::string(desired_schema()));
    return exit_ok;
}

} // namespace apikeyd
