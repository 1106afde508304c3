// SPDX-License-Identifier: Apache-2.0
#include "daemon/plan/guard.hpp"

#include <algorithm>
#include <cmath>
#include <variant>

namespace apikeyd {

std::uint64_t allowed_disables(const DisableLimit& limit, std::uint64_t managed) {
    std::uint64_t allowed = 0;
    if (const auto* percentage = std::get_if<Percentage>(&limit)) {
        allowed =
            static_cast<std::uint64_t>(std::floor(static_cast<double>(managed) * percentage->value / 100.0));
    } else {
        allowed = std::get<std::uint64_t>(limit);
    }
    return std::max(allowed, always_allowed_disables);
}

DisableVerdict judge_disable(const Change& change, const OwnKey& own, bool looked) {
    const auto& observed = change.known.observed;
    if (!own.may_be_disabled && own.is(change.id, observed)) {
        return DisableVerdict::own_key;
    }
    if (looked) {
        return DisableVerdict::pass;
    }
    if (!observed) {
        return DisableVerdict::look_first;
    }
    // As long as we don't know which key is ours, an answer from before this token proves nothing: the key
    // may have got a new secret since, and the token may be it.
    const bool stale = !own.id && own.token && observed->observed_at < own.token_since;
    return stale && !own.may_be_disabled ? DisableVerdict::look_first : DisableVerdict::pass;
}

bool may_be_enabled(const KnownKey& known) {
    return !known.observed || known.observed->enabled || known.doubt.enabled;
}

} // namespace apikeyd
