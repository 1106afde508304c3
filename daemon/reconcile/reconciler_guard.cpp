// SPDX-License-Identifier: Apache-2.0
// The way of a change to the schedule, past what guards against a mistake.
#include "daemon/reconcile/reconciler.hpp"

#include <set>
#include <string_view>
#include <utility>
#include <variant>

namespace apikeyd {

namespace {

// Whether an intent is one of the file with this digest.
bool is_intent_of(std::string_view intent, std::string_view digest) {
    return intent.starts_with(digest) && (intent.size() == digest.size() || intent[digest.size()] == '@');
}

} // namespace

void Reconciler::begin_gate(const Plan& plan, Actions& actions) {
    std::set<KeyId> approved;
    auto& held = safeguards_.held;
    if (held && held->revision != desired_->intent()) {
        if (is_intent_of(held->revision, desired_->digest()) && !held->approved.empty()) {
            // Another moment of the same file: what waits is judged anew, what was approved stays so.
            held->revision = desired_->intent();
            held->ids = held->approved;
            held->approved_at = held->approved_at.value_or(held->since);
        } else {
            held.reset(); // another file ends the hold, and an approval too
        }
        actions.batch.held.emplace(held);
    }
    if (held) {
        approved.insert(held->approved.begin(), held->approved.end());
    }
    announced_hold_.clear();
    refused_own_.reset();
    gate_.begin(desired_->intent(),
                allowed_disables(safeguards_.max_disable, plan.counts.managed + plan.counts.removed),
                std::move(approved), desired_->keys().empty());
}

void Reconciler::route(Work work, std::optional<MonoTime> wait_until, Actions& actions) {
    if (!work.change.disables()) {
        schedule(std::move(work), wait_until);
        return;
    }
    const KeyId id = work.change.id;
    const bool counts = may_be_enabled(work.change.known);
    switch (judge_disable(work.change, safeguards_.own, fresh_.contains(id))) {
    case DisableVerdict::own_key:
        refuse_own_key(work, actions);
        gate_.discount(id);
        if (!work.change.to.empty()) {
            schedule(std::move(work), wait_until);
        }
        return;
    case DisableVerdict::look_first:
        if (counts) {
            gate_.count(id, work.change.reason == Reason::removed);
        }
        if (work.attempt == 0) {
            gate_.await(id);
        }
        work.change.to = work.change.from = {};
        work.change.reason = Reason::look;
        schedule(std::move(work), wait_until);
        return;
    case DisableVerdict::pass:
        work.own_key = safeguards_.own.is(id, work.change.known.observed);
        if (!counts || work.passed == gate_.epoch()) {
            schedule(std::move(work), wait_until);
            return;
        }
        gate_.count(id, work.change.reason == Reason::removed);
        gate_.keep(std::move(work));
        if (!announced_hold_.empty()) {
            tally_.set(id, KeyState::held); // it is back, from a look at what is held
        }
    }
}

// Without the field that would lock us out; the rest of the change goes on.
void Reconciler::refuse_own_key(Work& work, Actions& actions) {
    work.change.to.enabled.reset();
    work.change.from.enabled.reset();
    tally_.set(work.change.id, KeyState::rejected);
    refused_own_ = work.change.id;
    if (run_) {
        ++run_->entry.rejected;
    }
    actions.events.emplace_back(KeyRejected{
        work.change.id,
        "apikeyd itself uses this key: its secret is our token, and disabling it would lock us out; use "
        "another key's secret as the token, or set guard.allow_self_disable",
        {work.attempt, 0, std::chrono::milliseconds{0}, work.change.source, work.origin->revision,
         work.origin->commit}});
}

// A look answers after the moment that the file names, so by the answer's age alone its change would seem to
// be no longer the moment's doing. Kept until the key is as it is wanted.
void Reconciler::learn_whether_due(const Work& work, const Answer& answer) {
    const auto* applied = std::get_if<Applied>(&answer.outcome);
    const DesiredKey* key = applied != nullptr && desired_ ? desired_->find(answer.id) : nullptr;
    const auto turned_at = key != nullptr ? desired_->turned_at(*key) : std::nullopt;
    if (!turned_at) {
        return;
    }
    const KeyPlan before = plan_key(*desired_, *key, &work.change.known);
    if (applied->key.enabled == key->enabled) {
        due_.erase(answer.id);
    } else if (before.change && before.change->reason == Reason::scheduled) {
        due_[answer.id] = *turned_at;
    }
}

void Reconciler::name_reason(Change& change) const {
    const auto due = due_.find(change.id);
    if (due == due_.end() || change.reason != Reason::changed || !change.to.enabled) {
        return;
    }
    const DesiredKey* key = desired_->find(change.id);
    if (key != nullptr && desired_->turned_at(*key) == due->second) {
        change.reason = Reason::scheduled;
    }
}

void Reconciler::schedule(Work work, std::optional<MonoTime> wait_until) {
    if (wait_until) {
        schedule_.wait(std::move(work), *wait_until);
    } else {
        schedule_.queue(std::move(work));
    }
}

void Reconciler::settle_gate(Actions& actions, Now now) {
    for (Work& work : gate_.release()) {
        work.passed = gate_.epoch();
        tally_.set(work.change.id, key_state(work.change));
        schedule_.queue(std::move(work));
    }
    auto held = gate_.held(now.wall);
    const bool stored = safeguards_.held && !safeguards_.held->approved_at;
    if (!held && gate_.kept() == 0 && !gate_.awaits_looks() && (!announced_hold_.empty() || stored)) {
        lift_hold(actions);
    }
    if (!held || held->digest == announced_hold_) {
        return;
    }
    announced_hold_ = held->digest;
    if (safeguards_.held) {
        held->approved = safeguards_.held->approved; // of the same revision
        held->since = safeguards_.held->digest == held->digest ? safeguards_.held->since : held->since;
    }
    safeguards_.held = held;
    count_held(*held);
    actions.events.emplace_back(PlanHeld{*held});
    actions.batch.held.emplace(std::move(held));
}

void Reconciler::count_held(const HeldPlan& held) {
    for (const KeyId& id : held.ids) {
        tally_.set(id, KeyState::held);
    }
}

// What was held turned out to be little enough: there is nothing left to approve.
void Reconciler::lift_hold(Actions& actions) {
    announced_hold_.clear();
    auto& held = safeguards_.held;
    if (held && !held->approved.empty()) { // what was approved before goes on being so
        held->ids = held->approved;
        held->approved_at = held->since;
    } else {
        held.reset();
    }
    actions.batch.held.emplace(held);
}

} // namespace apikeyd
