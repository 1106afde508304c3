// SPDX-License-Identifier: Apache-2.0
#include "daemon/reconcile/reconciler.hpp"

#include "daemon/reconcile/transition.hpp"

#include <algorithm>
#include <iterator>
#include <utility>
#include <variant>

namespace apikeyd {

namespace {

std::optional<std::chrono::milliseconds> asked_delay(const Outcome& outcome) {
    if (const auto* retryable = std::get_if<Retryable>(&outcome)) {
        return retryable->after;
    }
    return std::nullopt;
}

} // namespace

Reconciler::Reconciler(ReconcilerOptions options, RandomSource random)
    : options_(std::move(options))
    , random_(std::move(random))
    , limiter_(options_.rate_limit)
    , brake_({options_.retry, options_.denied_retry})
    , resync_(options_.resync) {}

// --- what comes in

Actions Reconciler::desired_changed(std::shared_ptr<const DesiredState> desired, Plan plan, RunInfo info,
                                    Safeguards safeguards, Now now) {
    Actions actions;
    refresh_.reset();
    if (run_) {
        finish(Result::superseded, actions, now);
    }
    actions.events.emplace_back(describe(plan));
    run_.emplace();
    run_->entry.seq = info.number;
    run_->entry.started_at = now.wall;
    run_->entry.revision = desired->digest();
    run_->entry.planned = plan.changes.size();
    run_->entry.rejected = plan.counts.rejected;
    run_->started = now.mono;
    run_->managed = plan.counts.managed;
    actions.batch.reconciliations.push_back(run_->entry);

    desired_ = std::move(desired);
    origin_ = std::make_shared<const Origin>(Origin{desired_->digest(), std::move(info.commit)});
    safeguards_ = std::move(safeguards);
    plan_awaited_ = false;
    tally_.begin(desired_, plan);
    actions.batch.keys.assign(std::make_move_iterator(plan.lapsed.begin()),
                              std::make_move_iterator(plan.lapsed.end()));
    if (plan.own_id) {
        safeguards_.own.id = plan.own_id;
    }
    begin_gate(plan, actions);
    schedule_.clear();
    brake_.renew_trial(now.mono);
    resync_.begin(desired_->keys().size(), random_, now.mono);
    for (Change& change : plan.changes) {
        name_reason(change);
        if (schedule_.is_out(change.id)) {
            // It is planned anew when it is answered; until then it counts as what it may become.
            if (change.disables() && may_be_enabled(change.known)) {
                gate_.count(change.id, change.reason == Reason::removed);
            }
            continue;
        }
        route(first_try(std::move(change)), std::nullopt, actions);
    }
    step(actions, now);
    return actions;
}

Actions Reconciler::answered(std::vector<Answer> answers, Now now) {
    Actions actions;
    for (Answer& answer : answers) {
        answer_one(answer, actions, now);
    }
    step(actions, now);
    return actions;
}

Actions Reconciler::withdrawn(const std::vector<KeyId>& ids, Now now) {
    Actions actions;
    if (!ids.empty()) {
        brake_.taken_back(now.mono);
    }
    for (const KeyId& id : ids) {
        if (auto work = schedule_.returned(id)) {
            if (!work->look()) {
                actions.batch.keys.push_back(work->change.known);
                tally_.set(id, key_state(work->change));
            }
            schedule_.wait(std::move(*work), now.mono);
        }
    }
    if (refresh_ && !refresh_->stopped().empty()) {
        stop_refresh(refresh_->stopped()); // what came back isn't wanted any more
    }
    finish_refresh_where_done(actions, now);
    finish_where_done(actions, now);
    return actions;
}

void Reconciler::forget_fingerprints() {
    ++credentials_;
    fresh_.clear();
}

Actions Reconciler::credentials_changed(Now now) {
    forget_fingerprints();
    brake_.renew_credentials();
    return time_passed(now);
}

Actions Reconciler::stop(Now now) {
    stopping_ = true;
    Actions actions;
    actions.withdraw = true;
    finish_where_done(actions, now);
    return actions;
}

// --- an answer

void Reconciler::answer_one(Answer& answer, Actions& actions, Now now) {
    auto taken = schedule_.returned(answer.id);
    if (!taken) {
        return; // withdrawn meanwhile: can't happen as long as the pool keeps its word
    }
    Work work = std::move(*taken);
    ++work.attempt;
    learn_own_key(work, answer);
    learn_whether_due(work, answer);
    work.tried =
        work.tried || may_have_changed(answer.outcome) || std::holds_alternative<Rejected>(answer.outcome);
    const KnownKey after = settle(work.change, work.desired, answer.outcome, work.marked_at, now.wall);
    record(work, answer, after, actions, now);
    tell(work, answer, after, actions);
    if (work.credentials == credentials_ || !std::holds_alternative<Denied>(answer.outcome)) {
        heed(answer, actions, now);
    } else {
        actions.withdraw =
            true; // that an old token is denied says nothing of the new one; but the workers have halted
    }
    gate_.tried(answer.id);
    if (refresh_) {
        refresh_next(after, std::move(work), answer, actions, now);
    } else {
        next_for(after, std::move(work), answer, actions, now);
    }
}

// An answer shows whether the key's secret is our token, if it was sent with that.
void Reconciler::learn_own_key(const Work& work, const Answer& answer) {
    const auto* applied = std::get_if<Applied>(&answer.outcome);
    if (applied == nullptr || work.credentials != credentials_) {
        return;
    }
    if (safeguards_.own.token == applied->key.secret) {
        safeguards_.own.id = answer.id;
        fresh_.clear(); // no other key can be ours
    } else if (!safeguards_.own.id || work.look()) {
        fresh_.insert(answer.id);
    }
}

void Reconciler::record(const Work& work, const Answer& answer, const KnownKey& after, Actions& actions,
                        Now now) {
    if (after != work.change.known || !work.look()) {
        actions.batch.keys.push_back(after);
    }
    if (is_history(work.change, answer)) {
        HistoryEntry entry = history_of(work.change, after, answer, context_of(work, answer), now.wall);
        entry.reconciliation = run_ ? run_->entry.seq : 0;
        actions.batch.history.push_back(std::move(entry));
    }
}

void Reconciler::tell(const Work& work, const Answer& answer, const KnownKey& after, Actions& actions) const {
    const AnswerContext context = context_of(work, answer);
    if (const auto* applied = std::get_if<Applied>(&answer.outcome)) {
        actions.events.emplace_back(KeyUpdated{applied->key, changed_fields(work.change, applied->key),
                                               work.change.reason, context, after.observed->observed_at});
        if (auto elsewhere = changed_elsewhere(work.change, applied->key)) {
            actions.events.emplace_back(std::move(*elsewhere));
        }
        if (work.change.known.observed && work.change.known.observed->secret != applied->key.secret) {
            actions.events.emplace_back(SecretChanged{work.change.id});
        }
    }
    if (after.rejection && after.rejection != work.change.known.rejection) {
        actions.events.emplace_back(KeyRejected{work.change.id, after.rejection->why, context});
    }
}

// What concerns every key: a throttled or denied request stops all others too.
void Reconciler::heed(const Answer& answer, Actions& actions, Now now) {
    const Brake::Heard heard = brake_.heard(answer.outcome, random_, now.mono);
    actions.withdraw = actions.withdraw || heard.stop_others;
    if (heard.newly_denied) {
        actions.events.emplace_back(
            AccessDenied{outcome_detail(answer.outcome), answer.status, options_.denied_retry});
    }
    if (heard.newly_open) {
        actions.events.emplace_back(ServerUnavailable{outcome_detail(answer.outcome)});
        stop_refresh("the API does not answer: " + outcome_detail(answer.outcome));
    }
}

KeyPlan Reconciler::plan_anew(const KnownKey& known) const {
    const DesiredKey* desired = desired_ ? desired_->find(known.id) : nullptr;
    if (desired != nullptr) {
        return plan_key(*desired_, *desired, &known);
    }
    return safeguards_.disable_removed ? plan_removed_key(known) : KeyPlan{};
}

Fields Reconciler::wanted(const KeyId& id) const {
    const DesiredKey* desired = desired_->find(id);
    if (desired != nullptr) {
        return managed_fields(*desired);
    }
    return safeguards_.disable_removed ? Fields{std::nullopt, false} : Fields{};
}

Work Reconciler::first_try(Change change) const {
    Work work;
    work.desired = wanted(change.id);
    work.origin = origin_;
    work.change = std::move(change);
    return work;
}

// A key is planned anew after each answer, from what is wanted now and what is known now.
void Reconciler::next_for(const KnownKey& known, Work work, const Answer& answer, Actions& actions, Now now) {
    const bool applied = std::holds_alternative<Applied>(answer.outcome);
    KeyPlan plan = plan_anew(known);
    tally_.set(known.id, key_state(plan.standing));
    if (run_) {
        run_->entry.applied += applied && !work.look() && !known.rejection ? 1 : 0;
        run_->entry.rejected += plan.standing == Standing::rejected ? 1 : 0;
    }
    if (std::holds_alternative<Rejected>(answer.outcome) && !known.doubt.enabled) {
        gate_.refused(
            work.change.id); // an earlier try may have disabled it all the same: then it goes on counting
    } else if (!known.doubt.enabled && (!plan.change || !plan.change->disables())) {
        gate_.discount(work.change.id);
    }
    if (!plan.change) {
        return;
    }
    // A probe that comes back after its round was cut short says nothing against the change itself.
    const bool looked = work.look() && (applied || work.change.reason == Reason::probe);
    const bool wants_the_same = wanted(work.change.id) == work.desired;
    work.change = std::move(*plan.change);
    name_reason(work.change);
    work.desired = wanted(work.change.id);
    work.origin = origin_;
    if (looked || !wants_the_same) { // what is wanted now has not been tried yet
        work.attempt = 0;
        work.tried = false;
        work.passed = 0;
        route(std::move(work), now.mono, actions);
        return;
    }
    retry(std::move(work), answer, actions, now);
}

void Reconciler::retry(Work work, const Answer& answer, Actions& actions, Now now) {
    AnswerContext context = context_of(work, answer);
    if (!refresh_ && options_.max_attempts && work.attempt >= *options_.max_attempts) {
        if (run_) {
            ++run_->entry.failed;
        }
        actions.events.emplace_back(
            KeyGivenUp{work.change.id, outcome_detail(answer.outcome), std::move(context)});
        return;
    }
    std::chrono::milliseconds delay = retry_delay(work.attempt, options_.retry, random_);
    if (const auto asked = asked_delay(answer.outcome)) {
        delay = std::max(delay, *asked);
    }
    if (std::holds_alternative<Throttled>(answer.outcome) || brake_.denied()) {
        delay = std::chrono::milliseconds{0}; // it waits with all others, not for itself
    }
    if (!brake_.denied()) {
        const MonoTime at = brake_.opens(now.mono + delay);
        actions.events.emplace_back(KeyRetry{
            work.change.id, outcome_detail(answer.outcome), std::string(outcome_name(answer.outcome)),
            may_have_changed(answer.outcome) && !work.look(),
            std::chrono::ceil<std::chrono::milliseconds>(at - now.mono), std::move(context)});
    }
    route(std::move(work), now.mono + delay, actions);
}

} // namespace apikeyd
