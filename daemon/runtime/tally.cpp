// SPDX-License-Identifier: Apache-2.0
#include "daemon/runtime/tally.hpp"

#include <algorithm>
#include <variant>

namespace apikeyd {

void Tally::heed(const Event& event) {
    if (const auto* made = std::get_if<PlanMade>(&event)) {
        managed_ = made->counts.managed;
        changes_ = made->changes;
        rejected_ = made->counts.rejected;
        refused_.clear();
        oldest_answer_ = made->oldest_evidence;
    } else if (const auto* updated = std::get_if<KeyUpdated>(&event)) {
        refused_.erase(updated->key.id); // where other values came back than were sent, KeyRejected follows
        oldest_answer_ = std::min(oldest_answer_.value_or(updated->at), updated->at);
    } else if (const auto* rejected = std::get_if<KeyRejected>(&event)) {
        refused_.insert(rejected->id);
    } else if (const auto* dead = std::get_if<ServerUnavailable>(&event)) {
        unavailable_ = dead->why;
    }
}

} // namespace apikeyd
