// SPDX-License-Identifier: Apache-2.0
#include "daemon/reconcile/reconciler.hpp"

#include "daemon/reconcile/transition.hpp"

#include <algorithm>
#include <iterator>
#include <utility>
#include <variant>

namespace apikeyd {

namespace {

template <typename T>
void move_to(std::vector<T>& target, std::vector<T>&& source) {
    target.insert(target.end(), std::make_move_iterator(source.begin()),
                  std::make_move_iterator(source.end()));
}

std::optional<std::chrono::milliseconds> asked_delay(const Outcome& outcome) {
    if (const auto* retryable = std::get_if<Retryable>(&outcome)) {
        return retryable->after;
    }
    return std::nullopt;
}

} // namespace

void Actions::append(Actions&& later) {
    move_to(batch.keys, std::move(later.batch.keys));
    move_to(batch.history, std::move(later.batch.history));
    move_to(batch.reconciliations, std::move(later.batch.reconciliations));
    move_to(events, std::move(later.events));
    move_to(dispatches, std::move(later.dispatches));
    withdraw = withdraw || later.withdraw;
}

Reconciler::Reconciler(ReconcilerOptions options, RandomSource random)
    : options_(options)
    , random_(std::move(random))
    , limiter_(options.rate_limit) {}

Actions Reconciler::desired_changed(std::shared_ptr<const DesiredState> desired, Plan plan,
                                    std::int64_t number, Now now) {
    Actions actions;
    if (current_) {
        finish(Result::superseded, actions, now);
    }
    actions.events.emplace_back(describe(plan));
    current_.emplace();
    current_->entry.seq = number;
    current_->entry.started_at = now.wall;
    current_->entry.revision = desired->digest();
    current_->entry.planned = plan.changes.size();
    current_->entry.rejected = plan.counts.rejected;
    current_->started = now.mono;
    current_->managed = plan.counts.managed;
    actions.batch.reconciliations.push_back(current_->entry);

    desired_ = std::move(desired);
    waiting_.clear();
    queue_ = std::move(plan.changes);
    next_ = 0;
    // What is with the workers is planned anew when it is answered.
    std::erase_if(queue_, [&](const Change& change) { return outstanding_.contains(change.id); });
    dispatch(actions, now);
    finish_where_done(actions, now);
    return actions;
}

Actions Reconciler::answered(std::vector<Answer> answers, Now now) {
    Actions actions;
    for (Answer& answer : answers) {
        answer_one(answer, actions, now);
    }
    dispatch(actions, now);
    finish_where_done(actions, now);
    return actions;
}

void Reconciler::answer_one(Answer& answer, Actions& actions, Now now) {
    auto taken = take_back(answer.id);
    if (!taken) {
        return; // withdrawn meanwhile: can't happen as long as the pool keeps its word
    }
    Work work = std::move(*taken);
    ++work.attempt;
    const KnownKey after = settle(work.change, work.desired, answer.outcome, work.marked_at, now.wall);
    actions.batch.keys.push_back(after);
    // What can't have changed anything (a refused connection, say) is no history of the key.
    if (may_have_changed(answer.outcome) || std::holds_alternative<Rejected>(answer.outcome)) {
        actions.batch.history.push_back(
            history_of(work.change, after, answer, context_of(work, answer), now.wall));
        actions.batch.history.back().reconciliation = current_->entry.seq;
    }
    tell(work, answer, after, actions);
    pause_where_told(answer, actions, now);
    next_for(after, std::move(work), answer, actions, now);
}

AnswerContext Reconciler::context_of(const Work& work, const Answer& answer) {
    return {work.attempt, answer.status, answer.duration, work.change.source, work.revision};
}

void Reconciler::tell(const Work& work, const Answer& answer, const KnownKey& after, Actions& actions) const {
    const AnswerContext context{work.attempt, answer.status, answer.duration, work.change.source,
                                work.revision};
    if (const auto* applied = std::get_if<Applied>(&answer.outcome)) {
        actions.events.emplace_back(
            KeyUpdated{applied->key, changed_fields(work.change, applied->key), work.change.reason, context});
        if (work.change.known.observed && work.change.known.observed->secret != applied->key.secret) {
            actions.events.emplace_back(SecretChanged{work.change.id});
        }
    }
    if (after.rejection && after.rejection != work.change.known.rejection) {
        actions.events.emplace_back(KeyRejected{work.change.id, after.rejection->why, context});
    }
}

// A key is planned anew after each answer, from what is wanted now and what is known now.
void Reconciler::next_for(const KnownKey& known, Work work, const Answer& answer, Actions& actions, Now now) {
    const bool as_asked = std::holds_alternative<Applied>(answer.outcome) && !known.rejection;
    current_->entry.applied += as_asked ? 1 : 0;
    const DesiredKey* desired = desired_key(work.change.id);
    KeyPlan plan;
    if (desired != nullptr) {
        plan = plan_key(*desired, &known, desired_->where(*desired));
    }
    if (plan.standing == Standing::rejected) {
        ++current_->entry.rejected;
    }
    if (!plan.change) {
        return;
    }
    const bool wants_the_same = managed_fields(*desired) == work.desired;
    work.change = std::move(*plan.change);
    work.desired = managed_fields(*desired);
    work.revision = desired_->digest();
    if (!wants_the_same) {
        work.attempt = 0;
        wait(std::move(work), now.mono); // what is wanted now has not been tried yet
        return;
    }
    retry(std::move(work), answer, actions, now);
}

void Reconciler::retry(Work work, const Answer& answer, Actions& actions, Now now) {
    AnswerContext context = context_of(work, answer);
    if (options_.max_attempts && (work.attempt >= *options_.max_attempts || denied_)) {
        ++current_->entry.failed;
        actions.events.emplace_back(
            KeyGivenUp{work.change.id, outcome_detail(answer.outcome), std::move(context)});
        return;
    }
    std::chrono::milliseconds delay = retry_delay(work.attempt, options_.retry, random_);
    if (std::holds_alternative<Throttled>(answer.outcome)) {
        delay = std::chrono::duration_cast<std::chrono::milliseconds>(paused_until_ - now.mono);
    } else if (const auto asked = asked_delay(answer.outcome)) {
        delay = std::max(delay, *asked);
    } else if (denied_) {
        delay = std::chrono::milliseconds{0}; // it waits for the token, not for itself
    }
    if (!denied_) {
        actions.events.emplace_back(KeyRetry{work.change.id, outcome_detail(answer.outcome),
                                             std::string(outcome_name(answer.outcome)),
                                             may_have_changed(answer.outcome), delay, std::move(context)});
    }
    wait(std::move(work), now.mono + delay);
}

// What concerns every key: a throttled or denied request stops all others too.
void Reconciler::pause_where_told(const Answer& answer, Actions& actions, Now now) {
    if (const auto* throttled = std::get_if<Throttled>(&answer.outcome)) {
        // Answers that were under way together are one throttling.
        throttled_in_a_row_ += now.mono >= paused_until_ ? 1 : 0;
        const auto pause =
            throttled->after ? *throttled->after : retry_delay(throttled_in_a_row_, options_.retry, random_);
        paused_until_ = std::max(paused_until_, now.mono + pause);
        actions.withdraw = true;
    }
    if (const auto* denied = std::get_if<Denied>(&answer.outcome)) {
        if (!denied_ || denied_try_ == answer.id) {
            actions.events.emplace_back(AccessDenied{denied->why, answer.status, options_.denied_retry});
        }
        if (!denied_) {
            denied_try_at_ = now.mono + options_.denied_retry;
        }
        denied_ = true;
        actions.withdraw = true;
    } else if (std::holds_alternative<Applied>(answer.outcome) ||
               std::holds_alternative<Rejected>(answer.outcome)) {
        throttled_in_a_row_ = 0;
        denied_ = false; // the token passed
    }
}

Actions Reconciler::withdrawn(const std::vector<KeyId>& ids, Now now) {
    Actions actions;
    for (const KeyId& id : ids) {
        if (auto work = take_back(id)) {
            actions.batch.keys.push_back(work->change.known);
            wait(std::move(*work), now.mono);
        }
    }
    if (options_.max_attempts && denied_ && current_) { // a pipeline won't wait for a new token
        current_->entry.failed += waiting_.size() + (queue_.size() - next_);
        waiting_.clear();
        queue_.clear();
        next_ = 0;
    }
    finish_where_done(actions, now);
    return actions;
}

Actions Reconciler::time_passed(Now now) {
    Actions actions;
    dispatch(actions, now);
    finish_where_done(actions, now);
    return actions;
}

Actions Reconciler::credentials_changed(Now now) {
    denied_ = false;
    return time_passed(now);
}

Actions Reconciler::stop(Now now) {
    stopping_ = true;
    Actions actions;
    actions.withdraw = true;
    finish_where_done(actions, now);
    return actions;
}

void Reconciler::wait(Work work, MonoTime until) {
    waiting_.emplace(until, std::move(work));
}

bool Reconciler::may_dispatch(Now now) const {
    if (stopping_ || outstanding_.size() >= options_.window || now.mono < paused_until_ ||
        limiter_.next(now.mono) > now.mono) {
        return false;
    }
    // While denied, one request alone may find out whether that still holds.
    return !denied_ || (now.mono >= denied_try_at_ && outstanding_.empty());
}

void Reconciler::dispatch(Actions& actions, Now now) {
    while (may_dispatch(now)) {
        auto work = take_next(now);
        if (!work) {
            return;
        }
        hand_out(std::move(*work), actions, now);
    }
}

// What hurts waits for what helps: a change is barred while one of an earlier rank is being tried for the
// first time. Later tries bar nothing, or one bad key would hold up the others.
bool Reconciler::barred(const Change& change) const {
    const auto earlier = first_tries_.begin() + sending_rank(change);
    return std::any_of(first_tries_.begin(), earlier, [](std::size_t count) { return count > 0; });
}

// Of what is due: retries and the queue, what helps before what hurts.
std::optional<Reconciler::Work> Reconciler::take_next(Now now) {
    const bool queued = next_ < queue_.size() && !barred(queue_[next_]);
    const bool due =
        !waiting_.empty() && waiting_.begin()->first <= now.mono && !barred(waiting_.begin()->second.change);
    if (due && (!queued || sending_rank(waiting_.begin()->second.change) <= sending_rank(queue_[next_]))) {
        Work work = std::move(waiting_.begin()->second);
        waiting_.erase(waiting_.begin());
        return work;
    }
    if (!queued) {
        return std::nullopt;
    }
    Work work;
    work.change = std::move(queue_[next_++]);
    if (const DesiredKey* desired = desired_key(work.change.id)) {
        work.desired = managed_fields(*desired);
    }
    work.revision = desired_->digest();
    return work;
}

void Reconciler::hand_out(Work work, Actions& actions, Now now) {
    limiter_.take(now.mono);
    if (denied_) {
        denied_try_ = work.change.id;
        denied_try_at_ = now.mono + options_.denied_retry;
    }
    work.marked_at = now.wall;
    actions.batch.keys.push_back(mark_in_doubt(work.change, now.wall));
    actions.dispatches.push_back({work.change.id, work.change.to});
    const KeyId id = work.change.id;
    first_tries_[static_cast<std::size_t>(sending_rank(work.change))] += work.attempt == 0 ? 1 : 0;
    outstanding_.emplace(id, std::move(work));
}

std::optional<Reconciler::Work> Reconciler::take_back(const KeyId& id) {
    auto node = outstanding_.extract(id);
    if (node.empty()) {
        return std::nullopt;
    }
    Work& work = node.mapped();
    first_tries_[static_cast<std::size_t>(sending_rank(work.change))] -= work.attempt == 0 ? 1 : 0;
    return std::move(work);
}

void Reconciler::finish_where_done(Actions& actions, Now now) {
    if (!current_ || !outstanding_.empty()) {
        return;
    }
    if (next_ >= queue_.size() && waiting_.empty()) {
        const bool all = current_->entry.rejected == 0 && current_->entry.failed == 0;
        finish(all ? Result::converged : Result::incomplete, actions, now);
    } else if (stopping_) {
        finish(Result::interrupted, actions, now);
    }
}

void Reconciler::finish(Result result, Actions& actions, Now now) {
    ReconciliationEntry& entry = current_->entry;
    entry.finished_at = now.wall;
    entry.result = to_string(result);
    actions.batch.reconciliations.push_back(entry);
    actions.events.emplace_back(ReconcileFinished{
        result, entry.planned, entry.applied, entry.rejected, entry.failed, current_->managed,
        std::chrono::duration_cast<std::chrono::milliseconds>(now.mono - current_->started), entry.revision});
    current_.reset();
}

std::optional<MonoTime> Reconciler::next_wakeup() const {
    if (stopping_ || outstanding_.size() >= options_.window) {
        return std::nullopt;
    }
    // What is barred is looked at again when that which bars it is answered.
    std::optional<MonoTime> at;
    if (!waiting_.empty() && !barred(waiting_.begin()->second.change)) {
        at = waiting_.begin()->first;
    }
    if (next_ < queue_.size() && !barred(queue_[next_])) {
        at = MonoTime{};
    }
    if (!at) {
        return std::nullopt;
    }
    if (denied_) {
        return outstanding_.empty() ? std::optional(denied_try_at_) : std::nullopt;
    }
    at = std::max(*at, paused_until_);
    return std::max(*at, limiter_.next(*at));
}

const DesiredKey* Reconciler::desired_key(const KeyId& id) const {
    return desired_ ? desired_->find(id) : nullptr;
}

} // namespace apikeyd
