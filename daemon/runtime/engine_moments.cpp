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
constexpr std::size_t pruned_at_once = 1000;

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

// It rang, or the clock was set: what holds now is looked up, not concluded.
void Engine::moment_came() {
    if (suspension_ && suspension_->until <= current_time().wall) {
        lift_suspension("");
        flush();
    }
    if (catch_up()) {
        desired(desired_, commit_);
    }
    set_alarm();
    stepped();
}

// Makes the desired state that of this moment; whether that is another one.
bool Engine::catch_up() {
    if (!desired_ || !desired_->timed()) {
        return false;
    }
    const WallTime now = current_time().wall;
    auto turned = std::make_shared<const DesiredState>(desired_->at(now));
    if (turned->intent() == desired_->intent()) {
        return false;
    }
    log_event(log_, ScheduleReached{turned->last_transition().value_or(now), turned->digest()});
    desired_ = std::move(turned);
    return true;
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
    Actions actions = reconciler_.resume(now);
    record_resumption(actions.batch, by, now.wall);
    actions.events.emplace_back(SendingResumed{by});
    pending_.append(std::move(actions));
    if (desired_ && options_.refresh) { // what happened meanwhile is worth a look
        refresh_wanted_ = true;
        request_plan();
    }
}

void Engine::prune() {
    const Now now = current_time();
    std::uint64_t pruned = 0;
    try {
        pruned = store_.prune_history(now.wall - options_.retention, pruned_at_once, now.wall);
    } catch (const StateError& error) {
        in_trouble(error); // its turn comes again
    }
    prune_timer_.set(now.mono +
                     (pruned == pruned_at_once ? MonoTime::duration(prune_pause) : prune_interval));
}

} // namespace apikeyd
