// SPDX-License-Identifier: Apache-2.0
#include "daemon/reconcile/disable_gate.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace apikeyd {

void DisableGate::begin(const std::string& revision, std::uint64_t allowed, std::set<KeyId> approved,
                        bool hold_removals) {
    if (revision != revision_) {
        released_.clear();
        ++epoch_;
        allowed_ = 0;
    }
    revision_ = revision;
    allowed_ = std::max(allowed_, allowed); // what was let go for this revision goes on to its end
    approved_ = std::move(approved);
    hold_removals_ = hold_removals;
    abandon();
    for (const KeyId& id : released_) {
        count(id, false);
    }
}

void DisableGate::abandon() {
    counted_.clear();
    awaited_.clear();
    kept_.clear();
}

void DisableGate::count(const KeyId& id, bool removed) {
    if (!approved_.contains(id)) {
        counted_[id] = removed;
    }
}

void DisableGate::keep(Work work) {
    const KeyId id = work.change.id;
    kept_.insert_or_assign(id, std::move(work));
}

std::string DisableGate::objection() const {
    const bool removals = std::ranges::any_of(counted_, [](const auto& one) { return one.second; });
    if (hold_removals_ && removals) {
        return fmt::format("the file names no key any more, and {} would be disabled for that",
                           counted_.size());
    }
    if (counted_.size() > allowed_) {
        return fmt::format("{} keys would be disabled, and {} may be without approval", counted_.size(),
                           allowed_);
    }
    return {};
}

std::vector<Work> DisableGate::release() {
    std::vector<Work> released;
    if (!awaited_.empty() || kept_.empty()) {
        return released;
    }
    const bool held = !objection().empty();
    for (auto at = kept_.begin(); at != kept_.end();) {
        if (!held || approved_.contains(at->first)) {
            if (!approved_.contains(at->first)) {
                released_.insert(at->first);
            }
            released.push_back(std::move(at->second));
            at = kept_.erase(at);
        } else {
            ++at;
        }
    }
    return released;
}

std::optional<HeldPlan> DisableGate::held(WallTime now) const {
    if (!awaited_.empty() || kept_.empty()) {
        return std::nullopt;
    }
    HeldPlan plan;
    std::vector<Change> changes;
    for (const auto& [id, work] : kept_) {
        plan.ids.push_back(id);
        changes.push_back(work.change);
    }
    plan.digest = plan_digest(changes);
    plan.revision = revision_;
    plan.why = objection();
    plan.since = now;
    return plan;
}

} // namespace apikeyd
