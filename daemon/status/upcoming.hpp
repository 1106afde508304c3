// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "config/desired_state.hpp"
#include "config/time.hpp"
#include "state/state_store.hpp"

#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <vector>

namespace apikeyd {

// A change that the file itself schedules, by enabled_from or enabled_until.
struct Upcoming {
    KeyId id;
    std::string name; // as the file wants it, else as last known; empty: neither
    bool enabled = false;
    WallTime at{};
    std::string file;
    std::uint32_t line = 0;
};

// What the file itself will change, and when: the first so many. `store`: nullptr where nothing is known.
// Throws StateError.
std::vector<Upcoming> upcoming_changes(const DesiredState& desired, StateStore* store,
                                       std::size_t at_most = std::numeric_limits<std::size_t>::max());

// The suspension, where its time isn't over. Throws StateError.
std::optional<Suspension> suspension_in_force(StateStore& store, WallTime now);

} // namespace apikeyd
