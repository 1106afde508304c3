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

DisableVerdict judge_disable(const Change& change, const OwnKey& own, bool fresh) {
    if (own.may_be_disabled) {
        return change.known.observed || fresh ? DisableVerdict::pass : DisableVerdict::look_first;
    }
    if (own.is(change.id, change.known.observed)) {
        return DisableVerdict::own_key;
    }
    // As long as we don't know which key is ours, an answer from before this token proves nothing: the key
    // may have got a new secret since, and the token may be it.
    const bool may_be_ours = own.token && !own.id;
    return fresh || (change.known.observed && !may_be_ours) ? DisableVerdict::pass
                                                            : DisableVerdict::look_first;
}

bool may_be_enabled(const KnownKey& known) {
    return !known.observed || known.observed->enabled || known.doubt.enabled;
}

} // namespace apikeyd
