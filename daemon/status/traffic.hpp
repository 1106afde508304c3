// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "config/time.hpp"
#include "daemon/reconcile/record.hpp"

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>

namespace apikeyd {

// What went over the line in one minute.
struct TrafficMinute {
    std::int64_t minute = 0;    // since the epoch
    std::uint32_t requests = 0; // answered, or given up, in this minute
    std::uint32_t failed = 0;   // those of them that didn't bring a key back
    std::chrono::milliseconds total{0}, slowest{0};

    WallTime begins() const { return WallTime{std::chrono::minutes{minute}}; }
    friend bool operator==(const TrafficMinute&, const TrafficMinute&) = default;
};

// The requests of the last hour, minute by minute. A value of fixed size: nothing has to wake up for a minute
// to pass, since whoever reads it knows what time it is.
class Traffic {
  public:
    static constexpr std::size_t minutes = 60;
    using Hour = std::array<TrafficMinute, minutes>;

    void add(const Answer& answer, WallTime now);

    // Oldest first; the last is the minute that `now` is in. Minutes in which nothing happened are empty.
    Hour last_hour(WallTime now) const;

  private:
    Hour ring_{}; // by minute, modulo their number
};

} // namespace apikeyd
