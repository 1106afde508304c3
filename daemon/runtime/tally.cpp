// SPDX-License-Identifier: Apache-2.0
#include "daemon/runtime/tally.hpp"

#include <algorithm>
#include <utility>
#include <variant>

namespace apikeyd {

void Tally::answered(const KeyUpdated& updated, const DesiredState* desired) {
    oldest_answer_ = std::min(oldest_answer_.value_or(updated.at), updated.at);
    const DesiredKey* key = desired ? desired->find(updated.key.id) : nullptr;
    if (key == nullptr || (!key->name && !key->enabled) || in_round_.size() != desired->keys().size()) {
        return;
    }
    const auto position = static_cast<std::size_t>(key - desired->keys().data());
    round_oldest_ = std::min(round_oldest_.value_or(updated.at), updated.at);
    round_size_ += in_round_[position] ? 0 : 1;
    in_round_[position] = true;
    if (round_size_ >= managed_) {
        oldest_answer_ = std::exchange(round_oldest_, std::nullopt);
        round_size_ = 0;
        in_round_.assign(in_round_.size(), false);
    }
}

void Tally::heed(const Event& event, const DesiredState* desired) {
    if (const auto* made = std::get_if<PlanMade>(&event)) {
        managed_ = made->counts.managed;
        changes_ = made->changes;
        oldest_answer_ = made->oldest_evidence;
        round_oldest_.reset();
        round_size_ = 0;
        in_round_.assign(desired ? desired->keys().size() : 0, false);
    } else if (const auto* updated = std::get_if<KeyUpdated>(&event)) {
        answered(*updated, desired);
    } else if (const auto* dead = std::get_if<ServerUnavailable>(&event)) {
        unavailable_ = dead->why;
    }
}

} // namespace apikeyd
