// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "daemon/plan/plan.hpp"
#include "daemon/reconcile/key_tally.hpp"

#include <algorithm>
#include <numeric>
#include <string>

namespace apikeyd::test {

// Whether a tally that was kept answer by answer is what a plan made anew says: all keys are counted, and
// those in sync as such. How the others stand is no matter of the plan alone: the guard holds some, and our
// own key is refused.
inline bool agrees(const KeyCounts& tally, const Plan& plan) {
    const auto removed_for_good = std::ranges::count(plan.rejected, std::string(), &KeyNote::source);
    const std::uint64_t total =
        plan.counts.managed + plan.counts.removed + static_cast<std::uint64_t>(removed_for_good);
    return tally[KeyState::in_sync] == plan.counts.in_sync &&
           std::accumulate(tally.by_state.begin(), tally.by_state.end(), std::uint64_t{0}) == total;
}

} // namespace apikeyd::test
