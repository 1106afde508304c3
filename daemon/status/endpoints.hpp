// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "daemon/status/loop_pulse.hpp"
#include "daemon/status/site.hpp"
#include "daemon/status/snapshot.hpp"
#include "daemon/status/status_reader.hpp"

#include <chrono>
#include <cstddef>

namespace apikeyd {

// How long who asks /-/healthy waits for the loop, and how long that may take to come round before it counts
// as hung; longer where a large file is in force, see LoopPulse.
inline constexpr std::chrono::milliseconds loop_patience{5000};

// And how long until nothing that it told before is told any more: it might be true no longer.
inline constexpr std::chrono::seconds longest_silence{60};

// Keys of /status.json on one page.
inline constexpr std::size_t default_page = 100;
inline constexpr std::size_t largest_page = 1000;

// Adds what programs ask for: /metrics, /-/healthy, /-/ready, /status.json; and / for whoever looks. All but
// the site must outlive its use.
void add_endpoints(Site& site, const SnapshotBoard& board, LoopPulse& pulse, StatusReader& reader,
                   std::chrono::milliseconds patience = loop_patience);

// What stands for any other answer while the loop hangs; /-/healthy says that itself. Nothing: it doesn't
// hang.
std::optional<WebResponse> hanging(LoopPulse& pulse, std::string_view path, MonoTime now);

// Why the daemon isn't ready to do what it is for; empty: it is.
std::string not_ready_because(const StatusSnapshot& snapshot);

} // namespace apikeyd
