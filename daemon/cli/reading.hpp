// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "daemon/cli/context.hpp"
#include "state/state_store.hpp"

#include <optional>

namespace apikeyd {

// What the commands that only read the state have in common.

// The state, as a reader. Throws CommandError (1) where there is none yet.
StateStore require_state(const Settings& settings);

// What --key names; nothing: it wasn't given. Throws CommandError (64) where that is no id.
std::optional<KeyId> require_key(const CommandLine& line);

} // namespace apikeyd
