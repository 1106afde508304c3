// SPDX-License-Identifier: Apache-2.0
#include "config/schema.hpp"

#include "daemon/cli/commands.hpp"

namespace apikeyd {

int schema_command(const CommandLine&) {
    print(std::string(desired_schema()));
    return exit_ok;
}

} // namespace apikeyd
