// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "daemon/status/snapshot.hpp"

#include <chrono>
#include <cstdint>
#include <string>

namespace apikeyd {

// What the kernel says of this process.
struct ProcessUsage {
    std::uint64_t resident_bytes = 0;
    std::chrono::microseconds cpu{0}; // user and system
};
ProcessUsage process_usage();

// Prometheus' text format, version 0.0.4. Every series is there from the start; no name, id or secret is a
// label.
std::string render_metrics(const StatusSnapshot& snapshot, const ProcessUsage& usage, WallTime now);

} // namespace apikeyd
