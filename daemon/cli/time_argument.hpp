// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "config/time.hpp"

#include <optional>
#include <string_view>

namespace apikeyd {

// A time as people give one on a command line: RFC 3339, a date (its first moment in UTC), or how long ago
// ("7d", "2h30m"). Nothing if it is anything else.
std::optional<WallTime> parse_time_argument(std::string_view text, WallTime now);

} // namespace apikeyd
