// SPDX-License-Identifier: Apache-2.0
#include "daemon/status/traffic.hpp"

#include <algorithm>
#include <variant>

namespace apikeyd {

namespace {

std::int64_t minute_of(WallTime time) {
    return std::chrono::floor<std::chrono::minutes>(time.time_since_epoch()).count();
}

std::size_t place_of(std::int64_t minute) {
    constexpr auto size = static_cast<std::int64_t>(Traffic::minutes);
    return static_cast<std::size_t>((minute % size + size) % size); // the clock may stand before the epoch
}

} // namespace

void Traffic::add(const Answer& answer, WallTime now) {
    const std::int64_t minute = minute_of(now);
    TrafficMinute& sample = ring_[place_of(minute)];
    if (sample.minute != minute) {
        sample = {minute, 0, 0, {}, {}};
    }
    ++sample.requests;
    sample.failed += std::holds_alternative<Applied>(answer.outcome) ? 0 : 1;
    sample.total += answer.duration;
    sample.slowest = std::max(sample.slowest, answer.duration);
}

Traffic::Hour Traffic::last_hour(WallTime now) const {
    Hour hour;
    std::int64_t minute = minute_of(now) - static_cast<std::int64_t>(minutes);
    for (TrafficMinute& sample : hour) {
        const TrafficMinute& kept = ring_[place_of(++minute)];
        sample = kept.minute == minute ? kept : TrafficMinute{minute, 0, 0, {}, {}};
    }
    return hour;
}

} // namespace apikeyd
