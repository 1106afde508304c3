// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "config/desired_state.hpp"
#include "config/settings.hpp"
#include "daemon/cli/context.hpp"
#include "daemon/cli/drift_report.hpp"
#include "state/state_store.hpp"

#include <optional>
#include <set>
#include <vector>

namespace apikeyd {

// What differs from what the state says, and what of it the guard would hold. `store` nullptr: nothing is
// known. `probed`: the keys that were answered in this run. Throws StateError.
DriftReport drift_from(StateStore* store, const DesiredState& desired, std::optional<Commit> commit,
                       const Settings& settings, const std::set<KeyId>& probed = {});

// The same from the state file, read only; without one, nothing is known. Throws StateError.
DriftReport plan_from_state(const DesiredState& desired, std::optional<Commit> commit,
                            const Settings& settings);

// The end of a command that would have to send, or, with `looks`, to look.
CommandError suspended_error(const Suspension& suspension, bool looks);

} // namespace apikeyd
