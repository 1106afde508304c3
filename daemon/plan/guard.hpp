// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "config/key.hpp"
#include "config/secret.hpp"
#include "config/settings.hpp"
#include "daemon/plan/change.hpp"

#include <cstdint>
#include <optional>

namespace apikeyd {

// What keeps a mistake from spreading: pure decisions about changes that disable.

// However small the limit, so many disables always pass: a guard that cries at every edit would be turned
// off.
inline constexpr std::uint64_t always_allowed_disables = 3;

// How many keys one revision of the file may disable without approval.
std::uint64_t allowed_disables(const DisableLimit& limit, std::uint64_t managed);

// What is known of the key that apikeyd itself uses: the one whose secret is our token.
struct OwnKey {
    std::optional<Fingerprint>
        token;                    // fingerprint of the token; nothing: not known (a report without a token)
    std::optional<KeyId> id;      // from the settings, or from an answer that carried the token as its secret
    bool may_be_disabled = false; // guard.allow_self_disable

    bool is(const KeyId& key, const std::optional<Observed>& observed) const {
        return id == key || (token && observed && observed->secret == *token);
    }
};

enum class DisableVerdict {
    pass,
    look_first, // the key must be looked at (a PUT of its id alone) before it can be judged
    own_key,    // refused: it would lock us out
};

// For a change that sends enabled: false. `fresh`: the key was answered since our token is the one that it
// is.
DisableVerdict judge_disable(const Change& change, const OwnKey& own, bool fresh);

// Whether the key may be enabled now, as far as is known; only those count as being disabled.
bool may_be_enabled(const KnownKey& known);

} // namespace apikeyd
