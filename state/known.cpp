// SPDX-License-Identifier: Apache-2.0
#include "state/known.hpp"

#include <algorithm>
#include <iterator>
#include <utility>

namespace apikeyd {

HeldPlan approve(HeldPlan plan, WallTime now) {
    std::vector<KeyId> approved;
    std::ranges::set_union(plan.approved, plan.ids, std::back_inserter(approved));
    plan.approved = std::move(approved);
    plan.approved_at = now;
    return plan;
}

std::string commit_reference(const Commit& commit) {
    return commit.id + (commit.uncommitted ? "+" : "");
}

} // namespace apikeyd
