// SPDX-License-Identifier: Apache-2.0
// What the engine does at moments of the wall clock: what the file schedules, suspensions, pruning.
#include "daemon/runtime/engine.hpp"

#include "daemon/runtime/event_log.hpp"
#include "daemon/runtime/suspension.hpp"

#include <algorithm>
#include <utility>

namespace apikeyd {

namespace {

// How often history is pruned, and how many rows in one go: a commit must not hold up the others.
constexpr std::chrono::hours prune_interval{1};
constexpr std::chrono::milliseconds prune_pause{100};
constexpr std::chrono::minutes prune_retry{1};
constexpr std::size_t pruned_at_once = 1000;
constexpr int most_steps_now = 50; // where somebody waits for the end of it

} // namespace

void Engine::set_alarm() {
    std::optional<WallTime> at;
    if (suspension_) {
        at = suspension_->until;
    }
    if (desired_ && desired_->timed()) {
        // Without a moment to come there may be one again when the clock is set back.
        const WallTime next = desired_->next_transition().value_or(WallTime::max());
        at = at ? std::min(*at, next) : next;
    }
    if (at) {
        alarm_.set(*at);
    } else {
        alarm_.clear();
    }
}

void Engine::want(std::shared_ptr<const DesiredState> state) {
    desired_ = std::move(state);
    next_turn_ = desired_->next_transition();
    last_turn_ = desired_->last_transition();
}

// It rang, or the clock was set: what holds now is looked up, not concluded.
void Engine::moment_came() {
    take_turn(); // first, or the end of a suspension would let go what is no longer wanted
    if (suspension_ && suspension_->until <= current_time().wall) {
        lift_suspension("");
        flush();
    }
    set_alarm();
    stepped();
}

// Makes the desired state that of this moment; whether that is another one.
bool Engine::catch_up() {
    const WallTime now = current_time().wall;
    const bool passed = next_turn_ && *next_turn_ <= now;
    const bool set_back = last_turn_ && now < *last_turn_;
    if (!passed && !set_back) {
        return false;
    }
    want(std::make_shared<const DesiredState>(desired_->at(now)));
    log_event(log_, ScheduleReached{last_turn_.value_or(now), desired_->digest()});
    return true;
}

// Before anything is handed out: a timer or an answer may come earlier than the alarm, after a sleep, say. A
// moment needs no looks of its own; those that go on are followed by a plan for it.
void Engine::take_turn() {
    if (catch_up() && !reconciler_.refreshing()) {
        request_plan();
        take_back();
        plan();
        set_alarm();
    }
}

void Engine::suspend(const Suspension& suspension) {
    suspension_ = suspension;
    Actions actions = reconciler_.suspend(current_time());
    record_suspension(actions.batch, suspension);
    actions.events.emplace_back(SendingSuspended{suspension});
    perform(std::move(actions));
    set_alarm();
    stepped();
}

void Engine::resume(const std::string& by) {
    if (suspension_) {
        take_turn();
        lift_suspension(by);
        flush();
        set_alarm();
        stepped();
    }
}

// Decided, and durable with the next commit. `by` empty: its time is over.
void Engine::lift_suspension(const std::string& by) {
    suspension_.reset();
    const Now now = current_time();
    if (desired_ && options_.refresh) { // what happened meanwhile is worth a look, before anything is sent
        refresh_wanted_ = true;
        request_plan();
    }
    Actions actions = reconciler_.resume(now);
    record_resumption(actions.batch, by, now.wall);
    actions.events.emplace_back(SendingResumed{by});
    pending_.append(std::move(actions));
}

void Engine::prune() {
    MonoTime::duration wait = prune_interval;
    try {
        if (prune_step()) {
            wait = prune_pause;
        }
    } catch (const StateError&) {
        wait = prune_retry; // nothing waits for it; a state that stays in trouble shows elsewhere
    }
    prune_timer_.set(current_time().mono + wait);
}

void Engine::prune_now() {
    if (options_.retention.count() == 0) {
        return;
    }
    bool more = true;
    try {
        for (int step = 0; more && step < most_steps_now; ++step) {
            more = prune_step();
        }
    } catch (const StateError& error) {
        in_trouble(error);
    }
    if (more) {
        tell_pruning({}, false);
    }
}

// Whether there is more to take out.
bool Engine::prune_step() {
    const WallTime now = current_time().wall;
    const auto time = store_.proven_time(now);
    if (!time) {
        return false;
    }
    const Pruning step = store_.prune_history(*time - options_.retention, pruned_at_once, now);
    const bool more = step.rows == pruned_at_once;
    tell_pruning(step, more);
    return more;
}

// Each damage once, and the steps of a pruning together.
void Engine::tell_pruning(const Pruning& step, bool more) {
    if (step.fault && step.fault != pruned_.fault) {
        log_history_damaged(log_, *step.fault);
    }
    pruned_.fault = step.fault;
    pruned_.rows += step.rows;
    pruned_.up_to = std::max(pruned_.up_to, step.up_to);
    if (!more && pruned_.rows > 0) {
        log_history_pruned(log_, pruned_);
        pruned_.rows = 0;
    }
}

} // namespace apikeyd
