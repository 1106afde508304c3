// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "config/time.hpp"

#include <optional>

namespace apikeyd {

// From when and until when a key is to be enabled; disabled otherwise. Where both are given, `until` is
// later.
struct EnabledTimes {
    std::optional<WallTime> from;  // the first moment; nothing: always
    std::optional<WallTime> until; // the first moment after it; nothing: for ever

    bool any() const noexcept { return from || until; }

    bool enabled_at(WallTime moment) const noexcept {
        return (!from || *from <= moment) && (!until || moment < *until);
    }

    // When that changes next, after the moment.
    std::optional<WallTime> next_turn(WallTime moment) const noexcept {
        if (from && *from > moment) {
            return from;
        }
        return until && *until > moment ? until : std::nullopt;
    }

    // When it changed last, at the moment or before it.
    std::optional<WallTime> last_turn(WallTime moment) const noexcept {
        if (until && *until <= moment) {
            return until;
        }
        return from && *from <= moment ? from : std::nullopt;
    }

    friend bool operator==(const EnabledTimes&, const EnabledTimes&) = default;
};

} // namespace apikeyd
