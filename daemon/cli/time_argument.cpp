// SPDX-License-Identifier: Apache-2.0
#include "daemon/cli/time_argument.hpp"

#include "config/settings.hpp"

#include <string>

namespace apikeyd {

std::optional<WallTime> parse_time_argument(std::string_view text, WallTime now) {
    if (const auto time = parse_rfc3339(text)) {
        return time;
    }
    if (const auto day = parse_rfc3339(std::string(text) + "T00:00:00Z")) {
        return day;
    }
    const auto ago = parse_duration(text);
    return ago ? std::optional(now - *ago) : std::nullopt;
}

} // namespace apikeyd
