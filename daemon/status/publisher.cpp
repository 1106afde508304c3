// SPDX-License-Identifier: Apache-2.0
#include "daemon/status/publisher.hpp"

#include <memory>
#include <utility>

namespace apikeyd {

namespace {

std::string verdict_of(const Engine& engine, const DesiredFollower& follower) {
    if (follower.degraded()) {
        return "degraded";
    }
    if (engine.state_trouble()) {
        return "state_unavailable";
    }
    if (engine.suspension()) {
        return "suspended";
    }
    if (engine.denied()) {
        return "denied";
    }
    if (engine.server_unavailable()) {
        return "unavailable";
    }
    if (engine.held()) {
        return "held";
    }
    const auto& finished = engine.last_finished();
    if (!engine.idle() || !finished) {
        return "converging";
    }
    return finished->result == Result::converged ? "in_sync" : "not_converged";
}

// Where keys are rejected it isn't, whatever else is done.
bool is_converged(const Engine& engine) {
    return engine.idle() && engine.last_finished() && engine.last_finished()->result == Result::converged;
}

} // namespace

void StatusPublisher::publish(const Engine& engine, const DesiredFollower& follower, WallTime now) {
    auto snapshot = std::make_shared<StatusSnapshot>();
    snapshot->number = ++number_;
    snapshot->verdict = verdict_of(engine, follower);
    snapshot->sentence = status_sentence(engine, follower);
    if (std::exchange(verdict_, snapshot->verdict) != snapshot->verdict) {
        since_ = now;
    }
    snapshot->since = since_;
    snapshot->desired = engine.in_force();
    snapshot->last_good_load = follower.last_good();
    snapshot->last_load_good = follower.last_good() && !follower.degraded();
    snapshot->load_problem = follower.degraded().value_or("");
    if (engine.denied()) {
        snapshot->denial = engine.last_denial() ? engine.last_denial()->why : "the API denies access";
    }
    snapshot->state_trouble = engine.state_trouble().value_or("");
    snapshot->api_unavailable = engine.server_unavailable();
    snapshot->suspension = engine.suspension();
    if (engine.held()) {
        snapshot->held_disables = engine.held()->ids.size();
        snapshot->hold_digest = engine.held()->digest;
    }
    snapshot->keys = engine.key_counts();
    const bool was_converged = std::exchange(converged_, is_converged(engine));
    if (was_converged && !converged_) {
        last_converged_ = now;
    }
    snapshot->converged = converged_;
    snapshot->last_converged = last_converged_;
    snapshot->next_transition = engine.next_transition();
    snapshot->process_started = process_started_;
    snapshot->counters = counters_;
    board_.publish(std::move(snapshot));
}

} // namespace apikeyd
