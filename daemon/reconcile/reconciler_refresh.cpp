// SPDX-License-Identifier: Apache-2.0
// The looks before a plan, and the times in which nothing is sent.
#include "daemon/reconcile/reconciler.hpp"

#include <utility>
#include <variant>

namespace apikeyd {

namespace {

// Tries of one key before a daemon goes on without an answer of it: one bad key holds up no other.
constexpr unsigned looks_of_one_key = 5;

// How long a plan waits for keys that were tried and gave no answer, once all others have. A pipeline has
// more patience: nothing else waits for it.
constexpr std::chrono::seconds grace_of_daemon{5};
constexpr std::chrono::seconds grace_of_pipeline{30};

} // namespace

Actions Reconciler::refresh(std::shared_ptr<const DesiredState> desired, std::vector<Change> probes,
                            ProbedServer server, RunInfo info, Now now) {
    Actions actions;
    if (run_) {
        finish(Result::superseded, actions, now);
    }
    desired_ = std::move(desired);
    origin_ = std::make_shared<const Origin>(Origin{desired_->digest(), std::move(info.commit)});
    plan_awaited_ = false;
    schedule_.clear();
    gate_.abandon();
    brake_.renew_trial(now.mono);

    // A round that is cut short by this one was not in vain.
    if (refresh_) {
        std::erase_if(probes, [&](const Change& probe) { return refresh_->seen().contains(probe.id); });
    }
    // What is under way answers as well as a look would.
    std::vector<KeyId> under_way;
    std::erase_if(probes, [&](const Change& probe) {
        const auto out = schedule_.out().find(probe.id);
        if (out != schedule_.out().end() && out->second.change.reason == Reason::probe) {
            under_way.push_back(probe.id);
        }
        return out != schedule_.out().end();
    });
    probed_server_ = std::move(server.url);
    proof_told_ = server.proven;
    refresh_deadline_.reset();
    refresh_.emplace(std::move(probes),
                     ProbeRound::Options{server.proven, options_.max_attempts.value_or(looks_of_one_key),
                                         !options_.max_attempts.has_value()});
    for (const KeyId& id : under_way) {
        refresh_->under_way(id);
    }
    look_further();
    step(actions, now);
    return actions;
}

void Reconciler::look_further() {
    for (Change& probe : refresh_->wanted()) {
        schedule_.queue(first_try(std::move(probe)));
    }
}

// What isn't a look is left to the plan that follows: it sees what is known by then.
void Reconciler::refresh_next(const KnownKey& known, Work work, const Answer& answer, Actions& actions,
                              Now now) {
    tally_.set(answer.id, key_state(plan_anew(known).standing));
    if (work.change.reason != Reason::probe || !refresh_->awaits(answer.id)) {
        return;
    }
    switch (refresh_->answered(work.change, work.attempt, answer.outcome)) {
    case ProbeRound::Next::again:
        retry(std::move(work), answer, actions, now);
        break;
    case ProbeRound::Next::once_more_at_once:
        work.change.known = known;
        schedule_.queue(first_try(std::move(work.change)));
        break;
    case ProbeRound::Next::done:
        if (!std::holds_alternative<Applied>(answer.outcome)) {
            actions.events.emplace_back(
                KeyProbeFailed{answer.id, outcome_detail(answer.outcome), context_of(work, answer)});
        }
    }
    if (refresh_->proven() && !std::exchange(proof_told_, true)) {
        actions.batch.probes_proven = probed_server_;
    }
    if (!refresh_->stopped().empty()) {
        stop_refresh(refresh_->stopped());
    }
    look_further();
}

void Reconciler::stop_refresh(const std::string& why) {
    if (refresh_) {
        schedule_.clear();
        refresh_->stop(why, [&](const KeyId& id) { return schedule_.is_out(id); });
    }
}

// One bad key holds up no other: a look that fails again and again is left to the plan.
void Reconciler::close_overdue_refresh(Actions& actions, Now now) {
    if (!refresh_deadline_ && refresh_->all_tried() && !refresh_->over()) {
        refresh_deadline_ = now.mono + (options_.max_attempts ? grace_of_pipeline : grace_of_daemon);
    }
    if (!refresh_deadline_ || now.mono < *refresh_deadline_) {
        return;
    }
    schedule_.clear();
    for (const KeyId& id : refresh_->give_up([&](const KeyId& one) { return schedule_.is_out(one); })) {
        actions.events.emplace_back(
            KeyProbeFailed{id, "no answer in time", {0, 0, {}, "", origin_->revision, origin_->commit}});
    }
}

void Reconciler::finish_refresh_where_done(Actions& actions, Now now) {
    if (!refresh_) {
        return;
    }
    close_overdue_refresh(actions, now);
    if (gives_up_on_all() && schedule_.out().empty()) {
        stop_refresh(brake_.denied() ? "the API denies access" : "the API does not answer");
    }
    if (!refresh_->over()) {
        return;
    }
    actions.events.emplace_back(RefreshFinished{refresh_->result()});
    refresh_.reset();
    plan_awaited_ = true;
}

Actions Reconciler::suspend(Now now) {
    suspended_ = true;
    Actions actions;
    actions.withdraw = true;
    stop_refresh("sending is suspended");
    finish_refresh_where_done(actions, now);
    finish_where_done(actions, now);
    return actions;
}

Actions Reconciler::resume(Now now) {
    suspended_ = false;
    Actions actions;
    step(actions, now);
    return actions;
}

} // namespace apikeyd
