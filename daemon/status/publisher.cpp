// SPDX-License-Identifier: Apache-2.0
#include "daemon/status/publisher.hpp"

#include <memory>
#include <numeric>
#include <utility>

namespace apikeyd {

namespace {

// Whatever was planned is done, and no answer since says otherwise.
bool is_converged(const Engine& engine) {
    const KeyCounts& keys = engine.key_counts();
    return engine.in_force() && engine.idle() &&
           std::accumulate(keys.by_state.begin(), keys.by_state.end(), std::uint64_t{0}) ==
               keys[KeyState::in_sync];
}

} // namespace

Told told_of(const Situation& situation) {
    return {assess(situation), situation.settings_trouble.has_value(), situation.token_trouble.has_value()};
}

void StatusPublisher::publish(const Engine& engine, const DesiredFollower& follower, const Told& told,
                              WallTime now) {
    auto snapshot = std::make_shared<StatusSnapshot>();
    snapshot->number = ++published_.number;
    snapshot->verdict = to_string(told.assessment.verdict);
    snapshot->sentence = told.assessment.sentence;
    if (std::exchange(verdict_, snapshot->verdict) != snapshot->verdict) {
        since_ = now;
    }
    snapshot->since = since_;
    snapshot->desired = engine.in_force();
    snapshot->last_good_load = follower.last_good();
    snapshot->last_load_good = follower.last_good() && !follower.degraded();
    snapshot->load_problem = follower.degraded().value_or("");
    snapshot->settings_refused = told.settings_refused;
    snapshot->token_refused = told.token_refused;
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
    snapshot->disable_removed = engine.disables_removed();
    snapshot->refused_own = engine.refused_own();
    const bool was_converged = std::exchange(converged_, is_converged(engine));
    if (was_converged || converged_) {
        published_.last_converged = now;
    }
    snapshot->converged = converged_;
    snapshot->last_converged = published_.last_converged;
    snapshot->next_transition = engine.next_transition();
    snapshot->process_started = process_started_;
    snapshot->counters = counters_;
    board_.publish(std::move(snapshot));
}

} // namespace apikeyd
