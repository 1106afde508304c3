// SPDX-License-Identifier: Apache-2.0
#include "daemon/runtime/engine.hpp"

#include "daemon/plan/plan.hpp"
#include "daemon/runtime/digest.hpp"
#include "daemon/runtime/event_log.hpp"
#include "daemon/runtime/hardening.hpp"
#include "daemon/runtime/suspension.hpp"

#include <utility>
#include <variant>

namespace apikeyd {

Engine::Engine(EventLoop& loop, Log& log, StateStore store, Reconciler reconciler, EngineOptions options,
               std::vector<std::unique_ptr<Transport>> transports, std::function<void()> stepped)
    : log_(log)
    , store_(std::move(store))
    , reconciler_(std::move(reconciler))
    , stepped_(std::move(stepped))
    , wake_timer_(loop, [this] { wake(); })
    , trouble_timer_(loop, [this] { recover(); })
    , prune_timer_(loop, [this] { prune(); })
    , alarm_(loop, [this] { moment_came(); })
    , options_(std::move(options))
    , suspension_(store_.suspension())
    , pool_(std::move(transports), Fingerprinter(store_.fingerprint_key())) {
    loop.on_readable(pool_.ready_fd(), [this] { drain(); });
    const Now now = current_time();
    if (suspension_ && suspension_->until > now.wall) {
        (void)reconciler_.suspend(now); // nothing is out yet that could be withdrawn
    } else if (suspension_) {
        lift_suspension("");
    }
    if (options_.retention.count() > 0) {
        prune_timer_.set(now.mono);
    }
    set_alarm();
}

void Engine::desired(std::shared_ptr<const DesiredState> state, std::optional<Commit> commit) {
    want(std::move(state));
    commit_ = std::move(commit);
    refresh_wanted_ = options_.refresh;
    request_plan();
    take_back();
    plan();
    set_alarm();
    stepped();
}

void Engine::look_at(std::shared_ptr<const DesiredState> state, std::vector<Change> probes) {
    looks_only_ = true;
    perform(reconciler_.refresh(std::move(state), std::move(probes), probed_server(), {}, current_time()));
    stepped();
}

// Another token may make another key our own, so what was planned must be judged again.
void Engine::use_token(const Secret& token) {
    token_ = token;
    wipe_unused_stack();
    if (desired_) {
        request_plan();
        perform(reconciler_.credentials_changed(current_time()));
        desired(desired_, commit_);
    }
}

void Engine::approve(const std::string& digest, const std::string& by) {
    approval_ = digest;
    approved_by_ = by;
    approve_held();
    forget_approval();
    stepped();
}

void Engine::forget_approval() {
    // Not before there was a plan, which may be the one that is meant.
    if (!approval_.empty() && desired_ && idle()) {
        log_approval_unmatched(log_, approval_);
        approval_.clear();
    }
}

void Engine::approve_held() {
    if (approval_.empty() || !held_ || !digest_matches(held_->digest, approval_) || plan_due_) {
        return;
    }
    approval_.clear();
    const WallTime now = current_time().wall;
    const HeldPlan approved = apikeyd::approve(*std::exchange(held_, std::nullopt), now);
    Actions actions;
    actions.batch.held.emplace(approved);
    actions.batch.history.push_back(
        history_note("approved", approved.why + "; " + approved.digest, approved_by_, now));
    actions.events.emplace_back(PlanApproved{approved});
    request_plan(); // planned anew, the approval lets it pass
    perform(std::move(actions));
}

void Engine::stop() {
    stopping_ = true;
    perform(reconciler_.stop(current_time()));
    stepped();
}

void Engine::drain() {
    take_turn();
    std::vector<Answer> answers = pool_.drain();
    for (const Answer& answer : answers) {
        for (const auto& listener : answer_listeners_) {
            listener(answer);
        }
    }
    if (!answers.empty()) {
        perform(reconciler_.answered(std::move(answers), current_time()));
    }
    stepped();
}

void Engine::wake() {
    take_turn();
    perform(reconciler_.time_passed(current_time()));
    stepped();
}

// Until it is made, nothing of the old one is sent: that may be just what the new one takes back.
void Engine::request_plan() {
    plan_due_ = true;
    reconciler_.await_plan();
}

// Only what is durable may be planned from.
void Engine::plan() {
    if (!plan_due_ || !pending_.batch.empty() || stopping_ || looks_only_) {
        return;
    }
    (void)catch_up();
    try {
        if (refresh_wanted_ && !suspension_) {
            refresh();
            return;
        }
        Safeguards safeguards = options_.safeguards;
        if (token_) {
            safeguards.own.token = Fingerprinter(store_.fingerprint_key())(token_->reveal());
        }
        safeguards.held = store_.held_plan();
        Plan plan = make_plan(*desired_, *store_.known(), {safeguards.disable_removed, safeguards.own});
        plan_due_ = false;
        out_of_trouble();
        held_.reset();
        Actions actions =
            reconciler_.desired_changed(desired_, std::move(plan), run_info(store_.next_reconciliation()),
                                        std::move(safeguards), current_time());
        actions.batch.commits = commits();
        perform(std::move(actions));
    } catch (const StateError& error) {
        in_trouble(error);
    }
}

// Before a plan; RefreshFinished asks for it.
void Engine::refresh() {
    std::vector<Change> probes = plan_probes(*desired_, *store_.known());
    plan_due_ = refresh_wanted_ = false;
    held_.reset(); // what may be approved is clear when the plan is made
    out_of_trouble();
    Actions actions =
        reconciler_.refresh(desired_, std::move(probes), probed_server(), run_info(0), current_time());
    actions.batch.commits = commits();
    perform(std::move(actions));
}

ProbedServer Engine::probed_server() {
    return {options_.server, store_.probes_proven() == options_.server};
}

RunInfo Engine::run_info(std::int64_t number) const {
    return {number, commit_ ? commit_reference(*commit_) : ""};
}

std::vector<Commit> Engine::commits() const {
    return commit_ ? std::vector<Commit>{*commit_} : std::vector<Commit>{};
}

void Engine::look_up(const std::vector<KeyId>& ids) {
    std::vector<KnownKey> known;
    try {
        for (const KeyId& id : ids) {
            if (auto key = store_.find(id)) {
                known.push_back(std::move(*key));
            }
        }
    } catch (const StateError& error) {
        in_trouble(error);
        return; // their turn comes again
    }
    perform(reconciler_.looked_up(known, current_time()));
}

void Engine::perform(Actions actions) {
    const bool withdraw = std::exchange(actions.withdraw, false);
    const std::vector<KeyId> wanted = std::exchange(actions.look_up, {});
    pending_.append(std::move(actions));
    if (withdraw) {
        take_back();
    } else {
        flush();
    }
    if (!wanted.empty() && pending_.batch.empty()) {
        look_up(wanted);
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
        count_recorded();
        return;
    }
    recorded_.reset();
    Actions done = std::exchange(pending_, {});
    if (!done.batch.empty()) {
        out_of_trouble();
    }
    tell(done.events);
    pool_.submit(std::move(done.dispatches));
    approve_held();
    forget_approval();
    plan();
}

void Engine::tell(const std::vector<Event>& events) {
    for (const Event& event : events) {
        log_event(log_, event);
        tally_.heed(event, desired_.get());
        for (const auto& listener : listeners_) {
            listener(event);
        }
        if (const auto* refreshed = std::get_if<RefreshFinished>(&event)) {
            last_refresh_ = *refreshed;
            if (!looks_only_) {
                request_plan();
            }
        } else if (const auto* finished = std::get_if<ReconcileFinished>(&event)) {
            last_finished_ = *finished;
            if (finished->result != Result::held) {
                held_.reset();
            }
        } else if (const auto* denial = std::get_if<AccessDenied>(&event)) {
            last_denial_ = *denial;
        } else if (const auto* held = std::get_if<PlanHeld>(&event)) {
            held_ = held->plan;
        }
    }
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
