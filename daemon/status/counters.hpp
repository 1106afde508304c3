// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "daemon/reconcile/event.hpp"
#include "daemon/reconcile/record.hpp"
#include "daemon/status/traffic.hpp"

#include <algorithm>
#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

namespace apikeyd {

// How often something took how long. The bounds are those of Prometheus: inclusive, and the rest is beyond
// the last.
template <std::size_t size>
struct Histogram {
    std::array<std::chrono::milliseconds, size> bounds;
    std::array<std::uint64_t, size + 1> counts{}; // each of its own bucket alone
    std::chrono::milliseconds sum{0};

    void observe(std::chrono::milliseconds duration) {
        const auto bucket = std::lower_bound(bounds.begin(), bounds.end(), duration) - bounds.begin();
        ++counts[static_cast<std::size_t>(bucket)];
        sum += duration;
    }
};

inline constexpr std::size_t result_count = 5;

// What was counted since the process began. A value; the main thread counts.
struct Counters {
    Counters();

    // For every request once, as it is answered or turns out to have no answer.
    void answered(const Answer& answer);
    void told(const Event& event);

    // Requests by HTTP status, sorted; or by what stands for one.
    static constexpr int no_answer = 0;
    static constexpr int not_sent = -1;
    static constexpr int other = 1000; // beyond those that are told apart: a server that makes codes up
    std::vector<std::pair<int, std::uint64_t>> requests;
    std::uint64_t retries = 0; // of these requests, those that weren't the first of their value
    Histogram<11> request_duration;

    std::array<std::uint64_t, result_count> reconciliations{}; // by Result
    Histogram<10> reconcile_duration;

    std::uint64_t secrets_changed = 0;

    Traffic traffic; // answers are added to it beside answered()
};

} // namespace apikeyd
