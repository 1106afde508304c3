// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "config/time.hpp"

#include <cstdint>
#include <string>
#include <string_view>

namespace apikeyd {

// What every form for people says alike. Pure; what comes from outside is returned as it is, to be escaped by
// each form in its own way.

// "3 min ago"; for times to come "in the future", since clocks differ.
std::string describe_age(WallTime then, WallTime now);
std::string describe_wait(WallTime then, WallTime now); // "in 3 d"; for times that have come, "now"
std::string format_second(WallTime time);               // RFC 3339 without a fraction: 2026-12-31T00:00:00Z

std::string source_of(const std::string& file, std::uint32_t line); // "keys.yaml:12"; no file: says so
std::string counted(std::uint64_t count, std::string_view what);    // "1 change", "2 changes"

// The commands that let go what has this digest: one leaves word for a daemon, the other does it itself.
struct ApproveCommands {
    std::string daemon, pipeline;
};
ApproveCommands approve_commands(const std::string& digest);
std::string approve_lines(const std::string& digest); // the same as text: "let them go", then a line each

} // namespace apikeyd
