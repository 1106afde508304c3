// SPDX-License-Identifier: Apache-2.0
// What is sent though no plan asks for it: each key anew, once in a while, and a look where nothing else
// would show whether a denied token is taken again.
#include "daemon/reconcile/reconciler.hpp"

#include <algorithm>
#include <array>
#include <utility>

namespace apikeyd {

namespace {

// A look that was asked for and came to nothing (the state could not be read, another plan took it back) is
// asked for again, but not at once.
constexpr std::chrono::seconds ask_again_after{1};

// Which key tells most: of one in sync nothing else is wanted, one that the API refuses may be gone. Any
// does, since the API has to take the token before it refuses a key.
constexpr std::array by_worth{KeyState::in_sync, KeyState::held, KeyState::drifted, KeyState::in_doubt,
                              KeyState::rejected};

} // namespace

Actions Reconciler::time_passed(Now now) {
    Actions actions;
    if (!stopping_ && !plan_awaited_ && !refresh_ && !suspended_) {
        for (const std::size_t position : resync_.due(random_, now.mono)) {
            actions.look_up.push_back(desired_->keys()[position].id);
        }
    }
    token_look_.reset(); // of one that was asked for nobody may have told
    if (actions.look_up.empty()) {
        choose_token_look(actions, now);
    }
    step(actions, now);
    return actions;
}

Actions Reconciler::looked_up(const std::vector<KnownKey>& keys, Now now) {
    Actions actions;
    const auto token_look = std::exchange(token_look_, std::nullopt);
    for (const KnownKey& known : keys) {
        const DesiredKey* desired = desired_ ? desired_->find(known.id) : nullptr;
        if (refresh_ || desired == nullptr || schedule_.contains(known.id)) {
            continue; // not wanted any more, or on its way already
        }
        if (token_look == known.id) {
            schedule_.queue(first_try(plan_probe(*desired_, *desired, &known)));
        } else if (!gate_.keeps(known.id)) {
            assert_again(*desired, known, actions);
        }
    }
    step(actions, now);
    return actions;
}

void Reconciler::assert_again(const DesiredKey& desired, const KnownKey& known, Actions& actions) {
    if (auto change = plan_assertion(desired, known, desired_->where(desired))) {
        route(first_try(std::move(*change)), std::nullopt, actions);
    }
}

// --- a denied token

// A pipeline doesn't wait for another token.
bool Reconciler::only_a_look_would_tell() const {
    return brake_.denied() && !options_.max_attempts && !refresh_ && !plan_awaited_ && schedule_.empty();
}

bool Reconciler::no_key_to_try() const {
    return only_a_look_would_tell() && tally_.managed() == 0;
}

std::optional<MonoTime> Reconciler::next_token_look() const {
    if (stopping_ || suspended_ || !only_a_look_would_tell() || tally_.managed() == 0) {
        return std::nullopt;
    }
    return std::max(brake_.opens(MonoTime{}), token_look_at_);
}

// Another one each time: one bad key must not keep the token denied.
void Reconciler::choose_token_look(Actions& actions, Now now) {
    const auto at = next_token_look();
    if (!at || *at > now.mono) {
        return;
    }
    token_look_at_ = now.mono + ask_again_after;
    for (const KeyState state : by_worth) {
        if (const auto position = tally_.find(state, token_look_from_)) {
            token_look_from_ = *position + 1;
            token_look_ = desired_->keys()[*position].id;
            actions.look_up.push_back(*token_look_);
            return;
        }
    }
}

} // namespace apikeyd
