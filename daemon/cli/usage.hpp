// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "daemon/cli/context.hpp"

#include <optional>
#include <string>

namespace CLI {
class App;
}

namespace apikeyd {

// After parsing with extras allowed: throws CommandError (64) where something was left over or no command was
// given. Names what is wrong, and of an option only its name: what follows may be a secret.
void require_usage(const CLI::App& app);

// The form of reports: the flag, else APIKEYD_FORMAT, else text. Throws CommandError (64) where the command
// that was given has no such form.
OutputFormat require_format(const CLI::App& app, const std::optional<std::string>& flag,
                            const SettingSources& sources);

} // namespace apikeyd
