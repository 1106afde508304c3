// SPDX-License-Identifier: Apache-2.0
#include "daemon/runtime/engine.hpp"

#include "daemon/plan/plan.hpp"
#include "daemon/runtime/event_log.hpp"

#include <utility>
#include <variant>

namespace apikeyd {

namespace {

// How often a state that can't be used is tried again.
constexpr std::chrono::seconds trouble_retry{1};

} // namespace

Engine::Engine(EventLoop& loop, Log& log, StateStore store, Reconciler reconciler,
               std::vector<std::unique_ptr<Transport>> transports, std::function<void()> stepped)
    : loop_(loop)
    , log_(log)
    , store_(std::move(store))
    , reconciler_(std::move(reconciler))
    , stepped_(std::move(stepped))
    , wake_timer_(loop, [this] { wake(); })
    , trouble_timer_(loop, [this] { flush(); })
    , pool_(std::move(transports), Fingerprinter(store_.fingerprint_key())) {
    loop.on_readable(pool_.ready_fd(), [this] { drain(); });
}

void Engine::desired(std::shared_ptr<const DesiredState> state) {
    desired_ = std::move(state);
    plan_due_ = true;
    take_back();
    plan();
    stepped();
}

void Engine::credentials_changed() {
    perform(reconciler_.credentials_changed(current_time()));
    stepped();
}

void Engine::stop() {
    stopping_ = true;
    perform(reconciler_.stop(current_time()));
    stepped();
}

void Engine::drain() {
    std::vector<Answer> answers = pool_.drain();
    if (!answers.empty()) {
        perform(reconciler_.answered(std::move(answers), current_time()));
    }
    stepped();
}

void Engine::wake() {
    perform(reconciler_.time_passed(current_time()));
    stepped();
}

// Only what is durable may be planned from.
void Engine::plan() {
    if (!plan_due_ || !pending_.batch.empty() || stopping_) {
        return;
    }
    try {
        const auto known = store_.known();
        Plan plan = make_plan(*desired_, *known);
        plan_due_ = false;
        perform(reconciler_.desired_changed(desired_, std::move(plan), store_.next_reconciliation(),
                                            current_time()));
    } catch (const StateError& error) {
        in_trouble(error);
    }
}

void Engine::perform(Actions actions) {
    const bool withdraw = std::exchange(actions.withdraw, false);
    pending_.append(std::move(actions));
    if (withdraw) {
        take_back();
    } else {
        flush();
    }
}

void Engine::take_back() {
    std::vector<KeyId> ids = pool_.withdraw();
    for (const Dispatch& dispatch : pending_.dispatches) {
        ids.push_back(dispatch.id);
    }
    pending_.dispatches.clear();
    perform(reconciler_.withdrawn(ids, current_time()));
}

void Engine::flush() {
    try {
        store_.commit(pending_.batch);
    } catch (const StateError& error) {
        in_trouble(error);
        return;
    }
    if (std::exchange(trouble_, std::nullopt)) {
        trouble_timer_.clear();
        log_state_recovered(log_);
    }
    Actions done = std::exchange(pending_, {});
    tell(done.events);
    pool_.submit(std::move(done.dispatches));
    plan();
}

void Engine::tell(const std::vector<Event>& events) {
    for (const Event& event : events) {
        log_event(log_, event);
        if (const auto* finished = std::get_if<ReconcileFinished>(&event)) {
            last_finished_ = *finished;
        } else if (const auto* denial = std::get_if<AccessDenied>(&event)) {
            last_denial_ = *denial;
        }
    }
}

void Engine::in_trouble(const StateError& error) {
    if (trouble_ != error.what()) {
        log_state_unavailable(log_, error.what());
    }
    trouble_ = error.what();
    trouble_timer_.set(current_time().mono + trouble_retry);
}

void Engine::stepped() {
    if (const auto at = reconciler_.next_wakeup()) {
        wake_timer_.set(*at);
    } else {
        wake_timer_.clear();
    }
    stepped_();
}

} // namespace apikeyd
