// SPDX-License-Identifier: Apache-2.0
// What goes out and when, and the end of a run.
#include "daemon/reconcile/reconciler.hpp"

#include "daemon/reconcile/transition.hpp"

#include <algorithm>
#include <utility>

namespace apikeyd {

// After whatever came in: as much as may go, and the end of the run where it is reached.
void Reconciler::step(Actions& actions, Now now) {
    if (plan_awaited_) {
        return;
    }
    if (!refresh_) {
        settle_gate(actions, now);
    }
    while (!stopping_ && !suspended_ && limiter_.next(now.mono) <= now.mono &&
           brake_.room(options_.window, schedule_.out().size(), now.mono) > 0) {
        auto work = schedule_.take(now.mono);
        if (!work) {
            break;
        }
        hand_out(std::move(*work), actions, now);
    }
    finish_refresh_where_done(actions, now);
    finish_where_done(actions, now);
}

void Reconciler::hand_out(Work work, Actions& actions, Now now) {
    limiter_.take(now.mono);
    brake_.handed_out(now.mono);
    work.marked_at = now.wall;
    work.credentials = credentials_;
    if (!work.look()) {
        KnownKey marked = mark_in_doubt(work.change, now.wall);
        if (work.change.known.rejection) { // which the mark ends
            actions.batch.keys.emplace_back(std::move(marked));
        } else {
            actions.batch.keys.emplace_back(KeyMark{marked.id, marked.doubt});
        }
        tally_.set(work.change.id, KeyState::in_doubt);
    }
    actions.dispatches.push_back({work.change.id, work.change.to, work.attempt + 1});
    schedule_.handed_out(std::move(work));
}

// A pipeline neither waits for another token nor for a server that doesn't answer.
bool Reconciler::gives_up_on_all() const {
    return options_.max_attempts && (brake_.denied() || brake_.failed_trials() >= *options_.max_attempts);
}

void Reconciler::give_up_on_all() {
    run_->entry.failed += schedule_.pending() + gate_.kept();
    schedule_.clear();
    gate_.abandon();
}

void Reconciler::finish_where_done(Actions& actions, Now now) {
    if (!run_ || !schedule_.out().empty() || (plan_awaited_ && !stopping_)) {
        return;
    }
    if (gives_up_on_all()) {
        give_up_on_all();
    }
    if (schedule_.pending() == 0 && !gate_.undecided()) {
        const bool all = run_->entry.rejected == 0 && run_->entry.failed == 0;
        run_->entry.held = gate_.kept();
        finish(gate_.kept() > 0 ? Result::held : all ? Result::converged : Result::incomplete, actions, now);
    } else if (stopping_) {
        finish(Result::interrupted, actions, now);
    }
}

void Reconciler::finish(Result result, Actions& actions, Now now) {
    ReconciliationEntry& entry = run_->entry;
    entry.finished_at = now.wall;
    entry.result = to_string(result);
    actions.batch.reconciliations.push_back(entry);
    actions.events.emplace_back(ReconcileFinished{
        result, entry.planned, entry.applied, entry.rejected, entry.failed, entry.held, run_->managed,
        std::chrono::duration_cast<std::chrono::milliseconds>(now.mono - run_->started), entry.revision});
    run_.reset();
}

std::optional<MonoTime> Reconciler::next_wakeup() const {
    if (stopping_ || plan_awaited_ || suspended_) {
        return std::nullopt;
    }
    std::optional<MonoTime> at = schedule_.next();
    const std::size_t out = schedule_.out().size();
    if (at && (out >= options_.window || (brake_.one_at_a_time() && out > 0))) {
        at.reset(); // an answer comes first
    }
    if (at) {
        at = brake_.opens(*at);
        at = std::max(*at, limiter_.next(*at));
    }
    // While looks go on, nothing is asserted anew; what comes at a time of its own is the end of their grace.
    const auto resync =
        refresh_ ? (schedule_.out().empty() ? refresh_deadline_ : std::nullopt) : resync_.next();
    for (const auto& other : {resync, next_token_look()}) {
        at = at && other ? std::min(*at, *other) : at ? at : other;
    }
    return at;
}

std::optional<Progress> Reconciler::progress(MonoTime now) const {
    if (!refresh_ && !run_) {
        return std::nullopt;
    }
    Progress progress;
    progress.looking = refresh_.has_value();
    progress.retrying = schedule_.waiting();
    progress.unavailable = brake_.open();
    if (brake_.paused_until() > now) {
        progress.paused_until = brake_.paused_until();
    }
    if (refresh_) {
        progress.total = refresh_->total();
        progress.done = refresh_->done();
        return progress;
    }
    progress.total = run_->entry.planned;
    progress.held = std::min<std::uint64_t>(gate_.kept(), progress.total);
    progress.rejected = run_->entry.rejected;
    progress.failed = run_->entry.failed;
    // A key that the guard keeps may be looked at, too, and counts once or twice: never as done too early.
    const std::uint64_t open = progress.held + schedule_.pending() + schedule_.out().size();
    progress.done = progress.total - std::min(progress.total, open);
    return progress;
}

std::vector<KnownKey> Reconciler::marks() const {
    std::vector<KnownKey> marks;
    for (const auto& [id, work] : schedule_.out()) {
        if (!work.look()) {
            marks.push_back(mark_in_doubt(work.change, work.marked_at));
        }
    }
    return marks;
}

} // namespace apikeyd
