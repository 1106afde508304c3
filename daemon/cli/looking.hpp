// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "config/desired_state.hpp"
#include "config/settings.hpp"
#include "daemon/api/outcome.hpp"
#include "daemon/cli/context.hpp"
#include "daemon/plan/change.hpp"
#include "daemon/reconcile/event.hpp"
#include "state/state_store.hpp"

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

namespace apikeyd {

// What came of looking at keys.
struct Looked {
    std::map<KeyId, ApiKey> found;        // as the API answered
    std::map<KeyId, std::string> missing; // no answer that tells, and why
    std::string stopped;                  // why not every key was looked at; empty: all were
    bool complete() const { return missing.empty() && stopped.empty(); }
};

// Looks at each of these keys, with a PUT of its id alone and nothing else, and records what comes back in
// the store. `line`: how it is told meanwhile. `then` is handed what came of it while the store is still
// there. Throws StateError, TokenError; CommandError where sending is suspended or a signal ended it.
void look_at_keys(const Settings& settings, const CommandLine& line, StateStore store,
                  std::shared_ptr<const DesiredState> desired, std::vector<Change> probes,
                  const std::function<void(const Looked&, StateStore&)>& then);

} // namespace apikeyd
