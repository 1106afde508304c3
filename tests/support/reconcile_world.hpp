// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "daemon/reconcile/reconciler.hpp"
#include "state/state_store.hpp"
#include "tests/support/desired.hpp"
#include "tests/support/key_counts.hpp"
#include "tests/support/keys.hpp"

#include <algorithm>
#include <chrono>
#include <map>
#include <memory>
#include <stdexcept>
#include <string>
#include <utility>
#include <variant>
#include <vector>

namespace apikeyd::test {

// The reconciler with a real store in memory and time in the test's hand; what it wants sent is kept to be
// answered.
class ReconcileWorld {
  public:
    explicit ReconcileWorld(ReconcilerOptions options = {}, Safeguards safeguards_in = unguarded())
        : store(StateStore::open(":memory:"))
        , reconciler(options, [] { return 0ULL; }) // the shortest jitter: a tenth
        , safeguards(std::move(safeguards_in)) {}

    // For scenarios that are about something else: any number of disables, and no look before one.
    static Safeguards unguarded() {
        Safeguards none;
        none.max_disable = std::uint64_t{1'000'000};
        return none;
    }

    // The operator saves the file.
    void edit(const std::vector<Wanted>& wanted) {
        take_back();
        desired = std::make_shared<const DesiredState>(desired_state(wanted, now.wall));
        plan();
    }

    // As the engine does it.
    void plan() {
        Safeguards current = safeguards;
        current.held = store.held_plan();
        Plan made = make_plan(*desired, *store.known(), {current.disable_removed, current.own});
        planned = desired;
        perform(reconciler.desired_changed(desired, std::move(made), {store.next_reconciliation(), commit},
                                           std::move(current), now));
    }

    // The operator saves the file, and wants each key looked at before a plan is made.
    void edit_and_look(const std::vector<Wanted>& wanted, bool proven = true) {
        take_back();
        desired = std::make_shared<const DesiredState>(desired_state(wanted, now.wall));
        looked_first = true;
        perform(reconciler.refresh(desired, plan_probes(*desired, *store.known()),
                                   {"https://api.example", proven}, {0, commit}, now));
    }

    // The operator approves what is held.
    void approve() {
        StateBatch batch;
        batch.held.emplace(apikeyd::approve(store.held_plan().value(), now.wall));
        store.commit(batch);
        take_back();
        plan();
    }

    // The id by value: it may be that of the entry in `sent`, which goes.
    void answer(KeyId id, Outcome outcome, int status = 0) {
        started.erase(id);
        sent.erase(id);
        perform(
            reconciler.answered({Answer{id, std::move(outcome), status, std::chrono::milliseconds{3}}}, now));
    }

    // The API does as it is told.
    void apply(const KeyId& id) { answer(id, Applied{as_told(id)}, 200); }
    void apply_all() {
        while (!sent.empty()) {
            apply(sent.begin()->first);
        }
    }

    ApiKey as_told(const KeyId& id) {
        ApiKey& key = remote[id];
        key.id = id;
        if (key.name.empty()) {
            key.name = "server's";
        }
        key.created_at = key.updated_at = "2024-01-01T00:00:00Z";
        const Fields fields = sent.contains(id) ? sent.at(id) : last_sent.at(id);
        key.name = fields.name.value_or(key.name);
        key.enabled = fields.enabled.value_or(key.enabled);
        return key;
    }

    void advance(std::chrono::milliseconds time) {
        now.mono += time;
        now.wall += time;
        perform(reconciler.time_passed(now));
    }

    // A worker has begun with it: it can't be taken back.
    void start(const KeyId& id) { started.emplace(id, true); }

    void take_back() {
        std::vector<KeyId> ids;
        for (const auto& [id, fields] : sent) {
            if (!started.contains(id)) {
                ids.push_back(id);
            }
        }
        for (const KeyId& id : ids) {
            sent.erase(id);
        }
        perform(reconciler.withdrawn(ids, now));
    }

    void perform(Actions actions) {
        store.commit(actions.batch);
        for (Dispatch& dispatch : actions.dispatches) {
            order.push_back(dispatch.id);
            last_sent[dispatch.id] = dispatch.fields;
            sent.emplace(dispatch.id, std::move(dispatch.fields));
        }
        events.insert(events.end(), actions.events.begin(), actions.events.end());
        if (actions.withdraw) {
            take_back();
        }
        std::vector<KnownKey> found;
        for (const KeyId& id : actions.look_up) {
            if (auto key = store.find(id)) {
                found.push_back(*key);
            }
        }
        if (!found.empty()) {
            perform(reconciler.looked_up(found, now));
        }
        const bool refreshed = std::ranges::any_of(actions.events, [](const Event& event) {
            return std::holds_alternative<RefreshFinished>(event);
        });
        if (refreshed && looked_first) {
            plan();
        }
        require_true_counts();
    }

    // Whatever happens, the counts are those of a plan made anew.
    void require_true_counts() {
        if (planned && planned == desired && !reconciler.refreshing()) {
            const Plan anew =
                make_plan(*desired, *store.known(), {safeguards.disable_removed, safeguards.own});
            if (!agrees(reconciler.key_counts(), anew)) {
                throw std::logic_error("the keys are not counted right");
            }
        }
    }

    template <typename E>
    std::vector<E> told() const {
        std::vector<E> found;
        for (const Event& event : events) {
            if (const auto* match = std::get_if<E>(&event)) {
                found.push_back(*match);
            }
        }
        return found;
    }

    KnownKey known(const KeyId& id) { return store.find(id).value(); }

    StateStore store;
    Reconciler reconciler;
    Safeguards safeguards;
    std::string commit;
    bool looked_first = false; // a plan follows when the looks are over
    std::shared_ptr<const DesiredState> desired;
    std::shared_ptr<const DesiredState> planned; // what the machine's last plan is of
    Now now{MonoTime{std::chrono::hours{1}}, at_second(100)};
    std::map<KeyId, Fields> sent; // handed out, not answered
    std::map<KeyId, Fields> last_sent;
    std::map<KeyId, bool> started;
    std::vector<KeyId> order;
    std::vector<Event> events;
    std::map<KeyId, ApiKey> remote;
};

} // namespace apikeyd::test
