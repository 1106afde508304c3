// SPDX-License-Identifier: Apache-2.0
#include "daemon/reconcile/key_tally.hpp"

#include <algorithm>
#include <utility>

namespace apikeyd {

KeyState key_state(Standing standing) noexcept {
    switch (standing) {
    case Standing::in_sync:
        return KeyState::in_sync;
    case Standing::drifted:
    case Standing::unknown:
        return KeyState::drifted;
    case Standing::in_doubt:
        return KeyState::in_doubt;
    case Standing::rejected:
        return KeyState::rejected;
    }
    return KeyState::drifted;
}

KeyState key_state(const Change& change) noexcept {
    const bool in_doubt =
        (change.to.name && change.known.doubt.name) || (change.to.enabled && change.known.doubt.enabled);
    return in_doubt                          ? KeyState::in_doubt
           : change.reason == Reason::resync ? KeyState::in_sync
                                             : KeyState::drifted;
}

void KeyTally::begin(std::shared_ptr<const DesiredState> desired, const Plan& plan) {
    desired_ = std::move(desired);
    states_.clear();
    removed_.clear();
    counts_ = {};
    managed_ = 0;
    states_.reserve(desired_->keys().size());
    for (const DesiredKey& key : desired_->keys()) {
        const bool managed = key.name || key.enabled;
        states_.push_back(managed ? static_cast<std::uint8_t>(KeyState::in_sync) : unmanaged);
        managed_ += managed ? 1 : 0;
    }
    count(KeyState::in_sync) = managed_;
    for (const Change& change : plan.changes) {
        set(change.id, key_state(change));
    }
    for (const KeyNote& note : plan.rejected) {
        set(note.id, KeyState::rejected);
    }
}

std::optional<std::size_t> KeyTally::find(KeyState state, std::size_t from) const {
    const auto wanted = static_cast<std::uint8_t>(state);
    const auto start = states_.begin() + static_cast<std::ptrdiff_t>(std::min(from, states_.size()));
    auto found = std::find(start, states_.end(), wanted);
    if (found == states_.end()) {
        found = std::find(states_.begin(), start, wanted);
        if (found == start) {
            return std::nullopt;
        }
    }
    return static_cast<std::size_t>(found - states_.begin());
}

void KeyTally::set(const KeyId& id, KeyState state) {
    const DesiredKey* key = desired_ ? desired_->find(id) : nullptr;
    if (key != nullptr) {
        std::uint8_t& now = states_[static_cast<std::size_t>(key - desired_->keys().data())];
        if (now != unmanaged) {
            --count(static_cast<KeyState>(now));
            ++count(state);
            now = static_cast<std::uint8_t>(state);
        }
        return;
    }
    if (const auto found = removed_.find(id); found != removed_.end()) {
        --count(found->second);
        removed_.erase(found);
    }
    if (state != KeyState::in_sync) {
        ++count(state);
        removed_.emplace(id, state);
    }
}

} // namespace apikeyd
