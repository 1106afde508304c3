// SPDX-License-Identifier: Apache-2.0
// What must hold at every step of every run. Each of these is broken by a mutation in mutations.py.
#include "daemon/plan/guard.hpp"
#include "daemon/plan/plan.hpp"
#include "tests/simulation/simulation.hpp"
#include "tests/support/key_counts.hpp"

#include <algorithm>

namespace apikeyd::simulation {

using namespace std::chrono_literals;

// At the moment a worker begins.
void Simulation::check_dispatch(const Dispatch& dispatch) {
    const KeyId& id = dispatch.id;
    const auto wanted = file_.find(id);
    const bool removed = wanted == file_.end() && weather_.disable_removed && ever_wanted_.contains(id);
    if (wanted == file_.end() && !removed) {
        violated("a key that is not in the file is touched: " + id.to_string());
    }
    const WantedKey want = removed ? WantedKey{std::nullopt, false} : wanted->second;
    if ((dispatch.fields.name && dispatch.fields.name != want.name) ||
        (dispatch.fields.enabled && dispatch.fields.enabled != want.enabled)) {
        violated("a field is sent that the file doesn't ask for: " + id.to_string());
    }
    const auto known = store_.find(id);
    if (suspension_ && pending_.batch.empty()) {
        violated("sent while sending is suspended: " + id.to_string());
    }
    const bool looks_owed = machine_->refreshing() || (refresh_wanted_ && !suspension_);
    if (looks_owed && !dispatch.fields.empty()) {
        violated("sent before the looks were over: " + id.to_string());
    }
    if (!dispatch.fields.empty()) {
        if (!known || (dispatch.fields.name && !known->doubt.name) ||
            (dispatch.fields.enabled && !known->doubt.enabled)) {
            violated("sent without its durable mark: " + id.to_string());
        }
        const auto rejected = rejected_.find(id);
        if (rejected != rejected_.end() && rejected->second == Fields{want.name, want.enabled}) {
            violated("a rejected value is sent again: " + id.to_string());
        }
    }
    if (std::ranges::any_of(flights_, [&](const Flight& flight) {
            return flight.incarnation == incarnation_ && flight.dispatch.id == id;
        })) {
        violated("two requests for one key at once: " + id.to_string());
    }
    if (dispatch.fields.enabled == false) {
        check_disables(dispatch, *known);
    }
}

void Simulation::check_disables(const Dispatch& dispatch, const KnownKey& known) {
    const auto remote = remote_.find(dispatch.id);
    if (remote != remote_.end() && remote->second.secret == token_) {
        violated("our own key is disabled");
    }
    // The mark hides what was certain before it: a key that was answered as disabled, and is asserted,
    // doesn't count.
    if (known.observed && !known.observed->enabled && !disabled_.contains(dispatch.id)) {
        return;
    }
    const auto held = store_.held_plan();
    if (held && held->revision == desired_->intent() &&
        std::ranges::binary_search(held->approved, dispatch.id)) {
        return; // the operator said so
    }
    disabled_.insert(dispatch.id);
    std::uint64_t managed = 0;
    for (const auto& [id, want] : file_) {
        managed += want.name || want.enabled ? 1 : 0;
    }
    const std::uint64_t removable = weather_.disable_removed ? ever_wanted_.size() : 0;
    if (disabled_.size() > allowed_disables(weather_.max_disable, managed + removable)) {
        std::string ids;
        for (const KeyId& id : disabled_) {
            ids += " " + id.to_string();
        }
        violated("more disables than the guard allows:" + ids);
    }
}

void Simulation::check_bounds() const {
    const auto in_flight = std::ranges::count(flights_, incarnation_, &Flight::incarnation);
    if (in_flight > static_cast<long>(weather_.workers)) {
        violated("more requests under way than workers");
    }
    if (queue_.size() + static_cast<std::size_t>(in_flight) > weather_.workers * 3U) {
        violated("more handed out than the window");
    }
}

// A wake-up that is due already, right after time passed, would be a busy loop.
void Simulation::check_wakeup() const {
    const auto wakeup = machine_->next_wakeup();
    if (wakeup && *wakeup <= now_.mono && pending_.batch.empty() && !plan_due_) {
        violated("it would wake up at once, again and again");
    }
}

// Whether a key may differ from the file at rest: refused by the API, or kept by a guard.
bool Simulation::settled(const KeyId& id, const WantedKey& wanted) {
    const auto remote = remote_.find(id);
    const Fields fields{wanted.name, wanted.enabled};
    if (rejects(id, fields) || (wanted.name && wanted.name->ends_with(' '))) {
        return true;
    }
    if (foreign_.contains(id) && weather_.resync == 0s) {
        return true; // nobody told us, and we were not to ask
    }
    const bool own = remote->second.secret == token_ && wanted.enabled == false;
    return (!wanted.name || *wanted.name == remote->second.name) &&
           (!wanted.enabled || *wanted.enabled == remote->second.enabled || own);
}

// Whether the daemon takes a good token for denied, though there is a key to try it with.
bool Simulation::denied_for_nothing() const {
    return token_valid_ && machine_->denied() &&
           std::ranges::any_of(file_, [](const auto& one) { return one.second.name || one.second.enabled; });
}

void Simulation::check_rest() {
    if (denied_for_nothing()) {
        violated("at rest, a good token is taken for denied");
    }
    for (const auto& [id, wanted] : file_) {
        if (!settled(id, wanted)) {
            violated("at rest, the API has something else than the file: " + id.to_string());
        }
    }
    Safeguards safeguards;
    const Plan plan = make_plan(*desired_, *store_.known(), {weather_.disable_removed, safeguards.own});
    if (!test::agrees(machine_->key_counts(), plan)) {
        violated("at rest, the keys are not counted right");
    }
    for (const Change& change : plan.changes) {
        const auto remote = remote_.find(change.id);
        const bool own = remote != remote_.end() && remote->second.secret == token_ && change.disables();
        const bool refused =
            rejects(change.id, change.known.rejection ? change.known.rejection->desired : change.to);
        if (!own && !refused) {
            violated("at rest, there is still something planned: " + change.id.to_string());
        }
    }
}

} // namespace apikeyd::simulation
