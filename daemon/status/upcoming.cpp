// SPDX-License-Identifier: Apache-2.0
#include "daemon/status/upcoming.hpp"

namespace apikeyd {

std::optional<Suspension> suspension_in_force(StateStore& store, WallTime now) {
    auto suspension = store.suspension();
    return suspension && suspension->until > now ? suspension : std::nullopt;
}

std::vector<Upcoming> upcoming_changes(const DesiredState& desired, StateStore* store, std::size_t at_most) {
    std::vector<Upcoming> changes;
    for (const Transition& transition : desired.upcoming()) {
        if (changes.size() == at_most) {
            break;
        }
        const DesiredKey* key = desired.find(transition.id);
        Upcoming& change = changes.emplace_back();
        change.id = transition.id;
        change.at = transition.at;
        change.enabled = transition.enabled;
        change.file = desired.files()[key->file];
        change.line = key->line;
        if (key->name) {
            change.name = *key->name;
        } else if (const auto known = store != nullptr ? store->find(transition.id) : std::nullopt;
                   known && known->observed) {
            change.name = known->observed->name;
        }
    }
    return changes;
}

} // namespace apikeyd
