// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

namespace apikeyd {

// Wall-clock time: what people and other systems read. Never used to wait.
using WallTime = std::chrono::sys_time<std::chrono::milliseconds>;

// Time for waiting; only differences mean anything. Unmoved by changes of the wall clock.
using MonoTime = std::chrono::time_point<std::chrono::steady_clock, std::chrono::nanoseconds>;

// RFC 3339, UTC, milliseconds: 2026-12-31T23:59:59.000Z
std::string format_rfc3339(WallTime time);

// Any RFC 3339 date-time (https://www.rfc-editor.org/rfc/rfc3339#section-5.6), with or without fraction,
// with 'Z' or a numeric offset. Nothing if the text is anything else, or names a day that doesn't exist.
std::optional<WallTime> parse_rfc3339(std::string_view text);

} // namespace apikeyd
