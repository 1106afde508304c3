// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "config/time.hpp"

#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <string_view>

namespace apikeyd {

// A source of random 64-bit numbers, handed in so that tests and the simulation can repeat a run.
using RandomSource = std::function<std::uint64_t()>;

struct RetryPolicy {
    std::chrono::milliseconds base{500};
    std::chrono::milliseconds cap{std::chrono::minutes{5}};
};

// Exponential backoff with full jitter
// (https://aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter/): uniform in [0, min(cap, base *
// 2^(attempt-1))], but never under a tenth of the bound. `attempt` counts from 1.
std::chrono::milliseconds retry_delay(unsigned attempt, const RetryPolicy& policy,
                                      const RandomSource& random);

// Retry-After (RFC 9110, 10.2.3): seconds, or an HTTP date in any of the three forms (RFC 9110, 5.6.7).
// A date in the past is zero; anything is cut to an hour. Nothing if the text is neither.
std::optional<std::chrono::milliseconds> parse_retry_after(std::string_view text, WallTime now);

} // namespace apikeyd
